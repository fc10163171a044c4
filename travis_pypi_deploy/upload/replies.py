"""What the index answered, and its own words for it, taken out of JSON, HTML or the reason phrase."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

WORDS_LIMIT = 500


@dataclass(frozen=True)
class Reply:
    """An answer of the index: HTTP status, its words for it, and the headers that an uploader obeys."""

    status: int
    words: str
    location: str | None = None
    retry_after: str | None = None

    @property
    def is_success(self) -> bool:
        """Whether the index took the file: PyPI says 200, some others 201 or 204."""
        return 200 <= self.status < 300

    @property
    def why(self) -> str:
        """Return what was answered, as the log tells it."""
        return f"status {self.status}: {self.words}" if self.words else f"status {self.status}"


@dataclass(frozen=True)
class NoAnswer:
    """An attempt that got no answer: why, whether the index may have the file, and whether trying again is no use."""

    why: str
    sent: bool
    is_final: bool = False
    is_success: bool = False


def words_of(status: int, reason: str, content_type: str, body: bytes) -> str:
    """Return the index's own words in one line, never a page of HTML.

    ``reason`` is HTTP's reason phrase, where PyPI and devpi explain themselves too; a proxy, or HTML like
    "<h1>403 Forbidden</h1>", says nothing of use in one of the two.
    """
    text = body.decode("utf-8", "replace")
    if "json" in content_type:
        said = _from_json(text)
    elif "html" in content_type or text.lstrip()[:1] == "<":
        said = _from_html(text)
    else:
        said = text
    said, reason = _one_line(said), _one_line(reason)
    if not said or said in reason:
        return reason
    return said if reason in said or _is_standard(status, reason) else _one_line(f"{reason}: {said}")


def _from_json(text: str) -> str:
    try:
        return next(_sentences(json.loads(text)), "")
    except (ValueError, RecursionError):
        return ""


def _sentences(answer: object) -> Iterator[str]:
    """Yield what an answer says, the best first.

    PyPI and devpi put it behind the number in ``code``, and pad ``message`` with empty lines; Artifactory has a list
    of ``errors``.
    """
    if isinstance(answer, str) and answer.strip():
        yield answer
    elif isinstance(answer, list):
        for each in answer:
            yield from _sentences(each)
    elif isinstance(answer, dict):
        yield from re.findall(r"^\d{3} +(\S.*)", str(answer.get("code")), flags=re.DOTALL)
        for key in ("message", "detail", "error", "errors"):
            yield from _sentences(answer.get(key))


def _from_html(text: str) -> str:
    import html  # its table of entities is for those who are refused by a page

    text = re.sub(r"(?is)<!--.*?-->|<(script|style|head|title)\b.*?</\1\s*>", " ", text)
    return html.unescape(re.sub(r"(?s)<[^>]*>", " ", text))


def _is_standard(status: int, reason: str) -> bool:
    return any(each == status and each.phrase.lower() == reason.lower() for each in HTTPStatus)


def _one_line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= WORDS_LIMIT else line[:WORDS_LIMIT] + " ..."
