"""Bad days: whatever an index, a network or a disk does, the outcome is true and the log says what happened."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from typing import TYPE_CHECKING

import pytest

from tests.support import command, factories, invented_tokens, misbehaviours
from tests.support.interception import Interception
from tests.support.loopback_index import LoopbackIndex
from tests.support.misbehaviours import Answer, Drip, Early, Hang, Meanwhile, Raw, Reset, Stall, Twice
from tests.support.publishing import WHEEL, environment, log, outcomes, publish, wait_for_posts
from travis_pypi_deploy.servers import SERVERS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from tests.support.misbehaviours import Misbehaviour


def has_ipv6() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


LATER = Answer(503, "Come back", {"Retry-After": "0"})
EXISTS_400 = misbehaviours.rejected(400, "File already exists. See the help.")
USED_BEFORE = misbehaviours.rejected(400, "This filename was previously used by a file that has since been deleted.")
SECOND_SDIST = misbehaviours.rejected(400, "Only one sdist may be uploaded per release.")
CONFLICT = misbehaviours.rejected(409, "The name 'demo' conflicts with an existing project")
EXISTS_409 = misbehaviours.rejected_by_a_page(409, "Conflict")
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
    "503 once, without a Retry-After": Fault(
        (misbehaviours.UNAVAILABLE,), "uploaded", 2, ("status 503: Service Unavailable; trying again",)
    ),
    "503 until patience is over": Fault(
        (LATER, LATER, LATER),
        "unknown",
        3,
        ("retry 1 of 2", "retry 2 of 2", "the index answered status 503: Come back. Run this job again later"),
        options=("--retries", "2"),
    ),
    "busy for a second": Fault((misbehaviours.busy("1"),), "uploaded", 2, ("status 429: Too Many Requests; trying",)),
    "busy until patience is over": Fault(
        (misbehaviours.busy("0"), misbehaviours.busy("0")),
        "failed",
        2,
        ("the index answered status 429: Too Many Requests. Run this job again later",),
        options=("--retries", "1"),
    ),
    "a Retry-After that nobody can read": Fault(
        (misbehaviours.busy("soon"),), "uploaded", 2, ("status 429: Too Many Requests; trying",)
    ),
    "a gateway that loses every answer": Fault(
        (Answer(504, "Gateway Timeout"),), "unknown", 1, ("status 504: Gateway Timeout",), options=("--retries", "0")
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
    "reset in the middle of every body": Fault(
        (Reset(1_000_000),),
        "failed",
        1,
        ("the connection to URL/ was lost: Gone",),
        options=("--retries", "0"),
        megabytes=12,
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
    "a lost answer, then 409": Fault(
        (misbehaviours.LOST_ANSWER, EXISTS_409), "identical", 2, (CLOSED, "the index has this file already, perhaps")
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
    "an answer of HTTP/1.0": Fault((Raw(b"HTTP/1.0 200 OK\r\n\r\n", stored=True),), "uploaded", 1),
    "an answer without a reason": Fault((Raw(b"HTTP/1.1 204\r\n\r\n", stored=True),), "uploaded", 1),
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
    "a long explanation": Fault(
        (Raw(b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\n\r\n" + b"x" * 1_000_000),),
        "rejected",
        1,
        (f"rejected with status 400: {'x' * 500} [...]\n",),
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
    "a second sdist, perhaps by a race": Fault(
        (SECOND_SDIST,), "uploaded", 2, ("another job may be uploading it too",), options=("--retries", "0")
    ),
    "a name that was really used before": Fault(
        (USED_BEFORE, USED_BEFORE),
        "rejected",
        2,
        ("another job may be uploading it too", "since been deleted. The name of a deleted file can never be used"),
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


def test_a_date_to_come_back_at_is_waited_for(tmp_path: Path, index: LoopbackIndex) -> None:
    wheel = factories.wheel(tmp_path)
    soon = datetime.now(timezone.utc) + timedelta(seconds=1)
    index.on_upload(misbehaviours.busy(format_datetime(soon, usegmt=True)))

    published = publish(index, [wheel])

    assert (published.code, published.files) == (0, {WHEEL: ("uploaded", 2)})
    assert "status 429: Too Many Requests; trying again" in published.err


@pytest.mark.parametrize(("status", "outcome"), [(429, "failed"), (503, "unknown")])
@pytest.mark.parametrize("retry_after", ["121", "Fri, 01 Jan 2100 00:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT"])
def test_a_retry_after_too_far_ahead_ends_the_retries(
    tmp_path: Path, index: LoopbackIndex, status: int, outcome: str, retry_after: str
) -> None:
    index.on_upload(Answer(status, "Closed", {"Retry-After": "Sat, 01 Jan 2000 00:00:00 GMT"}))
    index.on_upload(Answer(status, "Closed", {"Retry-After": retry_after}))

    published = publish(index, [factories.wheel(tmp_path)])

    assert (published.code, published.files, index.files) == (1, {WHEEL: (outcome, 2)}, {})
    assert "not tried again, because the index asks to wait until" in published.err


def test_a_refused_connection_is_tried_again(tmp_path: Path, closed_port: int) -> None:
    wheel = factories.wheel(tmp_path)
    url, report = f"http://127.0.0.1:{closed_port}/", str(tmp_path / "report.json")

    ended = command.deploy("--server", url, "--retries", "1", "--report", report, str(wheel), environ=environment())

    assert (ended.code, outcomes(tmp_path)) == (1, {WHEEL: ("failed", 2)})
    assert ended.err.count(f"cannot connect to {url}: Connection refused") == 2


@pytest.fixture
def closed_port() -> Iterator[int]:
    """Return a port of loopback where nobody listens, and nobody else can."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        yield sock.getsockname()[1]


def test_a_host_that_can_have_no_address_is_not_tried_again(tmp_path: Path) -> None:
    report = str(tmp_path / "report.json")
    wheel = factories.wheel(tmp_path)

    ended = command.deploy("--server", "http://up..load/", "--report", report, str(wheel), environ=environment())

    assert (ended.code, outcomes(tmp_path)) == (1, {WHEEL: ("failed", 1)})
    assert "cannot connect to http://up..load/: its host" in ended.err


@pytest.mark.parametrize(
    ("hows", "outcome", "sentence"),
    [
        ((EXISTS_409,), "unknown", "It may be the one of an earlier attempt, whose answer was lost"),
        ((USED_BEFORE,) * 2, "unknown", "The index may have the file from an earlier attempt, whose answer was lost"),
    ],
    ids=["it exists", "it existed once"],
)
def test_what_cannot_be_compared_after_a_lost_answer(
    tmp_path: Path, index: LoopbackIndex, hows: tuple[Misbehaviour, ...], outcome: str, sentence: str
) -> None:
    wheel = factories.wheel(tmp_path)
    index.on_upload(misbehaviours.LOST_ANSWER, *hows)
    index.on_page(*[Answer(500)] * 6)  # each lookup is tried three times

    published = publish(index, [wheel])

    assert (published.code, published.files) == (1, {WHEEL: (outcome, 1 + len(hows))})
    assert sentence in published.err


@pytest.mark.parametrize(
    ("options", "code", "outcome"), [((), 1, "rejected"), (("--skip-existing",), 0, "kept")], ids=["error", "kept"]
)
def test_another_job_is_faster_while_an_answer_is_lost(
    tmp_path: Path, index: LoopbackIndex, options: tuple[str, ...], code: int, outcome: str
) -> None:
    wheel, other = factories.wheel(tmp_path), other_wheel(tmp_path)
    index.on_upload(Meanwhile(lambda: index.preload(other), then=misbehaviours.CLOSED))

    published = publish(index, [wheel], *options)

    assert (published.code, published.files) == (code, {WHEEL: (outcome, 2)})
    assert "the index has other content under this name" in published.err
    assert index.files == {WHEEL: other.read_bytes()}


def other_wheel(folder: Path) -> Path:
    """Write a wheel of the same name and other content into a folder of its own."""
    (folder / "other").mkdir()
    return factories.wheel(folder / "other", files={"other.py": b""})


PYPI = next(server for server in SERVERS if server.name == "pypi")


@pytest.mark.parametrize(
    ("hows", "options", "code", "outcome"),
    [
        ((), (), 0, "uploaded"),
        ((misbehaviours.LOST_ANSWER,), (), 0, "uploaded"),
        ((misbehaviours.CLOSED, EXISTS_400), (), 1, "rejected"),
        ((misbehaviours.CLOSED, EXISTS_400), ("--skip-existing",), 0, "kept"),
        ((CONFLICT,), ("--skip-existing",), 0, "uploaded"),
        ((CONFLICT, CONFLICT), ("--skip-existing",), 1, "rejected"),
    ],
    ids=[
        "fine",
        "a lost answer",
        "a lost answer, then other content",
        "the same with --skip-existing",
        "a conflict that passes",
        "a conflict that stays",
    ],
)
def test_on_pypi_a_file_that_exists_is_another_one_and_a_conflict_is_not(
    tmp_path: Path,
    index: LoopbackIndex,
    monkeypatch: pytest.MonkeyPatch,
    hows: tuple[Misbehaviour, ...],
    options: tuple[str, ...],
    code: int,
    outcome: str,
) -> None:
    wheel = factories.wheel(tmp_path)
    index.on_upload(*hows)
    report = str(tmp_path / "report.json")
    with Interception(dict.fromkeys(PYPI.hosts, index), tmp_path) as proxy:
        for variable, value in proxy.variables.items():
            monkeypatch.setenv(variable, value)
        environ = environment(PYPI_TOKEN=invented_tokens.token("pypi"))
        ended = command.deploy("--server", "pypi", "--report", report, *options, str(wheel), environ=environ)

    assert (ended.code, outcomes(tmp_path)) == (code, {WHEEL: (outcome, 2 if hows else 1)})
    assert index.asked("GET") == 1
    assert ended.err.count("the index has other content under this name") == (EXISTS_400 in hows)
    is_lost = any(each in (misbehaviours.LOST_ANSWER, misbehaviours.CLOSED) for each in hows)
    assert ended.err.count("was lost before the answer came: Remote end closed connection") == is_lost


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


def test_a_name_that_cannot_be_encoded_is_not_a_defect(tmp_path: Path, index: LoopbackIndex) -> None:
    wheel = factories.wheel(tmp_path)
    odd = wheel.with_name("demo-1.0-py3-none-\udcff.whl")
    wheel.rename(odd)

    published = publish(index, [odd], "--no-check")

    assert (published.code, index.asked("POST")) == (3, 0)
    assert "its name has characters that are not printable or not UTF-8" in published.err


def test_the_server_may_close_each_connection(tmp_path: Path, index: LoopbackIndex) -> None:
    wheels = [factories.wheel(tmp_path, tag=f"cp3{minor}-none-any") for minor in range(10, 13)]
    index.on_upload(*[Raw(FINE + b"Content-Length: 0\r\nConnection: close\r\n\r\n", stored=True)] * 3)

    published = publish(index, wheels, "--jobs", "1")

    assert (published.code, published.err, len(index.files)) == (0, "", 3)


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


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no ::1")
def test_a_server_may_have_an_address_of_ipv6(tmp_path: Path) -> None:
    wheel = factories.wheel(tmp_path)
    with LoopbackIndex(host="[::1]") as index:
        published = publish(index, [wheel], PYPI_PASSWORD="a password")

    assert (published.code, published.err, index.files) == (0, "", {WHEEL: wheel.read_bytes()})
