"""Bad days: whatever an index, a network or a disk does, the outcome is true and the log says what happened."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.support import command, factories, misbehaviours
from tests.support.loopback_index import LoopbackIndex
from tests.support.misbehaviours import Answer, Drip, Early, Hang, Meanwhile, Raw, Reset, Stall, Twice
from tests.support.publishing import WHEEL, environment, log, outcomes, publish, wait_for_posts

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.support.misbehaviours import Misbehaviour


LATER = Answer(503, "Come back", {"Retry-After": "0"})
EXISTS_400 = misbehaviours.rejected(400, "File already exists. See the help.")
USED_BEFORE = misbehaviours.rejected(400, "This filename was previously used by a file that has since been deleted.")
FINE = b"HTTP/1.1 200 OK\r\n"


@dataclass(frozen=True)
class Fault:
    """What the index does in turn to one file, and what must come of it; ``says``: phrases of the log, in order."""

    hows: tuple[Misbehaviour, ...]
    outcome: str
    asked: int
    says: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    megabytes: int = 0

    @property
    def is_published(self) -> bool:
        return self.outcome in ("uploaded", "identical")


NO_ANSWER = "no answer from URL/ for 1 s (--timeout)"
CLOSED = "the connection to URL/ was lost before the answer came: Gone; trying again in N s (retry 1 of 5)"
MAY_HAVE = "the index may have the file"
FAULTS = {
    "503 twice, then fine": Fault(
        (LATER, LATER),
        "uploaded",
        3,
        (
            "status 503: Come back; trying again in N s (retry 1 of 5)",
            "status 503: Come back; trying again in N s (retry 2 of 5)",
        ),
    ),
    "503 until patience is over": Fault(
        (LATER, LATER, LATER),
        "unknown",
        3,
        ("retry 1 of 2", "retry 2 of 2", "the index answered status 503: Come back. Run this job again later"),
        options=("--retries", "2"),
    ),
    "a gateway that loses an answer": Fault(
        (Answer(502, "Bad Gateway", {"Retry-After": "0"}, stored=True),), "uploaded", 2, ("status 502: Bad Gateway",)
    ),
    "an internal error after the file was stored": Fault(
        (Answer(500, stored=True),),
        "uploaded",
        1,
        ("the index lists this file, although its answer does not say so",),
        options=("--retries", "0"),
    ),
    "reset in the middle of the body": Fault(
        (Reset(1_000_000),), "uploaded", 2, ("the connection to URL/ was lost: Gone; trying",), megabytes=12
    ),
    "closed before an answer": Fault((misbehaviours.CLOSED,), "uploaded", 2, (CLOSED,)),
    "an answer that is no HTTP": Fault(
        (misbehaviours.GARBAGE,),
        "uploaded",
        2,
        ("the connection to URL/ was lost before the answer came: 220 mail.example ESMTP ready",),
    ),
    "a lost answer, then 200": Fault((misbehaviours.LOST_ANSWER,), "uploaded", 2, (CLOSED,)),
    "a lost answer, then 400": Fault(
        (misbehaviours.LOST_ANSWER, EXISTS_400), "identical", 2, (CLOSED, "the index has this file already, perhaps")
    ),
    "a lost answer, then a rejection": Fault(
        (misbehaviours.CLOSED, misbehaviours.rejected(400, "No.")),
        "unknown",
        2,
        (CLOSED, "rejected with status 400: No. The index may have the file from an earlier attempt"),
    ),
    "a lost answer that the page makes up for": Fault(
        (Hang(stored=True),),
        "uploaded",
        1,
        (NO_ANSWER,),
        options=("--timeout", "1", "--retries", "0"),
    ),
    "an answer that never comes": Fault(
        (Hang(),), "unknown", 1, (NO_ANSWER, MAY_HAVE), options=("--timeout", "1", "--retries", "0")
    ),
    "a page that breaks off": Fault(
        (misbehaviours.TRUNCATED,), "uploaded", 1, ("the index lists this file, although its answer does not say so",)
    ),
    "an answer in chunks": Fault((misbehaviours.CHUNKED,), "uploaded", 1),
    "an answer without a length": Fault((Raw(FINE + b"\r\nfine", stored=True),), "uploaded", 1),
    "chunks that make no sense": Fault(
        (Raw(FINE + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", stored=True),), "uploaded", 1
    ),
    "a success whose body never ends": Fault(
        (Drip(FINE + b"\r\n", b"x", stored=True),), "uploaded", 1, options=("--timeout", "1")
    ),
    "a rejection before the body was read": Fault(
        (Early(413, "Too Large"),),
        "rejected",
        1,
        ("rejected with status 413: Too Large. The server, or a proxy in front of it, limits the size of an upload",),
        megabytes=12,
    ),
    "a success before the body was read": Fault(
        (Early(200, "OK"),),
        "failed",
        1,
        ("URL/ answered 200 before the whole file was uploaded",),
        options=("--retries", "0"),
        megabytes=12,
    ),
    "an explanation that never ends": Fault(
        (Drip(b"HTTP/1.1 400 Bad Request\r\n\r\nSorry"),),
        "rejected",
        1,
        ("rejected with status 400: Sorry",),
        options=("--timeout", "1"),
    ),
    "an answer that may come from a race": Fault(
        (USED_BEFORE,), "uploaded", 2, ("another job may be uploading it too",), options=("--retries", "0")
    ),
    "redirects that never end": Fault(
        (misbehaviours.redirect(307, "/legacy/"),) * 4, "failed", 4, ("more than 3 redirects from URL/",)
    ),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_fault_has_this_end(tmp_path: Path, index: LoopbackIndex, fault: Fault) -> None:
    wheel = factories.big_wheel(tmp_path, fault.megabytes) if fault.megabytes else factories.wheel(tmp_path)
    index.on_upload(*fault.hows)

    published = publish(index, [wheel], *fault.options)

    assert_says(log(published, index), fault.says)
    attempts = 1 if "307" in str(fault.hows) else fault.asked
    assert published.files == {WHEEL: (fault.outcome, attempts)}
    assert index.asked("POST") == fault.asked
    assert published.code == (0 if fault.is_published else 1)
    assert index.files == ({WHEEL: wheel.read_bytes()} if fault.is_published else {})


def assert_says(text: str, phrases: Sequence[str]) -> None:
    """Assert that the phrases stand in the text, in this order; without any, that it is empty."""
    position = 0
    for phrase in phrases:
        found = text.find(phrase, position)
        assert found >= 0, (phrase, text)
        position = found + len(phrase)
    assert phrases or not text


def test_a_refused_connection_is_tried_again(tmp_path: Path) -> None:
    wheel, report = factories.wheel(tmp_path), str(tmp_path / "report.json")

    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/"
        ended = command.deploy("--server", url, "--retries", "1", "--report", report, str(wheel), environ=environment())

    assert (ended.code, outcomes(tmp_path)) == (1, {WHEEL: ("failed", 2)})
    assert ended.err.count(f"cannot connect to {url}: Connection refused") == 2


@pytest.mark.slow
def test_a_server_that_reads_nothing_for_twenty_seconds_gets_the_file(tmp_path: Path, index: LoopbackIndex) -> None:
    wheel = factories.big_wheel(tmp_path, 24)
    index.on_upload(Stall(20))

    published = publish(index, [wheel], "--timeout", "40", "--retries", "0")

    assert (published.code, published.files, index.files) == (0, {WHEEL: ("uploaded", 1)}, {WHEEL: wheel.read_bytes()})


def test_uploads_that_only_pause_stop_at_once_after_a_failure(tmp_path: Path, index: LoopbackIndex) -> None:
    wheels = [factories.wheel(tmp_path, tag=f"cp3{minor}-none-any") for minor in range(10, 13)]
    index.on_upload(misbehaviours.busy("100"), filename=wheels[1].name)
    index.on_upload(
        Meanwhile(lambda: wait_for_posts(index, 3), then=misbehaviours.rejected(400, "No.")), filename=wheels[2].name
    )

    published = publish(index, wheels, "--jobs", "2")

    assert published.files == {
        wheels[0].name: ("uploaded", 1),
        wheels[1].name: ("failed", 1),
        wheels[2].name: ("rejected", 1),
    }


@pytest.mark.parametrize("seconds", [0, 0.002, 0.02])
def test_an_answer_that_nobody_asked_for_is_not_that_to_the_next_upload(
    tmp_path: Path, index: LoopbackIndex, seconds: float
) -> None:
    wheels = [factories.wheel(tmp_path, tag=f"cp3{minor}-none-any") for minor in range(10, 13)]
    index.on_page(Twice(seconds))
    index.on_upload(Twice(seconds), Meanwhile(lambda: index.closing.wait(0.05), then=Answer(400, "No")))

    published = publish(index, wheels, "--jobs", "1")

    assert published.files == {
        wheels[0].name: ("uploaded", 1),
        wheels[1].name: ("rejected", 1),
        wheels[2].name: ("not attempted", 0),
    }
