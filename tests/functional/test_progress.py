"""How far an upload is: a line now and then in the log."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

from tests.support import command, factories
from tests.support.given import settings
from tests.support.misbehaviours import Answer, Delay, busy
from tests.support.publishing import environment
from travis_pypi_deploy.console import Console
from travis_pypi_deploy.deploy import deploy
from travis_pypi_deploy.job import Job
from travis_pypi_deploy.report import Progress

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.loopback_index import LoopbackIndex


def log_of_a_restless_console(*argv: str) -> list[str]:
    """Deploy with a console that cannot bear a tenth of a second of silence; return the lines of its log."""
    out, environ = io.StringIO(), environment()
    console = Console(out, io.StringIO(), folds=True, colour=False, silence=0.1)
    job = Job.from_environment(environ)
    deploy(settings(*argv, environ=environ), job, environ, console, Progress(job))
    return command.FOLD_MARK.sub("", out.getvalue()).splitlines()


def test_a_job_s_log_gets_a_line_now_and_then_while_uploading(tmp_path: Path, index: LoopbackIndex) -> None:
    index.on_upload(Delay(1))

    lines = log_of_a_restless_console("--server", index.upload_url, str(factories.wheel(tmp_path)))

    sign = re.compile(r"Sent .*, waiting for the answer to demo-1\.0-py3-none-any\.whl for \d+ s")
    assert len([line for line in lines if sign.fullmatch(line)]) >= 2


def test_a_job_s_log_gets_a_line_now_and_then_while_pausing(tmp_path: Path, index: LoopbackIndex) -> None:
    index.on_upload(busy("1"))

    lines = log_of_a_restless_console("--server", index.upload_url, str(factories.wheel(tmp_path)))

    ending = ", waiting for the next attempt to upload demo-1.0-py3-none-any.whl"
    assert sum(line.startswith("Sent 0 of") and line.endswith(ending) for line in lines) >= 2


def test_a_job_s_log_gets_a_line_now_and_then_while_the_index_is_looked_up(
    tmp_path: Path, index: LoopbackIndex
) -> None:
    index.on_page(Delay(1))

    lines = log_of_a_restless_console(
        "--server", index.upload_url, "--index-url", index.simple_url, str(factories.wheel(tmp_path))
    )

    assert lines.count("Waiting for the index page of demo") >= 2


def test_a_job_s_log_gets_a_line_now_and_then_while_waiting(tmp_path: Path, index: LoopbackIndex) -> None:
    index.on_page(*[Answer(404)] * 2)

    lines = log_of_a_restless_console(
        "--server", index.upload_url, "--index-url", index.simple_url, "--wait=30", str(factories.wheel(tmp_path))
    )

    assert lines.count("Still waiting for the index") >= 2
