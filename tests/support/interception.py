"""A proxy on loopback that plays real hosts: what a client sends to them ends at a LoopbackIndex.

A client whose proxy it is asks for ``CONNECT host:443``, speaks TLS with what it takes for that host, and
reaches the index that the test has put in its place. No name is looked up and nothing leaves the machine.
"""

from __future__ import annotations

import ssl
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Callable

import trustme

from tests.support.loopback_http import LoopbackServer

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

    import pytest
    from typing_extensions import Self

    from tests.support.loopback_index import LoopbackIndex


class Interception:
    """A proxy in whose world the hosts are the indexes given; a context manager.

    ``hosts`` records every host that was asked for, known or not; the unknown are answered 502. ``heads`` records
    those requests as they came, in the clear.
    ``variables`` are the environment variables that send a client here and let it trust what it finds.
    """

    def __init__(self, indexes: Mapping[str, LoopbackIndex], folder: Path) -> None:
        authority = trustme.CA()
        self.hosts: list[str] = []
        self.heads: list[str] = []
        self._indexes = indexes
        self._contexts = {host: certified(authority, host) for host in indexes}
        self._server = LoopbackServer(connect_handler(self._pass_on))
        bundle = folder / "interception-ca.pem"
        authority.cert_pem.write_to_path(str(bundle))
        proxy = f"http://127.0.0.1:{self._server.port}"
        self.variables = {
            "HTTPS_PROXY": proxy,
            "https_proxy": proxy,
            "REQUESTS_CA_BUNDLE": str(bundle),
            "SSL_CERT_FILE": str(bundle),
        }

    def __enter__(self) -> Self:
        self._server.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.__exit__()

    def _pass_on(self, host: str, handler: BaseHTTPRequestHandler) -> None:
        self.hosts.append(host)
        self.heads.append(f"{handler.requestline}\n{handler.headers}")
        if host not in self._indexes:
            handler.send_error(502, f"nobody plays {host}")
            return
        handler.send_response(200, "Connection established")
        handler.end_headers()
        with (
            suppress(OSError),  # the command may end while it still looks up the index
            self._contexts[host].wrap_socket(
                handler.connection, server_side=True, do_handshake_on_connect=False
            ) as decrypted,
            self._server.watched(decrypted),
        ):
            decrypted.do_handshake()
            self._indexes[host].handler(decrypted, handler.client_address, self._server)


def certified(authority: trustme.CA, *hosts: str, not_after: datetime | None = None) -> ssl.SSLContext:
    """Return a server's TLS context with a certificate of ``authority`` for these hosts, good until then."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*hosts, not_after=not_after).configure_cert(context)
    return context


def trusted(folder: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """Return the TLS context of a server on 127.0.0.1 that the command trusts during this test."""
    authority, bundle = trustme.CA(), folder / "ca.pem"
    authority.cert_pem.write_to_path(str(bundle))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))
    context = certified(authority, "127.0.0.1")
    authority.configure_trust(context)
    return context


def connect_handler(pass_on: Callable[[str, BaseHTTPRequestHandler], None]) -> type[BaseHTTPRequestHandler]:
    """Return a request handler that hands each connection asked for by CONNECT to ``pass_on``."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_CONNECT(self) -> None:
            self.close_connection = True
            pass_on(self.path.rpartition(":")[0], self)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class names it
            """Say nothing: what was asked is recorded."""

    return Handler
