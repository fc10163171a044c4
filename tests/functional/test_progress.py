"""How far an upload is: a line now and then in the log."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

import pytest

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
    from tests.support.misbehaviours import Misbehaviour


def log_of_a_restless_console(*argv: str) -> list[str]:
    """Deploy with a console that cannot bear a tenth of a second of silence; return the lines of its log."""
    out, environ = io.StringIO(), environment()
    console = Console(out, io.StringIO(), folds=True, colour=False, silence=0.1)
    job = Job.from_environment(environ)
    deploy(settings(*argv, environ=environ), job, environ, console, Progress(job))
    return command.FOLD_MARK.sub("", out.getvalue()).splitlines()


WHEEL = "demo-1.0-py3-none-any.whl"
SILENCES: dict[str, tuple[tuple[Misbehaviour, ...], tuple[Misbehaviour, ...], str]] = {
    "uploading": ((Delay(1),), (), f"Sent .*, waiting for the answer to {WHEEL} for [0-9]+ s"),
    "pausing": ((busy("1"),), (), f"Sent 0 of .*, waiting for the next attempt to upload {WHEEL}"),
    "the index is looked up": ((), (Delay(1),), "Waiting for the index page of demo"),
    "waiting": ((), (Answer(404),) * 2, "Still waiting for the index"),
}


@pytest.mark.parametrize(("uploads", "pages", "line"), SILENCES.values(), ids=SILENCES)
def test_a_job_s_log_gets_a_line_now_and_then(
    tmp_path: Path,
    index: LoopbackIndex,
    uploads: tuple[Misbehaviour, ...],
    pages: tuple[Misbehaviour, ...],
    line: str,
) -> None:
    index.on_upload(*uploads)
    index.on_page(*pages)
    where = ["--server", index.upload_url, "--index-url", index.simple_url, "--wait", "30"]

    lines = log_of_a_restless_console(*where, str(factories.wheel(tmp_path)))

    assert len([each for each in lines if re.fullmatch(line, each)]) >= 2
