"""The wording of the log: values become lines. Pure: nothing is decided, read or written here."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from . import __version__
from .checks.rules import Problem, listed
from .console import Line
from .errors import BuildError
from .job import Job, reason_to_deploy
from .options import Settings
from .report import Cause, Failure, Report, release_page
from .servers import Server
from .upload.results import OTHER_CONTENT, FileResult, Outcome

if TYPE_CHECKING:  # a skipped job must not import these, they take longer than the rest of the command
    from .builder import Build
    from .distributions import Distribution
    from .index import Hashes, Plan

NAMES_LIMIT = 10


def header(settings: Settings, job: Job, credentials: str, *, missing: str) -> list[Line]:
    """Return the first lines of a deployment: what runs, and why.

    ``credentials`` describes them; ``missing`` says what an upload would need, empty for nothing.
    """
    tool = f"travis-pypi-deploy {__version__}, Python {sys.version.split()[0]}"
    if settings.check_only:
        return [Line(f"{tool}: {settings.sources['check_only']}, nothing is uploaded")]
    first = Line(f"{tool}: {reason_to_deploy(job, settings)}; {'no credentials' if missing else credentials}")
    return [Line(missing, "warning"), first] if missing else [first]


def warnings(problems: Sequence[Problem], *, count: int) -> list[Line]:
    """Return a line for each warning among the problems of a release of ``count`` files."""
    return [Line(each, "warning") for each in problem_texts(problems, "warning", count=count)]


def companions(names: Sequence[str]) -> list[Line]:
    """Return the warning about files that belong to distributions, such as signatures."""
    return [Line(f"not uploaded, because they are no distributions: {listed(names)}", "warning")] if names else []


def building(formats: Sequence[str], folder: str) -> str:
    """Return the title of the build of a source tree in this folder."""
    return f"Building {' and '.join(formats)} of {folder}"


def checking(count: int) -> str:
    """Return the title of the check of so many files."""
    return f"Checking {number_of_files(count)}"


def uploading(plan: Plan, server: Server) -> str:
    """Return the title of the upload."""
    return f"Uploading {number_of_files(len(plan.upload))} to {server.name}"


def build_warnings(built: Build, *, quoted: Callable[[str], str]) -> list[Line]:
    """Return what a build that succeeded says about its result: doubtful lines, and the number of other warnings."""
    lines = [Line(f"from the build: {quoted(each)}", "warning") for each in built.warnings]
    if built.other_warnings:
        lines.append(Line(f"Other warnings of the build: {built.other_warnings} (shown with --verbose)"))
    return lines


def hashes(release: Sequence[Distribution]) -> list[Line]:
    """Return a line with the hash of each file."""
    return [Line(f"{each.filename}: sha256 {each.sha256}") for each in release]


def planned(plan: Plan, release: Sequence[Distribution], *, trouble: str) -> list[Line]:
    """Return the warnings about what the index lists; ``trouble`` says why that is not known, empty if it is."""
    first, texts = release[0], [trouble] if trouble else []
    texts += [f"{each.filename}: {other_content(each)}" for each in plan.doubtful]
    lines = [Line(f"{each}. Continuing; the upload itself will show it", "warning") for each in texts]
    if plan.is_yanked:
        text = f"the release {first.name} {first.version} is yanked on the index: pip installs it only if it is pinned"
        lines.append(Line(text, "warning"))
    return lines + warnings(plan.problems, count=len(release))


def other_content(pair: Hashes) -> str:
    """Return how a file differs from the one that the index has under its name."""
    return f"{OTHER_CONTENT}: {pair.algorithm} {pair.theirs} there, {pair.ours} here"


def ending(report: Report, *, verbose: bool, quoted: Callable[[str], str]) -> list[Line]:
    """Return the last lines of a run; the very last line of a failed one says the cause, and what to do.

    ``quoted`` masks and cuts a text from others.
    """
    lines = _results(report)
    if report.failure is None:
        return lines + _success(report)
    *others, last = _failure(report, report.failure, verbose=verbose, quoted=quoted)
    return lines + others + [Line(last.text, "error")]


def _results(report: Report) -> list[Line]:
    """Return what happened to each file whose upload was asked for."""
    is_compared = report.failure is None and report.result in ("deployed", "unchanged")
    if not is_compared and not any(each.attempts for each in report.results):
        kept = [each for each in report.results if each.outcome is Outcome.KEPT]
        return [Line(f"{each.filename}: {each.detail}", "warning") for each in kept]
    lines = [Line(each) for each in table(report.outcomes)]
    explained = [each for each in report.results if each.detail and not each.outcome.is_failure]
    return lines + [Line(f"{each.filename}: {each.detail}", "warning") for each in explained]


def _success(report: Report) -> list[Line]:
    if report.result == "skipped":
        return [Line(each) for each in report.reasons]
    if report.result == "dry-run":
        return [
            Line(f"Would upload {result.filename} to {report.server.name}")
            if result.outcome is Outcome.NOT_ATTEMPTED
            else Line(f"Would not upload {result.filename}: {result.outcome.value}")
            for _, result in report.outcomes
        ]
    if report.result == "checked":
        count = len(problem_texts(report.problems, "warning", count=len(report.distributions)))
        summary = f"{count} warning{'s' if count > 1 else ''}" if count else "no problems"
        return [Line(f"Checked {number_of_files(len(report.distributions))}: {summary}", "success")]

    first, server = report.distributions[0], report.server
    name_version = f"{first.name} {first.version}"
    kept = [each for each in report.results if each.outcome is Outcome.KEPT]
    if report.result == "deployed":
        lines = [Line(f"Deployed {name_version} to {server.name}", "success")]
    else:
        content = f"; {number_of_files(len(kept))} kept as {'it is' if len(kept) == 1 else 'they are'}" if kept else ""
        lines = [Line(f"Nothing to upload: {server.name} already has every file of {name_version}{content}")]
    if page := release_page(server, first):
        lines.append(Line(f"See it at {page}"))
    if command := install_command(server, report.index_url, first):
        lines.append(Line(f"Install it with: {command}"))
    return lines


def _failure(report: Report, failure: Failure, *, verbose: bool, quoted: Callable[[str], str]) -> list[Line]:
    """Return why a run failed; the text of the last line is the cause."""
    if failure.cause is Cause.PROBLEMS:
        return _problems(report)
    if failure.cause is Cause.UPLOADS:
        return _uploads(report)
    if failure.cause is Cause.UNLISTED:
        every = f"every file is on {report.server.name}, but"
        if not report.index_url:
            return [Line(f"{every} its index was not found: name it with --index-url")]
        trouble = report.wait_trouble or f"the index does not list {listed(report.unlisted)} yet"
        return [Line(f"{every} {trouble}. Check the project's page later, or wait longer with --wait")]
    if failure.cause is Cause.SIGNAL:
        remedy = "; restart this job to deploy" if _can_restart(report) else f". {_before_a_restart(report)}"
        return [Line(f"{report.error}{remedy}")]
    if failure.cause is Cause.DEFECT:
        error = f"unexpected {type(report.error).__name__}: {quoted(str(report.error))}"
        remedy = (
            "report it with the lines above" if verbose else "run it again with --verbose and report what that shows"
        )
        return [Line(f"{error}. This is a defect of travis-pypi-deploy: {remedy}")]
    if failure.cause is Cause.INSTALLATION:
        remedy = "Install it again, in a virtual environment of its own"
        return [Line(f"travis-pypi-deploy is not installed completely: {quoted(str(report.error))}. {remedy}")]
    if failure.cause is Cause.SYSTEM:
        reason = quoted(str(report.error)) or type(report.error).__name__
        return [Line(f"the system of this job reported an error: {reason}. Correct that, and run the job again")]
    output = report.error.output if isinstance(report.error, BuildError) and not verbose else ()
    return [*(Line(each, "quoted") for each in output), Line(str(report.error))]


def _problems(report: Report) -> list[Line]:
    errors = problem_texts(report.problems, "error", count=len(report.distributions))
    if len(errors) == 1:
        return [Line(f"{errors[0]}; nothing was uploaded")]
    summary = f"{len(errors)} problems found; nothing was uploaded. Fix the problems above and deploy again"
    return [*(Line(each, "error") for each in errors), Line(summary)]


def _uploads(report: Report) -> list[Line]:
    failed = [each for each in report.results if each.outcome.is_failure]
    if not any(each.attempts for each in failed):
        names = "this name" if len(failed) == 1 else "these names"
        cause = (
            f"{report.server.name} has other content under {names}; nothing was uploaded. Either another job of this "
            "build published it (deploy from one job), or this job was restarted (sdists of setuptools differ from "
            "build to build; use --skip-existing), or the version was not raised"
        )
        return [*(Line(f"{each.filename}: {each.detail}", "error") for each in failed), Line(cause)]

    causes: dict[str, list[str]] = {}
    for each in failed:
        causes.setdefault(each.detail, []).append(each.filename)
    texts = [f"{listed(names)}: {cause}" for cause, names in causes.items()]
    return [*_incomplete(report), *(Line(each, "error") for each in texts[:-1]), Line(texts[-1])]


def _incomplete(report: Report) -> list[Line]:
    """Return what is on the index after a failure, and how the release is completed."""
    there = [each for each in report.results if not each.outcome.is_failure]
    unknown = [each.filename for each in report.results if each.outcome is Outcome.UNKNOWN]
    if not any(each.attempts for each in report.results):
        return []
    if not there and not unknown:
        return [Line("Nothing was uploaded.")]
    every = number_of_files(len(report.distributions))
    if all(each.has_taken_name for each in report.results if each.outcome.is_failure):
        return [Line(f"{len(there)} of the {every} {'is' if len(there) == 1 else 'are'} on {report.server.name}.")]
    perhaps = f", and possibly {listed(unknown)}" if unknown else ""
    promise = "After fixing the cause, restart this job; it uploads only what is missing"
    restart = promise if _can_restart(report) else _before_a_restart(report)
    return [Line(f"The release is incomplete: {len(there)} of {every} on {report.server.name}{perhaps}. {restart}.")]


def _before_a_restart(report: Report) -> str:
    """Return what a restart of this job needs, so that it is not rejected because of the files that are there."""
    index = "" if report.index_url else "name the simple index of the server with --index-url, or "
    return (
        f"Before you restart this job, {index}add --skip-existing; otherwise the files that are there already are "
        "rejected"
    )


def _can_restart(report: Report) -> bool:
    """Return whether this job, started again, will not stumble over the files that it has uploaded."""
    return report.can_restart or report.left_nothing


def table(outcomes: Sequence[tuple[Distribution, FileResult]]) -> Iterator[str]:
    """Yield a line for each file with its size, outcome, time and attempts; files not attempted share one line."""
    width = max(len(each.filename) for each, _ in outcomes)
    not_attempted = [each.filename for each, result in outcomes if result.outcome is Outcome.NOT_ATTEMPTED]
    for each, result in outcomes:
        if len(not_attempted) <= 1 or each.filename not in not_attempted:
            attempts = f", {result.attempts} attempts" if result.attempts > 1 else ""
            effort = f" ({result.seconds:.1f} s{attempts})" if result.attempts else ""
            yield f"  {each.filename:{width}}  {size(each.size):>9}  {result.outcome.value}{effort}"
    if len(not_attempted) > 1:
        yield f"  {number_of_files(len(not_attempted))} not attempted: {listed(not_attempted, limit=NAMES_LIMIT)}"


def problem_texts(problems: Sequence[Problem], severity: str, *, count: int) -> list[str]:
    """Return a text for each problem of this severity; one that several of ``count`` files share is one text.

    Files that cannot be read are named, because they are not among those.
    """
    shared: dict[tuple[str, str], dict[str, None]] = {}
    for each in problems:
        if each.severity == severity:
            shared.setdefault((each.message.rstrip("."), each.rule), {})[each.filename] = None
    every = "both files" if count == 2 else f"all {count} files"
    texts = []
    for (message, rule), names in shared.items():
        whose = every if len(names) == count > 1 and rule != "unreadable" else listed(list(names))
        texts.append(f"{whose}: {message} ({rule})")
    return texts


def install_command(server: Server, index_url: str, distribution: Distribution) -> str:
    """Return the pip command that installs the release, empty if the index is not known."""
    requirement = f"{distribution.name}=={distribution.version}"
    if server.name == "pypi":
        return f"pip install {requirement}"
    return f"pip install --index-url {index_url} {requirement}" if index_url else ""


def number_of_files(count: int) -> str:
    """Return a number of files in words."""
    return f"{count} file{'' if count == 1 else 's'}"


def size(count: int) -> str:
    """Return a number of bytes in decimal units, as indexes show it."""
    if count < 1000:
        return f"{count} B"
    # From 999,950 bytes on, kB would be rounded to 1000.0.
    return f"{count / 1e3:.1f} kB" if count < 999_950 else f"{count / 1e6:.1f} MB"
