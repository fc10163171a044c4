"""Rules for the long description, which the project's page shows."""

from __future__ import annotations

import functools
import io
import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..distributions import Distribution

RESTRUCTUREDTEXT = "text/x-rst"

# docutils takes a second for this much, and much longer for certain texts.
RENDERED_AT_MOST_CHARACTERS = 100_000


def renders(distribution: Distribution) -> Iterator[str]:
    """Find reStructuredText that cannot be rendered; Markdown and plain text always can."""
    description, content_type = _description(distribution)
    reason = _rendering(description).complaint if _is_rendered(description, content_type) else ""
    if reason and content_type:
        yield f"its description does not render as reStructuredText: {reason}."
    elif reason:
        yield (
            "its description has no content type, so it is taken for reStructuredText, and does not render: "
            f"{reason}. Is it Markdown? Then set long_description_content_type (readme in pyproject.toml)."
        )


def is_short_enough_to_render(distribution: Distribution) -> Iterator[str]:
    """Find reStructuredText of which nobody here can say whether it renders."""
    description, content_type = _description(distribution)
    if _is_rendered(description, content_type) and not _rendering(description).is_done:
        yield (
            f"its description has {len(description)} characters, more than the {RENDERED_AT_MOST_CHARACTERS} that are "
            "rendered here: check on the index that its page displays it."
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


def _is_rendered(description: str, content_type: str) -> bool:
    """Return whether PyPI renders the description as reStructuredText, as it does without a content type."""
    return bool(description) and content_type.partition(";")[0].strip().lower() in ("", RESTRUCTUREDTEXT)


class _Rendering(NamedTuple):
    complaint: str = ""
    is_done: bool = True


# The files of a release have one description: it is rendered once.
@functools.lru_cache(maxsize=1)
def _rendering(description: str) -> _Rendering:
    """Return what PyPI's renderer complains of."""
    if len(description) > RENDERED_AT_MOST_CHARACTERS:
        return _Rendering(is_done=False)
    from readme_renderer import rst  # docutils takes 150 ms to import, and most descriptions are Markdown

    complaints = io.StringIO()
    try:
        rendered = rst.render(description, complaints)
    except RecursionError:
        return _Rendering("it is nested too deeply")
    return _Rendering() if rendered is not None else _Rendering(_first(complaints.getvalue()))


def _first(complaints: str) -> str:
    """Return the first complaint of docutils, ``<string>:LINE: (LEVEL) WORDS``, as "WORDS (line LINE)"."""
    match = re.search(r"^<string>:(?P<line>\d*):? ?\([A-Z]+/\d\) (?P<words>.*)", complaints, re.MULTILINE)
    if match is None:
        return "nothing is left of it"
    where = f" (line {match['line']})" if match["line"] else ""
    return match["words"].rstrip(".") + where
