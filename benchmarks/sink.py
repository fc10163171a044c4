"""A package index that accepts and discards uploads: ``python -m benchmarks.sink``.

It prints its port and serves until its standard input ends. ``GET /counts`` returns, as JSON, the number of
requests of each method since the last ``GET /counts``.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import socket
import ssl
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

BUFFER_BYTES = 1024 * 1024
HEAD_LIMIT_BYTES = 64 * 1024
BACKLOG = 64
JSON_PAGE = "application/vnd.pypi.simple.v1+json"


@dataclass
class Sink:
    """What a sink knows: its pause before an answer, the page of what it publishes, what it was asked."""

    pause_seconds: float
    page: bytes | None
    counts: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, method: str, path: str) -> bytes:
        """Return the answer to a request whose body has been read."""
        if path == "/counts":
            return self._counted()
        with self.lock:
            self.counts[method] += 1
        if method == "POST":
            time.sleep(self.pause_seconds)
            return response("200 OK", "text/html", b"")
        if self.page is None:
            return response("404 Not Found", "text/plain", b"")
        return response("200 OK", JSON_PAGE, self.page)

    def _counted(self) -> bytes:
        with self.lock:
            body = json.dumps(self.counts).encode()
            self.counts.clear()
        return response("200 OK", "application/json", body)


def main(arguments: Sequence[str]) -> None:
    """Serve uploads until standard input ends."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pause", type=float, default=0.0, help="seconds before each answer to an upload")
    parser.add_argument("--publish", type=Path, help="folder of the files that the simple page lists")
    parser.add_argument("--certificate", type=Path, help="PEM file with key and certificate: speak https")
    options = parser.parse_args(arguments)
    sink = Sink(options.pause, simple_page(options.publish) if options.publish else None)
    with socket.create_server(("127.0.0.1", 0), backlog=BACKLOG) as listener:
        threading.Thread(target=accept, args=[listener, sink, tls(options.certificate)], daemon=True).start()
        sys.stdout.write(f"{listener.getsockname()[1]}\n")
        sys.stdout.flush()
        sys.stdin.read()


def simple_page(folder: Path) -> bytes:
    """Return the PEP 691 page of the files in ``folder``."""
    files = [
        {
            "filename": path.name,
            "url": f"/files/{path.name}",
            "hashes": {"sha256": hashlib.sha256(path.read_bytes()).hexdigest()},
            "size": path.stat().st_size,
            "upload-time": "2026-08-01T12:00:00.000000Z",
        }
        for path in sorted(folder.iterdir())
    ]
    return json.dumps({"meta": {"api-version": "1.1"}, "name": "demo", "files": files}).encode()


def tls(certificate: Path | None) -> ssl.SSLContext | None:
    """Return the context of a server with this key and certificate."""
    if certificate is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def accept(listener: socket.socket, sink: Sink, context: ssl.SSLContext | None) -> None:
    """Give every connection a thread of its own."""
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=converse, args=[connection, sink, context], daemon=True).start()


def converse(connection: socket.socket, sink: Sink, context: ssl.SSLContext | None) -> None:
    """Answer the requests of one connection until the client ends it."""
    with contextlib.suppress(ConnectionError, ssl.SSLError):
        secured = context.wrap_socket(connection, server_side=True) if context else connection
        with secured:
            secured.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            buffer = memoryview(bytearray(BUFFER_BYTES))
            while head := read_head(secured):
                request_line, headers, early = parsed(head)
                method, path, _ = request_line.split(" ", 2)
                skip(secured, int(headers.get("content-length", "0")) - early, buffer)
                secured.sendall(sink.answer(method, path))


def read_head(connection: socket.socket) -> bytes:
    """Return the next request's head and what came along of its body; empty once the client has gone."""
    head = b""
    while b"\r\n\r\n" not in head:
        block = connection.recv(HEAD_LIMIT_BYTES)
        if not block:
            return b""
        head += block
    return head


def parsed(head: bytes) -> tuple[str, Mapping[str, str], int]:
    """Return the request line, the headers by names in lower case, and how many bytes of body came along."""
    text, _, body = head.partition(b"\r\n\r\n")
    request_line, *lines = text.decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in lines)
    headers = {name.lower(): value.strip() for name, _, value in pairs}
    if "transfer-encoding" in headers:
        raise ValueError("this sink wants a Content-Length")
    return request_line, headers, len(body)


def skip(connection: socket.socket, remaining: int, buffer: memoryview) -> None:
    """Read and forget so many bytes."""
    while remaining > 0:
        received = connection.recv_into(buffer, min(remaining, len(buffer)))
        if not received:
            raise ConnectionResetError("the client went away in the middle of an upload")
        remaining -= received


def response(status: str, content_type: str, body: bytes) -> bytes:
    """Return the bytes of an answer."""
    head = f"HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


if __name__ == "__main__":
    main(sys.argv[1:])
