"""HTTP to one origin: answers of a limited size, proxies, redirects, and one kind of error."""

from __future__ import annotations

import re
import socket
import ssl
from base64 import b64encode
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPException
from io import BytesIO
from typing import TYPE_CHECKING, Protocol
from urllib.parse import unquote, urljoin

import requests
import urllib3
from urllib3.exceptions import ConnectTimeoutError, LocationParseError, NewConnectionError, ProxyError

from . import __version__
from .servers import is_loopback, origin
from .transport import CONNECT_SECONDS, Adapter, tls_context

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

USER_AGENT = f"travis-pypi-deploy/{__version__}"
READ_BLOCK_BYTES = 64 * 1024
REDIRECTS_LIMIT = 3
PROXY_VARIABLES = "HTTPS_PROXY, HTTP_PROXY, ALL_PROXY"
UNKNOWN_ISSUER_CODES = (18, 19, 20)  # OpenSSL: self-signed, or no issuer found
NOT_TLS = {"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "HTTPS_PROXY_REQUEST", "PACKET_LENGTH_TOO_LONG"}


@dataclass(frozen=True)
class Response:
    """An answer; ``cut`` says why the body is not whole, empty if it is."""

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
    """What a POST sends. ``is_sent``: all of it was given to the connection."""

    len: int
    is_sent: bool

    def read(self, size: int) -> bytes:
        """Return the next block, empty at the end."""
        ...


class Client:
    """Sends requests to the origin of one URL, over kept-open connections; threads may share it.

    The ``timeout`` of a request is in seconds: without progress while sending, and in total for the answer. Connecting
    has a limit of its own, CONNECT_SECONDS.
    """

    def __init__(self, url: str, *, connections: int = 1) -> None:
        self._origin = origin(url)
        settings = requests.Session().merge_environment_settings(url, {}, None, None, None)
        # Credentials over plain http may go to loopback, so no proxy may see them.
        self._proxies: dict[str, str] = {} if is_loopback(url) else dict(settings["proxies"])
        self._proxy_secrets = tuple(_secrets(self._proxies.values()))
        self._ca_bundle = settings["verify"] if isinstance(settings["verify"], str) else ""
        self._adapter: Adapter | None = None
        self._connections = connections

    def get(self, url: str, *, headers: Mapping[str, str], limit_bytes: int, timeout: float) -> Response:
        """Return the answer to a GET; raises NoResponseError."""
        request = requests.Request("GET", url, headers={**headers, "Accept-Encoding": "gzip"})
        return self._request(request, None, limit_bytes, timeout)

    def post(self, url: str, *, headers: Mapping[str, str], body: Body, limit_bytes: int, timeout: float) -> Response:
        """Return the answer to a POST; raises NoResponseError, and the errors of ``body``."""
        return self._request(requests.Request("POST", url, headers=headers, data=body), body, limit_bytes, timeout)

    def _request(self, request: requests.Request, body: Body | None, limit_bytes: int, timeout: float) -> Response:
        url = request.url
        request.headers["User-Agent"] = USER_AGENT
        try:
            prepared = request.prepare()
            if origin(prepared.url or "") != self._origin:
                raise NoResponseError(f"{url} is not on the server's own host", is_final=True)
            response = self._opened().send(prepared, stream=True, timeout=timeout, proxies=self._proxies)
            with closing(response):
                return self._read(url, response, limit_bytes)
        except (OSError, ValueError, HTTPException, urllib3.exceptions.HTTPError) as error:
            raise self._no_response(error, url, body, timeout) from error

    def _opened(self) -> Adapter:
        if self._adapter is None:
            needs_tls = self._origin[0] == "https" or bool(self._proxies)
            self._adapter = Adapter(tls_context(self._ca_bundle) if needs_tls else None, self._connections)
        return self._adapter

    def _read(self, url: str, response: requests.Response, limit_bytes: int) -> Response:
        """Return the answer; a status is an answer even where its body breaks off."""
        body, cut = BytesIO(), ""  # BytesIO gives out its bytes without a copy
        try:
            while block := response.raw.read1(READ_BLOCK_BYTES, decode_content=True):
                body.write(block)
                if body.tell() > limit_bytes:
                    body.truncate(limit_bytes)
                    cut = f"it is larger than {limit_bytes // 1024} KiB"
                    break
        except (OSError, ValueError, HTTPException, urllib3.exceptions.HTTPError) as error:
            cut = root_cause(error)
        return Response(
            url=url,
            status=response.status_code,
            reason=self._masked(response.reason or ""),
            headers=response.headers,
            body=self._masked_bytes(body.getvalue()),
            cut=self._masked(cut),
        )

    def _masked(self, text: str) -> str:
        """Return the text without the credentials of a proxy, which may echo them."""
        for secret in self._proxy_secrets:
            text = text.replace(secret, "***")
        return text

    def _masked_bytes(self, body: bytes) -> bytes:
        for secret in self._proxy_secrets:
            body = body.replace(secret.encode(), b"***")
        return body

    def _no_response(self, error: Exception, url: str, body: Body | None, timeout: float) -> NoResponseError:
        """Return what an error of requests, urllib3 or a socket means."""
        errors = chain(error)
        kinds = {type(each) for each in errors}
        certificate = next((each for each in errors if isinstance(each, ssl.SSLCertVerificationError)), None)
        if certificate is not None:
            return NoResponseError(self._untrusted(url, certificate), is_final=True)
        if any(isinstance(each, ssl.SSLError) and each.reason in NOT_TLS for each in errors):
            return NoResponseError(f"{url} does not answer with TLS: use http:// or another port", is_final=True)
        if ConnectTimeoutError in kinds:
            return NoResponseError(f"no connection to {url} within {min(CONNECT_SECONDS, timeout):g} s")
        if any(isinstance(each, (socket.timeout, requests.Timeout)) for each in errors):
            what = "no answer" if body is None or body.is_sent else "no progress"
            return NoResponseError(f"{what} from {url} for {timeout:g} s (--timeout)")
        if any(isinstance(each, (LocationParseError, requests.exceptions.InvalidURL)) for each in errors):
            # Such an error repeats the URL, which for a proxy holds a password.
            return NoResponseError(
                f"cannot connect to {url}: its host, or the URL of the proxy ({PROXY_VARIABLES}), is not valid",
                is_final=True,
            )
        cause = self._masked(root_cause(error))
        # urllib3 calls it a ProxyError, too, if a connection through a proxy is lost later.
        if {ProxyError, NewConnectionError} <= kinds or cause.startswith("Tunnel connection failed"):
            return NoResponseError(f"cannot connect to {url} through the proxy ({PROXY_VARIABLES}): {cause}")
        if isinstance(error, requests.ConnectionError):
            if any(isinstance(each, (NewConnectionError, ssl.SSLError)) for each in errors):
                what = f"cannot connect to {url}"
            elif body is None or body.is_sent:
                what = f"the connection to {url} was lost before the answer came"
            else:
                what = f"the connection to {url} was lost"
            return NoResponseError(f"{what}: {cause}")
        return NoResponseError(f"the request to {url} failed: {cause}", is_final=True)

    def _untrusted(self, url: str, error: ssl.SSLCertVerificationError) -> str:
        reason = f"the certificate of {url} is not trusted: {root_cause(error)}"
        is_unknown = error.verify_code in UNKNOWN_ISSUER_CODES
        if self._ca_bundle and is_unknown:
            return f"{reason}. Add the certificate of its CA to {self._ca_bundle} (REQUESTS_CA_BUNDLE)"
        if self._ca_bundle:
            return f"{reason}. The trusted certificates are those in {self._ca_bundle} (REQUESTS_CA_BUNDLE)"
        if is_unknown:
            return f"{reason}. For a private CA, set REQUESTS_CA_BUNDLE to the file with its certificate"
        return reason


def redirect_target(url: str, location: str) -> str | None:
    """Return the URL that a redirect leads to, None if it leaves the origin of ``url`` or is not a plain URL.

    The decision is made on the URL that the HTTP library will use.
    """
    if not location or re.search(r"[^!-~]|\\", location):
        return None
    try:
        target = requests.Request("GET", urljoin(url, location)).prepare().url or ""
        return target if origin(target) == origin(url) else None
    except (ValueError, OSError):
        return None


def chain(error: BaseException) -> tuple[BaseException, ...]:
    """Return an error and those that libraries have wrapped it around, the innermost last."""
    links = [error]
    while inner := next((each for each in _wrapped_in(links[-1]) if each not in links), None):
        links.append(inner)
    return tuple(links)


def root_cause(error: BaseException) -> str:
    """Return the text of the innermost error that libraries have wrapped, in one line."""
    innermost = chain(error)[-1]
    if isinstance(innermost, ssl.SSLCertVerificationError):
        return str(innermost.verify_message).rstrip(".")
    strerror = innermost.strerror if isinstance(innermost, OSError) else None
    return " ".join((strerror or str(innermost)).split()).rstrip(".") or type(innermost).__name__


def _wrapped_in(error: BaseException) -> Iterator[BaseException]:
    candidates = (getattr(error, "reason", None), *error.args, error.__cause__)
    yield from (each for each in candidates if isinstance(each, BaseException))
    if isinstance(error.__context__, OSError):  # any other is what a library tried first
        yield error.__context__


def _secrets(proxy_urls: Iterable[str]) -> Iterator[str]:
    """Yield the credentials in the URLs of proxies, in every form in which a proxy may echo them."""
    for url in proxy_urls:
        userinfo = re.sub(r"^\w+://", "", url).rpartition("@")[0]
        password = userinfo.partition(":")[2]
        if password:
            yield from (b64encode(unquote(userinfo).encode()).decode(), password, unquote(password))
