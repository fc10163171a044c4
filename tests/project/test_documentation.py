"""README, --help and settings say the same; what is copied from the README works."""

from __future__ import annotations

from tests.support.readme_tables import README, renewed
from travis_pypi_deploy import cli
from travis_pypi_deploy.options import NOT_OPTIONS, OPTIONS


def test_help_shows_every_option() -> None:
    text = cli.help_text()

    assert [option.flag for option in OPTIONS if f"  {option.flag}" not in text] == []
    assert [option.name for option in OPTIONS if option.negatable and f"--no-{option.name}" not in text] == []


def test_no_option_is_also_said_to_be_none() -> None:
    assert {option.name for option in OPTIONS}.isdisjoint(NOT_OPTIONS)


def test_the_readme_has_the_tables_that_the_code_writes() -> None:
    text = README.read_text(encoding="utf-8")

    assert text == renewed(text), "python -m tests.support.readme_tables updates the README"
