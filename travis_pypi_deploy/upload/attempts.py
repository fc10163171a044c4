"""One distribution is posted until the index has given its final word, or patience is over."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from .body import ChangedFileError
from .outcomes import FileResult, Outcome
from .replies import Reply
from .retries import LONGEST_RETRY_AFTER_SECONDS, clock_time, is_transient, pause_before, retry_after_seconds
from .verdicts import already_exists, judge, judge_existing, judge_listed, may_have_arrived

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..distributions import Distribution
    from .posting import Poster
    from .replies import NoAnswer
    from .verdicts import Circumstances


@dataclass(frozen=True)
class Means:
    """What an upload needs from the outside.

    ``authorize`` returns each attempt's Authorization header; ``is_published`` asks the index whether it lists this
    very file (True), another of its name (False), or nobody knows (None); ``tell`` writes a line to the log and
    ``told`` counts bytes that were sent, or takes them back.
    """

    circumstances: Circumstances
    retries: int
    authorize: Callable[[], str | None]
    is_published: Callable[[Distribution], bool | None]
    tell: Callable[[str], None]
    told: Callable[[int], None]


class Upload:
    """The upload of one distribution, in as many attempts as it takes."""

    def __init__(self, distribution: Distribution, means: Means) -> None:
        self.distribution = distribution
        self._means = means
        self._circumstances = means.circumstances
        self._attempts = 0
        self._started = 0.0
        self._result: FileResult | None = None

    @property
    def result(self) -> FileResult:
        """Return what has become of the distribution by now; what is under way is unknown."""
        if self._result:
            return self._result
        if not self._attempts:
            return FileResult(self.distribution.filename)
        return self._ended(Outcome.UNKNOWN, "interrupted while it was under way; the index may have the file")

    def run(self, poster: Poster, pause: Callable[[float], bool]) -> FileResult:
        """Post the distribution, again after passing troubles, and return its result.

        ``pause`` waits so many seconds, and returns False if that was cut short because everything is to end.
        """
        self._started = time.monotonic()
        try:
            self._result = self._ended(*self._post_until_final(poster, pause))
        except ChangedFileError as error:
            self._result = self._changed(error)
        return self._result

    def _post_until_final(self, poster: Poster, pause: Callable[[float], bool]) -> tuple[Outcome, str]:
        while True:
            self._attempts += 1
            answer = poster.post(self.distribution, self._means.authorize(), told=self._means.told)
            if not is_transient(answer) or self._attempts > self._means.retries:
                return self._final(answer)
            if may_have_arrived(answer):
                self._circumstances = replace(self._circumstances, lost_answer=True)
            seconds = self._pause_before_next(answer)
            if seconds is None:
                return self._final(answer)
            if not pause(seconds):
                outcome, reason = judge(answer, self._circumstances)
                return outcome, f"{reason}; interrupted before the next attempt"

    def _pause_before_next(self, answer: Reply | NoAnswer) -> float | None:
        """Return the seconds to pause; None if the index wants a longer pause than there is patience for."""
        now = time.time()
        asked = retry_after_seconds(answer.retry_after, now=now) if isinstance(answer, Reply) else None
        if asked is not None and asked > LONGEST_RETRY_AFTER_SECONDS:
            self._tell(
                f"{answer.why}; the index wants no attempt before {clock_time(now + asked)} (Retry-After), which is "
                "too long to wait"
            )
            return None
        seconds = asked if asked is not None else pause_before(self._attempts)
        self._tell(f"{answer.why}; trying again in {seconds:.1f} s (retry {self._attempts} of {self._means.retries})")
        return seconds

    def _final(self, answer: Reply | NoAnswer) -> tuple[Outcome, str]:
        """Judge the last answer; the index is asked where that alone does not tell."""
        circumstances = self._circumstances
        if isinstance(answer, Reply) and already_exists(answer):
            same = None if circumstances.server.is_pypi else self._means.is_published(self.distribution)
            return judge_existing(answer, circumstances, same=same)
        outcome, reason = judge(answer, circumstances)
        if outcome is Outcome.UNKNOWN:
            return judge_listed(reason, same=self._means.is_published(self.distribution))
        return outcome, reason

    def _changed(self, error: ChangedFileError) -> FileResult:
        detail = f"{error} after it was checked, and is therefore not published: build and deploy in one go"
        outcome = Outcome.REJECTED
        if self._circumstances.lost_answer:
            outcome = Outcome.UNKNOWN
            detail += "; an earlier attempt was sent whole and not answered, the index may have the checked file"
        return replace(self._ended(outcome, detail), changed=True)

    def _ended(self, outcome: Outcome, detail: str) -> FileResult:
        seconds = time.monotonic() - self._started
        return FileResult(self.distribution.filename, outcome, self._attempts, seconds, detail)

    def _tell(self, sentence: str) -> None:
        self._means.tell(f"{self.distribution.filename}: {sentence}")
