"""Large files are read in time, and unusual ones without a traceback."""

from __future__ import annotations

from travis_pypi_deploy.migrate.rewrite import migrate
from travis_pypi_deploy.travis_yml.parse import parse

MANY = 1500


def test_many_deployments_are_all_rewritten() -> None:
    one = "  - provider: pypi\n    user: me\n    on:\n      branch: b\n"
    text = "deploy:\n" + one * MANY
    assert migrate(text, parse(text), {}).text.count("provider: script") == MANY


def test_many_jobs_that_share_a_deployment_are_read() -> None:
    template = ".job: &job\n  deploy:\n    provider: pypi\n"
    text = f"{template}jobs:\n" + "".join(f"- <<: *job\n  env: A={number}\n" for number in range(MANY))
    assert migrate(text, parse(text), {}).deployments == 1


def test_a_tab_at_the_end_of_a_line_is_kept() -> None:
    text = "before_install:\t\n- ls\ndeploy: \t\r\n  provider: pypi\t"
    assert migrate(text, parse(text), {}).text.startswith("before_install:\t\n- ls\n")


def test_a_tab_between_a_key_and_its_value_is_kept() -> None:
    text = "os:\tlinux\ndeploy:\n  provider:\tpypi\n  user: \tme\n"
    migration = migrate(text, parse(text), {})
    assert migration.text.startswith("os:\tlinux\n")
    assert "  provider:\tscript\n" in migration.text


def test_a_tab_before_a_comment_is_kept() -> None:
    text = "os: linux\t# a\ndeploy:\t# b\n  provider: pypi\t# c\n\t# d\n"
    migration = migrate(text, parse(text), {})
    assert migration.deployments == 1
    assert all(comment in migration.text for comment in ("linux\t# a", "deploy:\t# b", "script\t# c", "\t# d"))
