"""One distribution is posted until the index has given its final word, or patience is over."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from .body import ChangedFileError
from .outcomes import FileResult, Outcome
from .replies import NoAnswer, Reply
from .retries import LONGEST_RETRY_AFTER_SECONDS, clock_time, is_transient, pause_before, retry_after_seconds
from .verdicts import already_exists, judge, judge_existing

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..distributions import Distribution
    from .posting import Poster
    from .verdicts import Circumstances


@dataclass(frozen=True)
class Means:
    """What an upload needs from the outside.

    ``authorize`` returns each attempt's Authorization header; ``is_published`` asks the index whether it lists this
    very file (True), another of its name (False), or nobody knows (None); ``tell`` writes a line to the log and
    ``told`` counts bytes that were sent.
    """

    circumstances: Circumstances
    retries: int
    authorize: Callable[[], str | None]
    is_published: Callable[[Distribution], bool | None]
    tell: Callable[[str], None]
    told: Callable[[int], None]


def upload(distribution: Distribution, poster: Poster, means: Means) -> FileResult:
    """Post the distribution, again after passing troubles, and return its outcome."""
    started = time.monotonic()
    circumstances = means.circumstances
    attempt = 0
    while True:
        attempt += 1
        answer = _post(distribution, poster, means)
        result = FileResult(distribution.filename, attempts=attempt, seconds=time.monotonic() - started)
        if answer is None:
            detail = "the file was changed after it was checked, so it was not sent: build and deploy in one go"
            return replace(result, outcome=Outcome.REJECTED, detail=detail, changed=True)
        if not is_transient(answer) or attempt > means.retries or not _pause(answer, attempt, distribution, means):
            outcome, detail = _final(answer, distribution, circumstances, means)
            return replace(result, outcome=outcome, detail=detail)
        if isinstance(answer, NoAnswer) and answer.sent:
            circumstances = replace(circumstances, lost_answer=True)


def _post(distribution: Distribution, poster: Poster, means: Means) -> Reply | NoAnswer | None:
    """Return what came of one attempt; None if the file is not the checked one any more."""
    sent = 0

    def told(count: int) -> None:
        nonlocal sent
        sent += count
        means.told(count)

    answer: Reply | NoAnswer | None
    try:
        answer = poster.post(distribution, means.authorize(), told=told)
    except (ChangedFileError, OSError):
        answer = None
    if not isinstance(answer, Reply) or not answer.is_success:
        means.told(-sent)  # progress counts what has arrived
    return answer


def _pause(answer: Reply | NoAnswer, attempt: int, distribution: Distribution, means: Means) -> bool:
    """Pause before the next attempt; return False if the index wants a longer pause than there is patience for."""
    now = time.time()
    asked = retry_after_seconds(answer.retry_after, now=now) if isinstance(answer, Reply) else None
    why = answer.why if isinstance(answer, NoAnswer) else f"status {answer.status}: {answer.words}"
    if asked is not None and asked > LONGEST_RETRY_AFTER_SECONDS:
        means.tell(
            f"{distribution.filename}: {why}; the index wants no attempt before {clock_time(now + asked)} "
            "(Retry-After), which is too long to wait"
        )
        return False
    pause = asked if asked is not None else pause_before(attempt)
    means.tell(f"{distribution.filename}: {why}; trying again in {pause:.1f} s (retry {attempt} of {means.retries})")
    time.sleep(pause)
    return True


def _final(
    answer: Reply | NoAnswer, distribution: Distribution, circumstances: Circumstances, means: Means
) -> tuple[Outcome, str]:
    if isinstance(answer, Reply) and already_exists(answer):
        same = None if circumstances.server.is_pypi else means.is_published(distribution)
        return judge_existing(answer, circumstances, same=same)
    outcome, detail = judge(answer, circumstances)
    if outcome is Outcome.UNKNOWN and means.is_published(distribution):
        return Outcome.UPLOADED, "its answer was lost, but the index lists this very file"
    return outcome, detail
