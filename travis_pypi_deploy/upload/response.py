"""The answer of an index to an upload: what it says in its own words, and what these words mean."""

from __future__ import annotations

import contextlib
import html
import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from http.client import responses

from ..http import HTTPResponse, retry_after_seconds
from ..servers import Server

CONTENT_LIMIT_CHARACTERS = 16 * 1024
WORDS_LIMIT_CHARACTERS = 500
CLAUSES_LIMIT = 100
TRANSIENT_STATUSES = frozenset({0, 408, 429, 500, 502, 503, 504})
NOT_REJECTED_STATUSES = frozenset({408, 425, 429})
NAME_USED_BEFORE = "previously used by a file"
SECOND_SDIST = "only one sdist may be uploaded"
TOO_MANY_PROJECTS = "too many new projects"
# How servers other than PyPI say that they have a file of this name: statuses, and words of theirs. The words change
# between versions, so each row has only what has stayed.
ALREADY_EXISTS = (
    ({400, 409, 422}, re.compile(r"already.exist")),  # pypiserver, devpi, CodeArtifact, Google, Gitea, pypicloud
    ({400, 409, 422}, re.compile(r"already been taken")),  # GitLab
    ({400}, re.compile(r"updating asset|cannot be updated")),  # Nexus
    ({403}, re.compile(r"overwrit")),  # Artifactory
    ({409}, re.compile(r"already contains|conflict occurred while publishing|duplicate")),  # Azure, CodeArtifact
    ({409}, re.compile(r"\A(error|conflict|409|nginx|[\d\W])*\Z")),  # a conflict without an explanation
)
# Conflicts that are none of names: an upstream has the file, or its name can never be used again. Not in file names.
NOT_A_DUPLICATE = re.compile(r"(upstreams?|deleted|(?<!rights )reserved|republish(ed)?|previously used)\b(?!-\w)")
MARKUP = re.compile(r"[\s\ufeff\ufffd]*<")  # a byte order mark may stand before it
DOCUMENT = re.compile(r"<!doctype\s+html|<(html|head|title|meta|body|form|script)\b", re.IGNORECASE)
MENU = re.compile(r"(?is)<(nav|header|footer)\b.*?</\1\s*>")
# What says best what a page is about stands first.
HEADINGS = tuple(re.compile(rf"(?is)<({tag})\b[^>]*>(.*?)</\1\s*>") for tag in ("h1", "title", "h[23]"))


class Kind(Enum):
    """What an answer says about the file."""

    STORED = "the index has stored it"
    REJECTED = "the index has rejected it"
    OPEN = "the index got the whole file, and the answer leaves open whether it has stored it"
    NOT_SENT = "the index did not get the whole file, or did not take it now"


@dataclass(frozen=True)
class Response:
    """The answer to an upload.

    ``words`` are the index's own, as a part of a sentence: they do not end in a full stop. With status 0 there is no
    answer, and the words say why. ``text`` is everything that the answer says, in lower case. ``is_sent``: the whole
    body was sent before. ``is_final``: a retry would not help. ``is_page``: a success that is a web page, as no upload
    API sends. ``retry_after`` is in seconds, None if the index does not ask for a pause.
    """

    status: int
    words: str
    is_sent: bool = True
    is_final: bool = False
    is_page: bool = False
    retry_after: float | None = None
    text: str = ""

    @property
    def reason(self) -> str:
        """Return status and words as the log shows them."""
        return ": ".join(filter(None, (f"status {self.status}" if self.status else "", self.words)))

    @property
    def kind(self) -> Kind:
        """Return what the answer says about the file."""
        if 400 <= self.status < 500 and self.status not in NOT_REJECTED_STATUSES:
            return Kind.REJECTED
        if not self.is_sent or self.status == 429:
            return Kind.NOT_SENT
        return Kind.STORED if 200 <= self.status < 300 and not self.is_page else Kind.OPEN

    @property
    def is_transient(self) -> bool:
        """Whether the same upload may succeed a moment later."""
        return self.status in TRANSIENT_STATUSES and not self.is_final and not self.says(TOO_MANY_PROJECTS)

    def says(self, words: str) -> bool:
        """Return whether the answer has these words, in lower case, anywhere."""
        return words in self.words.lower() or words in self.text


def read_answer(answer: HTTPResponse, *, is_sent: bool = True, mask: Callable[[str], str] = str) -> Response:
    """Return what an answer says.

    ``mask`` hides secrets before anything is cut, and again in what is left of a page or of JSON. Of a page, only the
    heading or the title are its words, not its menus. HTTP's reason phrase counts: PyPI and devpi explain themselves
    there, too.
    """
    status, is_success = answer.status, 200 <= answer.status < 300
    if is_success and not is_sent:
        return Response(0, f"{answer.url} answered {status} before the whole file was uploaded", is_sent=False)
    if 300 <= status < 400:
        location = mask(answer.headers.get("Location", ""))
        where = f"to {location}" if location else "without a Location header"
        return Response(status, f"a redirect {where}, which is not followed", is_sent=is_sent)

    content = mask(answer.body.replace(b"\0", b"").decode("utf-8", "replace"))  # without them, UTF-16 can be read
    content = content[:CONTENT_LIMIT_CHARACTERS]
    content_type = answer.headers.get("Content-Type", "").lower()
    is_markup = "html" in content_type or MARKUP.match(content) is not None
    if is_markup:
        text = _visible(content)
        words = _heading(content) or text
    elif "json" in content_type or content.lstrip()[:1] == "{":
        words = text = _explanation(content)
    else:
        words = text = content
    return Response(
        status,
        _combined(status, answer.reason, mask(words)),
        is_sent=is_sent,
        is_page=is_success and is_markup and (bool(answer.cut) or DOCUMENT.search(content) is not None),
        retry_after=retry_after_seconds(answer.headers.get("Retry-After", "")),
        text=f"{answer.reason} {text}".lower(),
    )


def _heading(markup: str) -> str:
    """Return the first heading or title that is more than a number, empty if there is none."""
    contents = MENU.sub(" ", markup)
    headings = (_visible(match[2]) for pattern in HEADINGS for match in pattern.finditer(contents))
    return next((each for each in headings if re.search(r"[^\W\d]", each)), "")


def _visible(markup: str) -> str:
    """Return the text of a piece of HTML."""
    text = re.sub(r"(?is)<!--.*?-->|<(script|style|head|title)\b.*?</\1\s*>", " ", markup)
    text = re.sub(r"(?s)<[^>]*>", " ", text)
    with contextlib.suppress(ValueError):  # a number with more digits than Python converts
        text = html.unescape(text)
    return text


def _explanation(content: str) -> str:
    """Return what a JSON answer says; each thing once."""
    try:
        answer = json.loads(content)
        if isinstance(answer, dict) and (code := re.match(r"\d{3} +(\S.*)", str(answer.get("code")), re.DOTALL)):
            return code[1]  # PyPI and devpi put it here, and pad their message with empty lines
        return _once(_explanations(answer), ": ")
    except (ValueError, RecursionError):
        return ""


def _explanations(answer: object) -> Iterator[str]:
    """Yield what an answer says, the most general first; Artifactory has a list of ``errors``."""
    if isinstance(answer, str) and answer.strip():
        yield " ".join(answer.split()).rstrip(".")
    elif isinstance(answer, list):
        for each in answer:
            yield from _explanations(each)
    elif isinstance(answer, dict):
        known = [answer[key] for key in ("message", "error", "detail", "errors") if key in answer]
        for each in known or answer.values():
            yield from _explanations(each)


def _combined(status: int, reason: str, words: str) -> str:
    """Return what reason phrase and body say together; from a proxy only one of them says something."""
    words = _one_line(re.sub(rf"^\s*(error:? )?{status}\b:?\s*", "", words, flags=re.IGNORECASE))
    reason = _one_line(reason)
    if words and reason.lower() == responses.get(status, "").lower():
        return words
    return _one_line(_once(filter(None, (reason, words)), ": "))


def _one_line(text: str) -> str:
    """Return the text as a part of a sentence: one line, not too long, without what it repeats."""
    clauses: list[str] = []
    for clause in " ".join(text.split()).split(", ", CLAUSES_LIMIT):  # PyPI repeats some once for each check
        if not any(f" {each}".endswith(f" {clause}") for each in clauses):
            clauses.append(clause)
    line = ", ".join(clauses).rstrip(".")
    line = re.sub(r"\A(.{3,200}?)[.:,]? \1\Z", r"\1", line)
    return line if len(line) <= WORDS_LIMIT_CHARACTERS else line[:WORDS_LIMIT_CHARACTERS] + " [...]"


def _once(texts: Iterable[str], separator: str) -> str:
    """Join texts, without those that another one contains."""
    kept: list[str] = []
    for text in texts:
        if not any(text.lower() in each.lower() for each in kept):
            kept = [*(each for each in kept if each.lower() not in text.lower()), text]
    return separator.join(kept)


def already_exists(response: Response, server: Server) -> bool:
    """Return whether the index says that it has a file of this name now."""
    text = f"{response.words} {response.text}".lower().strip()
    if is_race(response, server) or NOT_A_DUPLICATE.search(text):
        return False
    if server.is_pypi:
        return response.status == 400 and "already exist" in text
    return any(response.status in statuses and words.search(text) for statuses, words in ALREADY_EXISTS)


def is_race(response: Response, server: Server) -> bool:
    """Return whether the answer may be wrong because another job uploads the same release at the same moment.

    PyPI gives such answers if two jobs upload identical files or create a project; a moment later it answers 200.
    """
    if server.is_pypi and response.status == 409:
        return True
    return response.status in (400, 409) and (response.says(NAME_USED_BEFORE) or response.says(SECOND_SDIST))
