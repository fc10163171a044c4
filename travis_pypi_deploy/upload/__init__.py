"""The legacy upload protocol: a release's distributions are posted, each with an outcome in the end."""

from __future__ import annotations

import threading
import time
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from typing import TYPE_CHECKING

from . import attempts
from .outcomes import FileResult, Outcome
from .posting import Poster

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ..distributions import Distribution
    from .attempts import Means

__all__ = ["FileResult", "Outcome", "Uploads"]

TICK_SECONDS = 0.1


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
        self._distributions = tuple(distributions)
        self._means = means
        self._upload_url = upload_url
        self._timeout = timeout
        self._done = done
        self._results: dict[str, FileResult] = {}
        self._started: dict[str, float] = {}
        self._failed = threading.Event()
        self._per_thread = threading.local()
        self._posters: list[Poster] = []
        self._threads = ThreadPoolExecutor(max_workers=jobs)

    def run(self, *, tick: Callable[[], None]) -> None:
        """Upload until every file has its outcome, or one has failed for good; ``tick`` is called all the while.

        An exception of ``tick``, or a signal's, ends it at once: what is under way is not waited for.
        """
        try:
            for wave in _waves(self._distributions):
                pending = {self._threads.submit(self._upload, each) for each in wave}
                while pending:
                    finished, pending = wait(pending, timeout=TICK_SECONDS, return_when=FIRST_COMPLETED)
                    for future in finished:
                        future.result()
                    tick()
            for poster in self._posters:
                poster.close()
        finally:
            self._threads.shutdown(wait=False, cancel_futures=True)

    @property
    def results(self) -> tuple[FileResult, ...]:
        """Return each file's result as it is now, in the order of the files; what is under way is unknown."""
        return tuple(self._result(each.filename) for each in self._distributions)

    def _result(self, filename: str) -> FileResult:
        if filename in self._results:
            return self._results[filename]
        if filename in self._started:
            seconds = time.monotonic() - self._started[filename]
            detail = "interrupted while it was under way; the index may have the file"
            return FileResult(filename, Outcome.UNKNOWN, attempts=1, seconds=seconds, detail=detail)
        return FileResult(filename)

    def _upload(self, distribution: Distribution) -> None:
        if self._failed.is_set():
            return
        self._started[distribution.filename] = time.monotonic()
        result = attempts.upload(distribution, self._poster(), self._means)
        self._results[distribution.filename] = result
        if result.outcome.is_final_failure:
            self._failed.set()
        self._done(result)

    def _poster(self) -> Poster:
        """Return this thread's own poster: a session is not to be shared by threads."""
        if not hasattr(self._per_thread, "poster"):
            self._per_thread.poster = Poster(self._upload_url, timeout=self._timeout)
            self._posters.append(self._per_thread.poster)
        poster: Poster = self._per_thread.poster
        return poster


def _waves(distributions: Sequence[Distribution]) -> Iterator[tuple[Distribution, ...]]:
    """Yield what may be under way at the same time: the first file, the other wheels, the sdist."""
    wheels = tuple(each for each in distributions if each.filetype == "bdist_wheel")
    sdists = tuple(each for each in distributions if each.filetype == "sdist")
    first, *others = (*wheels, *sdists)
    yield (first,)
    yield tuple(each for each in others if each in wheels)
    yield tuple(each for each in others if each in sdists)
