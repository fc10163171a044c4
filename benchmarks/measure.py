"""Runs a command as a whole process and says what the operating system saw of it."""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

RUNNER = Path(__file__).with_name("runner.py")
LOG = "output.log"
PARTS = "parts.json"
FRESH = "fresh"
KIBIBYTES_PER_MEBIBYTE = 1024


@dataclass(frozen=True)
class Command:
    """One contender: what it is called in the table, and how it is run."""

    label: str
    arguments: Sequence[str]
    environment: Mapping[str, str]


@dataclass(frozen=True)
class Run:
    """One finished run; the peak is that of the largest process, the requests are those that arrived."""

    exit_code: int
    seconds: float
    cpu_seconds: float
    peak_mib: float
    requests: Mapping[str, int]
    parts: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Figures:
    """The medians of a contender's runs; without any, ``complaint`` says why."""

    label: str
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    peak_mib: float = 0.0
    requests: str = ""
    complaint: str = ""
    parts: Mapping[str, float] = field(default_factory=dict)


def compare(
    commands: Sequence[Command],
    *,
    rounds: int,
    warm_up: int,
    counts: Callable[[], Mapping[str, int]],
    folder: Path,
) -> list[Figures]:
    """Return the figures of ``commands``, run in turn so that other load on the machine affects all of them alike.

    ``counts`` tells how many requests of each method were made since it was last asked.
    """
    runs: dict[str, list[Run]] = {command.label: [] for command in commands}
    for number in range(warm_up + rounds):
        for command in commands if number % 2 else reversed(commands):
            finished = run(command, counts, folder)
            if finished.exit_code:
                said = (folder / LOG).read_text(errors="replace")
                sys.stderr.write(f"{command.label}: exit {finished.exit_code}\n{said}")
                commands = [each for each in commands if each is not command]
                runs[command.label] = [finished]
            elif number >= warm_up:
                runs[command.label].append(finished)
    return [figures(label, finished) for label, finished in runs.items()]


def run(command: Command, counts: Callable[[], Mapping[str, int]], folder: Path) -> Run:
    """Run ``command`` to its end; its output goes to the log in ``folder``.

    A command may make files in the folder ``fresh``, which is absent when it starts, and write the seconds of its
    parts to ``parts.json``.
    """
    result, parts = folder / "result.json", folder / PARTS
    parts.unlink(missing_ok=True)
    shutil.rmtree(folder / FRESH, ignore_errors=True)
    counts()
    with (folder / LOG).open("wb") as output:
        subprocess.run(
            [sys.executable, "-I", "-S", str(RUNNER), str(result), *command.arguments],
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=command.environment,
            cwd=folder,
        )
    seen = json.loads(result.read_text("utf-8"))
    return Run(
        exit_code=seen["exit_code"],
        seconds=seen["seconds"],
        cpu_seconds=seen["cpu_seconds"],
        peak_mib=seen["peak_kib"] / KIBIBYTES_PER_MEBIBYTE,
        requests=counts(),
        parts=json.loads(parts.read_text("utf-8")) if parts.exists() else {},
    )


def figures(label: str, runs: Sequence[Run]) -> Figures:
    """Return the medians of ``runs``."""
    failed = [each.exit_code for each in runs if each.exit_code]
    if failed:
        return Figures(label, complaint="not available yet" if failed[0] == 2 else f"failed, exit {failed[0]}")
    return Figures(
        label=label,
        seconds=statistics.median(each.seconds for each in runs),
        cpu_seconds=statistics.median(each.cpu_seconds for each in runs),
        peak_mib=statistics.median(each.peak_mib for each in runs),
        requests=", ".join(f"{number} {method}" for method, number in sorted(runs[-1].requests.items())) or "none",
        parts={name: statistics.median(each.parts[name] for each in runs) for name in runs[0].parts},
    )
