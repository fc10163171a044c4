"""One attempt to upload one distribution: the form, the request, its redirects, and the answer."""

from __future__ import annotations

import os
import threading
import time
from typing import BinaryIO

from requests_toolbelt import MultipartEncoder

from .. import http
from ..distributions import Distribution, stamp
from .response import CONTENT_LIMIT_CHARACTERS, Response, read_answer

ANSWER_LIMIT_BYTES = CONTENT_LIMIT_CHARACTERS + 1024  # longer than what is used of it by the longest form of a secret
ACCEPT = "application/json, text/html;q=0.5, text/plain;q=0.4"
# Form fields with other names than pkginfo's attributes: singular, as all lists but classifiers and project_urls.
FORM_NAMES = {
    "platforms": "platform",
    "supported_platforms": "supported_platform",
    "provides_extras": "provides_extra",
    "import_names": "import_name",
    "import_namespaces": "import_namespace",
}


class ChangedFileError(Exception):
    """The file on the disk is not the one that was read and checked, or cannot be read any more."""


class StoppedError(Exception):
    """The upload was stopped before its last block."""


class Transfer:
    """The progress of the current attempt to upload a file; the main thread reads it and can stop the attempt.

    ``handed_over_at``: when the connection was given the last block; since then the index may get the whole file.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._is_stopped = False
        self.sent_bytes = 0
        self.handed_over_at: float | None = None

    def begin(self) -> None:
        """Begin an attempt: what an earlier one has sent does not count."""
        with self._lock:
            self.sent_bytes, self.handed_over_at = 0, None

    def hand_over(self, count: int, *, is_last: bool) -> None:
        """Record that the connection gets the next block; raises StoppedError after ``stop``."""
        with self._lock:
            if self._is_stopped:
                raise StoppedError
            self.sent_bytes += count
            if is_last:
                self.handed_over_at = time.monotonic()

    def stop(self) -> None:
        """Let no further block go to the connection."""
        with self._lock:
            self._is_stopped = True


class UploadClient:
    """Uploads distributions to one URL; threads may share it. ``timeout``: seconds without progress or an answer."""

    def __init__(self, upload_url: str, client: http.Client, *, timeout: float) -> None:
        self._url = upload_url
        self._http = client
        self._timeout = timeout

    def attempt(self, distribution: Distribution, authorization: str | None, transfer: Transfer) -> Response:
        """Make one attempt and return the index's answer, or why there is none; raises ChangedFileError.

        ``authorization`` is the value of that header.
        """
        url = self._url
        for _ in range(http.REDIRECTS_LIMIT + 1):
            response = self._post(url, distribution, authorization, transfer)
            if not 300 <= response.status < 400:
                return response
            target = http.redirect_target(url, response.location)
            if response.status not in (307, 308) or target is None:
                where = f"to {self._http.mask(response.location)}" if response.location else "without a Location header"
                return Response(response.status, f"a redirect {where}, which is not followed", is_sent=response.is_sent)
            url = target
        words = f"more than {http.REDIRECTS_LIMIT} redirects from {self._url}"
        return Response(0, words, is_sent=False, is_final=True)

    def _post(self, url: str, distribution: Distribution, authorization: str | None, transfer: Transfer) -> Response:
        transfer.begin()
        with _opened(distribution) as file:
            try:
                body = Body(distribution, file, transfer)
            except UnicodeEncodeError:
                return Response(0, "its name or metadata cannot be encoded as UTF-8", is_sent=False, is_final=True)
            headers = {"Accept": ACCEPT, "Content-Type": body.content_type}
            if authorization:
                headers["Authorization"] = authorization
            try:
                answer = self._http.request(
                    url,
                    headers=headers,
                    body=body,
                    limit_bytes=ANSWER_LIMIT_BYTES,
                    timeout=self._timeout,
                    asked=self._url,
                )
            except http.NoResponseError as error:
                is_sent = body.is_sent and not error.is_refused
                return Response(0, str(error), is_sent=is_sent, is_final=error.is_final)
        if 200 <= answer.status < 300 and not body.is_sent:
            return Response(
                0, f"{answer.url} answered {answer.status} before the whole file was uploaded", is_sent=False
            )
        content_type = answer.headers.get("Content-Type", "")
        words, text, is_page = read_answer(
            answer.status, answer.reason, content_type, answer.body, mask=self._http.mask
        )
        return Response(
            status=answer.status,
            words=words,
            text=text,
            is_sent=body.is_sent,
            is_page=is_page or (answer.status < 300 and "html" in content_type and bool(answer.cut)),
            location=answer.headers.get("Location", ""),
            retry_after=http.retry_after_seconds(answer.headers.get("Retry-After", "")),
        )


def _opened(distribution: Distribution) -> BinaryIO:
    """Open a file for sending; raises ChangedFileError if it was changed or replaced since it was read, or is gone."""
    try:
        file = distribution.path.open("rb", buffering=0)
    except OSError as error:
        raise ChangedFileError(f"the file cannot be read any more ({error.strerror})") from error
    if stamp(os.fstat(file.fileno())) != distribution.stamp:
        file.close()
        raise ChangedFileError("the file was changed after the check")
    return file


class CheckedFile:
    """The file as the form's encoder reads it; ``len`` is what is left of it.

    It does not give out its last block if the file was changed: an index cannot accept a body that ends early.
    """

    def __init__(self, file: BinaryIO, distribution: Distribution) -> None:
        self._file = file
        self._stamp = distribution.stamp
        self.len = distribution.size

    def read(self, size: int) -> bytes:
        """Return the next ``size`` bytes; raises ChangedFileError."""
        wanted = min(size, self.len)
        try:
            block = self._file.read(wanted)
            is_changed = len(block) == self.len and stamp(os.fstat(self._file.fileno())) != self._stamp
        except OSError as error:
            raise ChangedFileError(f"the file cannot be read any more ({error.strerror})") from error
        if is_changed or (wanted and not block):
            raise ChangedFileError("the file was changed during the upload")
        self.len -= len(block)
        return block


class Body:
    """The encoded form, as the HTTP client reads it."""

    def __init__(self, distribution: Distribution, file: BinaryIO, transfer: Transfer) -> None:
        content = (distribution.filename, CheckedFile(file, distribution), "application/octet-stream")
        self._encoder = MultipartEncoder([*form_fields(distribution), ("content", content)])
        self._transfer = transfer
        self._left: int = self._encoder.len
        self.len: int = self._encoder.len
        self.content_type: str = self._encoder.content_type
        self.is_sent = False

    def read(self, size: int = http.SEND_BLOCK_BYTES, /) -> bytes:
        """Return the next block; an empty one means that the block before was sent."""
        block: bytes = self._encoder.read(size)
        self._left -= len(block)
        if block:
            self._transfer.hand_over(len(block), is_last=self._left <= 0)
        self.is_sent = not block
        return block


def form_fields(distribution: Distribution) -> tuple[tuple[str, str], ...]:
    """Return every field of the form but ``content``, one pair for each value.

    Source: PyPI's documentation (Upload API) and the core metadata specification. A wrong name is answered with success
    and silently loses the field.
    """
    return (
        (":action", "file_upload"),
        ("protocol_version", "1"),
        ("filetype", distribution.filetype),
        ("pyversion", distribution.pyversion),
        ("sha256_digest", distribution.sha256),
        *(
            (FORM_NAMES.get(attribute, attribute), value)
            for attribute, values in distribution.fields.items()
            for value in values
        ),
    )
