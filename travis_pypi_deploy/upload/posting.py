"""One attempt to post one distribution: the request, its redirects, and what came of it."""

from __future__ import annotations

import errno
import time
from typing import TYPE_CHECKING
from urllib.parse import urljoin

import requests
import urllib3
from requests_toolbelt import MultipartEncoder

from .. import __version__
from ..settings.servers import origin
from .body import Body, CheckedFile, check_unchanged
from .form import form_fields
from .replies import NoAnswer, Reply, words_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO

    from ..distributions import Distribution

BLOCK_BYTES = 256 * 1024
ANSWER_LIMIT_BYTES = 256 * 1024
REDIRECTS_LIMIT = 3
HEADERS = {
    "Accept": "application/json, text/html;q=0.5, text/plain;q=0.4",
    "User-Agent": f"travis-pypi-deploy/{__version__}",
}


class Poster:
    """Posts distributions to one upload URL over one kept-open connection; for one thread only.

    ``timeout`` is in seconds without progress or an answer.
    """

    def __init__(self, upload_url: str, *, timeout: float) -> None:
        self._url = upload_url
        self._timeout = timeout
        self._session = requests.Session()

    def post(
        self, distribution: Distribution, authorization: str | None, *, told: Callable[[int], None]
    ) -> Reply | NoAnswer:
        """Make one attempt and return the index's answer, or why there was none.

        ``authorization`` is the value of that header; ``told`` is called with the number of bytes that were handed to
        the connection, a negative one after a redirect. Raises ChangedFileError, and OSError where the file cannot be
        read any more.
        """
        url = self._url
        for _ in range(REDIRECTS_LIMIT + 1):
            with distribution.path.open("rb") as file:
                check_unchanged(file, distribution)
                body = _body(file, distribution, told)
                answer = self._send(url, body, authorization)
            if isinstance(answer, NoAnswer) or not 300 <= answer.status < 400:
                return answer
            target = urljoin(url, answer.location or "")
            if answer.status not in (307, 308) or not answer.location or origin(target) != origin(url):
                return _refused_redirect(answer, url, target)
            told(-body.sent_bytes)
            url = target
        return NoAnswer(f"more than {REDIRECTS_LIMIT} redirects, the last from {url}", sent=False, is_final=True)

    def close(self) -> None:
        """Close the kept-open connection."""
        self._session.close()

    def _send(self, url: str, body: Body, authorization: str | None) -> Reply | NoAnswer:
        headers = {**HEADERS, "Content-Type": body.content_type}
        if authorization:
            headers["Authorization"] = authorization
        try:
            with self._session.post(
                url,
                data=body,
                headers=headers,
                auth=lambda request: request,  # without any, requests would look into ~/.netrc
                timeout=self._timeout,
                allow_redirects=False,
                stream=True,
            ) as response:
                return self._reply(response)
        except requests.exceptions.RequestException as error:
            return _no_answer(error, url, body, timeout=self._timeout)

    def _reply(self, response: requests.Response) -> Reply:
        """Return what was answered; a status is an answer even where its explanation breaks off."""
        headers = response.headers
        return Reply(
            status=response.status_code,
            words=words_of(
                response.reason or "",
                headers.get("Content-Type", ""),
                _start_of_answer(response, self._timeout),
            ),
            location=headers.get("Location"),
            retry_after=headers.get("Retry-After"),
        )


def _body(file: BinaryIO, distribution: Distribution, told: Callable[[int], None]) -> Body:
    content = (distribution.filename, CheckedFile(file, distribution), "application/octet-stream")
    encoder = MultipartEncoder([*form_fields(distribution), ("content", content)])
    return Body(encoder, block_bytes=BLOCK_BYTES, told=told)


def _start_of_answer(response: requests.Response, seconds: float) -> bytes:
    """Return the answer's body as far as it comes in time and within bounds."""
    start = b""
    until = time.monotonic() + seconds
    try:
        for block in response.iter_content(4096):
            start += block
            if len(start) >= ANSWER_LIMIT_BYTES or time.monotonic() > until:
                break
    except (requests.exceptions.RequestException, urllib3.exceptions.HTTPError):
        pass
    return start


def _refused_redirect(answer: Reply, url: str, target: str) -> NoAnswer:
    to = f"to {target}" if answer.location else "to nowhere"
    return NoAnswer(
        f"{url} redirects {to} ({answer.status}), which is not followed: credentials go to the server itself only. "
        "Give --server the address that takes uploads",
        sent=False,
        is_final=True,
    )


def _no_answer(error: requests.exceptions.RequestException, url: str, body: Body, *, timeout: float) -> NoAnswer:
    sent = body.is_sent
    if isinstance(error, requests.exceptions.SSLError) and "CERTIFICATE_VERIFY_FAILED" in str(error):
        return NoAnswer(f"the certificate of {url} is not trusted: {_cause(error)}", sent=False, is_final=True)
    if isinstance(error, requests.exceptions.Timeout):
        what = "no answer" if sent else "no progress"
        return NoAnswer(f"{what} from {url} for {timeout:g} s (--timeout)", sent=sent)
    if isinstance(error, requests.exceptions.ConnectionError):
        what = "the connection broke before the answer came" if sent else "the connection broke"
        return NoAnswer(f"{what if body.sent_bytes else 'no connection'} to {url}: {_cause(error)}", sent=sent)
    return NoAnswer(f"{url}: {_cause(error)}", sent=sent, is_final=True)


def _cause(error: BaseException) -> str:
    """Return the innermost reason of an error that requests and urllib3 wrapped in each other."""
    inner: BaseException = error
    for _ in range(10):
        causes = (getattr(inner, "reason", None), *inner.args, inner.__cause__, inner.__context__)
        deeper = next((each for each in causes if isinstance(each, BaseException)), None)
        if deeper is None:
            break
        inner = deeper
    if isinstance(inner, OSError) and inner.errno in errno.errorcode and inner.strerror:
        return inner.strerror
    return str(inner) or type(inner).__name__
