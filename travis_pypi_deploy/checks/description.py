"""Rules for the long description, which the project's page displays."""

from __future__ import annotations

import functools
import io
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..distributions import Distribution

RESTRUCTUREDTEXT = "text/x-rst"

# docutils takes a second for this much, and much longer for some texts.
RENDERED_LIMIT_CHARACTERS = 100_000
COMPLAINT = re.compile(r"^<string>:(?P<line>\d*):? ?\([A-Z]+/\d\) (?P<text>.+(?:\n.+)*)", re.MULTILINE)


def renders(distribution: Distribution) -> Iterator[str]:
    """Yield a message if the description is reStructuredText and cannot be rendered."""
    description, content_type = _description(distribution)
    if not _is_restructuredtext(content_type) or len(description) > RENDERED_LIMIT_CHARACTERS:
        return
    fault = _render_fault(description) if description else ""
    if fault and content_type:
        yield (
            f"its description does not render as reStructuredText: {fault}. If the index renders it, update "
            'readme-renderer or use "--ignore description".'
        )
    elif fault:
        yield (
            f"its description has no content type, so it is read as reStructuredText, and does not render: {fault}. "
            "If it is Markdown, set long_description_content_type (readme in pyproject.toml)."
        )


def is_short_enough_to_render(distribution: Distribution) -> Iterator[str]:
    """Yield a message if the description is reStructuredText and too long to be rendered here."""
    description, content_type = _description(distribution)
    if _is_restructuredtext(content_type) and len(description) > RENDERED_LIMIT_CHARACTERS:
        yield (
            f"its description has {len(description)} characters, and only {RENDERED_LIMIT_CHARACTERS} are rendered "
            "here: check on the index that its page displays it."
        )


def has_content_type(distribution: Distribution) -> Iterator[str]:
    """Yield a message if the description does not say in which format it is."""
    description, content_type = _description(distribution)
    if description and not content_type:
        yield (
            "its description has no content type and is read as reStructuredText: "
            "set long_description_content_type (readme in pyproject.toml)."
        )


def is_there(distribution: Distribution) -> Iterator[str]:
    """Yield a message if there is no description."""
    description, _ = _description(distribution)
    if not description:
        yield "it has no description, so its page stays empty: set long_description (readme in pyproject.toml)."


def _description(distribution: Distribution) -> tuple[str, str]:
    fields = distribution.fields
    return "".join(fields.get("description", ())), "".join(fields.get("description_content_type", ()))


def _is_restructuredtext(content_type: str) -> bool:
    """Return whether PyPI renders the description as reStructuredText, as it does without a content type."""
    return content_type.partition(";")[0].strip().lower() in ("", RESTRUCTUREDTEXT)


@functools.lru_cache(maxsize=1)  # the files of a release have the same description
def _render_fault(description: str) -> str:
    """Return why PyPI's renderer does not render the description; empty if it does."""
    from readme_renderer import rst  # docutils takes 150 ms to import, and most descriptions are Markdown

    complaints = io.StringIO()
    try:
        rendered = rst.render(description, complaints)
    except RecursionError:
        return "it is nested too deeply"
    return "" if rendered is not None else _first(complaints.getvalue())


def _first(complaints: str) -> str:
    """Return the first complaint of docutils, ``<string>:LINE: (LEVEL) TEXT``, as "TEXT (line LINE)"."""
    match = COMPLAINT.search(complaints)
    if match is None:
        return "the result is empty"
    line = f" (line {match['line']})" if match["line"] else ""
    return " ".join(match["text"].split()).rstrip(".:") + line
