"""Rules for the long description, which the project's page displays."""

from __future__ import annotations

import functools
import io
import re
from collections.abc import Iterator

from ..distributions import Distribution
from .rules import Problem

# docutils takes a second for this much, and much longer for some texts.
RENDERED_CHARACTERS = 100_000
COMPLAINT = re.compile(r"^<string>:(?P<line>\d*):? ?\([A-Z]+/\d\) (?P<text>.+(?:\n.+)*)", re.MULTILINE)


def display(distribution: Distribution) -> Iterator[Problem]:
    """Yield a problem if the description is missing, does not render, or has no content type."""
    description = "".join(distribution.fields.get("description", ()))
    content_type = "".join(distribution.fields.get("description_content_type", ()))
    if not description:
        yield Problem(
            "description-missing",
            "it has no description, so its page stays empty: set long_description (readme in pyproject.toml).",
        )
        return

    # Without a content type PyPI reads it as reStructuredText.
    is_restructuredtext = content_type.partition(";")[0].strip().lower() in ("", "text/x-rst")
    if is_restructuredtext and len(description) > RENDERED_CHARACTERS:
        yield Problem(
            "description-length",
            f"its description has {len(description)} characters, and only {RENDERED_CHARACTERS} are rendered "
            "here: check on the index that its page displays it.",
        )
    elif is_restructuredtext and (fault := _render_fault(description)):
        message = (
            f"its description does not render as reStructuredText: {fault}. If the index renders it, update "
            'readme-renderer or use "--ignore description".'
        )
        if not content_type:
            message = (
                "its description has no content type, so it is read as reStructuredText, and does not render: "
                f"{fault}. If it is Markdown, set long_description_content_type (readme in pyproject.toml)."
            )
        yield Problem("description", message)
    if not content_type:
        yield Problem(
            "description-type",
            "its description has no content type and is read as reStructuredText: "
            "set long_description_content_type (readme in pyproject.toml).",
        )


@functools.lru_cache(maxsize=1)  # the files of a release have the same description
def _render_fault(description: str) -> str:
    """Return why PyPI's renderer does not render the description, docutils' first complaint; empty if it does."""
    from readme_renderer import rst  # docutils takes 150 ms to import, and most descriptions are Markdown

    complaints = io.StringIO()
    if rst.render(description, complaints) is not None:
        return ""
    match = COMPLAINT.search(complaints.getvalue())
    if match is None:
        return "the result is empty"
    line = f" (line {match['line']})" if match["line"] else ""
    return " ".join(match["text"].split()).rstrip(".:") + line
