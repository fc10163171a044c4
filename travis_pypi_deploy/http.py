"""HTTP to one origin: answers of a limited size, proxies, redirects, and one kind of error."""

from __future__ import annotations

import calendar
import functools
import re
import socket
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from io import BytesIO
from typing import Protocol
from urllib.parse import urljoin

import requests
import urllib3
from urllib3.exceptions import ConnectTimeoutError, LocationValueError, NewConnectionError

from . import __version__, transport
from .servers import is_loopback, origin

USER_AGENT = f"travis-pypi-deploy/{__version__}"
READ_BLOCK_BYTES = 64 * 1024
REDIRECTS_LIMIT = 3
PROXY_VARIABLES = "HTTPS_PROXY, HTTP_PROXY, ALL_PROXY"
UNKNOWN_ISSUER_CODES = (18, 19, 20)  # OpenSSL: self-signed, or no issuer found
NOT_TLS = {"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "HTTPS_PROXY_REQUEST", "PACKET_LENGTH_TOO_LONG"}
LIBRARY_ERRORS = (OSError, HTTPException, urllib3.exceptions.HTTPError)


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
    """There is no answer; the text says why. ``is_final``: a retry would not help."""

    def __init__(self, message: str, *, is_final: bool = False) -> None:
        super().__init__(message)
        self.is_final = is_final


class Body(Protocol):
    """The body of a POST. ``is_sent``: all of it was given to the connection."""

    len: int
    is_sent: bool

    def read(self, size: int) -> bytes:
        """Return the next block, empty at the end."""
        ...


class Client:
    """Sends requests to the origin of one URL, over kept-open connections; threads may share it.

    ``mask`` hides secrets in what servers and proxies say.
    """

    def __init__(self, url: str, *, connections: int = 1, mask: Callable[[str], str] = str) -> None:
        self.mask = mask
        self._origin = origin(url)
        settings = requests.Session().merge_environment_settings(url, {}, None, None, None)
        # Credentials over plain http may go to loopback, so no proxy may see them.
        self._proxy = None if is_loopback(url) else requests.utils.select_proxy(url, settings["proxies"])
        self._ca_bundle = settings["verify"] if isinstance(settings["verify"], str) else ""
        self._connections = connections

    @functools.cached_property
    def _pools(self) -> urllib3.PoolManager:
        """The connections; they are made for the first request, which fails if the proxy or the CAs are not valid."""
        tls = transport.tls_context(self._ca_bundle) if self._proxy or self._origin[0] == "https" else None
        return transport.open_pools(self._proxy, tls, connections=self._connections)

    def request(
        self, url: str, *, headers: Mapping[str, str], limit_bytes: int, timeout: float, body: Body | None = None
    ) -> HTTPResponse:
        """Return the answer to a GET, or to a POST of a body; raises NoResponseError, and the errors of ``body``.

        ``timeout`` is in seconds: without progress while sending, and in total for the answer. Connecting has a limit
        of its own, CONNECT_SECONDS.
        """
        headers = {"User-Agent": USER_AGENT, **headers}
        if body:
            headers["Content-Length"] = str(body.len)
        method = "POST" if body else "GET"
        try:
            if origin(url) != self._origin:
                raise NoResponseError(f"{url} is not on the server's own host", is_final=True)
            response = self._pools.urlopen(
                method, url, redirect=False, headers=headers, body=body, timeout=timeout, preload_content=False
            )
        except (*LIBRARY_ERRORS, ValueError) as error:
            raise self._no_response(error, url, timeout, is_sending=body is not None and not body.is_sent) from error

        # A status is an answer even where the body breaks off.
        content, cut = BytesIO(), ""  # BytesIO gives out its bytes without a copy
        try:
            while block := response.read1(READ_BLOCK_BYTES, decode_content=True):
                content.write(block)
                if content.tell() > limit_bytes:
                    content.truncate(limit_bytes)
                    cut = f"it is larger than {limit_bytes // 1024} KiB"
                    break
        except (*LIBRARY_ERRORS, ValueError) as error:
            cut = self.mask(root_cause(error))
        finally:
            response.close()
        reason = self.mask(response.reason or "")
        return HTTPResponse(url, response.status, reason, response.headers, content.getvalue(), cut)

    def _no_response(self, error: Exception, url: str, timeout: float, *, is_sending: bool) -> NoResponseError:
        """Return what an error of urllib3 or a socket means."""
        errors = chain(error)
        innermost, cause = errors[-1], self.mask(root_cause(error))
        if isinstance(innermost, ssl.SSLCertVerificationError):
            remedy = ""
            if self._ca_bundle:
                remedy = f". A CA is trusted only if its certificate is in {self._ca_bundle} (REQUESTS_CA_BUNDLE)"
            elif innermost.verify_code in UNKNOWN_ISSUER_CODES:
                remedy = ". For a private CA, set REQUESTS_CA_BUNDLE to the file with its certificate"
            return NoResponseError(f"the certificate of {url} is not trusted: {cause}{remedy}", is_final=True)
        if isinstance(innermost, ssl.SSLError) and innermost.reason in NOT_TLS:
            return NoResponseError(f"{url} does not answer with TLS: use http:// or another port", is_final=True)
        if any(isinstance(each, NewConnectionError) for each in errors):  # it is a ConnectTimeoutError, too
            through = f" through the proxy ({PROXY_VARIABLES})" if self._proxy else ""
            return NoResponseError(f"cannot connect to {url}{through}: {cause}")
        if any(isinstance(each, ConnectTimeoutError) for each in errors):
            return NoResponseError(f"no connection to {url} within {min(transport.CONNECT_SECONDS, timeout):g} s")
        if isinstance(innermost, socket.timeout):
            what = "no progress" if is_sending else "no answer"
            return NoResponseError(f"{what} from {url} for {timeout:g} s (--timeout)")
        if isinstance(error, (LocationValueError, UnicodeError)):
            why = f"its host, or the http(s) URL of the proxy ({PROXY_VARIABLES}), is not valid"  # may hold a password
            return NoResponseError(f"cannot connect to {url}: {why}", is_final=True)
        if isinstance(error, urllib3.exceptions.HTTPError):
            what = "was lost" if is_sending else "was lost before the answer came"
            return NoResponseError(f"the connection to {url} {what}: {cause}")
        return NoResponseError(f"the request to {url} failed: {cause}", is_final=True)


def retry_after_seconds(value: str) -> float | None:
    """Return the seconds that a ``Retry-After`` header asks for, None without a readable one (RFC 9110, 10.2.3)."""
    if value.strip().isdecimal():
        return float(value)
    try:  # a date without a zone is in UTC
        return max(0.0, calendar.timegm(parsedate_to_datetime(value).utctimetuple()) - time.time())
    except (TypeError, ValueError, OverflowError):
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
    while isinstance(inner := links[-1].__cause__ or links[-1].__context__, LIBRARY_ERRORS) and inner not in links:
        links.append(inner)
    return tuple(links)


def root_cause(error: BaseException) -> str:
    """Return the text of the innermost error that libraries have wrapped, in one line."""
    innermost = chain(error)[-1]
    if isinstance(innermost, ssl.SSLCertVerificationError):
        return str(innermost.verify_message).rstrip(".")
    strerror = innermost.strerror if isinstance(innermost, OSError) else None
    return " ".join((strerror or str(innermost)).split()).rstrip(".") or type(innermost).__name__
