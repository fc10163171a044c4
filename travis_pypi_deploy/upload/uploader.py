"""The uploads of one release: their order, retries, and the end after a failure or an interruption."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from typing import TYPE_CHECKING

from .client import ChangedFileError, Transfer
from .response import (
    FileResult,
    NoResponse,
    Outcome,
    Response,
    already_exists,
    is_race,
    may_have_arrived,
    outcome_by_listing,
    outcome_of,
    outcome_of_existing,
)
from .retry import (
    LONGEST_RETRY_AFTER_SECONDS,
    clock_time,
    is_transient,
    pause_before,
    pause_before_race_retry,
    retry_after_seconds,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import Future

    from ..distributions import Distribution
    from .client import UploadClient
    from .response import UploadContext

GRACE_SECONDS = 0.3


class Uploader:
    """The uploads of one release; ``results`` can be read at any time, also after an interruption.

    Wheels go before the sdist, which waits until every wheel is answered: no installer should fall back to an sdist
    whose wheel is still being uploaded. The first file goes alone, because it creates the release.
    """

    def __init__(
        self,
        distributions: Sequence[Distribution],
        context: UploadContext,
        client: UploadClient,
        *,
        jobs: int,
    ) -> None:
        self._halt = threading.Event()
        self._uploads = tuple(Upload(each, context, client, self._pause) for each in distributions)
        self._threads = ThreadPoolExecutor(max_workers=jobs)

    @property
    def results(self) -> tuple[FileResult, ...]:
        """Return each file's result as it is now, in the order of the files."""
        return tuple(each.result for each in self._uploads)

    def status(self) -> str:
        """Return the progress of the uploads, and what they wait for if none is sending, for the log."""
        running = [each for each in self._uploads if each.is_running]
        done = sum(each.distribution.size for each in self._uploads if each.result.outcome is Outcome.UPLOADED)
        sent = done + sum(each.transfer.sent_bytes for each in running)
        total = sum(each.distribution.size for each in self._uploads)
        waits = [each.waits_for() for each in running]
        waiting = f", waiting for {waits[0]}" if waits and all(waits) else ""
        return f"Sent {_amount(min(sent, total), total)}{waiting}"

    def run(self) -> None:
        """Upload until every file has its outcome, or one has failed; a signal stops all that is under way."""
        futures: list[Future[None]] = []
        try:
            for wave in _waves(self._uploads):
                futures = [self._threads.submit(self._run_one, each) for each in wave]
                for future in wait(futures).done:
                    future.result()
        finally:
            self._halt.set()
            for each in self._uploads:
                each.transfer.stop()
            self._threads.shutdown(wait=False, cancel_futures=True)
            wait(futures, timeout=GRACE_SECONDS)

    def _run_one(self, upload: Upload) -> None:
        if self._halt.is_set():
            return
        has_failed = True
        try:
            has_failed = upload.run().outcome.is_failure
        finally:
            if has_failed:
                self._halt.set()

    def _pause(self, seconds: float) -> bool:
        return not self._halt.wait(seconds)


class Upload:
    """The upload of one distribution, in as many attempts as it takes.

    ``pause`` waits some seconds, and returns False if that was cut short because everything has to end.
    """

    def __init__(
        self, distribution: Distribution, context: UploadContext, client: UploadClient, pause: Callable[[float], bool]
    ) -> None:
        self.distribution = distribution
        self.transfer = Transfer()
        self._context = context
        self._client = client
        self._pause = pause
        self._attempts = 0
        self._started = 0.0
        self._lost_answer = False
        self._is_pausing = False
        self._result: FileResult | None = None

    @property
    def is_running(self) -> bool:
        """Whether the upload has begun and has no result yet."""
        return self._attempts > 0 and self._result is None

    def waits_for(self) -> str:
        """Return what the upload waits for, empty while it sends."""
        since = self.transfer.answer_awaited_since
        if self._is_pausing:
            return f"the next attempt to upload {self.distribution.filename}"
        if since is not None:
            return f"the answer to {self.distribution.filename} for {time.monotonic() - since:.0f} s"
        return ""

    @property
    def result(self) -> FileResult:
        """Return what has happened to the distribution by now."""
        if self._result is not None:
            return self._result
        if not self._attempts:
            return FileResult(self.distribution.filename)
        if self._lost_answer or self.transfer.is_handed_over:
            return self._ended(Outcome.UNKNOWN, "stopped before the index answered; the index may have the file")
        return self._ended(Outcome.FAILED, "stopped before the whole file was uploaded")

    def run(self) -> FileResult:
        """Upload the distribution, again after transient errors, and return its result."""
        self._started = time.monotonic()
        try:
            self._result = self._ended(*self._upload_until_final())
        except ChangedFileError as error:
            self._result = self._changed(error)
        return self._result

    def _upload_until_final(self) -> tuple[Outcome, str]:
        retries, has_raced = 0, False
        while True:
            authorization = self._context.authorize()
            self._attempts += 1
            response = self._client.attempt(self.distribution, authorization, self.transfer)
            self._lost_answer = self._lost_answer or may_have_arrived(response)
            if isinstance(response, Response) and not has_raced and is_race(response, self._context.server):
                has_raced = True
                seconds: float | None = pause_before_race_retry()
                self._warn(f"{response.reason}; another job may be uploading it too, trying again in {seconds:.1f} s")
            elif is_transient(response) and retries < self._context.retries:
                retries += 1
                seconds = self._pause_before(retries, response)
            else:
                return self._final(response)
            self.transfer.begin()  # the bytes of a failed attempt do not count
            self._is_pausing = True
            if seconds is None or not self._pause(seconds):
                return self._final(response)
            self._is_pausing = False

    def _pause_before(self, retry: int, response: Response | NoResponse) -> float | None:
        """Return the seconds to pause; None if the index asks for a pause that is too long."""
        now = time.time()
        asked = retry_after_seconds(response.retry_after, now=now) if isinstance(response, Response) else None
        if asked is not None and asked > LONGEST_RETRY_AFTER_SECONDS:
            self._warn(
                f"{response.reason}; not tried again, because the index asks to wait until {clock_time(now + asked)} "
                "(Retry-After)"
            )
            return None
        seconds = asked if asked is not None else pause_before(retry)
        self._warn(f"{response.reason}; trying again in {seconds:.1f} s (retry {retry} of {self._context.retries})")
        return seconds

    def _final(self, response: Response | NoResponse) -> tuple[Outcome, str]:
        """Return the outcome by the last answer; the index is asked where that alone does not show it."""
        context = self._context
        if isinstance(response, Response) and already_exists(response, context.server):
            same = None if context.server.is_pypi else context.is_published(self.distribution)
            return outcome_of_existing(response, context, same=same, lost_answer=self._lost_answer)
        outcome, reason = outcome_of(response, context, name=self.distribution.name)
        if outcome.is_failure and self._lost_answer:
            same = context.is_published(self.distribution)
            return outcome_by_listing(response, context, reason=reason, same=same)
        return outcome, reason

    def _changed(self, error: ChangedFileError) -> FileResult:
        detail = f"{error} after it was checked, so it was not uploaded. Build and deploy in one step"
        if self._lost_answer:
            detail += ". The index may have the checked file from an earlier attempt, whose answer was lost"
        outcome = Outcome.UNKNOWN if self._lost_answer else Outcome.FAILED
        return replace(self._ended(outcome, detail), changed=True)

    def _ended(self, outcome: Outcome, detail: str) -> FileResult:
        seconds = time.monotonic() - self._started
        return FileResult(self.distribution.filename, outcome, self._attempts, seconds, detail)

    def _warn(self, sentence: str) -> None:
        self._context.warn(f"{self.distribution.filename}: {sentence}")


def _waves(uploads: Sequence[Upload]) -> Iterator[tuple[Upload, ...]]:
    """Yield what may be uploaded at the same time: the first file, the other wheels, the sdist."""
    wheels = tuple(each for each in uploads if each.distribution.filetype == "bdist_wheel")
    sdists = tuple(each for each in uploads if each.distribution.filetype == "sdist")
    first, *others = (*wheels, *sdists)
    yield (first,)
    yield tuple(each for each in others if each in wheels)
    yield tuple(each for each in others if each in sdists)


def _amount(sent: int, total: int) -> str:
    """Return both numbers in the unit that fits the total."""
    unit, size = next((each for each in (("MB", 1_000_000), ("kB", 1000)) if total >= each[1]), ("bytes", 1))
    return f"{sent // size} of {total // size} {unit}"
