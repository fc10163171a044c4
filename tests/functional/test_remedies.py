"""The last line of a failed run: the cause, and what to do about it."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.support import command, factories
from tests.support.misbehaviours import Answer, Meanwhile, Raw, rejected
from tests.support.publishing import WHEEL, environment, publish, publish_at_pypi, wait_for_posts
from travis_pypi_deploy.servers import LIMITS_URL

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.loopback_index import LoopbackIndex
    from tests.support.misbehaviours import Misbehaviour

TOO_LARGE = Answer(413, "Too Large.")


def test_a_rejection_ends_with_its_remedy(
    tmp_path: Path, index: LoopbackIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel = factories.wheel(tmp_path)
    index.on_upload(rejected(403, "Invalid or non-existent authentication information. See the help."), TOO_LARGE)

    private = publish(index, [wheel], PYPI_PASSWORD="a password")
    at_pypi = publish_at_pypi(index, [wheel], monkeypatch=monkeypatch)

    reason = "rejected with status 403: Invalid or non-existent authentication information. See the help"
    assert private.err == f"Error: {WHEEL}: {reason}. Check --username and the value of PYPI_PASSWORD\n"
    remedy = f"Delete old releases, or request a higher limit ({LIMITS_URL})"
    assert at_pypi.err == f"Error: {WHEEL}: rejected with status 413: Too Large. {remedy}\n"


@pytest.mark.parametrize(
    ("words", "lines"),
    [
        (("No.", "No."), ["Error: {0}, {1}: rejected with status 400: No"]),
        (
            ("No.", "Never."),
            ["Error: {0}: rejected with status 400: No", "Error: {1}: rejected with status 400: Never"],
        ),
    ],
    ids=["one cause", "two causes"],
)
def test_failed_files_have_a_line_for_each_cause_and_the_last_one_ends_the_log(
    tmp_path: Path, index: LoopbackIndex, words: tuple[str, ...], lines: list[str]
) -> None:
    wheels = [factories.wheel(tmp_path, tag=f"cp3{minor}-none-any") for minor in range(10, 13)]
    for wheel, text in zip(wheels[1:], words):
        how = Meanwhile(lambda: wait_for_posts(index, 3), then=rejected(400, text))
        index.on_upload(how, filename=wheel.name)

    ended = subprocess.run(
        command.module("--server", index.upload_url, *map(str, wheels)),
        env=environment(),
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=command.RUN_SECONDS,
    )

    names = [wheel.name for wheel in wheels[1:]]
    log = command.FOLD_MARK.sub("", ended.stdout.decode()).splitlines()
    assert ended.returncode == 1
    assert log[-len(lines) :] == [line.format(*names) for line in lines]
    assert sum("Error" in line for line in log) == len(lines)
    assert [line.split()[:4:3] for line in log if line.startswith("  demo")] == [
        [wheels[0].name, "uploaded"],
        [wheels[1].name, "rejected"],
        [wheels[2].name, "rejected"],
    ]


FORGED = "No\r\nError: all is lost\u2028\x85Deployed\x1b[32m travis_fold:start:x\r\x1b[0K"


@pytest.mark.parametrize(
    "how",
    [
        Answer(400, headers={"Content-Type": "text/plain; charset=utf-8"}, body=FORGED.encode()),
        Answer(400, headers={"Content-Type": "application/json"}, body=json.dumps({"message": FORGED}).encode()),
        Answer(400, headers={"Content-Type": "text/html"}, body=f"<p>{FORGED}</p>".encode()),
        Raw(b"HTTP/1.1 400 No\x1b[32m travis_fold:start:x\x85Deployed\r\nContent-Length: 0\r\n\r\n"),
    ],
    ids=["text", "JSON", "HTML", "reason"],
)
def test_the_words_of_an_index_cannot_make_a_line_a_colour_or_a_fold(
    tmp_path: Path, index: LoopbackIndex, how: Misbehaviour
) -> None:
    index.on_upload(how)

    published = publish(index, [factories.wheel(tmp_path)])

    (line,) = published.err.splitlines()
    assert line.startswith(f"Error: {WHEEL}: rejected with status 400: No")
    assert "Deployed" in line
    assert line.isprintable()
    assert "travis_fold:start" not in line
    assert "Deployed" not in published.out
