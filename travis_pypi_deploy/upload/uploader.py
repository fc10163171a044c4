"""The uploads of one release: their order, retries, and the end after a failure or an interruption."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import replace

from ..credentials import clock_time
from ..distributions import Distribution
from .client import ChangedFileError, Transfer, attempt
from .outcome import UploadContext, outcome_of
from .response import Kind, is_race
from .results import FileResult, Outcome

WAKE_SECONDS = 0.5  # a signal that comes just before the main thread begins to wait is handled when it wakes
GRACE_SECONDS = 0.3  # for answers that are on their way when the uploads are stopped
FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 60.0
LONGEST_RETRY_AFTER_SECONDS = 120.0


class Uploader:
    """The uploads of one release; ``results`` can be read at any time, also after an interruption.

    Wheels go before the sdist, which waits until every wheel is answered: no installer should fall back to an sdist
    whose wheel is still being uploaded. The first file goes alone, because it creates the release.
    """

    def __init__(self, distributions: Sequence[Distribution], context: UploadContext, *, jobs: int) -> None:
        self._halt = threading.Event()
        self._uploads = tuple(Upload(each, context, self._halt.wait) for each in distributions)
        self._threads = ThreadPoolExecutor(max_workers=jobs)

    @property
    def results(self) -> tuple[FileResult, ...]:
        """Return the result, as it is now, of each file whose upload has begun, in the order of the files."""
        return tuple(result for each in self._uploads if (result := each.result))

    def status(self) -> str:
        """Return the progress of the uploads, and what they wait for if none is sending, for the log."""
        sent = sum(min(each.transfer.sent_bytes, each.distribution.size) for each in self._uploads)
        total = sum(each.distribution.size for each in self._uploads)
        unit, size = next((each for each in (("MB", 1_000_000), ("kB", 1000)) if total >= each[1]), ("bytes", 1))
        waits = [each for each in map(Upload.waits_for, self._uploads) if each is not None]
        waiting = f", waiting for {waits[0]}" if waits and all(waits) else ""
        return f"Sent {sent // size} of {total // size} {unit}{waiting}"

    def run(self) -> None:
        """Upload until every file has its outcome, or one has failed; a signal stops all that is under way."""
        wheels = [each for each in self._uploads if each.distribution.filetype == "bdist_wheel"]
        sdists = [each for each in self._uploads if each.distribution.filetype == "sdist"]
        first, *others = wheels or sdists
        futures: list[Future[None]] = []
        try:
            for wave in ([first], others, sdists if wheels else []):
                futures = [self._threads.submit(self._run_one, each) for each in wave]
                while wait(futures, timeout=WAKE_SECONDS).not_done:
                    pass
                for future in futures:
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


class Upload:
    """The upload of one distribution, with its retries.

    ``pause`` waits some seconds; it returns True, at once, if all uploads have to stop.
    """

    def __init__(self, distribution: Distribution, context: UploadContext, pause: Callable[[float], bool]) -> None:
        self.distribution = distribution
        self.transfer = Transfer(distribution)
        self._context = context
        self._pause = pause
        self._attempts = 0
        self._started = 0.0
        self._lost_answer = False
        self._is_pausing = False
        self._result: FileResult | None = None

    def waits_for(self) -> str | None:
        """Return what the upload waits for, empty while it sends, None before and after that."""
        since = self.transfer.handed_over_at
        if not self._attempts or self._result:
            return None
        if self._is_pausing:
            return f"the next attempt to upload {self.distribution.filename}"
        if since is not None:
            return f"the answer to {self.distribution.filename} for {time.monotonic() - since:.0f} s"
        return ""

    @property
    def result(self) -> FileResult | None:
        """Return what has happened to the distribution by now, None if nothing has."""
        if self._result or not self._attempts:
            return self._result
        outcome, detail = Outcome.FAILED, "stopped before the whole file was uploaded"
        if self._lost_answer or self.transfer.handed_over_at is not None:
            outcome, detail = Outcome.UNKNOWN, "stopped before the index answered; the index may have the file"
        return self._ended(FileResult(self.distribution.filename, outcome, detail=detail))

    def run(self) -> FileResult:
        """Upload the distribution, again after transient errors, and return its result."""
        self._started = time.monotonic()
        try:
            result = self._upload_until_final()
        except ChangedFileError as error:
            outcome, detail = Outcome.FAILED, f"{error}, so it was not uploaded. Build and deploy in one step"
            if self._lost_answer:
                outcome = Outcome.UNKNOWN
                detail += ". The index may have the checked file from an earlier attempt, whose answer was lost"
            result = FileResult(self.distribution.filename, outcome, detail=detail, changed=True)
        self._result = self._ended(result)
        return self._result

    def _upload_until_final(self) -> FileResult:
        context, retries, has_raced = self._context, 0, False
        while True:
            self._attempts += 1
            response = attempt(self.transfer, context)
            self._lost_answer = self._lost_answer or response.kind is Kind.OPEN

            if is_race(response, context.server) and not has_raced:
                has_raced = True
                seconds = 1 + random.random()  # noqa: S311 - the other job is done then
                self._warn(f"{response.reason}; another job may be uploading it too, trying again in {seconds:.1f} s")
            elif response.is_transient and retries < context.retries:
                retries += 1
                asked = response.retry_after
                if asked is not None and asked > LONGEST_RETRY_AFTER_SECONDS:
                    end = clock_time(time.time() + asked)
                    self._warn(f"{response.reason}; not tried again, because the index asks to wait until {end}")
                    break
                seconds = asked if asked is not None else pause_before(retries)
                retry = f"retry {retries} of {context.retries}"
                self._warn(f"{response.reason}; trying again in {seconds:.1f} s ({retry})")
            else:
                break

            self.transfer.reset()
            self._is_pausing = True
            if self._pause(seconds):
                break
            self._is_pausing = False
        return outcome_of(response, context, self.distribution, lost_answer=self._lost_answer)

    def _ended(self, result: FileResult) -> FileResult:
        """Return the result with what it took."""
        return replace(result, attempts=self._attempts, seconds=time.monotonic() - self._started)

    def _warn(self, sentence: str) -> None:
        self._context.warn(f"{self.distribution.filename}: {sentence}")


def pause_before(retry: int) -> float:
    """Return the seconds to pause before a retry (from 1): doubled each time, then cut at random by up to half.

    The random part keeps jobs that were rejected together from retrying at the same time.
    """
    pause = min(FIRST_PAUSE_SECONDS * 2.0 ** min(retry - 1, 10), LONGEST_PAUSE_SECONDS)
    return pause * random.uniform(0.5, 1)  # noqa: S311 - not a secret
