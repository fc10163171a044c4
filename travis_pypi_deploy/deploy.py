"""A deployment, step by step, from the credentials to the report."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import replace
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
from .index import Index, Plan
from .job import Job
from .options import Settings
from .report import Progress, Report, has_changed_the_index
from .simple_pages import Listing
from .upload.outcome import UploadContext, restart_works
from .upload.results import FileResult, Outcome
from .upload.uploader import Uploader


def deploy(settings: Settings, job: Job, environ: Mapping[str, str], console: Console, progress: Progress) -> Report:
    """Deploy a job whose conditions hold, and return what happened; ``progress`` has what is known at every moment."""
    server, policy = settings.server, Policy(settings.server.is_pypi, settings.strict, settings.ignore)
    login, missing = _log_in(settings, job, environ)
    console.show(messages.header(settings, job, credentials.described(login), missing=missing))

    environ = builder.child_environment(environ, password_env=settings.password_env)
    tree = source_tree.read(Path(settings.project_dir), environ)  # before the build, which may change it
    if settings.dist:
        given = given_files(settings.dist)
        console.show(messages.companions(given.companions))
    else:
        log = BuildLog(console, verbose=settings.verbose)
        title = messages.building(settings.distributions, Path(settings.project_dir).resolve().name)
        with console.step("pypi.build", title, waiting=log.waiting):
            built = _build(settings, environ, on_line=log.take, mask=console.mask_quoted)
            console.show(Line(f"Built {path}") for path in built.paths)
        given = GivenFiles(built.paths)
        console.show(messages.build_warnings(built, quoted=console.quoted))

    client = http.Client(server.upload_url, mask=console.mask_quoted)
    pages = Index(server, settings.index_url, client, credentials=login, timeout=settings.timeout)
    with console.step("pypi.check", messages.checking(len(given.paths)), waiting=lambda: "Still checking the files"):
        release, problems = _read(given)
        progress.known = replace(progress.known, distributions=release, problems=problems)
        if release and not settings.check_only:  # the index answers while the files are checked
            lookup = pages.start_lookup(release[0].name)
        tag = job.tag if settings.match_tag else ""
        problems += validate(release, policy, tag=tag, tree=tree, with_files=settings.check)
        progress.known = replace(progress.known, problems=problems)
        console.show(messages.hashes(release) if settings.verbose else ())
    console.show(messages.warnings(problems, count=len(given.paths)))
    report = progress.report("checked")
    if report.failure or settings.check_only:
        return report
    credentials.require_project(login, release[0].name)

    with console.heartbeat(lambda: f"Waiting for the index page of {release[0].name}"):
        listing, trouble = _answer(lookup)
    now, is_certain = datetime.now(timezone.utc), pages.is_certain and not trouble
    plan = index.plan(release, listing, policy, is_certain=is_certain, now=now)
    progress.known = replace(
        progress.known,
        problems=problems + plan.problems,
        results=_settled(plan, skip_existing=settings.skip_existing),
        index_url=pages.found_url,
        can_restart=server.is_pypi or settings.skip_existing or bool(pages.found_url),
    )
    console.show(messages.planned(plan, release, trouble=trouble))
    report = progress.report("dry-run")
    if report.failure or settings.dry_run:
        return report

    if plan.upload:
        uploader = _uploader(plan, settings, login, client, pages, console.warn)
        progress.uploads = lambda: uploader.results
        with console.step("pypi.upload", messages.uploading(plan, server), waiting=uploader.status):
            uploader.run()
    report = progress.report("deployed")
    if report.failure:
        can_restart = server.is_pypi or settings.skip_existing or _restart_works(pages, report)
        return replace(report, can_restart=can_restart)

    awaited = [each for each, result in report.outcomes if result.outcome is not Outcome.KEPT]
    if settings.wait and awaited:
        console.say(f"Waiting up to {settings.wait} s until the index lists the release")
        with console.heartbeat(lambda: "Still waiting for the index"):
            unlisted, trouble = pages.wait_for(awaited, seconds=settings.wait)
        progress.known = replace(progress.known, unlisted=unlisted, wait_trouble=trouble, index_url=pages.found_url)
    return progress.report("deployed" if has_changed_the_index(report.results) else "unchanged")


def _log_in(settings: Settings, job: Job, environ: Mapping[str, str]) -> tuple[Credentials | None, str]:
    """Return the credentials, None for none, and what an upload would need, which only a dry run may lack."""
    if settings.check_only:
        return None, ""
    try:
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
    except MissingCredentialsError as error:
        if settings.dry_run:
            return None, str(error)
        raise
    if found and not settings.allow_plain_http:
        credentials.require_encryption(found, settings.server)
    return found, ""


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


def _answer(lookup: Future[Listing | None]) -> tuple[Listing, str]:
    """Return what the index lists, and why that is not known, empty if it is."""
    try:
        return lookup.result() or Listing(), ""
    except RejectedError as error:
        return Listing(), str(error)


def _settled(plan: Plan, *, skip_existing: bool) -> tuple[FileResult, ...]:
    """Return the results of the files that are not uploaded."""
    outcome = Outcome.KEPT if skip_existing else Outcome.REJECTED
    return (
        *(FileResult(name, Outcome.IDENTICAL) for name in plan.identical),
        *(FileResult(each.filename, outcome, detail=messages.other_content(each)) for each in plan.different),
    )


def _uploader(
    plan: Plan,
    settings: Settings,
    login: Credentials | None,
    client: http.Client,
    pages: Index,
    warn: Callable[[str], None],
) -> Uploader:
    """Return what uploads the files of the plan; ``warn`` writes a line to the log."""
    context = UploadContext(
        server=settings.server,
        credentials=login,
        client=client,
        timeout=settings.timeout,
        skip_existing=settings.skip_existing,
        retries=settings.retries,
        published=pages.published,
        warn=warn,
        is_certain=pages.is_certain,
    )
    return Uploader(plan.upload, context, jobs=settings.jobs)


def _restart_works(pages: Index, report: Report) -> bool:
    """Return whether the index, as it is now, lets a restart of this job recognize what is there."""
    if report.left_nothing:
        return True  # an index that is down need not be waited for
    listing, _ = _answer(pages.start_lookup(report.distributions[0].name))
    listed = {each.filename: index.published(each, listing) for each in report.distributions}
    return restart_works(listed, report.results, is_certain=pages.is_certain)
