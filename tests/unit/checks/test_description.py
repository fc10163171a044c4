"""Rules for the long description."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support import factories
from tests.support.cases import Case, Make, problems, rules

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.factories import Header

BROKEN = "Title\n=====\n\nSee `docs <https://x.org>`_ and :unknown:`role`.\n"
FINE = "Title\n=====\n\nSee `docs <https://x.org>`_ and *emphasis*.\n\n.. code:: python\n\n   import demo\n"


def described(text: str, content_type: Header = "text/x-rst") -> Make:
    metadata = factories.metadata(description=text, description_content_type=content_type)
    return lambda folder: factories.wheel(folder, metadata=metadata)


CASES = (
    Case("description", described(BROKEN), described(FINE), says='role "unknown" (line 4)'),
    Case("description-length", described("W.\n\n" * 25_001), described("W.\n\n" * 25_000), says="100004 characters"),
    Case("description-type", described(FINE, ()), described(FINE), says="long_description_content_type"),
    Case("description-missing", described(""), described("-"), says="stays empty"),
)


@pytest.mark.parametrize("content_type", ["text/x-rst; charset=UTF-8", "Text/X-RST", ()])
def test_restructuredtext_must_render(content_type: Header, tmp_path: Path) -> None:
    assert "description" in rules(described(BROKEN, content_type)(tmp_path))


@pytest.mark.parametrize("content_type", ["text/markdown; charset=UTF-8; variant=GFM", "text/plain"])
@pytest.mark.parametrize("text", [BROKEN, "# [", "<b"])
def test_markdown_and_plain_text_of_any_kind_pass(text: str, content_type: str, tmp_path: Path) -> None:
    assert rules(described(text, content_type)(tmp_path)) == []


def test_markdown_without_a_content_type_is_reported_with_the_setting(tmp_path: Path) -> None:
    broken, untyped = problems(described("# Title\n\n`code\n", ())(tmp_path))
    assert (broken.rule, broken.severity) == ("description", "error")
    assert "read as reStructuredText" in broken.message
    assert "If it is Markdown" in broken.message
    assert (untyped.rule, untyped.severity) == ("description-type", "warning")


def test_a_description_of_which_nothing_is_left_is_rejected(tmp_path: Path) -> None:
    (problem,) = problems(described(".. a comment\n")(tmp_path))
    assert problem.message.startswith("its description does not render as reStructuredText: the result is empty.")
    assert "--ignore description" in problem.message


DIRECTIVES = {
    ".. image::\n": 'Error in "image" directive: 1 argument(s) required, 0 supplied (line 1)',
    ".. code:: python\n   :colour: red\n\n   x\n": 'Error in "code" directive: unknown option: "colour" (line 1)',
}


@pytest.mark.parametrize(("text", "says"), DIRECTIVES.items(), ids=["no argument", "unknown option"])
def test_the_reason_of_a_broken_directive_is_kept(text: str, says: str, tmp_path: Path) -> None:
    (problem,) = problems(described(text)(tmp_path))
    assert problem.message.startswith(f"its description does not render as reStructuredText: {says}. ")


def test_every_file_with_a_broken_description_is_named(tmp_path: Path) -> None:
    metadata = factories.metadata(description=BROKEN, description_content_type="text/x-rst")
    files = [factories.wheel(tmp_path, metadata=metadata), factories.sdist(tmp_path, metadata=metadata)]
    assert [(problem.filename, problem.rule) for problem in problems(*files)] == [
        ("demo-1.0-py3-none-any.whl", "description"),
        ("demo-1.0.tar.gz", "description"),
    ]
