"""The result of a run, as JSON and as lines of the log."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from .errors import UsageError
from .job import Job
from .servers import Server

if TYPE_CHECKING:  # a skipped job must not import these, they take longer than the rest of the command
    from .checks import Problem
    from .distributions import Distribution
    from .upload import FileResult

Result = Literal["deployed", "unchanged", "skipped", "dry-run", "checked", "failed"]


@dataclass(frozen=True)
class Report:
    """The result of a run.

    ``reasons``: why the deployment was skipped, or what failed, one sentence each. ``results`` are in any order.
    ``error`` is what ended a failed run.
    """

    result: Result
    job: Job
    server: Server
    reasons: tuple[str, ...] = ()
    distributions: tuple[Distribution, ...] = ()
    results: tuple[FileResult, ...] = ()
    problems: tuple[Problem, ...] = ()
    error: BaseException | None = None


def dumps(report: Report, *, seconds: float, mask: Callable[[str], str]) -> str:
    """Return the report as JSON of schema 2 (docs/report.md): sizes in bytes, times in seconds, texts masked."""
    first = report.distributions[0] if report.distributions else None
    job, results = report.job, {each.filename: each for each in report.results}
    entries = []
    for each in report.distributions:
        result = results.get(each.filename)
        entries.append(
            {
                "filename": each.filename,
                "size": each.size,
                "sha256": each.sha256,
                "outcome": result.outcome.value if result else "not attempted",
                "attempts": result.attempts if result else 0,
                "seconds": round(result.seconds, 3) if result else 0.0,
                "detail": mask(result.detail) if result else "",
            }
        )
    contents = {
        "schema": 2,
        "result": report.result,
        "reasons": [mask(each) for each in report.reasons],
        "server": mask(report.server.name),
        "name": first.name if first else None,
        "version": first.version if first else None,
        "url": release_page(report.server, first) if first else None,
        "files": entries,
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


def release_page(server: Server, distribution: Distribution) -> str | None:
    """Return the address of the release's page, None if it is not known."""
    address = server.release_url
    return address.format(name=distribution.name, version=distribution.version) if address else None


def install_command(server: Server, index_url: str | None, distribution: Distribution) -> str | None:
    """Return the pip command that installs the release, None if the index is not known."""
    requirement = f"{distribution.name}=={distribution.version}"
    if server.name == "pypi":
        return f"pip install {requirement}"
    return f"pip install --index-url {index_url} {requirement}" if index_url else None


def table(results: Mapping[str, FileResult], distributions: Sequence[Distribution]) -> Iterator[str]:
    """Yield a line for each file with its size, outcome, time and attempts; files not attempted share one line."""
    width = max(len(each.filename) for each in distributions)
    not_attempted: list[Distribution] = []
    for each in distributions:
        result = results.get(each.filename)
        if result is None:
            not_attempted.append(each)
            continue
        attempts = f", {result.attempts} attempts" if result.attempts > 1 else ""
        effort = f" ({result.seconds:.1f} s{attempts})" if result.attempts else ""
        yield f"  {each.filename:{width}}  {size(each.size):>9}  {result.outcome.value}{effort}"
    if len(not_attempted) == 1:
        yield f"  {not_attempted[0].filename:{width}}  {size(not_attempted[0].size):>9}  not attempted"
    elif not_attempted:
        names = [each.filename for each in not_attempted]
        yield f"  {files(len(names))} not attempted: {listed(names, limit=10)}"


def problem_lines(problems: Sequence[Problem], *, count: int) -> list[str]:
    """Return a line for each problem; one that several of ``count`` files share is one line."""
    shared: dict[str, list[str]] = {}
    for each in problems:
        shared.setdefault(f"{each.message.rstrip('.')} ({each.rule})", []).append(each.filename)
    every = "both files" if count == 2 else f"all {count} files"
    whose = {sentence: every if len(names) == count > 1 else listed(names) for sentence, names in shared.items()}
    return [f"{names}: {sentence}" for sentence, names in whose.items()]


def files(count: int) -> str:
    """Return a number of files in words."""
    return f"{count} file{'' if count == 1 else 's'}"


def listed(names: Sequence[str], *, limit: int = 3) -> str:
    """Return names in one line, of many only the first ones."""
    rest = len(names) - limit
    return ", ".join(names) if rest <= 0 else f"{', '.join(names[:limit])} and {rest} more"


def size(count: int) -> str:
    """Return a number of bytes in decimal units, as indexes show it."""
    if count < 1000:
        return f"{count} B"
    # From 999,950 bytes on, kB would be rounded to 1000.0.
    return f"{count / 1e3:.1f} kB" if count < 999_950 else f"{count / 1e6:.1f} MB"
