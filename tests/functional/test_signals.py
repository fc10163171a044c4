"""A signal ends a deployment at once, and what was published until then is still told."""

from __future__ import annotations

import re
import signal
import subprocess
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.support import command, factories
from tests.support.misbehaviours import Answer, Hang, Trickle, busy
from tests.support.publishing import environment, outcomes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.support.loopback_index import LoopbackIndex

SIGNALS = pytest.mark.parametrize(
    ("number", "code", "sentence"),
    [(signal.SIGINT, 130, "interrupted"), (signal.SIGTERM, 143, "terminated (SIGTERM)")],
    ids=["interrupted", "terminated"],
)
END_SECONDS = 10  # nothing here ends by itself for a long time
OUTCOME = re.compile(r"^  (\S+) +[0-9.]+ k?M?B  (.+?)(?: \(.*)?$", re.MULTILINE)


@contextmanager
def deploying(index: LoopbackIndex, paths: list[Path], *options: str) -> Iterator[subprocess.Popen[bytes]]:
    """Publish the files from a process of its own, which has ended when the block has."""
    where = ["--server", index.upload_url, "--index-url", index.simple_url]
    report = ["--report", str(paths[0].parent / "report.json")]
    with subprocess.Popen(
        command.module(*where, *report, *options, *map(str, paths)),
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def log_after(process: subprocess.Popen[bytes], number: int) -> str:
    """Send a signal, and return what is written from then on; raises TimeoutExpired if it does not end the process."""
    process.send_signal(number)
    out, _ = process.communicate(timeout=END_SECONDS)
    return command.FOLD_MARK.sub("", out.decode())


def wait_until(holds: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    while not holds():
        assert process.poll() is None
        time.sleep(0.01)


def read_until(words: str, process: subprocess.Popen[bytes]) -> None:
    assert process.stdout is not None
    assert any(words.encode() in line for line in process.stdout), f"it never said: {words}"


@SIGNALS
def test_in_the_middle_of_an_upload(
    tmp_path: Path, index: LoopbackIndex, number: int, code: int, sentence: str
) -> None:
    wheels = [factories.wheel(tmp_path, tag=f"cp3{minor}-none-any") for minor in (10, 11)]
    wheels += [factories.big_wheel(tmp_path, 12), factories.sdist(tmp_path)]
    index.on_upload(Hang(), filename=wheels[1].name)
    index.on_upload(Trickle(), filename=wheels[2].name)

    with deploying(index, wheels) as process:
        wait_until(lambda: index.asked("POST") == 3 and len(index.uploads) == 2, process)
        log = log_after(process, number)

    assert process.returncode == code
    assert outcomes(tmp_path) == {
        wheels[0].name: ("uploaded", 1),
        wheels[1].name: ("unknown", 1),
        wheels[2].name: ("failed", 1),
        wheels[3].name: ("not attempted", 0),
    }
    assert OUTCOME.findall(log) == [
        (wheels[0].name, "uploaded"),
        (wheels[1].name, "unknown"),
        (wheels[2].name, "failed"),
        (wheels[3].name, "not attempted"),
    ]
    assert log.endswith(f"Error: {sentence}\n")


@SIGNALS
def test_in_a_pause_before_a_retry(tmp_path: Path, index: LoopbackIndex, number: int, code: int, sentence: str) -> None:
    wheel = factories.wheel(tmp_path)
    index.on_upload(busy("0"), busy("100"))

    with deploying(index, [wheel]) as process:
        read_until("trying again in 100.0 s (retry 2 of 5)", process)
        log = log_after(process, number)

    assert (process.returncode, outcomes(tmp_path)) == (code, {wheel.name: ("failed", 2)})
    assert OUTCOME.findall(log) == [(wheel.name, "failed")]
    assert log.endswith(f"Error: {sentence}\n")
    detail = '"detail": "the index answered status 429: Too Many Requests'
    assert detail in (tmp_path / "report.json").read_text()


@SIGNALS
def test_while_waiting_for_the_index(
    tmp_path: Path, index: LoopbackIndex, number: int, code: int, sentence: str
) -> None:
    wheel = factories.wheel(tmp_path)
    index.on_page(*[Answer(404)] * 99)

    with deploying(index, [wheel], "--wait", "100") as process:
        read_until("Waiting up to 100 s", process)
        log = log_after(process, number)

    assert (process.returncode, outcomes(tmp_path)) == (code, {wheel.name: ("uploaded", 1)})
    assert log == f"Error: {sentence}\n"


@SIGNALS
def test_while_looking_at_the_index(
    tmp_path: Path, index: LoopbackIndex, number: int, code: int, sentence: str
) -> None:
    wheel = factories.wheel(tmp_path)
    index.on_page(Hang())

    with deploying(index, [wheel]) as process:
        wait_until(lambda: index.asked("GET") == 1, process)
        log = log_after(process, number)

    assert (process.returncode, outcomes(tmp_path)) == (code, {wheel.name: ("not attempted", 0)})
    assert log.endswith(f"Error: {sentence}\n")
