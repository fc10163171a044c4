"""Rules for the long description, which the project's page shows."""

from __future__ import annotations

import functools
import io
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..distributions import Distribution

RESTRUCTUREDTEXT = "text/x-rst"

# docutils takes a second or two for this much, and of certain texts up to ten.
RENDERED_AT_MOST_CHARACTERS = 150_000


def renders(distribution: Distribution) -> Iterator[str]:
    """Find reStructuredText that cannot be rendered; Markdown and plain text always can."""
    description, content_type = _description(distribution)
    if not description or not _is_rendered(content_type) or len(description) > RENDERED_AT_MOST_CHARACTERS:
        return
    reason = _why_it_does_not_render(description)
    if reason and content_type:
        yield f"its description does not render as reStructuredText: {reason}."
    elif reason:
        yield (
            "its description has no content type, so it is taken for reStructuredText, and does not render: "
            f"{reason}. Is it Markdown? Then set long_description_content_type (readme in pyproject.toml)."
        )


def is_short_enough(distribution: Distribution) -> Iterator[str]:
    """Find reStructuredText that nobody can say of in time whether it renders."""
    description, content_type = _description(distribution)
    if _is_rendered(content_type) and len(description) > RENDERED_AT_MOST_CHARACTERS:
        yield (
            f"its description has {len(description)} characters, too many to be rendered here: "
            "shorten it, or make it Markdown."
        )


def has_content_type(distribution: Distribution) -> Iterator[str]:
    """Find descriptions that do not say what they are."""
    description, content_type = _description(distribution)
    if description and not content_type:
        yield (
            "its description has no content type and is taken for reStructuredText: "
            "set long_description_content_type (readme in pyproject.toml)."
        )


def is_there(distribution: Distribution) -> Iterator[str]:
    """Find projects without a description."""
    description, _ = _description(distribution)
    if not description:
        yield "it has no description, its page stays empty: set long_description (readme in pyproject.toml)."


def _description(distribution: Distribution) -> tuple[str, str]:
    fields = distribution.fields
    return "".join(fields.get("description", ())), "".join(fields.get("description_content_type", ()))


def _is_rendered(content_type: str) -> bool:
    """Return whether PyPI takes the content type, or none, for reStructuredText."""
    return content_type.partition(";")[0].strip().lower() in ("", RESTRUCTUREDTEXT)


# The files of a release have one description: it is rendered once.
@functools.lru_cache(maxsize=1)
def _why_it_does_not_render(description: str) -> str:
    """Return why PyPI's renderer does not take the reStructuredText; empty if it does."""
    from readme_renderer import rst

    complaints = io.StringIO()
    try:
        rendered = rst.render(description, complaints)
    except RecursionError:
        return "it is nested too deeply"
    return "" if rendered is not None else _first(complaints.getvalue())


def _first(complaints: str) -> str:
    """Return the first complaint of docutils, ``<string>:LINE: (LEVEL) WORDS``, as "WORDS (line LINE)"."""
    match = re.search(r"^<string>:(?P<line>\d*):? ?\([A-Z]+/\d\) (?P<words>.*)", complaints, re.MULTILINE)
    if match is None:
        return "nothing is left of it"
    return f"{match['words'].rstrip('.')} (line {match['line']})"
