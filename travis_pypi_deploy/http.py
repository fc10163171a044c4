"""HTTP to one origin with requests: answers of a limited size, proxies, redirects, and one kind of error."""

from __future__ import annotations

import calendar
import functools
import re
import socket
import ssl
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from http.cookiejar import DefaultCookiePolicy
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urljoin

import requests
import urllib3
from requests.adapters import DEFAULT_POOLSIZE, HTTPAdapter
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError, ProxyError

from . import __version__
from .servers import is_loopback, origin

if TYPE_CHECKING:
    from _typeshed import SupportsRead
    from typing_extensions import Buffer

USER_AGENT = f"travis-pypi-deploy/{__version__}"
# urllib3 sends the body under the timeout for connecting, and a block has to be sent within it: 128 KiB in 30 s is
# an uplink of 4.4 kB/s.
CONNECT_SECONDS = 30.0
SEND_BLOCK_BYTES = 128 * 1024
READ_BLOCK_BYTES = 64 * 1024
# A connection that took so long is used again if nothing comes over it for a moment; any other one is used once,
# because only a new one certainly has no answer that nobody asked for.
EXPENSIVE_CONNECTION_SECONDS = 0.1
UNASKED_ANSWER_SECONDS = 0.005
EARLY_ANSWER_SECONDS = 1.0  # an answer that came before the whole body was sent is there already
ANSWER_BODY_SECONDS = 10.0  # the status of an upload is known, and the body only explains it
REDIRECTS_LIMIT = 3
PROXY_VARIABLES = "HTTPS_PROXY, HTTP_PROXY, ALL_PROXY"
UNKNOWN_ISSUER_CODES = (18, 19, 20)  # OpenSSL: self-signed, or no issuer found
NOT_TLS = {"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "HTTPS_PROXY_REQUEST", "PACKET_LENGTH_TOO_LONG"}
# TLS alerts of a server that does not take this client; any other one may come after it has got a request.
REFUSALS = re.compile(r"ALERT_.*(CERTIFICATE|HANDSHAKE|UNKNOWN_CA|ACCESS_DENIED|PROTOCOL_VERSION|SECURITY)")
LIBRARY_ERRORS = (OSError, ValueError, HTTPException, urllib3.exceptions.HTTPError)


@dataclass(frozen=True)
class HTTPResponse:
    """The response of any server, as it came; ``cut`` says why the body is not whole, empty if it is."""

    url: str
    status: int
    reason: str
    headers: Mapping[str, str]
    body: bytes
    cut: str = ""


class NoResponseError(Exception):
    """There is no answer that can be used; the text says why.

    ``is_final``: a retry would not help. ``is_refused``: the server has not taken the request.
    """

    def __init__(self, message: str, *, is_final: bool = False, is_refused: bool = False) -> None:
        super().__init__(message)
        self.is_final = is_final
        self.is_refused = is_refused


class Body(Protocol):
    """The body of a POST. ``is_sent``: all of it was given to the connection."""

    len: int
    is_sent: bool

    def read(self, size: int = ..., /) -> bytes:
        """Return the next block, empty at the end."""
        ...

    def rewind(self) -> None:
        """Start again with the first block."""


class Client:
    """Sends requests to the origin of one URL, over kept-open connections; threads may share it.

    ``mask`` hides secrets in what servers and proxies say.
    """

    def __init__(self, url: str, *, mask: Callable[[str], str] = str, connect_seconds: float = CONNECT_SECONDS) -> None:
        self.mask = mask
        self._scheme = origin(url)[0]
        self._connect_seconds = connect_seconds
        settings = requests.Session().merge_environment_settings(url, {}, None, None, None)
        # Credentials over plain http may go to loopback, so no proxy may see them.
        self._proxies = {} if is_loopback(url) else settings["proxies"]
        self._ca_bundle = settings["verify"] if isinstance(settings["verify"], str) else ""

    @functools.cached_property
    def _session(self) -> requests.Session:
        """The connections; they are made for the first request, which fails if the CAs cannot be read."""
        session = Session()
        session.trust_env = False  # neither .netrc nor a proxy for loopback
        session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        session.headers.clear()
        session.headers["User-Agent"] = USER_AGENT
        tls = tls_context(self._ca_bundle) if self._scheme == "https" or self._proxies else None
        session.mount(f"{self._scheme}://", Adapter(tls))
        return session

    def request(
        self, url: str, *, headers: Mapping[str, str], limit_bytes: int, timeout: float, body: Body | None = None
    ) -> HTTPResponse:
        """Return the answer to a GET, or to a POST of a body; raises NoResponseError, and the errors of ``body``.

        Redirects are followed within the origin, those of a POST only if they keep it one. ``timeout`` is in seconds
        without an answer, and for all of its body; connecting to an address, and sending a block, may each take
        CONNECT_SECONDS.
        """
        target, followed = url, (307, 308) if body else (301, 302, 303, 307, 308)
        for _ in range(REDIRECTS_LIMIT + 1):
            with self._send(target, headers, body, timeout, shown=url) as response:
                next_target = redirect_target(target, response.headers.get("Location", ""))
                if response.status_code not in followed or next_target is None:
                    seconds = min(timeout, ANSWER_BODY_SECONDS) if body else timeout
                    content, cut = self._content(response, limit_bytes, until=time.monotonic() + seconds)
                    reason = self.mask(response.reason or "")
                    return HTTPResponse(url, response.status_code, reason, response.headers, content, cut)
            target = next_target
            if body:
                body.rewind()
        raise NoResponseError(f"more than {REDIRECTS_LIMIT} redirects from {url}", is_final=True, is_refused=True)

    def _send(
        self, url: str, headers: Mapping[str, str], body: Body | None, timeout: float, *, shown: str
    ) -> requests.Response:
        """Send one request; messages name the URL ``shown``, because that of a redirect may repeat a secret."""
        try:
            return self._session.request(
                "POST" if body else "GET",
                url,
                headers=headers,
                data=body,
                proxies=self._proxies,
                timeout=(self._connect_seconds, timeout),
                allow_redirects=False,
                stream=True,
            )
        except LIBRARY_ERRORS as error:
            raise self._no_response(error, shown, timeout, is_sending=body is not None and not body.is_sent) from error

    def _content(self, response: requests.Response, limit_bytes: int, *, until: float) -> tuple[bytes, str]:
        """Return the body of an answer, and why it is not whole, empty if it is."""
        content, cut = BytesIO(), ""  # BytesIO gives out its bytes without a copy
        try:
            while not cut and (block := response.raw.read1(READ_BLOCK_BYTES, decode_content=True)):
                content.write(block)
                if content.tell() > limit_bytes:
                    content.truncate(limit_bytes)
                    cut = f"it is larger than {limit_bytes // 1024} KiB"
                elif time.monotonic() > until:
                    cut = "it took too long"
        except LIBRARY_ERRORS as error:
            cut = self._cause(error)
        return content.getvalue(), cut

    def _cause(self, error: Exception) -> str:
        """Return the text of the innermost error that libraries have wrapped, masked and in one line."""
        innermost = chain(error)[-1]
        text = str(innermost) or type(innermost).__name__
        if isinstance(innermost, ssl.SSLCertVerificationError):
            text = str(innermost.verify_message)
        elif isinstance(innermost, OSError) and innermost.strerror:
            text = innermost.strerror
        return " ".join(self.mask(text).split()).rstrip(".")

    def _no_response(  # noqa: C901 - a table of errors and their sentences
        self, error: Exception, url: str, timeout: float, *, is_sending: bool
    ) -> NoResponseError:
        """Return what an error of urllib3 or a socket means."""
        errors = chain(error)
        innermost, cause = errors[-1], self._cause(error)
        if isinstance(innermost, ssl.SSLCertVerificationError):
            remedy = ""
            if self._ca_bundle:
                remedy = f". A CA is trusted only if its certificate is in {self._ca_bundle} (REQUESTS_CA_BUNDLE)"
            elif innermost.verify_code in UNKNOWN_ISSUER_CODES:
                remedy = ". For a private CA, set REQUESTS_CA_BUNDLE to the file with its certificate"
            return NoResponseError(f"the certificate of {url} is not trusted: {cause}{remedy}", is_final=True)
        if isinstance(innermost, ssl.SSLError) and innermost.reason in NOT_TLS:
            return NoResponseError(f"{url} does not answer with TLS: use http:// or another port", is_final=True)
        if isinstance(innermost, ssl.SSLError) and REFUSALS.search(innermost.reason or ""):
            alert = innermost.reason.lower().replace("_", " ")
            asks = "asks" if "certificate required" in alert else f"ended the TLS connection ({alert}); it may ask"
            remedy = "which travis-pypi-deploy cannot send: upload with twine --client-cert"
            return NoResponseError(f"{url} {asks} for a client certificate, {remedy}", is_final=True, is_refused=True)
        is_new = any(isinstance(each, NewConnectionError) for each in errors)  # it is a ConnectTimeoutError, too
        if not is_new and any(isinstance(each, ConnectTimeoutError) for each in errors):
            return NoResponseError(f"no connection to {url} within {self._connect_seconds:g} s")
        if is_new or any(isinstance(each, ProxyError) for each in errors):
            through = f" through the proxy ({PROXY_VARIABLES})" if self._proxies else ""
            return NoResponseError(f"cannot connect to {url}{through}: {cause}")
        if isinstance(innermost, socket.timeout) and is_sending:
            return NoResponseError(f"no progress in the upload to {url} for {self._connect_seconds:g} s")
        if isinstance(innermost, socket.timeout):
            return NoResponseError(f"no answer from {url} for {timeout:g} s (--timeout)")
        if isinstance(error, ValueError):
            why = f"its host, or the http(s) URL of the proxy ({PROXY_VARIABLES}), is not valid"  # may hold a password
            return NoResponseError(f"cannot connect to {url}: {why}", is_final=True)
        if isinstance(error, requests.ConnectionError):
            what = "was lost" if is_sending else "was lost before the answer came"
            return NoResponseError(f"the connection to {url} {what}: {cause}")
        return NoResponseError(f"the request to {url} failed: {cause}", is_final=True)


class Session(requests.Session):
    """A session that takes no answer for a redirect: requests would read all of its body, also if it follows none."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Return None: there is nothing to follow."""


class Adapter(HTTPAdapter):
    """Connections with our block size and our trusted certificates, through a proxy if there is one."""

    def __init__(self, tls: ssl.SSLContext | None) -> None:
        super().__init__()
        self._tls = tls
        self.init_poolmanager(DEFAULT_POOLSIZE, DEFAULT_POOLSIZE, ssl_context=tls, blocksize=SEND_BLOCK_BYTES)

    def proxy_manager_for(self, proxy: str, **arguments: object) -> urllib3.ProxyManager:
        """Return the pools of connections through a proxy."""
        tls = {"ssl_context": self._tls, "proxy_ssl_context": self._tls}
        return super().proxy_manager_for(  # type: ignore[no-any-return] # requests has no types
            proxy, **arguments, **tls, blocksize=SEND_BLOCK_BYTES
        )

    def cert_verify(self, conn: urllib3.HTTPConnectionPool, *_: object) -> None:
        """Let a pool make our connections, and require a certificate that the context trusts.

        requests would read all certificates again for each connection.
        """
        conn.ConnectionCls = _Connection
        if isinstance(conn, urllib3.HTTPSConnectionPool):
            conn.ConnectionCls = _TLSConnection
            conn.cert_reqs = "CERT_REQUIRED"


class _Connection(HTTPConnection):
    """A connection that reads an early answer over TLS, too, and that can be used again only if it was expensive."""

    connecting_seconds = 0.0  # until it is connected
    has_stalled = False  # its server takes no more of a body

    @property
    def has_connected_to_proxy(self) -> bool:
        """Whether an error is no longer one of connecting; urllib3 forgets it when an answer is lost."""
        return self.connecting_seconds > 0

    @property
    def is_connected(self) -> bool:
        """Whether it can be used again: an answer that nobody asked for would count as that to the next request."""
        if self.sock is None or self.has_stalled or self.connecting_seconds < EXPENSIVE_CONNECTION_SECONDS:
            return False
        time.sleep(UNASKED_ANSWER_SECONDS)
        return super().is_connected and not (isinstance(self.sock, ssl.SSLSocket) and self.sock.pending())

    def connect(self) -> None:
        self.connecting_seconds, self.has_stalled, begun = 0.0, False, time.monotonic()
        try:
            super().connect()
        except socket.timeout as error:  # in TLS or at a proxy; urllib3 would report it as an answer that took too long
            raise ConnectTimeoutError(self, "timed out") from error
        self.connecting_seconds = time.monotonic() - begun

    def send(self, data: SupportsRead[bytes] | Iterable[Buffer] | Buffer | str) -> None:
        try:
            super().send(data)
        except (ssl.SSLEOFError, socket.timeout) as error:
            # The server may have answered early, and closed the connection (over TLS) or not. urllib3 reads the answer
            # only after a broken pipe.
            self.has_stalled = isinstance(error, socket.timeout)
            raise BrokenPipeError(str(error)) from error

    def getresponse(self) -> urllib3.HTTPResponse:  # type: ignore[override] # as in urllib3
        if self.has_stalled:
            self.timeout = EARLY_ANSWER_SECONDS
        return super().getresponse()


class _TLSConnection(_Connection, HTTPSConnection):
    """The same over TLS."""


@functools.cache
def tls_context(ca_bundle: str) -> ssl.SSLContext:
    """Return the context that trusts these certificates; reading them takes 12 ms, so it is done once."""
    location = Path(ca_bundle or DEFAULT_CA_BUNDLE_PATH)
    if not location.exists():
        raise OSError(f"{location} does not exist (REQUESTS_CA_BUNDLE)")
    context = urllib3.util.create_urllib3_context()
    if location.is_dir():
        context.load_verify_locations(capath=location)
    else:
        context.load_verify_locations(cafile=location)
    return context


def retry_after_seconds(value: str) -> float | None:
    """Return the seconds that a ``Retry-After`` header asks for, None without a readable one (RFC 9110, 10.2.3)."""
    text = value.strip()
    if re.fullmatch("[0-9]{1,9}", text):
        return float(text)
    try:  # a date without a zone is in UTC
        return max(0.0, calendar.timegm(parsedate_to_datetime(text).utctimetuple()) - time.time())
    except (TypeError, ValueError, OverflowError, IndexError, AttributeError):
        return None


def redirect_target(url: str, location: str) -> str | None:
    """Return the URL that a redirect leads to, None if it leaves the origin of ``url`` or is not a plain URL."""
    if not location or re.search(r"[^!-~]|\\", location):
        return None
    try:
        target = urljoin(url, location)
        return target if origin(target) == origin(url) else None
    except ValueError:
        return None


def chain(error: BaseException) -> tuple[BaseException, ...]:
    """Return an error and those that libraries have wrapped it around, the innermost last."""
    links = [error]
    while True:
        last = links[-1]
        wrapped = next((each for each in last.args if isinstance(each, BaseException)), None)
        inner = last.__cause__ or last.__context__ or wrapped
        if not isinstance(inner, LIBRARY_ERRORS) or inner in links:
            return tuple(links)
        links.append(inner)
