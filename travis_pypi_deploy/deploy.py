"""A deployment, step by step, from the credentials to the report."""

from __future__ import annotations

import glob
import os
import platform
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from . import __version__, builder, checks, distributions
from .checks import Problem
from .credentials import described, find, validate
from .errors import BuildError, InvalidReleaseError, MissingCredentialsError, RejectedError, UsageError
from .index import Index, compare, is_listed
from .job import reason_to_deploy, unknown_conditions
from .report import Report, files, install_command, listed, release_page, table
from .servers import origin
from .upload import FileResult, Outcome, UploadContext, Uploader

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from .console import Console
    from .credentials import Credentials
    from .distributions import Distribution
    from .index import PendingLookup
    from .job import Job
    from .options import Settings
    from .report import Result

SIGNATURES = (".asc", ".attestation")
PUBLISHED = (Outcome.UPLOADED, Outcome.IDENTICAL, Outcome.KEPT)


def deploy(settings: Settings, job: Job, environ: Mapping[str, str], console: Console) -> Report:
    """Deploy a job whose conditions hold, and return what happened; ``error`` of the report is what ended it.

    These are the steps from 4 on; the command line reads the settings and the job and checks the conditions.
    """
    result: Result = "failed"
    found: tuple[Distribution, ...] = ()
    problems: tuple[Problem, ...] = ()
    results: tuple[FileResult, ...] = ()
    error: BaseException | None = None
    try:
        credentials = _find_credentials(settings, environ, job, console)
        console.say(_header(settings, job, credentials))

        if settings.dry_run and not job.on_travis:
            for sentence in unknown_conditions(settings):
                console.say(sentence)

        index = _open_index(settings, partial(_authorization, credentials))
        paths = _given_files(settings, console) if settings.dist else _build(settings, environ, console, index)
        lookup = index.start_lookup(_project_in(paths[0].name)) if index else None
        found, problems = _read_and_check(paths, settings, job, console)
        _reject_problems(problems, console, count=len(paths))

        if settings.check_only:
            result = "checked"
            _show_checked(found, problems, console)
        else:
            _check_scope(credentials, settings, found[0])
            results, predicted = _compare(lookup, found, settings, console)
            problems += predicted
            _reject_predicted(results, predicted, settings, console)
            missing = [each for each in found if each.filename not in {done.filename for done in results}]
            if settings.dry_run:
                result = "dry-run"
                _show_dry_run(missing, results, settings, console)
            else:
                uploader = _uploader(missing, settings, credentials, index, console)
                try:
                    _upload(uploader, missing, settings, console)
                finally:
                    results += uploader.results
                    _show_results(found, results, console)
                _raise_failures(results, settings, console)
                _wait(index, found, results, settings, console)
                result = "deployed" if missing else "unchanged"
                _show_success(found[0], results, settings, console)
    except BaseException as ended:  # every ending has its report; the command line decides what it means
        result, error = "failed", ended
    reasons = (str(error) or type(error).__name__,) if error else ()
    return Report(result, job, settings.server, reasons, found, results, problems, error)


def _find_credentials(settings: Settings, environ: Mapping[str, str], job: Job, console: Console) -> Credentials | None:
    if settings.check_only:
        return None
    try:
        return find(settings, environ, job, now=time.time())
    except MissingCredentialsError as error:
        if not settings.dry_run:
            raise
        console.warn(str(error))
        return None


def _authorization(credentials: Credentials | None, project: str) -> str | None:
    """Return the Authorization header of an attempt that begins now."""
    return credentials.authorization(project=project, now=time.time()) if credentials else None


def _header(settings: Settings, job: Job, credentials: Credentials | None) -> str:
    """Return the first line of the log: what runs, and why."""
    tool = f"travis-pypi-deploy {__version__}, Python {platform.python_version()}"
    if settings.check_only:
        return f"{tool}: {settings.sources['check_only']}, nothing is uploaded"
    return f"{tool}: {reason_to_deploy(job, settings)}; {described(credentials)}"


def _project_in(filename: str) -> str:
    """Return the project's name in a file name."""
    return filename.split("-")[0] if filename.endswith(".whl") else filename.removesuffix(".tar.gz").rpartition("-")[0]


def _given_files(settings: Settings, console: Console) -> tuple[Path, ...]:
    """Return the files that DIST names, each once; raises InvalidReleaseError if there are none."""
    paths: dict[str, Path] = {}
    for pattern in settings.dist:
        for path in _matches(pattern):
            other = paths.setdefault(path.name, path)
            if other != path and other.resolve() != path.resolve():
                raise InvalidReleaseError(f"two files are named {path.name}: {other} and {path}. Name only one of them")
    for name in [name for name in paths if name.endswith(SIGNATURES)]:
        console.warn(f"{name} is not uploaded, because the upload API does not accept signatures or attestations")
        del paths[name]
    if not paths:
        raise InvalidReleaseError(
            f"no distributions in {', '.join(settings.dist)}; nothing was uploaded. Name wheels or sdists"
        )
    return tuple(paths.values())


def _matches(pattern: str) -> list[Path]:
    try:
        if Path(pattern).is_dir():
            raise InvalidReleaseError(f"{pattern} is a folder. Name files, such as {Path(pattern) / '*'}")
        if Path(pattern).exists():
            return [Path(pattern)]
        matches = sorted(Path(each) for each in glob.glob(pattern, recursive=True))
    except (OSError, ValueError) as error:  # a name that is too long, or a null byte
        raise InvalidReleaseError(f"{pattern} cannot be read: {error}") from error
    if not matches:
        raise InvalidReleaseError(f"no file matches {pattern} in {Path.cwd()}. Check that it was built and not removed")
    return [path for path in matches if not path.is_dir()]


def _build(settings: Settings, environ: Mapping[str, str], console: Console, index: Index | None) -> tuple[Path, ...]:
    """Build the distributions and return them; the project is looked up as soon as the sdist is there."""
    project = Path(settings.project_dir)
    try:
        is_folder = project.is_dir() and os.access(project, os.R_OK | os.X_OK)
    except (OSError, ValueError) as error:  # a name that is too long
        raise UsageError(f"{settings.sources['project_dir']}: the folder cannot be read: {error}") from error
    if not is_folder:
        raise UsageError(f"{settings.sources['project_dir']}: there is no folder {project} that can be read")
    child_environ = builder.child_environment(environ, password_env=settings.password_env)
    date = child_environ.get("SOURCE_DATE_EPOCH") or builder.commit_time(project, child_environ)
    if date:
        child_environ["SOURCE_DATE_EPOCH"] = date
    title = f"Building {' and '.join(settings.distributions)} of {project.resolve().name}"
    last_lines = [""]

    def on_line(line: str) -> None:
        last_lines[0] = line
        if settings.verbose:
            console.say_quoted(line)

    def waiting() -> str:
        return f"Still building; last line: {console.quoted(last_lines[0])}" if last_lines[0] else "Still building"

    try:
        with console.step("pypi.build", title, waiting=waiting):
            paths = builder.build(
                project,
                formats=settings.distributions,
                dist_dir=project / settings.dist_dir,
                environ=child_environ,
                on_line=on_line,
                on_sdist=lambda name: index.start_lookup(_project_in(name)) if index else None,
            )
            for path in paths:
                console.say(f"Built {path}")
    except BuildError as error:
        for line in () if settings.verbose else error.output:
            console.say_quoted(line)
        raise
    return paths


def _read_and_check(
    paths: Sequence[Path], settings: Settings, job: Job, console: Console
) -> tuple[tuple[Distribution, ...], tuple[Problem, ...]]:
    """Return the files as distributions, and every problem; a file that cannot be read is a problem."""
    found, problems = [], []
    title = f"Checking {files(len(paths))}"
    with console.step("pypi.check", title, waiting=lambda: "Still checking the files"):
        for path in paths:
            try:
                found.append(distributions.read(path))
            except InvalidReleaseError as error:
                shown = path.name.encode(errors="backslashreplace").decode()
                problems.append(Problem(path.name, "unreadable", "error", str(error).removeprefix(f"{shown}: ")))
        problems += checks.validate(
            found,
            is_pypi=settings.server.is_pypi,
            tag=job.tag if settings.match_tag and job.tag else None,
            with_files=settings.check,
            strict=settings.strict,
            ignore=settings.ignore,
        )
        for each in found if settings.verbose else ():
            console.say(f"{each.filename}: sha256 {each.sha256}")
    return tuple(found), tuple(problems)


def _reject_problems(problems: Sequence[Problem], console: Console, *, count: int) -> None:
    """Show each problem once, and raise InvalidReleaseError, as the last line, if there are errors."""
    errors = _lines([each for each in problems if each.severity == "error"], count=count)
    for line in _lines([each for each in problems if each.severity == "warning"], count=count):
        console.warn(line)
    if len(errors) == 1:
        raise InvalidReleaseError(f"{errors[0]}; nothing was uploaded")
    for line in errors:
        console.error(line)
    if errors:
        raise InvalidReleaseError(
            f"{len(errors)} problems found; nothing was uploaded. Fix the problems above and deploy again"
        )


def _lines(problems: Sequence[Problem], *, count: int) -> list[str]:
    """Return a line for each problem; one that several of ``count`` files share is one line."""
    shared: dict[tuple[str, str], list[str]] = {}
    for each in problems:
        shared.setdefault((each.message.rstrip("."), each.rule), []).append(each.filename)
    return [f"{_which_files(names, count)}: {message} ({rule})" for (message, rule), names in shared.items()]


def _which_files(names: Sequence[str], count: int) -> str:
    if len(names) == count > 1:
        return "both files" if count == 2 else f"all {count} files"
    return listed(names)


def _show_checked(found: Sequence[Distribution], problems: Sequence[Problem], console: Console) -> None:
    warnings = f"{len(problems)} warning{'s' if len(problems) > 1 else ''}" if problems else "no problems"
    console.success(f"Checked {files(len(found))}: {warnings}")


def _check_scope(credentials: Credentials | None, settings: Settings, first: Distribution) -> None:
    """Raise UsageError if the token is scoped to other projects, now that the project's name is known."""
    if credentials and credentials.token:
        validate(credentials.token, settings.server, source=credentials.source, now=time.time(), project=first.name)


def _open_index(settings: Settings, authorize: Callable[[str], str | None]) -> Index | None:
    """Return the index of the server; None with --check-only, and if its address is not known."""
    url = settings.index_url or settings.server.index_url
    if settings.check_only or not url:
        return None
    # Credentials go to the server's own origin only; PyPI's pages are public.
    is_own = not settings.server.is_pypi and origin(url) == origin(settings.server.upload_url)
    return Index(url, authorize=authorize if is_own else lambda _: None, timeout=settings.timeout)


def _compare(
    lookup: PendingLookup | None, found: Sequence[Distribution], settings: Settings, console: Console
) -> tuple[tuple[FileResult, ...], tuple[Problem, ...]]:
    """Return the results of the files that the index has already, and what it will reject by its page."""
    if lookup is None:
        return (), ()
    try:
        with console.heartbeat(lambda: f"Waiting for the index page of {found[0].name}"):
            listing = lookup.result()
    except RejectedError as error:
        console.warn(f"{error}. Continuing; the upload itself will show it")
        return (), ()
    comparison = compare(found, listing, is_pypi=settings.server.is_pypi)
    for warning in comparison.warnings:
        console.warn(warning)
    problems = tuple(
        each.with_severity(strict=False, is_ignored=each.rule in settings.ignore) for each in comparison.problems
    )
    outcome = Outcome.KEPT if settings.skip_existing else Outcome.REJECTED
    results = [FileResult(name, Outcome.IDENTICAL) for name in sorted(comparison.identical)]
    results += [FileResult(name, outcome, detail=reason) for name, reason in comparison.different.items()]
    return tuple(results), problems


def _reject_predicted(
    results: Sequence[FileResult], problems: Sequence[Problem], settings: Settings, console: Console
) -> None:
    """Raise RejectedError, before anything is uploaded, for what the index will reject."""
    server = settings.server.name
    for line in _lines([each for each in problems if each.severity == "warning"], count=0):
        console.warn(line)
    errors = _lines([each for each in problems if each.severity == "error"], count=0)
    if errors:
        *others, last = errors
        for line in others:
            console.error(line)
        raise RejectedError(f"{last}; nothing was uploaded to {server}")
    taken = [each for each in results if each.outcome is Outcome.REJECTED]
    for each in taken:
        console.error(f"{each.filename}: {each.detail}")
    if taken:
        raise RejectedError(
            f"{server} has other content under {'this name' if len(taken) == 1 else 'these names'}; nothing was "
            "uploaded. Either another job of this build published it (deploy from one job), or this job was restarted "
            "(sdists of setuptools differ from build to build; use --skip-existing), or the version was not raised"
        )


def _uploader(
    missing: Sequence[Distribution],
    settings: Settings,
    credentials: Credentials | None,
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
        skip_existing=settings.skip_existing,
        secret_source=credentials.source if credentials else "",
        is_narrowed=bool(credentials and credentials.token),
        token_expires=credentials.expires_at if credentials else None,
        retries=settings.retries,
        authorize=partial(_authorization, credentials, missing[0].name if missing else ""),
        is_published=is_published,
        warn=console.warn,
    )
    return Uploader(
        missing,
        context,
        upload_url=settings.server.upload_url,
        jobs=settings.jobs,
        timeout=settings.timeout,
        on_result=lambda _: None,
    )


def _wait(
    index: Index | None,
    found: Sequence[Distribution],
    results: Sequence[FileResult],
    settings: Settings,
    console: Console,
) -> None:
    """Wait until the index lists the release, if that is asked for."""
    if not settings.wait:
        return
    if index is None:
        console.warn(
            f"{settings.sources['wait']} has no effect, because the index of this server is not known. Set --index-url"
        )
        return
    console.say(f"Waiting up to {settings.wait} s until the index lists the release")
    kept = frozenset(each.filename for each in results if each.outcome is Outcome.KEPT)
    with console.heartbeat(lambda: "Still waiting for the index"):
        unlisted = index.wait_for(found, by_name=kept, seconds=settings.wait, tick=lambda: None)
    if unlisted:
        raise RejectedError(
            f"every file was uploaded, but after {settings.wait} s the index does not list {listed(unlisted)}. Check "
            f"the project's page later, or wait longer with {settings.sources['wait']}"
        )


def _show_dry_run(
    missing: Sequence[Distribution], results: Sequence[FileResult], settings: Settings, console: Console
) -> None:
    for result in results:
        console.say(f"Would not upload {result.filename}: {result.outcome.value}")
    for each in missing:
        console.say(f"Would upload {each.filename} to {settings.server.name}")


def _upload(uploader: Uploader, missing: Sequence[Distribution], settings: Settings, console: Console) -> None:
    if missing:
        title = f"Uploading {files(len(missing))} to {settings.server.name}"
        with console.step("pypi.upload", title, waiting=uploader.status):
            uploader.run(lambda: None)


def _show_results(found: Sequence[Distribution], results: Sequence[FileResult], console: Console) -> None:
    """Show what happened to each file, outside any fold."""
    by_name = {each.filename: each for each in results}
    for line in table(by_name, found):
        console.say(line)
    for each in results:
        if each.detail and not each.outcome.is_failure:
            console.warn(f"{each.filename}: {each.detail}")


def _raise_failures(results: Sequence[FileResult], settings: Settings, console: Console) -> None:
    """Raise an error for the files that failed; its text, the last line of the log, is the cause and the remedy."""
    failed = [each for each in results if each.outcome.is_failure]
    if not failed:
        return
    console.say(_state(results, settings))
    causes: dict[str, list[str]] = {}
    for each in failed:
        causes.setdefault(each.detail, []).append(each.filename)
    *others, (cause, names) = causes.items()
    for detail, filenames in others:
        console.error(f"{listed(filenames)}: {detail}")
    error = InvalidReleaseError if all(each.changed for each in failed) else RejectedError
    raise error(f"{listed(names)}: {cause}")


def _state(results: Sequence[FileResult], settings: Settings) -> str:
    """Return how complete the release is, and whether the job can run again."""
    there = sum(each.outcome in PUBLISHED for each in results)
    unknown = [each.filename for each in results if each.outcome is Outcome.UNKNOWN]
    if not there and not unknown:
        return "Nothing was uploaded."
    perhaps = f", and possibly {listed(unknown)}" if unknown else ""
    return (
        f"The release is incomplete: {there} of {files(len(results))} on {settings.server.name}{perhaps}. "
        "After fixing the cause, restart this job; it uploads only what is missing."
    )


def _show_success(first: Distribution, results: Sequence[FileResult], settings: Settings, console: Console) -> None:
    server, release = settings.server, f"{first.name} {first.version}"
    kept = [each.filename for each in results if each.outcome is Outcome.KEPT]
    if any(each.outcome is Outcome.UPLOADED for each in results):
        console.success(f"Deployed {release} to {server.name}")
    else:
        verb = "is" if len(kept) == 1 else "are"
        content = f"; {files(len(kept))} {verb} there already with other content" if kept else ""
        console.say(f"Nothing to upload: {server.name} already has every file of {release}{content}")
    if page := release_page(server, first):
        console.say(f"See it at {page}")
    if command := install_command(server, settings.index_url or server.index_url, first):
        console.say(f"Install it with: {command}")
