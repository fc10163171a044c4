"""The legacy upload protocol: a release's distributions are posted, each with an outcome in the end."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TYPE_CHECKING

from .attempts import Upload
from .outcomes import FileResult, Outcome
from .posting import Poster

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ..distributions import Distribution
    from .attempts import Means

__all__ = ["FileResult", "Outcome", "Uploads"]

TICK_SECONDS = 0.1
GRACE_SECONDS = 0.3


class Uploads:
    """The uploads of one release; ``results`` can be read at any time, also after an interruption.

    Wheels go before the sdist, which waits until every wheel is answered: no installer shall fall back to an sdist
    whose wheel is still under way. The first file goes alone, because it creates the release. ``timeout`` is in
    seconds; ``done`` is called with each result as it comes.
    """

    def __init__(
        self,
        distributions: Sequence[Distribution],
        means: Means,
        *,
        upload_url: str,
        jobs: int,
        timeout: float,
        done: Callable[[FileResult], None],
    ) -> None:
        self._uploads = tuple(Upload(each, means) for each in distributions)
        self._upload_url = upload_url
        self._timeout = timeout
        self._done = done
        self._failed = threading.Event()
        self._interrupted = threading.Event()
        self._own = threading.local()
        self._posters: list[Poster] = []
        self._threads = ThreadPoolExecutor(max_workers=jobs)

    @property
    def results(self) -> tuple[FileResult, ...]:
        """Return each file's result as it is now, in the order of the files."""
        return tuple(each.result for each in self._uploads)

    def run(self, *, tick: Callable[[], None]) -> None:
        """Upload until every file has its outcome, or one has failed for good; ``tick`` is called all the while.

        After an exception of ``tick``, or a signal's, what is under way is hardly waited for.
        """
        try:
            for wave in _waves(self._uploads):
                self._run_wave(wave, tick)
            for poster in self._posters:
                poster.close()
        finally:
            self._threads.shutdown(wait=False, cancel_futures=True)

    def _run_wave(self, wave: Sequence[Upload], tick: Callable[[], None]) -> None:
        """Run these uploads, as many at a time as there are threads, and raise what one of them raised."""
        futures = {self._threads.submit(self._run_one, each) for each in wave}
        pending = futures
        try:
            while pending:
                _, pending = wait(pending, timeout=TICK_SECONDS)
                tick()
        except BaseException:
            self._interrupted.set()  # ends every pause, so that those that pause can say how it stands with them
            wait(pending, timeout=GRACE_SECONDS)
            raise
        for future in futures:
            future.result()

    def _run_one(self, upload: Upload) -> None:
        if self._failed.is_set() or self._interrupted.is_set():
            return
        succeeded = False
        try:
            result = upload.run(self._poster(), self._pause)
            succeeded = not result.outcome.is_final_failure
        finally:
            if not succeeded:
                self._failed.set()
        if not self._interrupted.is_set():
            self._done(result)

    def _pause(self, seconds: float) -> bool:
        return not self._interrupted.wait(seconds)

    def _poster(self) -> Poster:
        """Return this thread's own poster: a session is not to be shared by threads."""
        if not hasattr(self._own, "poster"):
            self._own.poster = Poster(self._upload_url, timeout=self._timeout)
            self._posters.append(self._own.poster)
        poster: Poster = self._own.poster
        return poster


def _waves(uploads: Sequence[Upload]) -> Iterator[tuple[Upload, ...]]:
    """Yield what may be under way at the same time: the first file, the other wheels, the sdist."""
    wheels = tuple(each for each in uploads if each.distribution.filetype == "bdist_wheel")
    sdists = tuple(each for each in uploads if each.distribution.filetype == "sdist")
    first, *others = (*wheels, *sdists)
    yield (first,)
    yield tuple(each for each in others if each in wheels)
    yield tuple(each for each in others if each in sdists)
