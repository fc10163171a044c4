"""Connections of urllib3, with limits on time and size that it does not have."""

from __future__ import annotations

import functools
import io
import socket
import ssl
import time
from collections.abc import Callable
from http.client import HTTPResponse
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

import urllib3
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, LocationValueError, NewConnectionError
from urllib3.util.connection import create_connection

if TYPE_CHECKING:
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
        context.load_verify_locations(capath=location)
    else:
        context.load_verify_locations(cafile=location)
    return context


def open_pools(proxy: str | None, tls: ssl.SSLContext | None, *, connections: int) -> urllib3.PoolManager:
    """Return pools of connections, through a proxy if there is one; raises ValueError if its URL is not valid."""
    manager: Callable[..., urllib3.PoolManager] = urllib3.PoolManager
    if proxy:
        url = urllib3.util.parse_url(proxy if "://" in proxy else f"http://{proxy}")
        if not url.host:
            raise LocationValueError("the URL of the proxy has no host")
        auth = unquote(url.auth or "")
        headers = urllib3.make_headers(proxy_basic_auth=auth) if ":" in auth else None
        manager = functools.partial(urllib3.ProxyManager, url.url, proxy_headers=headers, proxy_ssl_context=tls)
    # Without retries of urllib3, because the uploader decides which requests are retried.
    pools = manager(maxsize=connections, retries=False, ssl_context=tls, blocksize=SEND_BLOCK_BYTES)
    pools.pool_classes_by_scheme = POOL_CLASSES
    return pools


class _LimitedReads(io.RawIOBase):
    """Reads the bytes of one answer, with a deadline for all of them and a limit on the size of its head."""

    def __init__(self, file: io.RawIOBase, sock: socket.socket) -> None:
        super().__init__()
        self._file = file
        self._socket = sock
        self.until = time.monotonic() + (sock.gettimeout() or CONNECT_SECONDS)
        self.head_bytes_left: float = HEAD_LIMIT_BYTES

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int | None:
        seconds = self.until - time.monotonic()
        if seconds <= 0:
            raise socket.timeout("timed out")
        if self.head_bytes_left <= 0:
            raise OSError(f"the headers of the answer are larger than {HEAD_LIMIT_BYTES // 1024} KiB")
        self._socket.settimeout(seconds)
        count = self._file.readinto(buffer)
        self.head_bytes_left -= count or 0
        return count

    def close(self) -> None:
        self._file.close()
        super().close()


class _LimitedResponse(HTTPResponse):
    """A response with a deadline for all of it, and a limit on the size of its head."""

    def __init__(self, sock: socket.socket, debuglevel: int = 0, method: str | None = None, url: str | None = None):
        super().__init__(sock, debuglevel, method, url)
        self._is_post = method == "POST"
        self._reads = _LimitedReads(self.fp.detach(), sock)
        self.fp = io.BufferedReader(self._reads)

    def begin(self) -> None:
        super().begin()
        self._reads.head_bytes_left = float("inf")
        if self._is_post:  # the status is known, and the body only explains it
            seconds = SUCCESS_BODY_SECONDS if 200 <= self.status < 300 else ERROR_BODY_SECONDS
            self._reads.until = min(self._reads.until, time.monotonic() + seconds)


class _Connection(HTTPConnection):
    """Connects within CONNECT_SECONDS in total, and gives its whole timeout to sending and waiting.

    urllib3 would send the body under the timeout for connecting, and would give that to each address, to the answer
    of a proxy and to TLS. Errors while connecting become ConnectTimeoutError or NewConnectionError.
    """

    response_class = _LimitedResponse

    def connect(self) -> None:
        try:
            super().connect()
        except socket.timeout as error:
            raise ConnectTimeoutError(self, "timed out") from error
        except OSError as error:
            raise NewConnectionError(self, str(error)) from error
        self.sock.settimeout(self.timeout)

    def _new_conn(self) -> socket.socket:
        until = time.monotonic() + min(CONNECT_SECONDS, self.timeout or CONNECT_SECONDS)
        found = socket.getaddrinfo(self._dns_host.strip("[]"), self.port, type=socket.SOCK_STREAM)
        for tried, (*_, address) in enumerate(found):
            try:
                share = max(until - time.monotonic(), 0.1) / (len(found) - tried)
                sock = create_connection((str(address[0]), self.port), share, socket_options=self.socket_options)
            except OSError as error:
                failure = error
            else:
                sock.settimeout(max(until - time.monotonic(), 0.1))  # for the answer of a proxy, and for TLS
                return sock
        raise failure


class _TLSConnection(_Connection, HTTPSConnection):
    """The same over TLS."""


class _Pool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Connection


class _TLSPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _TLSConnection


POOL_CLASSES: dict[str, type] = {"http": _Pool, "https": _TLSPool}
