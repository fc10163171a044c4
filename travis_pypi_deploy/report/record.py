"""What a run found and did, kept while it goes on, and its JSON form in the end."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Literal, Union

from ..errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ..checks import Problem
    from ..distributions import Distribution
    from ..job import Job
    from ..servers import Server
    from ..upload import FileResult

SCHEMA = 1

Result = Literal["deployed", "skipped", "rehearsed", "checked", "failed"]
Json = Union[None, str, int, float, "Sequence[Json]", "Mapping[str, Json]"]


class Record:
    """Everything that the report tells; the one value of a run that grows while it goes on.

    ``reasons``: why the deployment was skipped, or what failed, a sentence each. Times are in seconds.
    """

    def __init__(self, server: Server, job: Job) -> None:
        self.server = server
        self.job = job
        self.result: Result = "failed"
        self.reasons: tuple[str, ...] = ()
        self.distributions: tuple[Distribution, ...] = ()
        self.results: tuple[FileResult, ...] = ()
        self.problems: tuple[Problem, ...] = ()
        self._started = time.monotonic()

    @property
    def release_url(self) -> str | None:
        """Return the release's page, None where nobody knows it."""
        template = self.server.release_url
        if not template or not self.distributions:
            return None
        first = self.distributions[0]
        return template.format(name=first.name, version=first.version)

    def to_json(self) -> dict[str, Json]:
        """Return the report, schema 1 of DESIGN: sizes in bytes, times in seconds."""
        first = self.distributions[0] if self.distributions else None
        return {
            "schema": SCHEMA,
            "result": self.result,
            "reasons": list(self.reasons),
            "server": self.server.name,
            "name": first.name if first else None,
            "version": first.version if first else None,
            "url": self.release_url,
            "files": [self._file(each) for each in self.distributions],
            "problems": [_problem(each) for each in self.problems],
            "job": {
                "slug": self.job.slug,
                "branch": self.job.branch,
                "tag": self.job.tag,
                "build_url": self.job.build_url,
                "job_url": self.job.job_url,
            },
            "seconds": round(time.monotonic() - self._started, 3),
        }

    def _file(self, distribution: Distribution) -> dict[str, Json]:
        result = next((each for each in self.results if each.filename == distribution.filename), None)
        return {
            "filename": distribution.filename,
            "size": distribution.size,
            "sha256": distribution.sha256,
            "outcome": result.outcome.value if result else "not attempted",
            "attempts": result.attempts if result else 0,
            "seconds": round(result.seconds, 3) if result else 0.0,
            "detail": result.detail if result else "",
        }


def check_writable(filename: str, *, source: str) -> None:
    """Raise UsageError, before anything is published, where no report can be written."""
    folder = os.path.dirname(filename) or "."  # noqa: PTH120 - pathlib costs a skipped job a tenth of its time
    can_write = os.path.isdir(folder) and os.access(folder, os.W_OK)  # noqa: PTH112 - as above
    if os.path.isdir(filename) or not can_write:  # noqa: PTH112 - as above
        raise UsageError(f"{source}: cannot write a report to {filename}: name a file in a folder that exists")


def write(text: str, filename: str) -> None:
    """Write the whole report or none of it; raises OSError."""
    import tempfile
    from pathlib import Path

    path = Path(filename)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    staged = Path(name)
    try:
        # A name that is not UTF-8 reaches us in surrogates, which JSON knows in just the form that is written here.
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(text)
        staged.chmod(0o644)
        staged.replace(path)
    except OSError:
        staged.unlink(missing_ok=True)
        raise


def dumps(report: Json, *, redacted: Callable[[str], str]) -> str:
    """Return the report as JSON text, each of its texts ``redacted``: in JSON's quoting a secret looks different."""
    import json

    return json.dumps(_with_texts(report, redacted), indent=2, ensure_ascii=False) + "\n"


def _with_texts(value: Json, change: Callable[[str], str]) -> Json:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {name: _with_texts(each, change) for name, each in value.items()}
    return [_with_texts(each, change) for each in value] if isinstance(value, list) else value


def _problem(problem: Problem) -> dict[str, Json]:
    return {
        "file": problem.filename,
        "rule": problem.rule,
        "severity": problem.severity,
        "message": problem.message,
    }
