"""Publish checked distributions: compare them with the index, upload what is missing, wait, and show the results."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future

from . import http
from .checks import Problem
from .console import Console
from .credentials import Credentials
from .distributions import Distribution
from .errors import InvalidReleaseError, RejectedError
from .index import Index, compare, is_listed
from .options import Settings
from .report import files, install_command, listed, release_page, table
from .servers import origin
from .simple_pages import Listing
from .upload import FileResult, Outcome, UploadClient, UploadContext, Uploader


def open_index(settings: Settings, client: http.Client, credentials: Credentials | None) -> Index | None:
    """Return the server's index, None if its address is not known; ``client`` connects to the server."""
    server, url = settings.server, settings.index_url or settings.server.index_url
    if not url:
        return None
    is_own = origin(url) == origin(server.upload_url)
    # Credentials go to the server's own origin only; PyPI's pages are public.
    login = credentials if is_own and not server.is_pypi else None
    # The connection of the lookup is also that of the first upload.
    index_client = client if is_own else http.Client(url, mask=client.mask)
    return Index(url, index_client, credentials=login, timeout=settings.timeout)


def compare_with_index(
    lookup: Future[Listing] | None, release: Sequence[Distribution], settings: Settings, console: Console
) -> tuple[tuple[FileResult, ...], tuple[Problem, ...]]:
    """Return the results of the files that the index has already, and the problems that its page predicts."""
    if lookup is None:
        return (), ()
    try:
        with console.heartbeat(lambda: f"Waiting for the index page of {release[0].name}"):
            listing = lookup.result()
    except RejectedError as error:
        console.warn(f"{error}. Continuing; the upload itself will show it")
        return (), ()
    comparison = compare(release, listing, is_pypi=settings.server.is_pypi)
    for warning in comparison.warnings:
        console.warn(warning)
    problems = tuple(
        each.with_severity(strict=False, is_ignored=each.rule in settings.ignore) for each in comparison.problems
    )
    outcome = Outcome.KEPT if settings.skip_existing else Outcome.REJECTED
    results = [FileResult(name, Outcome.IDENTICAL) for name in sorted(comparison.identical)]
    results += [FileResult(name, outcome, detail=reason) for name, reason in comparison.different.items()]
    return tuple(results), problems


def reject_different(results: Sequence[FileResult], settings: Settings, console: Console) -> None:
    """Raise RejectedError, before anything is uploaded, for files that the index has with other content."""
    taken = [each for each in results if each.outcome is Outcome.REJECTED]
    for each in taken:
        console.error(f"{each.filename}: {each.detail}")
    if taken:
        names = "this name" if len(taken) == 1 else "these names"
        raise RejectedError(
            f"{settings.server.name} has other content under {names}; nothing was uploaded. Either another job of this "
            "build published it (deploy from one job), or this job was restarted (sdists of setuptools differ from "
            "build to build; use --skip-existing), or the version was not raised"
        )


def uploader(
    missing: Sequence[Distribution],
    settings: Settings,
    credentials: Credentials | None,
    client: http.Client,
    index: Index | None,
    console: Console,
) -> Uploader:
    """Return the uploader of the files."""

    def is_published(distribution: Distribution) -> bool | None:
        try:
            return is_listed(distribution, index.lookup(distribution.name)) if index else None
        except RejectedError:
            return None

    context = UploadContext(
        server=settings.server,
        credentials=credentials,
        skip_existing=settings.skip_existing,
        retries=settings.retries,
        is_published=is_published,
        warn=console.warn,
    )
    uploads = UploadClient(settings.server.upload_url, client, timeout=settings.timeout)
    return Uploader(missing, context, uploads, jobs=settings.jobs)


def wait(
    index: Index | None,
    release: Sequence[Distribution],
    results: Sequence[FileResult],
    settings: Settings,
    console: Console,
) -> None:
    """Wait until the index lists the release, if that is asked for."""
    kept = [each.filename for each in results if each.outcome is Outcome.KEPT]
    awaited = [each for each in release if each.filename not in kept]
    if not settings.wait or not awaited:
        return
    if index is None:
        console.warn(
            f"{settings.sources['wait']} has no effect, because the index of this server is not known. Set --index-url"
        )
        return
    console.say(f"Waiting up to {settings.wait} s until the index lists the release")
    with console.heartbeat(lambda: "Still waiting for the index"):
        unlisted = index.wait_for(awaited, seconds=settings.wait)
    if unlisted:
        raise RejectedError(
            f"every file was uploaded, but after {settings.wait} s the index does not list {listed(unlisted)}. Check "
            f"the project's page later, or wait longer with {settings.sources['wait']}"
        )


def show_dry_run(
    missing: Sequence[Distribution], results: Sequence[FileResult], settings: Settings, console: Console
) -> None:
    """Show what would happen to each file."""
    for result in results:
        console.say(f"Would not upload {result.filename}: {result.outcome.value}")
    for each in missing:
        console.say(f"Would upload {each.filename} to {settings.server.name}")


def upload(uploader: Uploader, missing: Sequence[Distribution], settings: Settings, console: Console) -> None:
    """Upload the files that are missing, in a step of their own."""
    if missing:
        title = f"Uploading {files(len(missing))} to {settings.server.name}"
        with console.step("pypi.upload", title, waiting=uploader.status):
            uploader.run()


def show_results(release: Sequence[Distribution], results: Sequence[FileResult], console: Console) -> None:
    """Show what happened to each file, outside any fold."""
    by_name = {each.filename: each for each in results}
    for line in table(by_name, release):
        console.say(line)
    for each in results:
        if each.detail and not each.outcome.is_failure:
            console.warn(f"{each.filename}: {each.detail}")


def raise_failures(results: Sequence[FileResult], settings: Settings, console: Console, *, count: int) -> None:
    """Raise an error if one of ``count`` files failed; its text, the log's last line, has cause and remedy."""
    failed = [each for each in results if each.outcome.is_failure]
    if not failed:
        return
    unknown = [each.filename for each in failed if each.outcome is Outcome.UNKNOWN]
    there = len(results) - len(failed)
    if there or unknown:
        perhaps = f", and possibly {listed(unknown)}" if unknown else ""
        console.say(
            f"The release is incomplete: {there} of {files(count)} on {settings.server.name}{perhaps}. "
            "After fixing the cause, restart this job; it uploads only what is missing."
        )
    else:
        console.say("Nothing was uploaded.")

    causes: dict[str, list[str]] = {}
    for each in failed:
        causes.setdefault(each.detail, []).append(each.filename)
    *others, (cause, names) = causes.items()
    for detail, filenames in others:
        console.error(f"{listed(filenames)}: {detail}")
    error = InvalidReleaseError if all(each.changed for each in failed) else RejectedError
    raise error(f"{listed(names)}: {cause}")


def show_success(first: Distribution, results: Sequence[FileResult], settings: Settings, console: Console) -> None:
    """Show that the release is on the index, its page, and the command that installs it."""
    server, name_version = settings.server, f"{first.name} {first.version}"
    kept = [each.filename for each in results if each.outcome is Outcome.KEPT]
    if any(each.outcome is Outcome.UPLOADED for each in results):
        console.success(f"Deployed {name_version} to {server.name}")
    else:
        verb = "is" if len(kept) == 1 else "are"
        content = f"; {files(len(kept))} {verb} there already with other content" if kept else ""
        console.say(f"Nothing to upload: {server.name} already has every file of {name_version}{content}")
    if page := release_page(server, first):
        console.say(f"See it at {page}")
    if command := install_command(server, settings.index_url or server.index_url, first):
        console.say(f"Install it with: {command}")
