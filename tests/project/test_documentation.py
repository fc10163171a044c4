"""README, --help and settings say the same; what is copied from the README works."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.support import given, pictures
from tests.support.readme_tables import BUILDS, CHECKS, README, ROOT, renewed
from travis_pypi_deploy.arguments import NOT_OPTIONS, help_text
from travis_pypi_deploy.migrate.rewrite import migrate
from travis_pypi_deploy.options import OPTIONS
from travis_pypi_deploy.travis_yml.parse import parse

if TYPE_CHECKING:
    from pathlib import Path


def test_help_shows_every_option() -> None:
    text = help_text()

    assert [option.flags for option in OPTIONS if f"  {', '.join(option.flags)}" not in text] == []


def test_no_option_is_also_said_to_be_none() -> None:
    assert {option.flags[0][2:] for option in OPTIONS}.isdisjoint(NOT_OPTIONS)


@pytest.mark.parametrize("page", [README, CHECKS, BUILDS], ids=["README", "checks", "builds"])
def test_a_page_has_the_tables_that_the_code_writes(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert text == renewed(text), "python -m tests.support.readme_tables updates the tables"


def test_the_readme_is_one_page() -> None:
    assert len(README.read_text(encoding="utf-8").splitlines()) <= 170


def test_the_blocks_of_the_readme_are_the_examples() -> None:
    blocks = re.findall(r"<!-- example: (\S+) -->\n```yaml\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert [name for name, _ in blocks] == ["testpypi-from-a-branch", "pypi-from-tags"]
    for name, block in blocks:
        example = (ROOT / "examples" / f"{name}.travis.yml").read_text(encoding="utf-8")
        assert example.partition("\n")[2] == block


def test_the_diff_of_the_readme_is_what_the_migration_does() -> None:
    (diff,) = re.findall(r"```diff\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    before, after = (
        'language: python\npython: "3.12"\n' + "".join(f"{line[1:]}\n" for line in diff.splitlines() if line[0] != sign)
        for sign in "+-"
    )

    assert migrate(before, parse(before), {}).text == after


@pytest.mark.parametrize("page", [README, *sorted((ROOT / "docs").glob("*.md"))], ids=lambda page: page.name)
def test_every_link_of_a_page_leads_to_a_file(page: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_the_pictures_show_what_the_tool_prints(tmp_path: Path) -> None:
    drawn = pictures.draw(tmp_path)

    assert {name: without_numbers(picture) for name, picture in drawn.items()} == {
        name: without_numbers((ROOT / "examples" / name).read_text(encoding="utf-8")) for name in drawn
    }, "make pictures draws them again"


def without_numbers(picture: str) -> list[str]:
    """Return the texts of a picture without versions, sizes and times, wherever its lines break."""
    text = " ".join(re.findall(r">([^<]*)</text>", picture))
    return re.sub(r"\d+(\.\d+)*", "0", text).split()


def test_every_block_of_the_page_on_private_indexes_can_be_read() -> None:
    blocks = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs" / "private-indexes.md").read_text("utf-8"), re.DOTALL)
    commands = [yaml.safe_load(block)["deploy"]["script"].split()[3:] for block in blocks]
    servers = [given.settings(*words, environ={}).server.upload_url for words in commands]

    assert len(set(servers)) == 8
