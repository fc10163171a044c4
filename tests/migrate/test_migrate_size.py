"""Large files are read in time, and unusual ones without a traceback."""

from __future__ import annotations

from travis_pypi_deploy.migrate.parse import parse
from travis_pypi_deploy.migrate.rewrite import migrate

MANY = 1500


def test_many_deployments_are_all_rewritten() -> None:
    one = "  - provider: pypi\n    user: me\n    on:\n      branch: b\n"
    text = "deploy:\n" + one * MANY
    assert migrate(text, parse(text), {}).text.count("provider: script") == MANY


def test_a_tab_before_a_comment_is_kept() -> None:
    text = "os: linux\t# a\ndeploy:\t# b\n  provider: pypi\t# c\n\t# d\n"
    migration = migrate(text, parse(text), {})
    assert migration.deployments == 1
    assert all(comment in migration.text for comment in ("linux\t# a", "deploy:\t# b", "script\t# c", "\t# d"))
