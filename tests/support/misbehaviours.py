"""What an index may do in place of its ordinary answer; each is one value, played once."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.support.loopback_http import Exchange


class Turn(Protocol):
    """The index's side of one request: what it does with it if nobody interferes, step by step."""

    @property
    def exchange(self) -> Exchange: ...

    def take(self) -> object:
        """Read the request whole and record it."""

    def keep(self) -> None:
        """Take the request and publish its file, answering nothing."""

    def go_on(self) -> None:
        """Take the request and answer it in the ordinary way."""


class Misbehaviour(Protocol):
    """Plays one turn in a way of its own."""

    def play(self, turn: Turn) -> None: ...


@dataclass(frozen=True)
class Answer:
    """Read the request whole and answer this; with ``stored`` the file is taken all the same."""

    status: int
    reason: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    stored: bool = False

    def play(self, turn: Turn) -> None:
        turn.keep() if self.stored else turn.take()
        turn.exchange.answer(self.status, self.reason, self.headers, self.body)


@dataclass(frozen=True)
class Raw:
    """Read the request whole, send these bytes and close; with ``stored`` the file is taken all the same."""

    data: bytes
    stored: bool = False

    def play(self, turn: Turn) -> None:
        turn.keep() if self.stored else turn.take()
        turn.exchange.send_and_close(self.data)


@dataclass(frozen=True)
class Reset:
    """Reset the connection once so many bytes of the body are read."""

    after_bytes: int

    def play(self, turn: Turn) -> None:
        _read(turn.exchange, self.after_bytes)
        turn.exchange.reset()


@dataclass(frozen=True)
class Trickle:
    """Read the body at one byte a second; a body of many MiB fills every buffer on the way."""

    def play(self, turn: Turn) -> None:
        turn.exchange.narrow_window()
        while turn.exchange.read_some(1):
            if turn.exchange.closing.wait(1):
                return
        turn.go_on()


@dataclass(frozen=True)
class Hang:
    """Read the request whole and never answer; with ``stored`` the file is taken all the same."""

    stored: bool = False

    def play(self, turn: Turn) -> None:
        turn.keep() if self.stored else turn.take()
        turn.exchange.closing.wait()
        turn.exchange.send_and_close(b"")


@dataclass(frozen=True)
class Delay:
    """Read the request whole, wait, and go on in the ordinary way."""

    seconds: float

    def play(self, turn: Turn) -> None:
        turn.take()
        turn.exchange.closing.wait(self.seconds)
        turn.go_on()


@dataclass(frozen=True)
class Twice:
    """Go on in the ordinary way, and send another answer some seconds later."""

    seconds: float

    def play(self, turn: Turn) -> None:
        turn.go_on()
        turn.exchange.closing.wait(self.seconds)
        turn.exchange.send_more(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")


@dataclass(frozen=True)
class Stall:
    """Read nothing of the body for some time, and go on in the ordinary way."""

    seconds: float

    def play(self, turn: Turn) -> None:
        turn.exchange.closing.wait(self.seconds)
        turn.go_on()


@dataclass(frozen=True)
class Early:
    """Answer once so many bytes of the body are read, and read no more; the connection is closed or ``stays_open``."""

    status: int
    reason: str
    after_bytes: int = 1
    stays_open: bool = False

    def play(self, turn: Turn) -> None:
        turn.exchange.narrow_window()
        _read(turn.exchange, self.after_bytes)
        turn.exchange.send_and_close(f"HTTP/1.1 {self.status} {self.reason}\r\nContent-Length: 0\r\n\r\n".encode())
        if self.stays_open:
            turn.exchange.closing.wait()


@dataclass(frozen=True)
class Drip:
    """Read the request whole and begin an answer that goes on for ever, with a drop now and then."""

    beginning: bytes
    drop: bytes = b" "
    stored: bool = False

    def play(self, turn: Turn) -> None:
        turn.keep() if self.stored else turn.take()
        turn.exchange.send_and_close(self.beginning)
        while not turn.exchange.closing.wait(0.2):
            turn.exchange.send_and_close(self.drop)


@dataclass(frozen=True)
class Flood:
    """Read the request whole and send the same bytes again and again, up to a limit, as fast as they are taken."""

    block: bytes
    limit_bytes: int = 512 * 1024 * 1024
    beginning: bytes = b""

    def play(self, turn: Turn) -> None:
        turn.take()
        turn.exchange.send_and_close(self.beginning)
        many = self.block * (64 * 1024 // len(self.block) + 1)
        for _ in range(self.limit_bytes // len(many)):
            turn.exchange.send_and_close(many)


@dataclass(frozen=True)
class Meanwhile:
    """Let something happen once so many bytes of the body are read, and go on in this or the ordinary way."""

    happens: Callable[[], object]
    after_bytes: int = 0
    then: Misbehaviour | None = None

    def play(self, turn: Turn) -> None:
        _read(turn.exchange, self.after_bytes)
        self.happens()
        self.then.play(turn) if self.then else turn.go_on()


CLOSED = Raw(b"")
LOST_ANSWER = Raw(b"", stored=True)
GARBAGE = Raw(b"220 mail.example ESMTP ready\r\n")
TRUNCATED = Raw(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n<html>", stored=True)
CHUNKED = Raw(
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n4\r\nfine\r\n0\r\n\r\n",
    stored=True,
)


def rejected(status: int, words: str) -> Answer:
    """Return a rejection as PyPI says it to those who accept JSON."""
    text = {
        "message": f"\n\n\n{words}\n\n\n",
        "code": f"{status} {words}",
        "title": HTTPStatus(status).phrase,
    }
    return Answer(status, words, {"Content-Type": "application/json"}, json.dumps(text).encode())


def rejected_by_a_page(status: int, words: str) -> Answer:
    """Return a rejection as a proxy says it: a page of HTML, and nothing of use in the reason phrase."""
    page = f"<html>\n <head><title>{status}</title></head>\n <body><h1>{words}</h1></body>\n</html>\n"
    return Answer(status, "", {"Content-Type": "text/html; charset=UTF-8"}, page.encode())


def busy(retry_after: str) -> Answer:
    """Return 429 with ``retry_after``: seconds or a date."""
    return Answer(429, "Too Many Requests", {"Retry-After": retry_after})


def redirect(status: int, location: str) -> Answer:
    """Return a redirect to ``location``."""
    return Answer(status, "", {"Location": location})


def _read(exchange: Exchange, count: int) -> None:
    """Read the body until at least so many bytes of it are there."""
    while len(exchange.received) < count and exchange.read_some():
        pass
