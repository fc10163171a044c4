"""Runs the command as a process of its own and measures the memory that it needs at most."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.support import command

if TYPE_CHECKING:
    from collections.abc import Mapping

# A small process in between, because a process begins with the peak of the one that started it.
MEASURE = """
import resource, subprocess, sys
status = subprocess.run(sys.argv[1:], check=False).returncode
print(f"\\n{status} {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss}")
"""


@dataclass(frozen=True)
class Measured:
    """How the command ended, and its peak in MiB, or that of a child of it if that is higher."""

    code: int
    out: str
    err: str
    peak_mib: int


def run(*argv: str, environ: Mapping[str, str]) -> Measured:
    """Run the command; on Linux only, because other systems count memory in other units."""
    ended = subprocess.run(
        [sys.executable, "-c", MEASURE, *command.module(*argv)],
        env=environ,
        check=True,
        capture_output=True,
        timeout=command.RUN_SECONDS,
        encoding="utf-8",
    )
    out, _, measured = ended.stdout.rstrip("\n").rpartition("\n")
    code, kibibytes = measured.split()
    return Measured(int(code), out, ended.stderr, int(kibibytes) // 1024)
