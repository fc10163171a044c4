"""A signal ends a deployment at once, and the report agrees with what the index stored."""

from __future__ import annotations

import random
import re
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.support import command, factories
from tests.support.loopback_index import LoopbackIndex
from tests.support.misbehaviours import Answer, Delay, Hang, Trickle, busy
from tests.support.publishing import environment, outcomes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


TERMINATED = "terminated (SIGTERM); restart this job to deploy"
CODES = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGHUP: 143}
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


@pytest.mark.parametrize(
    ("number", "code", "sentence"),
    [
        (signal.SIGINT, 130, "interrupted (SIGINT); restart this job to deploy"),
        (signal.SIGTERM, 143, TERMINATED),
        (signal.SIGHUP, 143, "terminated (SIGHUP); restart this job to deploy"),
    ],
    ids=["SIGINT", "SIGTERM", "SIGHUP"],
)
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


def test_in_a_pause_before_a_retry(tmp_path: Path, index: LoopbackIndex) -> None:
    wheel = factories.wheel(tmp_path)
    index.on_upload(busy("0"), busy("100"))

    with deploying(index, [wheel]) as process:
        read_until("trying again in 100.0 s (retry 2 of 5)", process)
        log = log_after(process, signal.SIGTERM)

    assert (process.returncode, outcomes(tmp_path)) == (143, {wheel.name: ("failed", 2)})
    assert OUTCOME.findall(log) == [(wheel.name, "failed")]
    assert log.endswith(f"Error: {TERMINATED}\n")
    assert "status 429" in (tmp_path / "report.json").read_text()


def test_while_waiting_for_the_index(tmp_path: Path, index: LoopbackIndex) -> None:
    wheel = factories.wheel(tmp_path)
    index.on_page(*[Answer(404)] * 99)

    with deploying(index, [wheel], "--wait", "100") as process:
        read_until("Waiting up to 100 s", process)
        log = log_after(process, signal.SIGTERM)

    assert (process.returncode, outcomes(tmp_path)) == (143, {wheel.name: ("uploaded", 1)})
    assert OUTCOME.findall(log) == [(wheel.name, "uploaded")]
    assert log.endswith(f"Error: {TERMINATED}\n")


def test_while_looking_at_the_index(tmp_path: Path, index: LoopbackIndex) -> None:
    wheel = factories.wheel(tmp_path)
    index.on_page(Hang())

    with deploying(index, [wheel]) as process:
        wait_until(lambda: index.asked("GET") == 1, process)
        log = log_after(process, signal.SIGTERM)

    assert process.returncode == 143
    assert outcomes(tmp_path) in ({}, {wheel.name: ("not attempted", 0)})
    assert log.endswith(f"Error: {TERMINATED}\n")


def test_a_second_signal_ends_the_process_at_once(tmp_path: Path, index: LoopbackIndex) -> None:
    wheel = factories.wheel(tmp_path)
    index.on_upload(Hang())
    index.on_page(Answer(404), Hang(), Hang())

    with deploying(index, [wheel], "--timeout=100") as process:
        wait_until(lambda: len(index.uploads) == 1, process)
        process.send_signal(signal.SIGTERM)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=END_SECONDS)

    assert process.returncode == 143
    assert [each.name for each in tmp_path.iterdir() if each.name.startswith(".")] == []


IN_A_CALLBACK = """
import os, signal, time
from travis_pypi_deploy.signals import Signals

class Callback:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(0)

signals = Signals()
signals.handle()
signals.raise_errors()
Callback()
time.sleep(20)
"""


def test_a_signal_in_a_callback_whose_errors_python_ignores_ends_the_run(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", IN_A_CALLBACK],
        cwd=tmp_path,
        capture_output=True,
        timeout=END_SECONDS,
        check=False,
    )
    assert ended.returncode == 1
    assert b"Exception ignored" not in ended.stderr
    assert ended.stderr.endswith(b"SignalledError: terminated (SIGTERM)\n")


@pytest.mark.parametrize("name", ["INT", "TERM", "HUP"])
def test_a_signal_that_was_ignored_at_the_start_stays_ignored(tmp_path: Path, index: LoopbackIndex, name: str) -> None:
    wheel = factories.wheel(tmp_path)
    index.on_upload(Delay(1.0))
    command_line = command.module("--server", index.upload_url, str(wheel))

    with subprocess.Popen(
        ["bash", "-c", f'trap "" {name}; exec "$@"', "bash", *command_line],
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as process:
        wait_until(lambda: index.asked("POST") == 1, process)
        process.send_signal(getattr(signal, f"SIG{name}"))
        process.communicate(timeout=command.RUN_SECONDS)

    assert (process.returncode, list(index.files)) == (0, [wheel.name])


@pytest.mark.slow
@pytest.mark.parametrize("part", range(4))
def test_at_any_moment_the_report_agrees_with_what_the_index_stored(tmp_path: Path, part: int) -> None:
    chance = random.Random(part)
    wheels = [factories.wheel(tmp_path, tag=f"cp3{minor}-none-any") for minor in range(1, 12)]
    paths = [*wheels, factories.sdist(tmp_path)]
    for round_ in range(50):
        with LoopbackIndex() as index:
            index.on_upload(*[Delay(chance.uniform(0, 0.03)) for _ in paths])
            number = chance.choice(list(CODES))
            # Half of the signals come at any time, half when the last files were just stored.
            after, stored = (
                (chance.uniform(0.1, 0.7), 0) if round_ % 2 else (chance.uniform(0, 0.004), 11 + round_ % 4 // 2)
            )
            (tmp_path / "report.json").unlink(missing_ok=True)
            with deploying(index, paths) as process:
                read_until("travis-pypi-deploy", process)
                while len(index.files) < stored and process.poll() is None:
                    time.sleep(0.0005)
                try:
                    process.wait(timeout=after)
                except subprocess.TimeoutExpired:
                    process.send_signal(number)
                out, _ = process.communicate(timeout=END_SECONDS)
            log = command.FOLD_MARK.sub("", out.decode())
            assert process.returncode in (0, CODES[number]), log
            check_agreement(outcomes(tmp_path), log, index, interrupted=process.returncode != 0)
        assert [each.name for each in tmp_path.iterdir() if each.name.startswith(".")] == []


def check_agreement(report: dict[str, tuple[str, int]], log: str, index: LoopbackIndex, *, interrupted: bool) -> None:
    """Check that the report, the table in the log and the index agree."""
    stored = set(index.files)
    asked = {each.filename for each in index.uploads}
    for name, (outcome, _) in report.items():
        if outcome == "uploaded":
            assert name in stored, log
        elif outcome in ("not attempted", "failed"):
            assert name not in stored, log
        else:
            assert (interrupted, outcome) == (True, "unknown"), log
            assert name in asked or name not in stored, log
    told = dict(OUTCOME.findall(log))
    assert told == {name: outcome for name, (outcome, _) in report.items() if name in told}
    if not interrupted:
        assert {outcome for outcome, _ in report.values()} == {"uploaded"}
