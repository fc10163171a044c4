"""A deployment, step by step, from the credentials to the report."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from datetime import datetime, timezone
from pathlib import Path

from . import builder, credentials, distributions, http, index, messages, source_tree
from .checks.rules import Policy, Problem
from .checks.validation import validate
from .console import BuildLog, Console, Line
from .credentials import Credentials
from .distributions import Distribution
from .errors import InvalidReleaseError, MissingCredentialsError, RejectedError, UsageError
from .given_files import GivenFiles, given_files
from .index import Index, IndexNotFoundError, Plan
from .job import Job
from .options import Settings
from .report import Progress, Report, result_of_uploads
from .simple_pages import Listing
from .upload.client import UploadClient
from .upload.outcome import UploadContext, restart_works
from .upload.results import FileResult, Outcome
from .upload.uploader import Uploader


def deploy(  # noqa: C901 - the steps of a deployment, one after the other
    settings: Settings, job: Job, environ: Mapping[str, str], console: Console, progress: Progress
) -> Report:
    """Deploy a job whose conditions hold, and return what happened.

    ``progress`` has what is known at every moment, for the report of a run that an exception ends.
    """
    server, policy = settings.server, Policy(settings.server.is_pypi, settings.strict, settings.ignore)
    try:
        login = None if settings.check_only else _find_credentials(settings, job, environ)
    except MissingCredentialsError as error:
        if not settings.dry_run:
            raise
        login = None
        console.warn(str(error))
    console.show([messages.header(settings, job, credentials.described(login))])

    child_environ = builder.child_environment(environ, password_env=settings.password_env)
    tree = source_tree.read(Path(settings.project_dir), child_environ)  # before the build, which may change it
    if settings.dist:
        given = given_files(settings.dist)
        console.show(messages.companions(given.companions))
    else:
        log = BuildLog(console, verbose=settings.verbose)
        title = f"Building {' and '.join(settings.distributions)} of {Path(settings.project_dir).resolve().name}"
        with console.step("pypi.build", title, waiting=log.waiting):
            built = _build(settings, child_environ, on_line=log.take, mask=console.mask_quoted)
            console.show(Line(f"Built {path}") for path in built.paths)
        given = GivenFiles(built.paths)
        console.show(messages.build_warnings(built, quoted=console.quoted))

    client = http.Client(server.upload_url, connections=settings.jobs, mask=console.mask_quoted)
    pages = index.open_index(server, settings.index_url, client, credentials=login, timeout=settings.timeout)
    title = f"Checking {messages.files(len(given.paths))}"
    with console.step("pypi.check", title, waiting=lambda: "Still checking the files"):
        release, unreadable = _read(given)
        progress.release, progress.problems = release, unreadable
        if release and not settings.check_only:  # the index answers while the files are checked
            lookup = pages.start_lookup(release[0].name)
        tag = job.tag if settings.match_tag else ""
        problems = (*unreadable, *validate(release, policy, tag=tag, tree=tree, with_files=settings.check))
        progress.problems = problems
        console.show(messages.hashes(release) if settings.verbose else ())
    console.show(messages.warnings(problems, count=len(given.paths)))
    if any(each.severity == "error" for each in problems):
        return progress.report("failed")
    if settings.check_only:
        return progress.report("checked")
    if login and login.contents:  # again, now that the project's name is known
        credentials.validate(login.contents, server, source=login.source, now=time.time(), project=release[0].name)

    with console.heartbeat(lambda: f"Waiting for the index page of {release[0].name}"):
        listing, trouble = _answer(lookup)
    is_certain = pages.is_certain and not trouble
    plan = index.plan(release, listing, policy, is_certain=is_certain, now=datetime.now(timezone.utc))
    progress.problems = (*problems, *plan.problems)
    progress.planned = _planned(plan, is_certain=is_certain, skip_existing=settings.skip_existing)
    progress.index_url = pages.found_url
    progress.can_restart = server.is_pypi or settings.skip_existing or bool(progress.index_url)
    if trouble:
        console.warn(f"{trouble}. Continuing; the upload itself will show it")
    console.show(messages.planned(plan, release, is_certain=is_certain))
    is_rejected = any(each.severity == "error" for each in plan.problems)
    if is_rejected or any(each.outcome.is_failure for each in progress.planned):
        return progress.report("failed")
    if settings.dry_run:
        console.show(messages.dry_run(plan, progress.planned, server))
        return progress.report("dry-run")

    if plan.upload:
        context = UploadContext(
            server, login, settings.skip_existing, settings.retries, pages.published, console.warn, pages.is_certain
        )
        uploads = UploadClient(server.upload_url, client, timeout=settings.timeout)
        uploader = Uploader(plan.upload, context, uploads, jobs=settings.jobs)
        progress.uploaded = lambda: uploader.results
        title = f"Uploading {messages.files(len(plan.upload))} to {server.name}"
        with console.step("pypi.upload", title, waiting=uploader.status):
            uploader.run()
    report = progress.report(result_of_uploads(progress.report("deployed")))
    if report.result == "failed":
        progress.can_restart = server.is_pypi or settings.skip_existing or _restart_works(pages, release, report)
        return progress.report("failed")

    kept = {each.filename for each in report.results if each.outcome is Outcome.KEPT}
    awaited = [each for each in release if each.filename not in kept]
    if settings.wait and awaited:
        console.say(f"Waiting up to {settings.wait} s until the index lists the release")
        with console.heartbeat(lambda: "Still waiting for the index"):
            progress.unlisted = pages.wait_for(awaited, seconds=settings.wait)
        progress.index_url = pages.found_url
    return progress.report("failed" if progress.unlisted else report.result)


def _find_credentials(settings: Settings, job: Job, environ: Mapping[str, str]) -> Credentials | None:
    """Return the credentials that the settings ask for; None if another server is used without any."""
    found = credentials.find(
        settings.server,
        environ,
        names=settings.password_env,
        username=settings.username,
        sources=settings.sources,
        has_secrets=job.has_secrets,
        narrow=settings.narrow_token,
        now=time.time(),
    )
    if found and not settings.allow_plain_http:
        credentials.require_encryption(found, settings.server)
    return found


def _build(
    settings: Settings, environ: Mapping[str, str], *, on_line: Callable[[str], None], mask: Callable[[str], str]
) -> builder.Build:
    """Build the distributions; ``environ`` is that of the build."""
    project = Path(settings.project_dir)
    if not os.access(f"{project}/", os.R_OK | os.X_OK):
        raise UsageError(f"{settings.sources['project_dir']}: there is no folder {project} that can be read")
    date = environ.get("SOURCE_DATE_EPOCH") or source_tree.commit_time(project, environ)
    return builder.build(
        project,
        formats=settings.distributions,
        dist_dir=project / settings.dist_dir,
        environ={**environ, "SOURCE_DATE_EPOCH": date} if date else environ,
        mask=mask,
        on_line=on_line,
    )


def _read(given: GivenFiles) -> tuple[tuple[Distribution, ...], tuple[Problem, ...]]:
    """Return the files as distributions, and a problem for each file that cannot be read."""
    release, problems = [], []
    for path in given.paths:
        try:
            release.append(distributions.read(path))
        except InvalidReleaseError as error:
            problems.append(Problem("unreadable", " ".join(str(error).split()), path.name))
    kinds = f"neither a wheel (.whl) nor an sdist (.tar.gz): name only distributions, {' '.join(given.patterns)}"
    problems += [Problem("unreadable", kinds, name) for name in given.others]
    return tuple(release), tuple(problems)


def _answer(lookup: Future[Listing]) -> tuple[Listing, str]:
    """Return what the index lists, and why that is not known, empty if it is."""
    try:
        return lookup.result(), ""
    except IndexNotFoundError:
        return Listing(), ""
    except RejectedError as error:
        return Listing(), str(error)


def _planned(plan: Plan, *, is_certain: bool, skip_existing: bool) -> tuple[FileResult, ...]:
    """Return the results of the files that are not uploaded."""
    outcome = Outcome.KEPT if skip_existing else Outcome.REJECTED
    different = plan.different if is_certain else ()
    return (
        *(FileResult(name, Outcome.IDENTICAL) for name in plan.identical),
        *(FileResult(each.filename, outcome, detail=messages.other_content(each)) for each in different),
    )


def _restart_works(pages: Index, release: Sequence[Distribution], report: Report) -> bool:
    """Return whether the index, as it is now, lets a restart of this job recognize what is there."""
    if all(each.outcome in (Outcome.REJECTED, Outcome.FAILED) for each in report.results):
        return True  # nothing is there, and an index that is down need not be waited for
    listing, _ = _answer(pages.start_lookup(release[0].name))
    listed = {each.filename: index.published(each, listing) for each in release}
    return restart_works(listed, report.results, is_certain=pages.is_certain)
