"""The command as a process: what a shell does to its streams, signals, and a defect of ours."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from typing import TYPE_CHECKING, NoReturn

import pytest

from tests.support import command, factories, sample_projects
from tests.support.command import NOBODY, Ended
from tests.support.named_pipe import NamedPipe

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.loopback_index import LoopbackIndex

WHEEL = "demo-1.0-py3-none-any.whl"


def test_a_closed_pipe_does_not_stop_an_upload(tmp_path: Path, index: LoopbackIndex) -> None:
    wheel = factories.wheel(tmp_path)
    reader, writer = os.pipe()
    os.close(reader)
    try:
        ended = subprocess.run(
            command.module("--branch=staging", str(wheel)),
            cwd=tmp_path,
            env=command.job(PYPI_SERVER=index.upload_url),
            stdout=writer,
            stderr=subprocess.PIPE,
            check=False,
            timeout=command.RUN_SECONDS,
        )
    finally:
        os.close(writer)
    assert (ended.returncode, ended.stderr) == (0, b"")
    assert list(index.files) == [WHEEL]


@pytest.mark.parametrize("redirection", [">&-", "2>&-", ">&- 2>&-", ">/dev/full", ">/dev/full 2>&1"])
def test_no_stream_at_all_does_not_stop_an_upload(tmp_path: Path, index: LoopbackIndex, redirection: str) -> None:
    wheel = factories.wheel(tmp_path, metadata=factories.metadata(description_content_type=()))
    script = f'exec "$@" {redirection}'
    ended = subprocess.run(
        ["bash", "-c", script, "bash", *command.module("--branch=staging", str(wheel))],
        cwd=tmp_path,
        env=command.job(PYPI_SERVER=index.upload_url),
        capture_output=True,
        check=False,
        timeout=command.RUN_SECONDS,
    )
    assert ended.returncode == 0
    assert b"Traceback" not in ended.stderr
    assert list(index.files) == [WHEEL]


def test_a_log_of_ascii_only_takes_any_branch(tmp_path: Path) -> None:
    environ = command.job(TRAVIS_BRANCH="größe 日本", PYPI_BRANCH="staging", PYTHONIOENCODING="ascii")
    ended = command.run(environ=environ, folder=tmp_path)
    assert ended == Ended(
        0,
        'Skipping the deployment: the branch is "gr\\xf6\\xdfe \\u65e5\\u672c", not one of: staging (PYPI_BRANCH)\n',
        "",
    )


def test_a_branch_that_is_no_utf_8_is_shown_all_the_same(tmp_path: Path) -> None:
    environ = command.job(TRAVIS_BRANCH=os.fsdecode(b"gr\xf6sse"), PYPI_BRANCH="gr?*z", LC_ALL="C.UTF-8")
    ended = command.run(environ=environ, folder=tmp_path)
    assert ended == Ended(
        0, 'Skipping the deployment: the branch is "gr\\udcf6sse", not one of: gr?*z (PYPI_BRANCH)\n', ""
    )


@pytest.mark.parametrize(
    ("number", "code", "sentence"),
    [
        (signal.SIGINT, 130, "Error: interrupted (SIGINT); restart this job to deploy\n"),
        (signal.SIGTERM, 143, "Error: terminated (SIGTERM); restart this job to deploy\n"),
        (signal.SIGHUP, 143, "Error: terminated (SIGHUP); restart this job to deploy\n"),
    ],
    ids=["SIGINT", "SIGTERM", "SIGHUP"],
)
def test_a_signal_ends_a_build_and_its_children(
    tmp_path: Path, number: signal.Signals, code: int, sentence: str
) -> None:
    project = sample_projects.copy("waits", tmp_path)
    with (
        NamedPipe(tmp_path / "pipe") as pipe,
        subprocess.Popen(
            command.module("--branch=staging"),
            cwd=project,
            env=command.job(PYPI_SERVER=NOBODY, PIPE=str(pipe.path)),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        ) as process,
    ):
        assert pipe.read() == b"waiting\n"
        process.send_signal(number)
        _, errors = process.communicate(timeout=command.RUN_SECONDS)
        assert pipe.read() == b""  # the backend is gone
    assert (process.returncode, errors.decode()) == (code, sentence)
    assert not (project / "dist").exists()


def test_a_system_that_starts_no_thread_is_no_defect(tmp_path: Path) -> None:
    wheel = factories.wheel(tmp_path)
    before = threading.stack_size(2**46)  # more than there is
    try:
        ended = command.deploy("--check-only", str(wheel), environ=command.job())
    finally:
        threading.stack_size(before)
    assert ended.code == 2
    assert "the system of this job reported an error: can't start new thread. Correct that" in ended.err


class Unlisted(dict[str, str]):
    """An environment that nobody can list."""

    def items(self) -> NoReturn:
        raise RuntimeError("these cannot be listed")


def test_a_defect_is_one_sentence_with_the_traceback_on_request(tmp_path: Path) -> None:
    project = sample_projects.copy("plain", tmp_path)
    environ = Unlisted(command.job(PYPI_CHECK_ONLY="yes", PYPI_PROJECT_DIR=str(project)))
    plain, verbose = command.deploy(environ=environ), command.deploy("--verbose", environ=environ)
    assert (plain.code, verbose.code) == (1, 1)
    assert plain.err.startswith("Error: unexpected RuntimeError: these cannot be listed. This is a defect of")
    assert "--verbose" in plain.err
    assert "Traceback" not in plain.out
    assert "Traceback (most recent call last):" in verbose.lines
    assert verbose.lines[-1] == "RuntimeError: these cannot be listed"
