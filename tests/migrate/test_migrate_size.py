"""Large files are read in time, and unusual ones without a traceback."""

from __future__ import annotations

import pytest

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


TABS = {
    "at the end of a line": (
        "before_install:\t\n- ls\ndeploy: \t\r\n  provider: pypi\t",
        ["before_install:\t\n- ls\n"],
    ),
    "before a value": (
        "os:\tlinux\ndeploy:\n  provider:\tpypi\n  user: \tme\n",
        ["os:\tlinux\n", "  provider:\tscript\n"],
    ),
    "before a comment": (
        "os: linux\t# a\ndeploy:\t# b\n  provider: pypi\t# c\n\t# d\n",
        ["linux\t# a", "deploy:\t# b", "script\t# c", "\t# d"],
    ),
}


@pytest.mark.parametrize(("text", "kept"), TABS.values(), ids=TABS)
def test_a_tab_is_kept(text: str, kept: list[str]) -> None:
    migration = migrate(text, parse(text), {})
    assert migration.deployments == 1
    assert [each for each in kept if each not in migration.text] == []
