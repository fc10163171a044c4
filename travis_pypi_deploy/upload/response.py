"""The answer of an index to an upload, in the index's own words, and what these words say."""

from __future__ import annotations

import contextlib
import html
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http import HTTPStatus

from ..servers import Server

WORDS_LIMIT_CHARACTERS = 500
TRANSIENT_STATUSES = frozenset({429, 500, 502, 503, 504})
NAME_USED_BEFORE = "previously used by a file"
SECOND_SDIST = "only one sdist may be uploaded"
# How indexes say that they have a file of this name: (status, words). PyPI's 409 means something else.
ALREADY_EXISTS = (
    (400, "already exist"),  # PyPI, Google's Artifact Registry
    (409, ""),  # pypiserver, devpi
    (400, "updating asset"),  # Nexus
    (400, "already been taken"),  # GitLab
    (403, "overwrite artifact"),  # Artifactory
)


@dataclass(frozen=True)
class Response:
    """The answer to an upload: status, the index's words, whether the whole body had been sent, and two headers.

    The words are a part of a sentence: they do not end in a full stop. With status 0 there is no answer, and the words
    say why; ``is_final``: a retry would not help.
    """

    status: int
    words: str
    is_sent: bool = True
    is_final: bool = False
    location: str = ""
    retry_after: float | None = None

    @property
    def reason(self) -> str:
        """Return status and words as the log shows them."""
        return ": ".join(filter(None, (f"status {self.status}" if self.status else "", self.words)))

    @property
    def is_transient(self) -> bool:
        """Whether the same upload may succeed a moment later."""
        return self.status in TRANSIENT_STATUSES or (self.status == 0 and not self.is_final)

    @property
    def may_have_arrived(self) -> bool:
        """Whether the index may have the file although it did not say so: the whole body, and no answer or a 5xx."""
        return self.is_sent and (self.status == 0 or self.status >= 500)


def words_of(status: int, reason: str, content_type: str, body: bytes, *, mask: Callable[[str], str] = str) -> str:
    """Return the index's own words in one line, never a page of HTML; ``mask`` hides secrets before they are cut.

    ``reason`` is HTTP's reason phrase, where PyPI and devpi explain themselves too. From a proxy, or with HTML such as
    "<h1>403 Forbidden</h1>", only one of the two says something.
    """
    text = body.decode("utf-8", "replace")
    if "json" in content_type:
        try:
            words = next(_explanations(json.loads(text)), "")
        except (ValueError, RecursionError):
            words = ""
    elif "html" in content_type or text.lstrip()[:1] == "<":
        words = re.sub(r"(?is)<!--.*?-->|<(script|style|head|title)\b.*?</\1\s*>", " ", text)
        words = re.sub(r"(?s)<[^>]*>", " ", words)
        with contextlib.suppress(ValueError):  # a number with more digits than Python converts
            words = html.unescape(words)
    else:
        words = text
    words, reason = _one_line(mask(words)), _one_line(reason)
    if not words or words in reason:
        return reason
    is_standard = any(each == status and each.phrase.lower() == reason.lower() for each in HTTPStatus)
    return words if reason in words or is_standard else _one_line(f"{reason}: {words}")


def _explanations(answer: object) -> Iterator[str]:
    """Yield what an answer says, the best first.

    PyPI and devpi put it behind the number in ``code``, and pad ``message`` with empty lines; Artifactory has a list
    of ``errors``.
    """
    if isinstance(answer, str) and answer.strip():
        yield answer
    elif isinstance(answer, list):
        for each in answer:
            yield from _explanations(each)
    elif isinstance(answer, dict):
        yield from re.findall(r"^\d{3} +(\S.*)", str(answer.get("code")), flags=re.DOTALL)
        for key in ("message", "detail", "error", "errors"):
            yield from _explanations(answer.get(key))


def _one_line(text: str) -> str:
    """Return the text as a part of a sentence: one line, not too long, without what PyPI repeats for each check."""
    clauses: list[str] = []
    for clause in " ".join(text.split()).split(", "):
        if not any(each.endswith(clause) for each in clauses):
            clauses.append(clause)
    line = ", ".join(clauses).rstrip(".")
    return line if len(line) <= WORDS_LIMIT_CHARACTERS else line[:WORDS_LIMIT_CHARACTERS] + " [...]"


def already_exists(response: Response, server: Server) -> bool:
    """Return whether the index says that it has a file of this name now."""
    if is_race(response, server):
        return False
    words = response.words.lower()
    return any(response.status == status and each in words for status, each in ALREADY_EXISTS)


def is_race(response: Response, server: Server) -> bool:
    """Return whether the answer may be wrong because another job uploads the same release at the same moment.

    PyPI gives such answers if two jobs upload identical files or create a project; a moment later it answers 200.
    """
    if server.is_pypi and response.status == 409:
        return True
    words = response.words.lower()
    return response.status in (400, 409) and (NAME_USED_BEFORE in words or SECOND_SDIST in words)
