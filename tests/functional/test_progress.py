"""How far an upload is: a bar on a terminal, a line now and then in a job's log."""

from __future__ import annotations

import io
import os
import pty
import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from tqdm import tqdm

from tests.support import command, factories, misbehaviours
from tests.support.misbehaviours import Answer, Delay, Early
from tests.support.publishing import environment
from travis_pypi_deploy import deploy, distributions
from travis_pypi_deploy.cli import bash_in
from travis_pypi_deploy.job import Job
from travis_pypi_deploy.report.console import Console
from travis_pypi_deploy.report.progress import Progress
from travis_pypi_deploy.report.record import Record
from travis_pypi_deploy.settings import command_line, resolve
from travis_pypi_deploy.upload.posting import Poster

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.loopback_index import LoopbackIndex
    from tests.support.misbehaviours import Misbehaviour

LINE = re.compile(r"Still uploading: +\d+%\|[# 0-9]*\| [0-9.]+k?/[0-9.]+k? \[\d\d:\d\d<.*B/s\]")


def deploy_to(console: Console, *argv: str) -> None:
    environ = environment()
    settings, job = resolve(command_line.read(argv), environ), Job.from_environment(environ)
    deploy.run(deploy.World(settings, job, environ, console, Record(settings.server, job), bash_in(environ)))


def log_of_a_restless_console(*argv: str) -> list[str]:
    """Deploy with a console that cannot bear a tenth of a second of silence; return the lines of its log."""
    out = io.StringIO()
    deploy_to(Console(out, io.StringIO(), folds=True, colour=False, silence=0.1), *argv)
    return command.FOLD_MARK.sub("", out.getvalue()).splitlines()


def test_a_job_s_log_gets_a_line_now_and_then_while_uploading(tmp_path: Path, index: LoopbackIndex) -> None:
    index.on_upload(Delay(1))

    lines = log_of_a_restless_console("--server", index.upload_url, str(factories.wheel(tmp_path)))

    signs = [line for line in lines if line.startswith("Still")]
    assert len(signs) >= 2
    assert all(LINE.fullmatch(line) for line in signs), signs


def test_a_job_s_log_gets_a_line_now_and_then_while_waiting(tmp_path: Path, index: LoopbackIndex) -> None:
    index.on_page(*[Answer(404)] * 2)

    lines = log_of_a_restless_console(
        "--server", index.upload_url, "--index-url", index.simple_url, "--wait=30", str(factories.wheel(tmp_path))
    )

    assert lines.count("Still waiting for the index") >= 2


def test_a_terminal_shows_one_bar_over_all_bytes_and_no_lines(tmp_path: Path, index: LoopbackIndex) -> None:
    paths = [factories.big_wheel(tmp_path, 3), factories.sdist(tmp_path)]
    index.on_upload(Delay(0.5), Delay(0.5))
    terminal, its_end = pty.openpty()
    with ThreadPoolExecutor() as reader, os.fdopen(its_end, "w") as stream:
        reading = reader.submit(all_of, terminal)
        deploy_to(
            Console(stream, stream, folds=False, colour=False, silence=0.1),
            *["--server", index.upload_url, *map(str, paths)],
        )
        stream.close()
        written = reading.result(timeout=10)

    size = tqdm.format_sizeof(sum(path.stat().st_size for path in paths))
    bars = re.findall(r"(\d+)%\|[^|]*\| ([0-9.k]+M?)/([0-9.]+M) ", written)
    assert {total for _, _, total in bars} == {size}
    assert [int(percent) for percent, _, _ in bars] == sorted(int(percent) for percent, _, _ in bars)
    assert bars[-1] == ("100", size, size)
    assert "Still uploading" not in written


def all_of(terminal: int) -> str:
    """Return what is written to a terminal until nobody writes any more, which it tells by an error."""
    written = b""
    with suppress(OSError):
        while block := os.read(terminal, 65536):
            written += block
    os.close(terminal)
    return written.decode()


@pytest.mark.parametrize(
    ("hows", "counted"),
    [
        ([], "all"),
        ([misbehaviours.redirect(307, "/legacy/")], "all"),
        ([misbehaviours.TRUNCATED], "all"),
        ([misbehaviours.UNAVAILABLE], "nothing"),
        ([misbehaviours.refused(400, "No.")], "nothing"),
        ([misbehaviours.CLOSED], "nothing"),
        ([misbehaviours.Reset(1000)], "nothing"),
        ([Early(413, "Too Large")], "nothing"),
    ],
    ids=["fine", "a redirect", "a broken answer", "busy", "refused", "no answer", "reset", "early"],
)
def test_bytes_that_were_sent_in_vain_are_taken_back(
    tmp_path: Path, index: LoopbackIndex, hows: list[Misbehaviour], counted: str
) -> None:
    distribution = distributions.read(factories.big_wheel(tmp_path, 3))
    index.on_upload(*hows)
    told: list[int] = []
    poster = Poster(index.upload_url, timeout=5)

    poster.post(distribution, None, told=told.append)
    poster.close()

    assert sum(told) == (distribution.size if counted == "all" else 0)
    assert max(told) > 0


def test_the_line_tells_how_much_of_all_was_sent() -> None:
    with Progress(2_000_000, stream=io.StringIO(), hidden=True) as progress:
        progress.count(1_500_000)
        progress.count(-500_000)

        assert re.fullmatch(r" 50%\|#+\d? +\| 1\.00M/2\.00M \[.*\]", str(progress))
