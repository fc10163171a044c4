"""A checked release meets the index: what is there already, what is sent, and whether it appears."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from ..errors import InvalidReleaseError, RejectedError
from ..report import summary
from ..servers import origin

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..distributions import Distribution
    from ..index import Index, Listing
    from ..settings.credentials import Credentials
    from ..upload import FileResult, UploadContext
    from .world import World

LIKELY_CAUSE = (
    "Most likely another job of this build has published it: publish from one job only (--python, or a deploy stage), "
    "or go on with what is there with --skip-existing. A published file can never be replaced: if the content has to "
    "change, raise the version"
)


class Publication:
    """The publishing of one release to one server."""

    def __init__(self, world: World, distributions: Sequence[Distribution], credentials: Credentials | None) -> None:
        self._world = world
        self._settings = world.settings
        self._distributions = tuple(distributions)
        self._credentials = credentials
        self._name = distributions[0].name
        self._index = self._open_index()

    def look(self) -> Listing | None:
        """Return what the index holds of the project; None, with a warning, where it does not say."""
        if self._index is None:
            return None
        try:
            return self._index.lookup(self._name)
        except RejectedError as error:
            self._world.console.warn(f"{error}. Continuing; the upload itself will show it")
            return None

    def compare(self, listing: Listing) -> tuple[FileResult, ...]:
        """Return the files that are done before anything is sent; raises RejectedError for what the index foretells."""
        from ..index import compare
        from ..upload import FileResult, Outcome

        console, settings = self._world.console, self._settings
        compared = compare(self._distributions, listing, is_pypi=settings.server.is_pypi)
        done = [FileResult(name, Outcome.IDENTICAL) for name in compared.identical]
        if settings.skip_existing:
            done.extend(
                FileResult(name, Outcome.KEPT, detail=f"kept: {reason}") for name, reason in compared.different.items()
            )
            different = []
        else:
            different = [f"{name}: {reason}" for name, reason in compared.different.items()]
        for warning in compared.warnings:
            console.warn(warning)
        predicted = [f"{each.filename}  {each.rule}  {each.message}" for each in compared.problems]
        for sentence in (*predicted, *different):
            console.error(sentence)
        if predicted or different:
            cause = f". {LIKELY_CAUSE}" if different else ""
            raise RejectedError(f"{settings.server.name} would reject this release; nothing was uploaded{cause}")
        return tuple(done)

    def upload(self, done: Sequence[FileResult]) -> None:
        """Send every file that is not done, and tell and record what became of each, whatever happens.

        Raises RejectedError, or InvalidReleaseError if a file was changed meanwhile.
        """
        record, console = self._world.record, self._world.console
        finished = {each.filename for each in done}
        to_send = [each for each in self._distributions if each.filename not in finished]
        record.results = tuple(done)
        try:
            if to_send:
                with console.fold(
                    "pypi.upload", f"Uploading {summary.files(len(to_send))} to {self._settings.server.name}"
                ):
                    self._send(to_send)
            else:
                console.say(f"Nothing to upload: {self._settings.server.name} has every file")
        finally:
            self._tell_results()
        _raise_failures(record.results)

    def _send(self, to_send: Sequence[Distribution]) -> None:
        from ..upload import Uploader

        record, console = self._world.record, self._world.console
        uploader = Uploader(
            to_send,
            self._context(),
            upload_url=self._settings.server.upload_url,
            jobs=self._settings.jobs,
            timeout=self._settings.timeout,
            on_result=lambda result: console.say(
                f"{result.outcome.value.capitalize()} {result.filename} in {result.seconds:.1f} s"
            ),
        )
        try:
            uploader.run(lambda: console.tick(uploader.status()))
        finally:
            record.results += uploader.results

    def _tell_results(self) -> None:
        """Tell what became of each file, outside of any fold: nobody has to open one to see what went wrong."""
        console, results = self._world.console, self._world.record.results
        for line in summary.table(self._distributions, results):
            console.say(line)
        for each in results:
            if each.detail:
                tell = console.error if each.outcome.is_failure else console.warn
                tell(f"{each.filename}: {each.detail}")

    def wait(self, results: Sequence[FileResult]) -> None:
        """Wait until the index lists the release, if that is asked for; raises RejectedError when it takes too long."""
        settings, console = self._settings, self._world.console
        if not settings.wait:
            return
        if self._index is None:
            console.warn(f"cannot wait for the release ({settings.sources['wait']}): give the index with --index-url")
            return
        console.say(f"Waiting up to {settings.wait} s for the index to list the release")
        missing = self._index.wait_for(
            self._distributions,
            by_name=frozenset(each.filename for each in results if each.outcome.value == "kept"),
            seconds=settings.wait,
            tick=lambda: console.tick("Still waiting for the index"),
        )
        if missing:
            raise RejectedError(
                f"all files are published, but after {settings.wait} s the index does not list: {', '.join(missing)}. "
                f"It may take longer today ({settings.sources['wait']})"
            )

    def _open_index(self) -> Index | None:
        settings = self._settings
        index_url = settings.index_url or settings.server.index_url
        if not index_url:
            return None
        from ..index import Index

        is_own = not settings.server.is_pypi and origin(index_url) == origin(settings.server.upload_url)
        return Index(index_url, authorize=self._authorization if is_own else lambda: None, timeout=settings.timeout)

    def _authorization(self) -> str | None:
        if self._credentials is None:
            return None
        return self._credentials.authorization(project=self._name, now=time.time(), narrow=self._settings.narrow_token)

    def _is_published(self, distribution: Distribution) -> bool | None:
        from ..index import is_listed

        if self._index is None:
            return None
        try:
            return is_listed(distribution, self._index.lookup(self._name))
        except RejectedError:
            return None

    def _context(self) -> UploadContext:
        from ..upload import UploadContext

        return UploadContext(
            server=self._settings.server,
            skip_existing=self._settings.skip_existing,
            secret_source=self._credentials.source if self._credentials else "",
            is_narrowed=bool(self._settings.narrow_token and self._credentials and self._credentials.token),
            retries=self._settings.retries,
            authorize=self._authorization,
            is_published=self._is_published,
            warn=self._world.console.warn,
        )


def _raise_failures(results: Sequence[FileResult]) -> None:
    failed = [each for each in results if each.outcome.is_failure]
    if not failed:
        return
    error = InvalidReleaseError if all(each.changed for each in failed) else RejectedError
    raise error(f"{', '.join(each.filename for each in failed)} could not be published; {_state(results)}")


def _state(results: Sequence[FileResult]) -> str:
    """Return how complete the release is."""
    from ..upload import Outcome

    unknown = [each.filename for each in results if each.outcome is Outcome.UNKNOWN]
    there = sum(each.outcome in (Outcome.UPLOADED, Outcome.IDENTICAL, Outcome.KEPT) for each in results)
    if not there and not unknown:
        return "nothing was published"
    perhaps = f", and perhaps {', '.join(unknown)}" if unknown else ""
    return (
        f"{there} of {len(results)} files are on the index{perhaps}: the release is incomplete. Mend the cause and run "
        "this job again: files that are there are not sent again"
    )
