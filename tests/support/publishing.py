"""Publishes files to a loopback index by the command itself, and tells what became of each."""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.support import command, invented_tokens
from tests.support.interception import Interception
from travis_pypi_deploy.servers import SERVERS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import pytest

    from tests.support.loopback_index import LoopbackIndex


WHEEL = "demo-1.0-py3-none-any.whl"
PYPI = next(server for server in SERVERS if server.name == "pypi")


@dataclass(frozen=True)
class Published:
    """How a deployment ended: exit code, output, and each file's outcome and attempts in the order of the report."""

    code: int
    out: str
    err: str
    files: Mapping[str, tuple[str, int]]


def publish(index: LoopbackIndex, paths: Sequence[Path], *options: str, **variables: str | None) -> Published:
    """Deploy these files to the index, which is asked for its pages too, from a job on an allowed branch."""
    folder = paths[0].parent
    where = ["--server", index.upload_url, "--index-url", index.simple_url, "--report", str(folder / "report.json")]
    ended = command.deploy(*where, *options, *map(str, paths), environ=environment(**variables))
    return Published(ended.code, ended.out, ended.err, outcomes(folder))


def publish_at_pypi(
    index: LoopbackIndex, paths: Sequence[Path], *options: str, monkeypatch: pytest.MonkeyPatch
) -> Published:
    """Deploy these files to pypi, whose place this index takes."""
    folder = paths[0].parent
    with Interception(dict.fromkeys(PYPI.hosts, index), folder) as proxy:
        for variable, value in proxy.variables.items():
            monkeypatch.setenv(variable, value)
        argv = ["--server", "pypi", "--report", str(folder / "report.json"), *options, *map(str, paths)]
        ended = command.deploy(*argv, environ=environment(PYPI_TOKEN=invented_tokens.token("pypi")))
    return Published(ended.code, ended.out, ended.err, outcomes(folder))


def environment(**variables: str | None) -> dict[str, str]:
    """Return the environment of a job whose branch may deploy."""
    return command.job(**{"TRAVIS_BRANCH": "master", **variables})


def outcomes(folder: Path) -> dict[str, tuple[str, int]]:
    """Return outcome and attempts by file name, as ``report.json`` in this folder has them."""
    report = json.loads((folder / "report.json").read_text("utf-8"))
    return {each["filename"]: (each["outcome"], each["attempts"]) for each in report["files"]}


def wait_for_posts(index: LoopbackIndex, count: int) -> None:
    """Wait until so many uploads have begun, at most ten seconds."""
    until = time.monotonic() + 10
    while index.asked("POST") < count and time.monotonic() < until:
        time.sleep(0.01)


def log(published: Published, index: LoopbackIndex) -> str:
    """Return the errors and warnings, without what differs from run to run and from one system to another."""
    text = published.err.replace(index.upload_url, "URL/").replace(index.url, "URL")
    text = re.sub(r"in [0-9.]+ s", "in N s", text)
    return re.sub("Remote end closed connection without response|Connection reset by peer|Broken pipe", "Gone", text)
