"""No path of the command shows a secret: each is played as a process of its own, and everything is searched."""

from __future__ import annotations

import base64
import json
import shlex
import signal
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, get_args
from urllib.parse import quote

import pytest

from tests.support import misbehaviours
from tests.support.canary import BROKEN, PASSWORD, TOKEN, UPLOAD_HOST, WHEEL, CanaryJob, Echo, Place
from tests.support.command import Ended

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Mapping
    from pathlib import Path

    from tests.support.misbehaviours import Misbehaviour


@dataclass(frozen=True)
class Play:
    """A path of the command: how it is taken, and what shows that it was."""

    argv: tuple[str, ...]
    code: int
    says: str
    uploads: tuple[Misbehaviour, ...] = ()
    pages: tuple[Misbehaviour, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)


def uploading(*uploads: Misbehaviour, code: int, says: str, more: tuple[str, ...] = ()) -> Play:
    return Play((WHEEL, *more), code, says, uploads=uploads)


def looking(*pages: Misbehaviour, says: str) -> Play:
    return Play((WHEEL,), 0, says, pages=pages)


BAD_LOCATION = misbehaviours.redirect(307, "https://[elsewhere/")
BASH_TELLS = '-n $TEST_PYPI_TOKEN$(cp /proc/$$/cmdline "$WITNESS/bash.txt")'
ONCE = ("--retries=0",)
PLAYS = {
    "built": Play((), 0, "Deployed demo 1.0"),
    "build failed": Play((), 3, "The build failed", variables={"FAIL": "1"}),
    "rehearsed": Play((WHEEL, "--dry-run"), 0, "Would upload demo"),
    "skipped": Play((WHEEL,), 0, "is false", variables={"PYPI_CONDITION": f"-z {shlex.quote(PASSWORD)}"}),
    "condition holds": Play(
        ("--dry-run", WHEEL),
        0,
        "Would upload demo",
        variables={"PYPI_CONDITION": BASH_TELLS},
    ),
    "condition fails in bash": Play(
        (WHEEL,), 2, "bash cannot evaluate", variables={"PYPI_CONDITION": "${NO?$TEST_PYPI_TOKEN $PYPI_PASSWORD}"}
    ),
    "invalid": Play((BROKEN,), 3, "nothing was uploaded"),
    "refused, JSON": uploading(Echo("json"), code=1, says="You sent"),
    "refused, HTML": uploading(Echo("html"), code=1, says="You sent"),
    "refused, text": uploading(Echo("text"), code=1, says="You sent"),
    "refused, reason": uploading(Echo("reason"), code=1, says="No: "),
    "redirected": uploading(Echo("location", 307), code=1, says="which is not followed"),
    "redirected to no address": uploading(BAD_LOCATION, code=1, says="which is not followed"),
    "retried": uploading(Echo("reason", 503), code=0, says="trying again in"),
    "reset": uploading(misbehaviours.Reset(99), code=1, says="", more=ONCE),
    "garbage": uploading(misbehaviours.GARBAGE, code=1, says="the index may have the file", more=ONCE),
    "timeout": uploading(misbehaviours.Hang(), code=1, says="no answer from", more=(*ONCE, "--timeout=1")),
    "page refused": looking(*[Echo("reason", 500)] * 3, says="Continuing; the upload itself will show it"),
    "page redirected": looking(Echo("location", 302), says="Deployed demo 1.0"),
}


@pytest.mark.parametrize("place", get_args(Place))
@pytest.mark.parametrize("play", PLAYS.values(), ids=PLAYS)
def test_no_path_shows_a_secret(tmp_path: Path, play: Play, place: Place) -> None:
    with CanaryJob(tmp_path, place) as job:
        job.index.on_upload(*play.uploads)
        job.index.on_page(*play.pages)
        ended = job.run(*play.argv, **play.variables)
        leaks = job.leaks(ended)
    assert (ended.code, play.says in ended.out + ended.err) == (play.code, True), ended
    assert leaks == []
    assert set(job.proxy.hosts) <= {UPLOAD_HOST}


def test_every_process_that_is_started_is_witnessed(tmp_path: Path) -> None:
    with CanaryJob(tmp_path) as job:
        job.run("--dry-run", PYPI_CONDITION=BASH_TELLS)
    seen = sorted(path.name.partition("-")[0] for path in (tmp_path / "records").iterdir())
    assert seen == ["bash.txt", "build", "build", "git.txt"]


def basic(username: str, password: str) -> str:
    return base64.b64encode(f"{username}:{password}".encode()).decode()


FORMS = {
    "a part of the token": TOKEN[60:72],
    "its beginning": TOKEN[:12],
    "its authorization": basic("__token__", TOKEN)[30:90],
    "the password's authorization": basic("alice", PASSWORD),
    "the password in JSON": json.dumps({"detail": PASSWORD}),
    "the password in a URL": quote(f"alice:{PASSWORD}"),
}


@pytest.mark.parametrize("text", FORMS.values(), ids=FORMS)
def test_the_hunt_finds_what_is_there(tmp_path: Path, text: str) -> None:
    with CanaryJob(tmp_path) as job:
        (tmp_path / "home" / "log.txt").write_text(f"found: {text}.", "utf-8")
        leaks = job.leaks(Ended(0, "", text))
    assert leaks == ["log", "home/log.txt"]


@pytest.mark.parametrize("place", get_args(Place))
def test_an_error_that_nobody_expected_shows_no_secret(tmp_path: Path, place: Place) -> None:
    with CanaryJob(tmp_path, place) as job:
        ended = job.run(WHEEL, **job.sabotage())
        leaks = job.leaks(ended)
    assert ended.code == 1
    assert "unexpected LookupError: cannot send {" in ended.err
    assert "'Authorization': 'Basic ***'" in ended.err
    assert "Traceback (most recent call last)" in ended.out
    assert leaks == []


@pytest.mark.parametrize("place", get_args(Place))
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["SIGINT", "SIGTERM"])
def test_an_interrupted_upload_shows_no_secret(tmp_path: Path, number: int, code: int, place: Place) -> None:
    with CanaryJob(tmp_path, place) as job:
        job.index.on_upload(misbehaviours.Hang())
        process = job.start(WHEEL)
        while not job.index.uploads:
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(number)
        ended = ended_of(process)
        leaks = job.leaks(ended)
    assert ended.code == code
    assert leaks == []


def ended_of(process: subprocess.Popen[bytes]) -> Ended:
    out, err = process.communicate(timeout=60)
    return Ended(process.returncode, out.decode(), err.decode())
