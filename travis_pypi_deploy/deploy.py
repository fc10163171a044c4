"""A deployment, step by step, from the credentials to the report."""

from __future__ import annotations

import glob
import os
import platform
import time
from pathlib import Path
from typing import TYPE_CHECKING

from . import __version__, builder, checks, distributions
from .checks import Problem
from .credentials import described, find, validate
from .errors import BuildError, InvalidReleaseError, MissingCredentialsError, UsageError
from .job import reason_to_deploy, unknown_conditions
from .report import Report, files, problem_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from .console import Console
    from .credentials import Credentials
    from .distributions import Distribution
    from .index import Index
    from .job import Job
    from .options import Settings
    from .report import Result
    from .upload import FileResult

SIGNATURES = (".asc", ".attestation")


def deploy(
    settings: Settings,
    job: Job,
    environ: Mapping[str, str],
    console: Console,
    *,
    ignore_signals: Callable[[], None],
) -> Report:
    """Deploy a job whose conditions hold, and return what happened; ``error`` of the report is what ended it.

    These are the steps from 4 on; the command line reads the settings and the job and checks the conditions. After
    ``ignore_signals`` no signal raises an exception.
    """
    result: Result = "failed"
    found: tuple[Distribution, ...] = ()
    problems: tuple[Problem, ...] = ()
    results: tuple[FileResult, ...] = ()
    error: BaseException | None = None
    try:
        checks.require_rules(settings.ignore, source=settings.sources["ignore"])
        credentials = _find_credentials(settings, environ, job, console)
        console.say(_header(settings, job, credentials))

        if settings.dry_run and not job.on_travis:
            for sentence in unknown_conditions(settings):
                console.say(sentence)

        index = None
        if not settings.check_only:
            # Here because requests takes 40 ms to import, and --check-only connects to nothing.
            from . import http, publish

            client = http.Client(settings.server.upload_url, connections=settings.jobs)
            index = publish.open_index(settings, client, credentials)

        paths = _given_files(settings, console) if settings.dist else _build(settings, environ, console, index)
        lookup = index.start_lookup(_project_in(paths[0].name)) if index else None
        found, problems = _read_and_check(paths, settings, job, console)
        _reject_problems(problems, console, count=len(paths))

        if settings.check_only:
            result = "checked"
            _show_checked(found, problems, console)
        else:
            _check_scope(credentials, settings, found[0])
            known, predicted = publish.compare_with_index(lookup, found, settings, console)
            results, problems = known, problems + predicted
            publish.reject_predicted(known, predicted, settings, console, count=len(found))
            missing = [each for each in found if each.filename not in {done.filename for done in known}]
            if settings.dry_run:
                result = "dry-run"
                publish.show_dry_run(missing, known, settings, console)
            else:
                uploader = publish.uploader(missing, settings, credentials, client, index, console)
                try:
                    publish.upload(uploader, missing, settings, console)
                    results = (*known, *uploader.results)
                    publish.show_results(found, results, console)
                except BaseException:  # again, because a signal can come at any moment above, but only once
                    results = (*known, *uploader.results)
                    publish.show_results(found, results, console)
                    raise
                publish.raise_failures(results, settings, console)
                publish.wait(index, found, results, settings, console)
                result = "deployed" if missing else "unchanged"
                publish.show_success(found[0], results, settings, console)
        ignore_signals()
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
    errors = problem_lines([each for each in problems if each.severity == "error"], count=count)
    for line in problem_lines([each for each in problems if each.severity == "warning"], count=count):
        console.warn(line)
    if len(errors) == 1:
        raise InvalidReleaseError(f"{errors[0]}; nothing was uploaded")
    for line in errors:
        console.error(line)
    if errors:
        raise InvalidReleaseError(
            f"{len(errors)} problems found; nothing was uploaded. Fix the problems above and deploy again"
        )


def _show_checked(found: Sequence[Distribution], problems: Sequence[Problem], console: Console) -> None:
    warnings = f"{len(problems)} warning{'s' if len(problems) > 1 else ''}" if problems else "no problems"
    console.success(f"Checked {files(len(found))}: {warnings}")


def _check_scope(credentials: Credentials | None, settings: Settings, first: Distribution) -> None:
    """Raise UsageError if the token is scoped to other projects, now that the project's name is known."""
    if credentials and credentials.token:
        validate(credentials.token, settings.server, source=credentials.source, now=time.time(), project=first.name)
