"""The result of a run: what is known of it at any moment, why it failed, and its JSON."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from .checks.rules import RULE_OF, Problem
from .errors import DeployError, SignalledError, UsageError
from .job import Job
from .servers import SERVERS, Server
from .upload.results import FileResult, Outcome

if TYPE_CHECKING:  # a skipped job must not import it, it takes longer than the rest of the command
    from .distributions import Distribution

Result = Literal["deployed", "unchanged", "skipped", "dry-run", "checked", "failed"]
NO_THREAD = "can't start new thread"  # how Python reports a limit on processes or memory


class Cause(Enum):
    """Why a run failed."""

    SIGNAL = "a signal"
    ERROR = "an error of this package, whose text is written for the log"
    INSTALLATION = "a package that cannot be imported"
    SYSTEM = "an error of the operating system"
    DEFECT = "any other error"
    PROBLEMS = "problems of the release"
    UPLOADS = "files that are not on the index"
    UNLISTED = "files that the index does not list yet"


@dataclass(frozen=True)
class Failure:
    """The cause of a failure, and the exit code."""

    cause: Cause
    exit_code: int


@dataclass(frozen=True)
class Report:
    """The result of a run.

    ``result`` is what it has done, if there is no ``failure``. ``reasons`` are those for a skipped deployment, one
    sentence each. ``results`` are in any order. ``unlisted`` names the files that ``--wait`` did not see on the index,
    ``wait_trouble`` says why that is not known. ``index_url`` is the address of the index, empty if it is not known.
    ``can_restart``: the same job, started again, uploads what is missing. ``error`` is what ended the run, None if
    nothing did.
    """

    result: Result
    job: Job
    server: Server
    reasons: tuple[str, ...] = ()
    distributions: tuple[Distribution, ...] = ()
    results: tuple[FileResult, ...] = ()
    problems: tuple[Problem, ...] = ()
    unlisted: tuple[str, ...] = ()
    wait_trouble: str = ""
    index_url: str = ""
    can_restart: bool = True
    error: BaseException | None = None

    @property
    def outcomes(self) -> tuple[tuple[Distribution, FileResult], ...]:
        """Return every distribution with its result."""
        by_name = {each.filename: each for each in self.results}
        return tuple(
            (each, by_name.get(each.filename) or FileResult(each.filename, Outcome.NOT_ATTEMPTED))
            for each in self.distributions
        )

    @property
    def left_nothing(self) -> bool:
        """Whether no file of the release is on the index, as far as this run knows."""
        return all(each.outcome in (Outcome.REJECTED, Outcome.FAILED) for each in self.results)

    @property
    def failure(self) -> Failure | None:
        """Why the run failed; None if it did not."""
        error = self.error
        if isinstance(error, SignalledError):
            return Failure(Cause.SIGNAL, error.exit_code)
        if isinstance(error, DeployError):
            return Failure(Cause.ERROR, error.exit_code)
        if isinstance(error, ImportError):
            return Failure(Cause.INSTALLATION, 1)
        if isinstance(error, (OSError, MemoryError)) or str(error) == NO_THREAD:
            return Failure(Cause.SYSTEM, 1 if self.results else UsageError.exit_code)
        if error is not None:
            return Failure(Cause.DEFECT, 1)

        failed = [each for each in self.results if each.outcome.is_failure]
        errors = [each for each in self.problems if each.severity == "error"]
        if errors:
            is_predicted = all(each.rule in RULE_OF and RULE_OF[each.rule].is_predicted for each in errors)
            return Failure(Cause.PROBLEMS, 1 if is_predicted else 3)
        if failed:
            return Failure(Cause.UPLOADS, 3 if all(each.changed for each in failed) else 1)
        return Failure(Cause.UNLISTED, 1) if self.unlisted else None


class Progress:
    """The report of a run, as far as it is known.

    A signal can end a deployment between any two lines. Therefore it puts into ``known`` what it finds out, as soon as
    it finds it, and the report is made from that whatever has happened. ``uploads`` are the results by now.
    """

    def __init__(self, job: Job) -> None:
        self.known = Report("failed", job, SERVERS[0])  # the default server, until the settings are known
        self.uploads: Callable[[], tuple[FileResult, ...]] = tuple

    def report(self, result: Result, *, error: BaseException | None = None) -> Report:
        """Return the report of a run that ends now; ``result`` is the one of a run without a failure."""
        return replace(self.known, result=result, results=(*self.known.results, *self.uploads()), error=error)


def has_changed_the_index(results: Sequence[FileResult]) -> bool:
    """Return whether a run has stored a file. One that is identical after several attempts may be this run's own."""
    return any(
        each.outcome is Outcome.UPLOADED or (each.outcome is Outcome.IDENTICAL and each.attempts > 1)
        for each in results
    )


def dumps(report: Report, *, reasons: tuple[str, ...], seconds: float, mask: Callable[[str], str]) -> str:
    """Return the report as JSON of schema 2 (docs/report.md): sizes in bytes, times in seconds, texts masked."""
    first = report.distributions[0] if report.distributions else None
    job = report.job
    contents = {
        "schema": 2,
        "result": "failed" if report.failure else report.result,
        "reasons": [mask(each) for each in reasons],
        "server": mask(report.server.name),
        "name": first.name if first else None,
        "version": first.version if first else None,
        "url": release_page(report.server, first) if first else None,
        "files": [
            {
                "filename": each.filename,
                "size": each.size,
                "sha256": each.sha256,
                "outcome": result.outcome.value,
                "attempts": result.attempts,
                "seconds": round(result.seconds, 3),
                "detail": mask(result.detail),
            }
            for each, result in report.outcomes
        ],
        "problems": [
            {"file": each.filename, "rule": each.rule, "severity": each.severity, "message": mask(each.message)}
            for each in report.problems
        ],
        "job": {
            "slug": mask(job.slug),
            "branch": mask(job.branch),
            "tag": mask(job.tag),
            "build_url": mask(job.build_url),
            "job_url": mask(job.job_url),
        },
        "seconds": round(seconds, 3),
    }
    return json.dumps(contents, indent=2, ensure_ascii=False) + "\n"


def release_page(server: Server, distribution: Distribution) -> str | None:
    """Return the address of the release's page, None if the server has no such pages that are known."""
    address = server.release_url
    return address.format(name=distribution.name, version=distribution.version) if address else None


def check_writable(filename: str, *, source: str) -> None:
    """Raise UsageError, before anything is published, if no report can be written."""
    path = Path(filename)
    try:
        can_write = os.access(path.parent, os.W_OK) and path.parent.is_dir() and (path.is_file() or not path.exists())
    except (OSError, ValueError) as error:
        raise UsageError(f"{source}: a report cannot be written to {filename}: {error}") from error
    if not can_write:
        raise UsageError(f"{source}: a report cannot be written to {filename}. Name a file in a folder that exists")


def write(text: str, filename: str) -> None:
    """Write the whole report or none of it; raises OSError."""
    path = Path(filename)
    temporary = path.with_name(f".travis-pypi-deploy-{os.getpid()}")
    try:
        # A file name that is not UTF-8 contains surrogates, which JSON escapes in the same way.
        temporary.write_text(text, encoding="utf-8", errors="backslashreplace")
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
