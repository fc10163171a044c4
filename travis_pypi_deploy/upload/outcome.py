"""The outcome of an upload: what the answer of an index means for the file, the reason, and the remedy."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from ..credentials import Credentials
from ..distributions import Distribution
from ..servers import Server
from .response import NAME_USED_BEFORE, SECOND_SDIST, Response, already_exists


class Outcome(Enum):
    """The outcome of one distribution; the value is its name in the log and the report."""

    UPLOADED = "uploaded"
    IDENTICAL = "identical"
    KEPT = "kept"
    REJECTED = "rejected"
    FAILED = "failed"
    UNKNOWN = "unknown"

    @property
    def is_failure(self) -> bool:
        """Whether it ends the release, so that no other upload begins."""
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
    """The settings that all uploads of one release share, and the functions that they call.

    ``is_published`` asks the index whether it lists this file (True), another of its name (False), or neither is known
    (None); ``warn`` writes a line to the log.
    """

    server: Server
    credentials: Credentials | None
    skip_existing: bool
    retries: int
    is_published: Callable[[Distribution], bool | None]
    warn: Callable[[str], None]


def outcome_of(
    response: Response, context: UploadContext, distribution: Distribution, *, lost_answer: bool = False
) -> tuple[Outcome, str]:
    """Return the file's outcome after the last answer, and the reason; asks the index if the answer leaves it open.

    ``lost_answer``: an earlier attempt may have stored the file.
    """
    server = context.server
    if 200 <= response.status < 300:
        return Outcome.UPLOADED, ""
    lost_answer = lost_answer or response.may_have_arrived
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
        if response.may_have_arrived:
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
    server = context.server
    if response.status == 0 and response.is_sent:
        return Outcome.UNKNOWN, f"{response.words}; the index may have the file. {_try_later(server)}"
    if response.status == 0 and response.is_final:
        return Outcome.FAILED, response.words
    if response.status == 0:
        remedy = _try_later(server) if server.status_url else "Check the URL in --server, or run this job again later"
        return Outcome.FAILED, f"{response.words}. {remedy}"
    is_rejected = response.status < 500 and response.status != 429
    answered = "rejected with" if is_rejected else "the index answered"
    reason = ". ".join(filter(None, (f"{answered} {response.reason}", _remedy(response, context, name))))
    return Outcome.REJECTED if is_rejected else Outcome.FAILED, reason


def _remedy(response: Response, context: UploadContext, name: str) -> str:
    """Return what to do about a rejection, in one clause; empty if the index's own words are enough."""
    server, words, status = context.server, response.words.lower(), response.status
    if "archived" in words or status == 410:
        where = f" ({server.settings_url.format(name=name)})" if server.settings_url else ""
        return f"An archived project accepts no files: unarchive it in its settings{where}"
    if "too similar" in words:
        return "Choose another project name"
    if status == 413 or "file too large" in words or "size too large" in words:
        where = f" ({server.limits_url})" if server.limits_url else ""
        return f"Delete old releases, or request a higher limit{where}"
    if NAME_USED_BEFORE in words:
        return "The name of a deleted file can never be used again: raise the version"
    if SECOND_SDIST in words:
        return "The release has an sdist of another name: raise the version"
    if status in (401, 403):
        return _remedy_for_credentials(response, context, name)
    if status in (404, 405) or 300 <= status < 400:
        return "Check that the URL in --server is the one that accepts uploads"
    if server.is_pypi and status == 409:
        return "The project name is taken: choose another one"
    if status == 429 or status >= 500:
        return _try_later(server)
    return ""


def _remedy_for_credentials(response: Response, context: UploadContext, name: str) -> str:
    server, credentials, words = context.server, context.credentials, response.words.lower()
    new_token = f" ({server.token_url})" if server.token_url else ""
    if credentials is None:
        return "No credentials were sent: name the variable that holds them with --password-env"
    source, token = credentials.source, credentials.contents
    if "expired" in words and token and (token.expires_at is None or token.expires_at > time.time()):
        return (
            "The copy of the token is valid for one hour: if the upload took longer, or this machine's clock is wrong, "
            "use --no-narrow-token"
        )
    if "expired" in words:
        return f"The token in {source} has expired: create a new one{new_token}"
    if "isn't allowed" in words:
        return (
            f"The account of {source} is not a maintainer of {name}: ask a maintainer to add it, or choose another name"
        )
    if "project-scoped" in words or "not valid for project" in words:
        return f"The token in {source} is for another project: use one for {name}"
    if server.is_pypi:
        return f"Check that {source} holds a valid token of {server.name} whose scope includes {name}{new_token}"
    return f"Check --username and the value of {source}"


def _try_later(server: Server) -> str:
    """Return what to do if the index itself has a problem."""
    return f"See {server.status_url}, and run this job again later" if server.status_url else "Run this job again later"
