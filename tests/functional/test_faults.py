"""Bad days: whatever an index, a network or a disk does, the outcome is true and the log says what happened."""

from __future__ import annotations

import re
import socket
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from typing import TYPE_CHECKING

import pytest

from tests.support import command, factories, invented_tokens, misbehaviours
from tests.support.interception import Interception
from tests.support.loopback_index import LoopbackIndex
from tests.support.misbehaviours import Answer, Drip, Early, Hang, Meanwhile, Raw, Reset, Trickle
from tests.support.publishing import NOT_PUBLISHED, NOTHING, PERHAPS, WHEEL, again, environment, log, outcomes, publish
from travis_pypi_deploy.servers import SERVERS

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.misbehaviours import Misbehaviour


def has_ipv6() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


LATER = Answer(503, "Come back", {"Retry-After": "0"})
EXISTS_400 = misbehaviours.refused(400, "File already exists. See the help.")
EXISTS_409 = misbehaviours.refused_by_a_page(409, "Conflict")
FINE = b"HTTP/1.1 200 OK\r\n"


@dataclass(frozen=True)
class Fault:
    """What the index does in turn to one file, and what must come of it."""

    hows: tuple[Misbehaviour, ...]
    outcome: str
    asked: int
    log: str
    options: tuple[str, ...] = ()
    megabytes: int = 0

    @property
    def is_published(self) -> bool:
        return self.outcome in ("uploaded", "identical")


NO_ANSWER = "no answer from URL/ for 1 s (--timeout)"
CLOSED = "the connection broke before the answer came: URL/: Gone"
MAY_HAVE = "; the index may have the file"
FAULTS = {
    "503 twice, then fine": Fault(
        (LATER, LATER), "uploaded", 3, again("status 503: Come back") + again("status 503: Come back", 2)
    ),
    "503 once, without a Retry-After": Fault(
        (misbehaviours.UNAVAILABLE,), "uploaded", 2, again("status 503: Service Unavailable")
    ),
    "503 until patience is over": Fault(
        (LATER, LATER, LATER),
        "rejected",
        3,
        again("status 503: Come back", 1, 2)
        + again("status 503: Come back", 2, 2)
        + f"Error: {WHEEL}: refused with status 503: Come back\n"
        + NOT_PUBLISHED
        + NOTHING,
        options=("--retries", "2"),
    ),
    "busy for a second": Fault((misbehaviours.busy("1"),), "uploaded", 2, again("status 429: Too Many Requests")),
    "a Retry-After that nobody can read": Fault(
        (misbehaviours.busy("soon"),), "uploaded", 2, again("status 429: Too Many Requests")
    ),
    "a gateway that loses every answer": Fault(
        (Answer(504, "Gateway Timeout"),),
        "unknown",
        1,
        f"Error: {WHEEL}: refused with status 504: Gateway Timeout{MAY_HAVE}\n{NOT_PUBLISHED}{PERHAPS}",
        options=("--retries", "0"),
    ),
    "a gateway that loses an answer": Fault(
        (Answer(502, "Bad Gateway", {"Retry-After": "0"}, stored=True),),
        "uploaded",
        2,
        again("status 502: Bad Gateway"),
    ),
    "reset in the middle of the body": Fault(
        (Reset(1_000_000),),
        "uploaded",
        2,
        again("the connection broke: URL/: Gone"),
        megabytes=12,
    ),
    "closed before an answer": Fault((misbehaviours.CLOSED,), "uploaded", 2, again(CLOSED)),
    "an answer that is no HTTP": Fault(
        (misbehaviours.GARBAGE,),
        "uploaded",
        2,
        again("the connection broke before the answer came: URL/: 220 mail.example ESMTP ready"),
    ),
    "a lost answer, then 200": Fault((misbehaviours.LOST_ANSWER,), "uploaded", 2, again(CLOSED)),
    "a lost answer, then 400": Fault(
        (misbehaviours.LOST_ANSWER, EXISTS_400),
        "identical",
        2,
        again(CLOSED)
        + f"Warning: {WHEEL}: the index has this very file, perhaps from an earlier attempt whose answer was lost\n",
    ),
    "a lost answer, then 409": Fault(
        (misbehaviours.LOST_ANSWER, EXISTS_409),
        "identical",
        2,
        again(CLOSED)
        + f"Warning: {WHEEL}: the index has this very file, perhaps from an earlier attempt whose answer was lost\n",
    ),
    "a lost answer, then a refusal": Fault(
        (misbehaviours.CLOSED, misbehaviours.refused(400, "No.")),
        "unknown",
        2,
        again(CLOSED)
        + f"Error: {WHEEL}: refused with status 400: No.; the index may have the file from an earlier attempt, whose "
        f"answer was lost\n{NOT_PUBLISHED}{PERHAPS}",
    ),
    "a lost answer that the page makes up for": Fault(
        (Hang(stored=True),),
        "uploaded",
        1,
        f"Warning: {WHEEL}: {NO_ANSWER}{MAY_HAVE}, and it does: it lists this very file\n",
        options=("--timeout", "1", "--retries", "0"),
    ),
    "an answer that never comes": Fault(
        (Hang(),),
        "unknown",
        1,
        f"Error: {WHEEL}: {NO_ANSWER}{MAY_HAVE}\n{NOT_PUBLISHED}{PERHAPS}",
        options=("--timeout", "1", "--retries", "0"),
    ),
    "a body read at one byte a second": Fault(
        (Trickle(),),
        "rejected",
        1,
        f"Error: {WHEEL}: no progress from URL/ for 1 s (--timeout)\n{NOT_PUBLISHED}{NOTHING}",
        options=("--timeout", "1", "--retries", "0"),
        megabytes=12,
    ),
    "an answer that breaks off": Fault((misbehaviours.TRUNCATED,), "uploaded", 1, ""),
    "an answer in chunks": Fault((misbehaviours.CHUNKED,), "uploaded", 1, ""),
    "an answer without a length": Fault((Raw(FINE + b"\r\nfine", stored=True),), "uploaded", 1, ""),
    "an answer of HTTP/1.0": Fault((Raw(b"HTTP/1.0 200 OK\r\n\r\n", stored=True),), "uploaded", 1, ""),
    "an answer without a reason": Fault((Raw(b"HTTP/1.1 204\r\n\r\n", stored=True),), "uploaded", 1, ""),
    "chunks that make no sense": Fault(
        (Raw(FINE + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", stored=True),), "uploaded", 1, ""
    ),
    "a refusal before the body was read": Fault(
        (Early(413, "Too Large"),),
        "rejected",
        1,
        f"Error: {WHEEL}: refused with status 413: Too Large\n{NOT_PUBLISHED}{NOTHING}",
        megabytes=12,
    ),
    "a success before the body was read": Fault(
        (Early(200, "OK"),),
        "rejected",
        1,
        f"Error: {WHEEL}: URL/ answered 200 before the whole file was sent\n{NOT_PUBLISHED}{NOTHING}",
        options=("--retries", "0"),
        megabytes=12,
    ),
    "a long explanation": Fault(
        (Raw(b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\n\r\n" + b"x" * 1_000_000),),
        "rejected",
        1,
        f"Error: {WHEEL}: refused with status 400: {'x' * 500} ...\n{NOT_PUBLISHED}{NOTHING}",
    ),
    "an explanation that never ends": Fault(
        (Drip(b"HTTP/1.1 400 Bad Request\r\n\r\nSorry"),),
        "rejected",
        1,
        f"Error: {WHEEL}: refused with status 400: Sorry\n{NOT_PUBLISHED}{NOTHING}",
        options=("--timeout", "1"),
    ),
    "redirects that never end": Fault(
        (misbehaviours.redirect(307, "/legacy/"),) * 4,
        "rejected",
        4,
        f"Error: {WHEEL}: more than 3 redirects, the last from URL/\n{NOT_PUBLISHED}{NOTHING}",
    ),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_fault_has_this_end(tmp_path: Path, index: LoopbackIndex, fault: Fault) -> None:
    wheel = factories.big_wheel(tmp_path, fault.megabytes) if fault.megabytes else factories.wheel(tmp_path)
    index.on_upload(*fault.hows)

    published = publish(index, [wheel], *fault.options)

    assert log(published, index) == fault.log
    attempts = 1 if "redirects" in fault.log else fault.asked
    assert published.files == {WHEEL: (fault.outcome, attempts)}
    assert index.asked("POST") == fault.asked
    assert published.code == (0 if fault.is_published else 1)
    assert index.files == ({WHEEL: wheel.read_bytes()} if fault.is_published else {})


def test_a_date_to_come_back_at_is_waited_for(tmp_path: Path, index: LoopbackIndex) -> None:
    wheel = factories.wheel(tmp_path)
    soon = datetime.now(timezone.utc) + timedelta(seconds=1)
    index.on_upload(misbehaviours.busy(format_datetime(soon, usegmt=True)))

    published = publish(index, [wheel])

    assert (published.code, published.files) == (0, {WHEEL: ("uploaded", 2)})
    assert log(published, index) == again("status 429: Too Many Requests")


@pytest.mark.parametrize("status", [429, 503])
def test_a_date_too_far_ahead_ends_the_retries(tmp_path: Path, index: LoopbackIndex, status: int) -> None:
    index.on_upload(Answer(status, "Closed", {"Retry-After": "Sat, 01 Jan 2000 00:00:00 GMT"}))
    index.on_upload(Answer(status, "Closed", {"Retry-After": "Fri, 01 Jan 2100 00:00:00 GMT"}))

    published = publish(index, [factories.wheel(tmp_path)])

    assert (published.code, published.files, index.files) == (1, {WHEEL: ("rejected", 2)}, {})
    assert log(published, index) == (
        again(f"status {status}: Closed")
        + f"Warning: {WHEEL}: status {status}: Closed; the index wants no attempt before 2100-01-01 00:00:00 UTC "
        "(Retry-After), which is too long to wait\n"
        f"Error: {WHEEL}: refused with status {status}: Closed\n{NOT_PUBLISHED}{NOTHING}"
    )


def test_nobody_listens(tmp_path: Path) -> None:
    wheel = factories.wheel(tmp_path)

    ended = command.deploy("--server", "http://127.0.0.1:9/", "--retries", "1", str(wheel), environ=environment())

    assert ended.code == 1
    assert re.sub(r"in [0-9.]+ s", "in N s", ended.err) == (
        again("no connection: http://127.0.0.1:9/: Connection refused", 1, 1)
        + f"Error: {WHEEL}: no connection: http://127.0.0.1:9/: Connection refused\n{NOT_PUBLISHED}{NOTHING}"
    )


def test_a_host_that_can_have_no_address_is_not_tried_again(tmp_path: Path) -> None:
    wheel = factories.wheel(tmp_path)

    ended = command.deploy("--server", "http://up..load/", str(wheel), environ=environment())

    assert (ended.code, ended.err.count("\n")) == (1, 2)
    assert ended.err.startswith(f"Error: {WHEEL}: cannot post to http://up..load/: ")


@pytest.mark.parametrize(
    ("how", "outcome", "sentence"),
    [
        (
            EXISTS_409,
            "uploaded",
            (
                f"Warning: {WHEEL}: the index has a file of this name (Conflict), most likely from the earlier attempt "
                "whose answer was lost; its hash could not be compared\n"
            ),
        ),
        (
            misbehaviours.refused(400, "This filename was previously used by a file that has since been deleted."),
            "unknown",
            f"Error: {WHEEL}: refused with status 400: This filename was previously used by a file that has since been "
            "deleted.; the index may have the file from an earlier attempt, whose answer was lost\n"
            + NOT_PUBLISHED
            + PERHAPS,
        ),
    ],
    ids=["it exists", "it existed once"],
)
def test_what_cannot_be_compared_after_a_lost_answer(
    tmp_path: Path, index: LoopbackIndex, how: Misbehaviour, outcome: str, sentence: str
) -> None:
    wheel = factories.wheel(tmp_path)
    index.on_upload(misbehaviours.LOST_ANSWER, how)
    index.on_page(*[Answer(500)] * 2)

    published = publish(index, [wheel])

    assert published.files == {WHEEL: (outcome, 2)}
    assert log(published, index) == (
        "Warning: cannot look at URL/simple/demo/: it answers 500 Internal Server Error. Going on: the upload's own "
        "answer decides\n" + again(CLOSED) + sentence
    )


@pytest.mark.parametrize(
    ("options", "code", "outcome"), [((), 1, "rejected"), (("--skip-existing",), 0, "kept")], ids=["refused", "kept"]
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
    ],
    ids=["fine", "a lost answer", "a lost answer, then other content", "the same with --skip-existing"],
)
def test_on_pypi_a_file_that_exists_is_another_one(
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
    assert ended.err.count("the index has other content under this name") == (len(hows) == 2)


def test_all_files_of_a_thread_go_over_one_connection(tmp_path: Path, index: LoopbackIndex) -> None:
    wheels = [factories.wheel(tmp_path, tag=f"cp3{minor}-none-any") for minor in range(10, 16)]

    published = publish(index, wheels, "--jobs", "1")

    assert (published.code, index.asked("POST"), index.connections) == (0, 6, 2)


def test_a_connection_that_the_server_closes_between_two_files_is_opened_anew(
    tmp_path: Path, index: LoopbackIndex
) -> None:
    wheels = [factories.wheel(tmp_path, tag=f"cp3{minor}-none-any") for minor in range(10, 13)]
    index.on_upload(*[Raw(FINE + b"Content-Length: 0\r\nConnection: close\r\n\r\n", stored=True)] * 3)

    published = publish(index, wheels, "--jobs", "1")

    assert (published.code, published.err, len(index.files), index.connections) == (0, "", 3, 4)


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no ::1")
def test_a_server_may_have_an_address_of_ipv6(tmp_path: Path) -> None:
    wheel = factories.wheel(tmp_path)
    with LoopbackIndex(host="[::1]") as index:
        published = publish(index, [wheel], PYPI_PASSWORD="a password")

    assert (published.code, published.err, index.files) == (0, "", {WHEEL: wheel.read_bytes()})
