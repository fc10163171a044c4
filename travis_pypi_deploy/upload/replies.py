"""What the index answered, and its own words for it, taken out of JSON, HTML or the reason phrase."""

from __future__ import annotations

import html
import json
import re
from dataclasses import dataclass

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


@dataclass(frozen=True)
class NoAnswer:
    """An attempt that got no answer: why, whether the index may have the file, and whether trying again can help."""

    why: str
    sent: bool
    is_final: bool = False


def words_of(reason: str, content_type: str, body: bytes) -> str:
    """Return the index's own words in one line, never a page of HTML.

    PyPI and devpi put them behind the number in JSON's ``code``; ``message`` is padded with empty lines, or empty.
    """
    text = body.decode("utf-8", "replace")
    if "json" in content_type:
        said = _from_json(text)
    elif "html" in content_type or text.lstrip()[:1] == "<":
        said = _from_html(text)
    else:
        said = text
    said, reason = _one_line(said), _one_line(reason)
    # An HTML page often says less than the reason phrase: "<h1>403 Forbidden</h1>".
    return reason if len(reason) > len(said) or not said else said


def _from_json(text: str) -> str:
    try:
        answer = json.loads(text)
    except ValueError:
        return ""
    if not isinstance(answer, dict):
        return ""
    code = re.sub(r"^\d{3}\s*", "", str(answer.get("code") or ""))
    return code or str(answer.get("message") or answer.get("detail") or "")


def _from_html(text: str) -> str:
    text = re.sub(r"(?is)<!--.*?-->|<(script|style|head|title)\b.*?</\1\s*>", " ", text)
    return html.unescape(re.sub(r"(?s)<[^>]*>", " ", text))


def _one_line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= WORDS_LIMIT else line[:WORDS_LIMIT] + " ..."
