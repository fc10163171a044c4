"""Connections of requests and urllib3, with limits on time and size that these do not have."""

from __future__ import annotations

import functools
import io
import socket
import time
from http.client import HTTPResponse
from pathlib import Path
from typing import TYPE_CHECKING

import urllib3
from requests.adapters import HTTPAdapter
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, LocationParseError, NameResolutionError, NewConnectionError
from urllib3.util.connection import create_connection

if TYPE_CHECKING:
    import ssl

    from _typeshed import WriteableBuffer

CONNECT_SECONDS = 15.0
SUCCESS_BODY_SECONDS = 1.0
ERROR_BODY_SECONDS = 10.0
HEAD_LIMIT_BYTES = 256 * 1024
SEND_BLOCK_BYTES = 1024 * 1024


@functools.cache
def tls_context(ca_bundle: str) -> ssl.SSLContext:
    """Return the context that trusts these certificates; reading them takes 12 ms, so it is done once."""
    location = Path(ca_bundle or DEFAULT_CA_BUNDLE_PATH)
    if not location.exists():
        raise ValueError(f"{location} does not exist (REQUESTS_CA_BUNDLE)")
    context = urllib3.util.create_urllib3_context()
    if location.is_dir():
        context.load_verify_locations(capath=str(location))
    else:
        context.load_verify_locations(cafile=str(location))
    return context


class Adapter(HTTPAdapter):
    """Connects as requests does, with limits, one TLS context and large blocks."""

    def __init__(self, tls: ssl.SSLContext | None, connections: int) -> None:
        self._tls = tls
        super().__init__(pool_connections=1, pool_maxsize=connections)

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **options: object) -> None:
        """Make the pools of direct connections."""
        del options
        super().init_poolmanager(connections, maxsize, block, ssl_context=self._tls, blocksize=SEND_BLOCK_BYTES)
        self.poolmanager.pool_classes_by_scheme = POOL_CLASSES

    def proxy_manager_for(self, proxy: str, **options: object) -> urllib3.ProxyManager:
        """Return the pools of connections through a proxy."""
        manager: urllib3.ProxyManager = super().proxy_manager_for(
            proxy, **options, ssl_context=self._tls, blocksize=SEND_BLOCK_BYTES
        )
        if not proxy.lower().startswith("socks"):  # these connect in a way of their own
            manager.pool_classes_by_scheme = POOL_CLASSES
        return manager

    def cert_verify(self, conn: urllib3.HTTPSConnectionPool, *_: object) -> None:
        """Verify always; the certificates are in the context already."""
        conn.cert_reqs = "CERT_REQUIRED"


class _TimedReads(io.RawIOBase):
    """Reads from a socket until a moment, however slowly the bytes come."""

    def __init__(self, sock: socket.socket) -> None:
        super().__init__()
        self._socket = sock
        self._file = sock.makefile("rb", buffering=0)  # it keeps the socket open for as long as it is read
        self.until = time.monotonic() + (sock.gettimeout() or CONNECT_SECONDS)
        self.head_bytes_left = HEAD_LIMIT_BYTES

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int | None:
        left = self.until - time.monotonic()
        if left <= 0:
            raise socket.timeout("timed out")
        if self.head_bytes_left <= 0:
            raise OSError(f"the headers of the answer are larger than {HEAD_LIMIT_BYTES // 1024} KiB")
        self._socket.settimeout(left)
        count = self._file.readinto(buffer)
        self.head_bytes_left -= count or 0
        return count

    def close(self) -> None:
        self._file.close()
        super().close()


class _TimedSocket:
    """The socket that http.client reads an answer from."""

    def __init__(self, reads: _TimedReads) -> None:
        self._reads = reads

    def makefile(self, mode: str) -> io.BufferedReader:
        del mode
        return io.BufferedReader(self._reads)


class _TimedResponse(HTTPResponse):
    """An answer with a time limit for its headers and for its body."""

    def __init__(self, sock: socket.socket, debuglevel: int = 0, method: str | None = None, url: str | None = None):
        self._reads = _TimedReads(sock)
        self._is_post = method == "POST"
        super().__init__(_TimedSocket(self._reads), debuglevel, method, url)  # type: ignore[arg-type]

    def begin(self) -> None:
        super().begin()
        self._reads.head_bytes_left = 1 << 62
        if self._is_post:
            seconds = SUCCESS_BODY_SECONDS if 200 <= self.status < 300 else ERROR_BODY_SECONDS
            self._reads.until = min(self._reads.until, time.monotonic() + seconds)


class _PatientConnection(HTTPConnection):
    """Connects within CONNECT_SECONDS in total, and gives its whole timeout to sending and waiting.

    urllib3 would send the body under the timeout for connecting, and would give that to each address, to the answer
    of a proxy and to TLS.
    """

    response_class = _TimedResponse

    def connect(self) -> None:
        try:
            super().connect()
        except socket.timeout as error:  # of a proxy, or of TLS
            raise ConnectTimeoutError(self, "timed out") from error
        self.sock.settimeout(self.timeout)

    def _new_conn(self) -> socket.socket:
        until = time.monotonic() + min(CONNECT_SECONDS, self.timeout or CONNECT_SECONDS)
        addresses = self._addresses()
        for number, address in enumerate(addresses):
            seconds = max(until - time.monotonic(), 0.1) / (len(addresses) - number)
            try:
                sock = create_connection(address, seconds, self.source_address, self.socket_options)
            except OSError as error:
                failure = error
            else:
                sock.settimeout(max(until - time.monotonic(), 0.1))  # for TLS
                return sock
        if isinstance(failure, socket.timeout):
            raise ConnectTimeoutError(self, "timed out") from failure
        raise NewConnectionError(self, str(failure)) from failure

    def _addresses(self) -> list[tuple[str, int]]:
        host = self._dns_host.strip("[]")
        try:
            host.encode("idna")
            found = socket.getaddrinfo(host, self.port, type=socket.SOCK_STREAM)
        except UnicodeError:
            raise LocationParseError(host) from None
        except socket.gaierror as error:
            raise NameResolutionError(self.host, self, error) from error
        return [(str(each[4][0]), self.port) for each in found]


class _PatientTLSConnection(_PatientConnection, HTTPSConnection):
    """The same over TLS."""


class _Pool(urllib3.HTTPConnectionPool):
    ConnectionCls = _PatientConnection


class _TLSPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _PatientTLSConnection


POOL_CLASSES: dict[str, type] = {"http": _Pool, "https": _TLSPool}
