"""Pages, answers, files and builds that are far too large: the command ends, and needs less than 150 MiB of memory."""

from __future__ import annotations

import gzip
import os
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support import factories, measuring, sample_projects
from tests.support.misbehaviours import Answer, Flood
from tests.support.publishing import WHEEL, environment, outcomes
from tests.support.simple_pages import HTML_PAGE, JSON_PAGE

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.loopback_index import LoopbackIndex
    from tests.support.misbehaviours import Misbehaviour

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="other systems count memory in other units")

LIMIT_MIB = 150
FINE = b"HTTP/1.1 200 OK\r\n"
HTML_HEAD = FINE + b"Content-Type: text/html\r\n"
ENDLESS = b"x" * 1024


PAGES: dict[str, Misbehaviour] = {
    "endless gzip": Flood(
        gzip.compress(bytes(1024 * 1024)), 64 * 1024 * 1024, HTML_HEAD + b"Content-Encoding: gzip\r\n\r\n"
    ),
    "an endless body": Flood(ENDLESS, beginning=HTML_HEAD + b"\r\n"),
    "HTML of comments": Answer(200, headers={"Content-Type": HTML_PAGE}, body=b"<!---->" * 2_390_000),
    "JSON of many files": Answer(
        200,
        headers={"Content-Type": JSON_PAGE},
        body=b'{"files": [' + b",".join(b'{"filename":"%d","hashes":{"a":%d}}' % (n, n) for n in range(69_000)) + b"]}",
    ),
}


@pytest.mark.parametrize("how", PAGES.values(), ids=PAGES)
def test_a_page(tmp_path: Path, index: LoopbackIndex, how: Misbehaviour) -> None:
    index.on_page(how, how, how)  # a lookup is tried three times
    argv = ["--server", index.upload_url, "--index-url", index.simple_url, "--timeout", "1"]

    ended = measuring.run(*argv, str(factories.wheel(tmp_path)), environ=environment())

    assert (ended.code, list(index.files)) == (0, [WHEEL]), ended.err
    assert ended.peak_mib < LIMIT_MIB


ANSWERS: dict[str, tuple[Misbehaviour, str]] = {
    "a success": (Flood(ENDLESS, beginning=FINE + b"\r\n"), "uploaded"),
    "a rejection": (Flood(ENDLESS, beginning=b"HTTP/1.1 400 Bad\r\n\r\n"), "rejected"),
    "a redirect": (Flood(ENDLESS, beginning=b"HTTP/1.1 307 Moved\r\nLocation: /legacy/\r\n\r\n"), "uploaded"),
}


@pytest.mark.parametrize(("how", "outcome"), ANSWERS.values(), ids=ANSWERS)
def test_an_answer_to_an_upload_with_an_endless_body(
    tmp_path: Path, index: LoopbackIndex, how: Misbehaviour, outcome: str
) -> None:
    index.on_upload(how)
    argv = ["--server", index.upload_url, "--timeout", "3", "--retries", "0", "--report", str(tmp_path / "report.json")]

    ended = measuring.run(*argv, str(factories.wheel(tmp_path)), environ=environment())

    assert outcomes(tmp_path) == {WHEEL: (outcome, 1)}, ended.err
    assert ended.code == (0 if outcome == "uploaded" else 1)
    assert ended.peak_mib < LIMIT_MIB


@pytest.mark.parametrize("name", [WHEEL, "demo-1.0.tar.gz"])
@pytest.mark.parametrize("kind", ["pipe", "device"])
def test_a_file_that_is_not_regular(tmp_path: Path, index: LoopbackIndex, kind: str, name: str) -> None:
    path = tmp_path / name
    if kind == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to("/dev/zero")

    ended = measuring.run("--server", index.upload_url, str(path), environ=environment())

    assert (ended.code, index.requests) == (3, [])
    assert "not a regular file" in ended.err
    assert ended.peak_mib < LIMIT_MIB


BACKEND = """
import os, subprocess, sys
from backend import build_wheel

def build_sdist(sdist_directory, config_settings=None):
    {}
    raise SystemExit("the end")
"""
BUILDS = {
    "many lines": "for number in range(40_000): print('x' * 2500)",
    "one long line": "for number in range(150): os.write(1, b'x' * 1_000_000)",
    "a daemon that holds the pipe": (
        "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(90)'], start_new_session=True)"
    ),
    "a daemon that fills the pipe": (
        "subprocess.Popen([sys.executable, '-c', "
        "'import time; end = time.time() + 20\\nwhile time.time() < end: print(9 * 999)'], start_new_session=True)"
    ),
}


@pytest.mark.parametrize("act", BUILDS.values(), ids=BUILDS)
def test_the_output_of_a_build(tmp_path: Path, act: str) -> None:
    project = sample_projects.copy("fails", tmp_path)
    (project / "fails.py").write_text(BACKEND.format(act))

    ended = measuring.run("--check-only", f"--project-dir={project}", environ=environment())

    assert ended.code == 3
    assert ended.err.splitlines()[-1].startswith("Error: The build failed: ")
    assert ended.peak_mib < LIMIT_MIB
