"""A deployment, step by step, from the credentials to the report."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from . import __version__, builder, checks, distributions, source_tree
from .checks import Problem
from .console import Console
from .credentials import Credentials, described, find, require_encryption, validate
from .distributions import Distribution
from .errors import BuildError, DeployError, InvalidReleaseError, MissingCredentialsError, RejectedError, UsageError
from .given_files import GivenFiles, given_files
from .job import Job, reason_to_deploy
from .options import Settings
from .report import Report, Result, files, listed, problem_lines

if TYPE_CHECKING:  # they import requests
    from .upload import FileResult


def deploy(
    settings: Settings, job: Job, environ: Mapping[str, str], console: Console, *, ignore_signals: Callable[[], None]
) -> Report:
    """Deploy a job whose conditions hold, and return what happened; ``error`` of the report is what ended it.

    The command line has read the settings and the job, and has checked the conditions. After ``ignore_signals`` no
    signal raises an exception.
    """
    result: Result = "failed"
    release: tuple[Distribution, ...] = ()
    problems: tuple[Problem, ...] = ()
    results: tuple[FileResult, ...] = ()
    error: BaseException | None = None
    try:
        checks.require_rules(settings.ignore, source=settings.sources["ignore"])
        credentials = _find_credentials(settings, environ, job, console)
        _show_header(settings, job, credentials, console)

        index = None
        if not settings.check_only:
            # Imported here because requests takes 40 ms to import, and --check-only connects to nothing.
            from . import http, publish

            client = http.Client(settings.server.upload_url, connections=settings.jobs, mask=console.mask_quoted)
            index = publish.open_index(settings, client, credentials)

        child_environ = builder.child_environment(environ, password_env=settings.password_env)
        tree = source_tree.read(Path(settings.project_dir), child_environ)
        given = given_files(settings.dist) if settings.dist else GivenFiles(_build(settings, child_environ, console))
        if given.companions:
            console.warn(f"not uploaded, because they are no distributions: {listed(given.companions)}")
        lookup = index.start_lookup(_project_in(given.paths[0].name)) if index else None
        release, problems = _read_and_check(given, tree, settings, job, console)
        _reject_problems(problems, console, count=len(given.paths))

        if settings.check_only:
            result = "checked"
            summary = f"{len(problems)} warning{'s' if len(problems) > 1 else ''}" if problems else "no problems"
            console.success(f"Checked {files(len(release))}: {summary}")
        else:
            if credentials and credentials.contents:  # again, now that the project's name is known
                source, project = credentials.source, release[0].name
                validate(credentials.contents, settings.server, source=source, now=time.time(), project=project)
            known, predicted = publish.compare_with_index(lookup, release, settings, console)
            results, problems = known, problems + predicted
            _reject_problems(predicted, console, count=len(release), error=RejectedError)
            publish.reject_different(known, settings, console)
            missing = [each for each in release if each.filename not in {done.filename for done in known}]
            if settings.dry_run:
                result = "dry-run"
                publish.show_dry_run(missing, known, settings, console)
            else:
                uploader = publish.uploader(missing, settings, credentials, client, index, console)
                try:
                    publish.upload(uploader, missing, settings, console)
                    results = (*known, *uploader.results)
                    publish.show_results(release, results, console)
                except BaseException:  # a signal can interrupt any line above, but there is only one
                    results = (*known, *uploader.results)
                    publish.show_results(release, results, console)
                    raise
                publish.raise_failures(results, settings, console, count=len(release))
                publish.wait(index, release, results, settings, console)
                result = "deployed" if missing else "unchanged"
                publish.show_success(release[0], results, settings, console)
        ignore_signals()
    except BaseException as ended:  # each error is reported; the command line chooses the exit code
        result, error = "failed", ended
    reasons = (str(error) or type(error).__name__,) if error else ()
    return Report(result, job, settings.server, reasons, release, results, problems, error)


def _find_credentials(settings: Settings, environ: Mapping[str, str], job: Job, console: Console) -> Credentials | None:
    if settings.check_only:
        return None
    try:
        credentials = find(
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
        if not settings.dry_run:
            raise
        console.warn(str(error))
        return None
    if credentials and not settings.allow_plain_http:
        require_encryption(credentials, settings.server)
    return credentials


def _show_header(settings: Settings, job: Job, credentials: Credentials | None, console: Console) -> None:
    """Show what runs, and why."""
    tool = f"travis-pypi-deploy {__version__}, Python {platform.python_version()}"
    if settings.check_only:
        console.say(f"{tool}: {settings.sources['check_only']}, nothing is uploaded")
    else:
        console.say(f"{tool}: {reason_to_deploy(job, settings)}; {described(credentials)}")


def _project_in(filename: str) -> str:
    """Return the project's name in a file name."""
    return filename.split("-")[0] if filename.endswith(".whl") else filename.removesuffix(".tar.gz").rpartition("-")[0]


def _build(settings: Settings, environ: dict[str, str], console: Console) -> tuple[Path, ...]:
    """Build the distributions and return them."""
    project = Path(settings.project_dir)
    if not os.access(f"{project}/", os.R_OK | os.X_OK):
        raise UsageError(f"{settings.sources['project_dir']}: there is no folder {project} that can be read")
    if not environ.get("SOURCE_DATE_EPOCH") and (date := source_tree.commit_time(project, environ)):
        environ["SOURCE_DATE_EPOCH"] = date
    last_line = ""

    def on_line(line: str) -> None:
        nonlocal last_line
        last_line = line
        if settings.verbose:
            console.say_quoted(line)

    def waiting() -> str:
        return f"Still building; last line: {console.quoted(last_line)}" if last_line else "Still building"

    title = f"Building {' and '.join(settings.distributions)} of {project.resolve().name}"
    try:
        with console.step("pypi.build", title, waiting=waiting):
            built = builder.build(
                project,
                formats=settings.distributions,
                dist_dir=project / settings.dist_dir,
                environ=environ,
                mask=console.mask_quoted,
                on_line=on_line,
            )
            for path in built.paths:
                console.say(f"Built {path}")
    except BuildError as error:
        for line in () if settings.verbose else error.output:
            console.say_quoted(line)
        raise
    _show_warnings(built, console)
    return built.paths


def _show_warnings(built: builder.Build, console: Console) -> None:
    for line in built.warnings:
        console.warn(f"from the build: {console.quoted(line)}")
    if built.other_warnings:
        console.say(f"Other warnings of the build: {built.other_warnings} (shown with --verbose)")


def _read_and_check(
    given: GivenFiles, tree: source_tree.SourceTree, settings: Settings, job: Job, console: Console
) -> tuple[tuple[Distribution, ...], tuple[Problem, ...]]:
    """Return the files as distributions, and every problem; a file that cannot be read is a problem."""
    release, problems = [], []
    title = f"Checking {files(len(given.paths))}"
    with console.step("pypi.check", title, waiting=lambda: "Still checking the files"):
        for path in given.paths:
            try:
                release.append(distributions.read(path))
            except InvalidReleaseError as error:
                problems.append(Problem(path.name, "unreadable", "error", " ".join(str(error).split())))
        kinds = f"neither a wheel (.whl) nor an sdist (.tar.gz): name only distributions, {' '.join(given.patterns)}"
        problems += [Problem(name, "unreadable", "error", kinds) for name in given.others]
        problems += checks.validate(
            release,
            is_pypi=settings.server.is_pypi,
            tag=job.tag if settings.match_tag and job.tag else None,
            tree=tree,
            with_files=settings.check,
            strict=settings.strict,
            ignore=settings.ignore,
        )
        for each in release if settings.verbose else ():
            console.say(f"{each.filename}: sha256 {each.sha256}")
    return tuple(release), tuple(problems)


def _reject_problems(
    problems: Sequence[Problem], console: Console, *, count: int, error: type[DeployError] = InvalidReleaseError
) -> None:
    """Show each problem once, and raise the error, as the last line, if there are errors."""
    errors = problem_lines([each for each in problems if each.severity == "error"], count=count)
    for line in problem_lines([each for each in problems if each.severity == "warning"], count=count):
        console.warn(line)
    if len(errors) == 1:
        raise error(f"{errors[0]}; nothing was uploaded")
    for line in errors:
        console.error(line)
    if errors:
        raise error(f"{len(errors)} problems found; nothing was uploaded. Fix the problems above and deploy again")
