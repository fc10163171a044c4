"""The outcome of an upload: what the last answer of an index, or its page, means for the file, and the reason."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from .. import http
from ..credentials import Credentials
from ..distributions import Distribution
from ..index import Published
from ..servers import Server
from .remedies import remedy
from .response import Kind, Response, already_exists
from .results import OTHER_CONTENT, FileResult, Outcome

NAME_THE_INDEX = "name the simple index of the server with --index-url"


@dataclass(frozen=True)
class UploadContext:
    """The settings that all uploads of one release share, and the functions that they call.

    ``timeout`` is in seconds without progress or an answer. ``published`` asks the index about a file; ``warn`` writes
    a line to the log. ``is_certain``: the index is known to be that of the server; otherwise other content on its page
    may be that of another repository. ``look_pauses`` are the seconds before each look at the index after an answer
    that was lost: its page may show a file a moment later.
    """

    server: Server
    credentials: Credentials | None
    client: http.Client
    timeout: float
    skip_existing: bool
    retries: int
    published: Callable[[Distribution], Published]
    warn: Callable[[str], None]
    is_certain: bool
    look_pauses: tuple[float, ...] = (0.0, 1.0, 2.0)


def outcome_of(
    response: Response, context: UploadContext, distribution: Distribution, *, lost_answer: bool = False
) -> FileResult:
    """Return the result for a file after the last answer; asks the index if the answer leaves it open.

    ``lost_answer``: an earlier attempt may have stored the file.
    """
    filename = distribution.filename
    if response.kind is Kind.STORED:
        return FileResult(filename, Outcome.UPLOADED)
    may_be_stored = lost_answer or response.kind is Kind.OPEN
    if already_exists(response, context.server):
        return _existing(response, context, distribution, may_be_stored=may_be_stored)

    problem = _problem(response, context, distribution.name)
    if not may_be_stored:
        outcome = Outcome.REJECTED if response.kind is Kind.REJECTED else Outcome.FAILED
        return FileResult(filename, outcome, detail=problem)
    published = _look(context, distribution, is_patient=True)
    if published is Published.IDENTICAL:
        detail = f"the index lists this file, although its answer does not say so ({response.reason})"
        return FileResult(filename, Outcome.UPLOADED, detail=detail)
    if published is Published.DIFFERENT and context.is_certain:
        return _taken(response, context, filename)
    if response.kind is not Kind.OPEN:
        problem += ". The index may have the file from an earlier attempt, whose answer was lost"
    if not context.is_certain:
        problem += f". First {NAME_THE_INDEX}, to find out whether the file is there"
    return FileResult(filename, Outcome.UNKNOWN, detail=problem)


def _existing(
    response: Response, context: UploadContext, distribution: Distribution, *, may_be_stored: bool
) -> FileResult:
    """Return the result for a file whose name the index says to have: the hash on its page decides."""
    filename, is_certain = distribution.filename, context.is_certain
    if context.server.is_pypi:  # it answers 200 to identical bytes
        return _taken(response, context, filename)
    published = _look(context, distribution, is_patient=may_be_stored or is_certain)
    if published is Published.IDENTICAL:
        lost = ", perhaps from an earlier attempt whose answer was lost" if may_be_stored else ""
        return FileResult(filename, Outcome.IDENTICAL, detail=f"the index has this file already{lost}")
    if published is Published.DIFFERENT:
        return _taken(response, context, filename)

    outcome = Outcome.UNKNOWN if may_be_stored else Outcome.REJECTED
    lost = ". It may be the one of an earlier attempt, whose answer was lost" if may_be_stored else ""
    claim = f"the index says that it has a file of this name ({response.reason})"
    if is_certain and published is Published.ABSENT:
        detail = f"{claim}, but its page does not list the file, so nothing was compared{lost}"
        detail += ". Look for the file on the server; if it is not there, raise the version"
        return FileResult(filename, outcome, detail=detail)
    why = "its page has no hash, or cannot be read" if is_certain else "its page was not found, or does not list it"
    detail = f"{claim}, and nothing was compared, because {why}"
    if context.skip_existing:
        return FileResult(filename, Outcome.KEPT, detail=detail)
    find_out = "Raise" if is_certain else f"To find out whether it is identical, {NAME_THE_INDEX}; otherwise raise"
    detail += f"{lost}. {find_out} the version, or keep the published file with --skip-existing"
    return FileResult(filename, outcome, detail=detail)


def _taken(response: Response, context: UploadContext, filename: str) -> FileResult:
    reason = f"{OTHER_CONTENT} ({response.reason})"
    if context.skip_existing:
        return FileResult(filename, Outcome.KEPT, detail=reason)
    remedy = "raise the version, or keep the published file with --skip-existing"
    detail = f"{reason}. A published file can never be replaced: {remedy}"
    return FileResult(filename, Outcome.REJECTED, detail=detail, has_taken_name=True)


def _look(context: UploadContext, distribution: Distribution, *, is_patient: bool) -> Published:
    """Return what the index says about a file; if ``is_patient``, it is asked again while its answer may change."""
    published = Published.UNKNOWN
    for pause in context.look_pauses if is_patient else context.look_pauses[:1]:
        time.sleep(pause)
        published = context.published(distribution)
        may_change = published is Published.ABSENT or (published is Published.UNKNOWN and not context.is_certain)
        if not may_change:
            break
    return published


def restart_works(listed: Mapping[str, Published], results: Sequence[FileResult], *, is_certain: bool) -> bool:
    """Return whether the same job, started again, recognizes the files that are on the index now.

    ``listed`` is what the index says about each file of the release. An index that is not certainly the server's counts
    only for the files that it lists as identical.
    """
    if Published.UNKNOWN in listed.values():
        return False
    there = [each for each in results if each.outcome not in (Outcome.REJECTED, Outcome.FAILED)]
    return is_certain or all(listed[each.filename] is Published.IDENTICAL for each in there)


def _problem(response: Response, context: UploadContext, name: str) -> str:
    """Return what went wrong, and what to do about it."""
    advice = remedy(response, context.server, context.credentials, name)
    if response.status == 0:
        answered = f"{response.words}; the index may have the file" if response.is_sent else response.words
    elif response.kind is Kind.REJECTED:
        answered = f"rejected with {response.reason}"
    elif response.is_page:
        answered = f"the index answered with a web page, as no upload API does ({response.reason})"
    else:
        answered = f"the index answered {response.reason}"
    return ". ".join(filter(None, (answered, advice)))
