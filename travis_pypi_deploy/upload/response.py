"""The answer of an index to an upload, and what it means for the file."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from http import HTTPStatus

from ..credentials import Credentials
from ..distributions import Distribution
from ..servers import Server
from .remedies import NAME_USED_BEFORE, SECOND_SDIST, reconnect, remedy, try_later

WORDS_LIMIT_CHARACTERS = 500
# How indexes say that they have a file of this name: (status, words). PyPI's 409 means something else.
ALREADY_EXISTS = (
    (400, "already exist"),  # PyPI, Google's Artifact Registry
    (409, ""),  # pypiserver, devpi
    (400, "updating asset"),  # Nexus
    (400, "already been taken"),  # GitLab
    (403, "overwrite artifact"),  # Artifactory
)


class Outcome(Enum):
    """What happened to one distribution; the value is its name in the log and the report."""

    UPLOADED = "uploaded"
    IDENTICAL = "identical"
    KEPT = "kept"
    REJECTED = "rejected"
    FAILED = "failed"
    UNKNOWN = "unknown"

    @property
    def is_failure(self) -> bool:
        """Whether nothing new may be uploaded after it."""
        return self in (Outcome.REJECTED, Outcome.FAILED, Outcome.UNKNOWN)


@dataclass(frozen=True)
class FileResult:
    """The outcome of one distribution, how many attempts and seconds it took, and the reason.

    ``changed``: the file on the disk was not the checked one any more, and was therefore not uploaded.
    """

    filename: str
    outcome: Outcome
    attempts: int = 0
    seconds: float = 0.0
    detail: str = ""
    changed: bool = False


@dataclass(frozen=True)
class UploadContext:
    """What the uploads of one release need to know, and the functions that they call.

    ``is_published`` asks the index whether it lists this file (True), another of its name (False), or neither is known
    (None); ``warn`` writes a line to the log.
    """

    server: Server
    credentials: Credentials | None
    skip_existing: bool
    retries: int
    is_published: Callable[[Distribution], bool | None]
    warn: Callable[[str], None]


@dataclass(frozen=True)
class Response:
    """An answer: HTTP status, the index's words, whether the whole body had been sent, and two headers.

    The words are a part of a sentence: they do not end in a full stop. With status 0 there is no answer, and the words
    say why; ``is_final``: a retry would not help.
    """

    status: int
    words: str
    is_sent: bool = True
    is_final: bool = False
    location: str = ""
    retry_after: str | None = None

    @property
    def reason(self) -> str:
        """Return status and words as the log shows them."""
        return ": ".join(filter(None, (f"status {self.status}" if self.status else "", self.words)))


def words_of(status: int, reason: str, content_type: str, body: bytes) -> str:
    """Return the index's own words in one line, never a page of HTML.

    ``reason`` is HTTP's reason phrase, where PyPI and devpi explain themselves too; of a proxy, or of HTML like
    "<h1>403 Forbidden</h1>", one of the two holds nothing of use.
    """
    text = body.decode("utf-8", "replace")
    if "json" in content_type:
        try:
            words = next(_explanations(json.loads(text)), "")
        except (ValueError, RecursionError):
            words = ""
    elif "html" in content_type or text.lstrip()[:1] == "<":
        words = _words_in_html(text)
    else:
        words = text
    words, reason = _one_line(words), _one_line(reason)
    if not words or words in reason:
        return reason
    is_standard = any(each == status and each.phrase.lower() == reason.lower() for each in HTTPStatus)
    return words if reason in words or is_standard else _one_line(f"{reason}: {words}")


def already_exists(response: Response, server: Server) -> bool:
    """Return whether the index says that it has a file of this name now."""
    if is_race(response, server):
        return False
    words = response.words.lower()
    return any(response.status == status and each in words for status, each in ALREADY_EXISTS)


def is_race(response: Response, server: Server) -> bool:
    """Return whether the answer may be wrong because another job uploads the same release at the same moment.

    Of identical files, and of jobs that create a project, PyPI says so; a moment later it says 200.
    """
    words = response.words.lower()
    used_before = any(each in words for each in NAME_USED_BEFORE)
    return (response.status in (400, 409) and (used_before or SECOND_SDIST in words)) or (
        server.is_pypi and response.status == 409
    )


def may_have_arrived(response: Response) -> bool:
    """Return whether the index may have the file although it did not say so: the whole body, and no answer or a 5xx."""
    return response.is_sent and (response.status == 0 or response.status >= 500)


def outcome_of(
    response: Response, context: UploadContext, distribution: Distribution, *, lost_answer: bool = False
) -> tuple[Outcome, str]:
    """Return what happened to the file by the last answer, and the reason; the index is asked where that is open.

    ``lost_answer``: an earlier attempt may have stored the file.
    """
    server = context.server
    if 200 <= response.status < 300:
        return Outcome.UPLOADED, ""
    lost_answer = lost_answer or may_have_arrived(response)
    exists = already_exists(response, server)
    if not exists and not lost_answer:
        return _outcome_of_failure(response, context, distribution.name)

    # PyPI answers 200 to identical bytes, so a file that exists there has other content.
    same = False if exists and server.is_pypi else context.is_published(distribution)
    if same and exists:
        lost = ", perhaps from an earlier attempt whose answer was lost" if lost_answer else ""
        return Outcome.IDENTICAL, f"the index has this file already{lost}"
    if same:
        return Outcome.UPLOADED, f"the index lists this file, although its answer was lost ({response.reason})"
    if same is None and not exists:
        _, reason = _outcome_of_failure(response, context, distribution.name)
        if may_have_arrived(response):
            return Outcome.UNKNOWN, reason
        return Outcome.UNKNOWN, f"{reason}. The index may have the file from an earlier attempt, whose answer was lost"
    if same is None and lost_answer and not context.skip_existing:
        return Outcome.UPLOADED, (
            f"the index has a file of this name ({response.reason}), most likely from the earlier attempt whose answer "
            "was lost; their hashes could not be compared"
        )
    content = "a file of this name" if same is None else "other content under this name"
    reason = f"the index has {content} ({response.reason})"
    if context.skip_existing:
        return Outcome.KEPT, reason
    return Outcome.REJECTED, (
        f"{reason}. A published file can never be replaced: raise the version, or keep the published file with "
        "--skip-existing"
    )


def _outcome_of_failure(response: Response, context: UploadContext, name: str) -> tuple[Outcome, str]:
    if response.status == 0:
        if response.is_sent:
            return Outcome.UNKNOWN, f"{response.words}; the index may have the file. {try_later(context.server)}"
        remedy_here = "" if response.is_final else f". {reconnect(context.server)}"
        return Outcome.FAILED, response.words + remedy_here
    is_rejected = response.status < 500 and response.status != 429
    answered = "rejected with" if is_rejected else "the index answered"
    reason = ". ".join(filter(None, (f"{answered} {response.reason}", remedy(response, context, name=name))))
    return Outcome.REJECTED if is_rejected else Outcome.FAILED, reason


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


def _words_in_html(text: str) -> str:
    text = re.sub(r"(?is)<!--.*?-->|<(script|style|head|title)\b.*?</\1\s*>", " ", text)
    text = re.sub(r"(?s)<[^>]*>", " ", text)
    try:
        return html.unescape(text)
    except ValueError:  # a number of more digits than Python reads
        return text


def _one_line(text: str) -> str:
    """Return the text as a part of a sentence: one line, not too long, without what PyPI repeats for each check."""
    clauses: list[str] = []
    for clause in " ".join(text.split()).split(", "):
        if not any(each.endswith(clause) for each in clauses):
            clauses.append(clause)
    line = ", ".join(clauses).rstrip(".")
    return line if len(line) <= WORDS_LIMIT_CHARACTERS else line[:WORDS_LIMIT_CHARACTERS] + " [...]"
