"""One attempt to post one distribution: the request, its redirects, and what came of it."""

from __future__ import annotations

import socket
import ssl
import time
from typing import TYPE_CHECKING

import requests
import urllib3
from requests_toolbelt import MultipartEncoder

from .. import __version__
from ..errors import chain, root_cause
from ..servers import proxies, redirect
from .body import Body, opened
from .form import form_fields
from .replies import NoAnswer, Reply, words_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..distributions import Distribution
    from .body import CheckedFile

ANSWER_LIMIT_BYTES = 16 * 1024
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

        ``authorization`` is the value of that header; ``told`` is called with the number of the file's bytes that were
        handed to the connection, and takes them back with a negative one if they were in vain. Raises ChangedFileError.
        """
        url = self._url
        for _ in range(REDIRECTS_LIMIT + 1):
            answer = self._post_to(url, distribution, authorization, told)
            if isinstance(answer, NoAnswer) or not 300 <= answer.status < 400:
                return answer
            target, is_own = redirect(url, answer.location or "")
            if answer.status not in (307, 308) or not answer.location or not is_own:
                return _refused_redirect(answer, url, target)
            url = target
        return NoAnswer(f"more than {REDIRECTS_LIMIT} redirects, the last from {url}", sent=False, is_final=True)

    def close(self) -> None:
        """Close the kept-open connection."""
        self._session.close()

    def _post_to(
        self, url: str, distribution: Distribution, authorization: str | None, told: Callable[[int], None]
    ) -> Reply | NoAnswer:
        with opened(distribution, told=told) as file:
            arrived = False
            try:
                answer = self._send(url, _body(distribution, file), authorization)
                arrived = answer.is_success
            finally:
                if not arrived:
                    told(file.len - file.size)
            return answer

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
                proxies=proxies(url),
                timeout=self._timeout,
                allow_redirects=False,
                stream=True,
            ) as response:
                reply = _reply(response, self._timeout)
        except (OSError, ValueError, urllib3.exceptions.HTTPError) as error:
            return _no_answer(error, url, body, timeout=self._timeout)
        if reply.is_success and not body.is_sent:
            return NoAnswer(f"{url} answered {reply.status} before the whole file was sent", sent=False)
        return reply


def _body(distribution: Distribution, file: CheckedFile) -> Body:
    content = (distribution.filename, file, "application/octet-stream")
    return Body(MultipartEncoder([*form_fields(distribution), ("content", content)]))


def _reply(response: requests.Response, timeout: float) -> Reply:
    """Return what was answered; a status is an answer even where its explanation breaks off."""
    headers = response.headers
    body = _start_of_answer(response, timeout)
    return Reply(
        status=response.status_code,
        words=words_of(response.status_code, response.reason or "", headers.get("Content-Type", ""), body),
        location=headers.get("Location"),
        retry_after=headers.get("Retry-After"),
    )


def _start_of_answer(response: requests.Response, seconds: float) -> bytes:
    """Return the answer's body as far as it comes in time and within bounds."""
    start = bytearray()
    until = time.monotonic() + seconds
    try:
        for byte in response.iter_content(1):  # a larger block would be waited for until it is full
            start += byte
            if len(start) >= ANSWER_LIMIT_BYTES or time.monotonic() > until:
                break
    except (OSError, urllib3.exceptions.HTTPError):
        pass
    return bytes(start)


def _refused_redirect(answer: Reply, url: str, target: str) -> NoAnswer:
    to = f"to {target}" if answer.location else "to nowhere"
    return NoAnswer(
        f"{url} redirects {to} ({answer.status}), which is not followed: credentials go to the server itself only. "
        "Give --server the address that takes uploads",
        sent=False,
        is_final=True,
    )


def _no_answer(error: Exception, url: str, body: Body, *, timeout: float) -> NoAnswer:
    """Return what an error of requests or urllib3 means for the upload."""
    errors = chain(error)
    if any(isinstance(each, ssl.SSLCertVerificationError) for each in errors):
        return NoAnswer(f"the certificate of {url} is not trusted: {root_cause(error)}", sent=False, is_final=True)
    if any(isinstance(each, (socket.timeout, requests.exceptions.Timeout)) for each in errors):
        what = "no answer" if body.is_sent else "no progress"
        return NoAnswer(f"{what} from {url} for {timeout:g} s (--timeout)", sent=body.is_sent)
    if isinstance(error, requests.exceptions.ConnectionError):
        what = "the connection broke" if body.is_begun else "no connection"
        when = " before the answer came" if body.is_sent else ""
        return NoAnswer(f"{what}{when}: {url}: {root_cause(error)}", sent=body.is_sent)
    return NoAnswer(f"cannot post to {url}: {root_cause(error)}", sent=body.is_sent, is_final=True)
