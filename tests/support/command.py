"""The command under test: in this process where that is enough, as a process of its own where it matters."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.support import travis_job
from travis_pypi_deploy import cli

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

RUN_SECONDS = 120
NOBODY = "http://127.0.0.1:9/"
FOLD_MARK = re.compile(r"travis_(fold|time):[^\r]*\r\x1b\[0K")


@dataclass(frozen=True)
class Ended:
    """How the command ended: its exit code, and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        """Return the lines of its standard output as Travis shows them, with the folds' marks taken away."""
        return FOLD_MARK.sub("", self.out).splitlines()


def job(**changes: str | None) -> dict[str, str]:
    """Return this machine's environment with a Travis job in it; no colours, so that sentences can be compared."""
    return {**os.environ, **travis_job.job(**{"NO_COLOR": "1", **changes})}


def deploy(*argv: str, environ: Mapping[str, str]) -> Ended:
    """Run the command in this process: nothing but its arguments, environment and working directory decides."""
    out, err = io.StringIO(), io.StringIO()
    code = cli.main(argv, environ, out=out, err=err)
    return Ended(code, out.getvalue(), err.getvalue())


def on_staging(*argv: str, **variables: str | None) -> Ended:
    """Run the command in this process, in a job whose branch may deploy, with a server that nobody reaches."""
    return deploy(*argv, environ=job(**{"PYPI_BRANCH": "staging", "PYPI_SERVER": NOBODY, **variables}))


def off_travis() -> dict[str, str | None]:
    """Return the changes that leave nothing of Travis in a job's environment."""
    return {
        name: None for name in travis_job.job() if name.startswith("TRAVIS") or name in ("CI", "CONTINUOUS_INTEGRATION")
    }


def run(*argv: str, environ: Mapping[str, str], folder: Path) -> Ended:
    """Run the command as Travis does: ``python -m travis_pypi_deploy`` in ``folder``."""
    ended = subprocess.run(
        module(*argv), cwd=folder, env=environ, check=False, capture_output=True, timeout=RUN_SECONDS
    )
    return Ended(ended.returncode, ended.stdout.decode(), ended.stderr.decode())


def module(*argv: str) -> Sequence[str]:
    """Return the command line that runs the command as a module of this interpreter."""
    return [sys.executable, "-m", "travis_pypi_deploy", *argv]
