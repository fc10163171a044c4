"""Publishes files to a loopback index by the command itself, and tells what became of each."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import command

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from .loopback_index import LoopbackIndex


@dataclass(frozen=True)
class Published:
    """How a deployment ended: exit code, output, and each file's outcome and attempts in the order of the report."""

    code: int
    out: str
    err: str
    files: Mapping[str, tuple[str, int]]
    details: Mapping[str, str]


def publish(index: LoopbackIndex, paths: Sequence[Path], *options: str, **variables: str | None) -> Published:
    """Deploy these files to the index, which is asked for its pages too, from a job on an allowed branch."""
    folder = paths[0].parent
    where = ["--server", index.upload_url, "--index-url", index.simple_url, "--report", str(folder / "report.json")]
    ended = command.deploy(*where, *options, *map(str, paths), environ=environment(**variables))
    return Published(ended.code, ended.out, ended.err, outcomes(folder), details(folder))


def environment(**variables: str | None) -> dict[str, str]:
    """Return the environment of a job whose branch may deploy."""
    return command.job(**{"TRAVIS_BRANCH": "master", **variables})


def outcomes(folder: Path) -> dict[str, tuple[str, int]]:
    """Return outcome and attempts by file name, as ``report.json`` in this folder has them."""
    return {each["filename"]: (each["outcome"], each["attempts"]) for each in _files(folder)}


def details(folder: Path) -> dict[str, str]:
    """Return what the report has to say about each file, by file name."""
    return {each["filename"]: each["detail"] for each in _files(folder) if each["detail"]}


def _files(folder: Path) -> Sequence[Mapping[str, str]]:
    report = json.loads((folder / "report.json").read_text("utf-8"))
    files: Sequence[Mapping[str, str]] = report["files"]
    return files
