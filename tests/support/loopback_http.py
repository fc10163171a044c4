"""A strict HTTP/1.1 server on loopback that can also be rude, and leaves no thread and no socket behind."""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import sys
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from socketserver import BaseRequestHandler, TCPServer, ThreadingMixIn
from typing import TYPE_CHECKING, Callable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from typing_extensions import Self

BLOCK_BYTES = 64 * 1024
SMALL_WINDOW_BYTES = 4096
POLL_SECONDS = 0.01
NO_HEADERS: Mapping[str, str] = {}


class GoneError(ConnectionError):
    """The client went away in the middle of its request."""


@dataclass(frozen=True)
class Request:
    """The head of a request; header names are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]


class Exchange:
    """One request and all that can be done with it; ``closing`` is set once the server that has it ends."""

    def __init__(self, handler: BaseHTTPRequestHandler, closing: threading.Event) -> None:
        self._handler = handler
        self.closing = closing
        self.request = Request(
            handler.command,
            handler.path,
            {name.lower(): value for name, value in handler.headers.items()},
        )
        self.received = bytearray()
        self.expected_bytes = int(self.request.headers.get("content-length", "0"))

    def read_some(self, most: int = BLOCK_BYTES) -> bool:
        """Read more of the body, at most so many bytes; return whether there was more to come."""
        wanted = min(most, self.expected_bytes - len(self.received))
        if wanted <= 0:
            return False
        block = self._handler.rfile.read1(wanted)
        if not block:
            raise GoneError(f"after {len(self.received)} of {self.expected_bytes} bytes")
        self.received += block
        return True

    def read_body(self) -> bytes:
        """Read what is left of the body; return all of it."""
        while self.read_some():
            pass
        return bytes(self.received)

    def answer(self, status: int, reason: str = "", headers: Mapping[str, str] = NO_HEADERS, body: bytes = b"") -> None:
        """Answer as HTTP wants it."""
        self._handler.send_response(status, reason or None)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self._handler.send_header(name, value)
        self._handler.end_headers()
        if self.request.method != "HEAD":
            self._handler.wfile.write(body)

    def send_more(self, data: bytes) -> None:
        """Send these bytes, and keep the connection."""
        self._handler.wfile.write(data)

    def send_and_close(self, data: bytes) -> None:
        """Send these bytes in place of an answer, and end the connection."""
        self.send_more(data)
        self._handler.close_connection = True

    def reset(self) -> None:
        """Tear the connection down, so that the client sees a reset."""
        self._handler.close_connection = True
        self._handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        socket.close(self._handler.connection.detach())

    def narrow_window(self) -> None:
        """Let the kernel take in as little as possible of what nobody has read yet."""
        self._handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_WINDOW_BYTES)


def handler_for(serve: Callable[[Exchange], None]) -> type[BaseHTTPRequestHandler]:
    """Return a request handler that passes every GET, HEAD and POST to ``serve``."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            if "host" not in self.headers or not self.headers.get("content-length", "").isdecimal():
                self.send_error(411, "Host and Content-Length are expected")
                self.close_connection = True
                return
            self._serve()

        def do_GET(self) -> None:
            self._serve()

        def do_HEAD(self) -> None:
            self._serve()

        def _serve(self) -> None:
            assert isinstance(self.server, LoopbackServer)
            serve(Exchange(self, self.server.closing))

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class names it
            """Say nothing: what was asked is recorded."""

    return Handler


class LoopbackServer(ThreadingMixIn, TCPServer):
    """Serves connections on a free port of 127.0.0.1, a thread each, until it is closed.

    ``accepted`` counts the connections. A failure of a handler of ours is raised when the server is closed; a client
    that goes away is none.
    """

    daemon_threads = False
    request_queue_size = 64

    def __init__(self, handler: type[BaseRequestHandler], tls: ssl.SSLContext | None = None) -> None:
        super().__init__(("127.0.0.1", 0), handler)
        self.closing = threading.Event()
        self._tls = tls
        self._connections: set[socket.socket] = set()
        self.accepted = 0
        self._failures: list[Exception] = []
        self._thread = threading.Thread(target=self.serve_forever, args=[POLL_SECONDS])

    @property
    def port(self) -> int:
        """Return the port that it listens on."""
        port = self.socket.getsockname()[1]
        assert isinstance(port, int)
        return port

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self.shutdown()
        self._thread.join()
        for connection in list(self._connections):
            with contextlib.suppress(OSError):
                socket.socket.shutdown(connection, socket.SHUT_RDWR)
        self.server_close()
        if self._failures:
            raise self._failures[0]

    def get_request(self) -> tuple[socket.socket, object]:
        connection, address = super().get_request()
        self.accepted += 1
        if self._tls:
            connection = self._tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        self._connections.add(connection)
        return connection, address

    @contextlib.contextmanager
    def watched(self, connection: socket.socket) -> Iterator[None]:
        """Let this connection, too, end with the server."""
        self._connections.add(connection)
        try:
            yield
        finally:
            self._connections.discard(connection)

    def finish_request(self, request: object, client_address: object) -> None:
        if isinstance(request, ssl.SSLSocket):
            request.do_handshake()
        super().finish_request(request, client_address)  # type: ignore[arg-type]

    def shutdown_request(self, request: object) -> None:
        assert isinstance(request, socket.socket)
        self._connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: object, client_address: object) -> None:
        failure = sys.exc_info()[1]
        if isinstance(failure, Exception) and not isinstance(failure, (ConnectionError, ssl.SSLError)):
            self._failures.append(failure)
