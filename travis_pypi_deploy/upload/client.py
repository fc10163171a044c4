"""One attempt to upload one distribution: the form, the request, and the answer."""

from __future__ import annotations

import os
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from requests_toolbelt import MultipartEncoder

from .. import http
from ..distributions import Distribution, stamp
from .outcome import UploadContext
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
    """The form with one file, as the HTTP client reads it; the main thread reads the progress, and can stop it.

    ``handed_over_at``: when the connection was given the last block; since then the index may get the whole file.
    ``is_sent``: the connection has asked for more after that. Only while it is ``opened`` it has a ``len`` to read.
    """

    def __init__(self, distribution: Distribution) -> None:
        self.distribution = distribution
        self._boundary = uuid.uuid4().hex
        self._lock = threading.Lock()
        self._is_stopped = False
        self.content_type = f"multipart/form-data; boundary={self._boundary}"
        self.reset()

    def reset(self) -> None:
        """Forget what was sent: the bytes of a failed attempt do not count."""
        with self._lock:
            self.sent_bytes = 0
            self.handed_over_at: float | None = None
            self.is_sent = False

    @contextmanager
    def opened(self) -> Iterator[None]:
        """Open the file for an attempt; raises ChangedFileError."""
        try:
            self._file = self.distribution.path.open("rb", buffering=0)
        except OSError as error:
            raise ChangedFileError(f"the file cannot be read any more ({error.strerror})") from error
        with self._file:
            self._require_unchanged("after the check")
            self.rewind()
            try:
                yield
            finally:
                del self._encoder  # it has a buffer, which would stay as long as the upload's result

    def rewind(self) -> None:
        """Begin with the first block."""
        self._file.seek(0)
        content = (self.distribution.filename, self._file, "application/octet-stream")
        fields = [*form_fields(self.distribution), ("content", content)]
        self._encoder = MultipartEncoder(fields, boundary=self._boundary)
        self.len: int = self._encoder.len
        self.reset()

    def read(self, size: int = http.SEND_BLOCK_BYTES, /) -> bytes:
        """Return the next block; an empty one means that the block before was sent.

        The last block of a file that was changed is not given out: an index cannot accept a body that ends early.
        Raises ChangedFileError, and StoppedError after ``stop``.
        """
        try:
            block: bytes = self._encoder.read(size)
        except OSError as error:
            raise ChangedFileError(f"the file cannot be read any more ({error.strerror})") from error
        is_last = self.handed_over_at is None and (not block or self.sent_bytes + len(block) >= self.len)
        if is_last:
            self._require_unchanged("during the upload")
        with self._lock:
            if block and self._is_stopped:
                raise StoppedError
            self.sent_bytes += len(block)
            if is_last:
                self.handed_over_at = time.monotonic()
        self.is_sent = not block
        return block

    def stop(self) -> None:
        """Let no further block go to the connection."""
        with self._lock:
            self._is_stopped = True

    def _require_unchanged(self, when: str) -> None:
        if stamp(os.fstat(self._file.fileno())) != self.distribution.stamp:
            raise ChangedFileError(f"the file was changed {when}")


def attempt(transfer: Transfer, context: UploadContext) -> Response:
    """Make one attempt and return the index's answer, or why there is none; raises ChangedFileError."""
    headers = {"Accept": ACCEPT, "Content-Type": transfer.content_type}
    if context.credentials:
        project = transfer.distribution.name
        headers["Authorization"] = context.credentials.authorization(project=project, now=time.time())
    with transfer.opened():
        try:
            answer = context.client.request(
                context.server.upload_url,
                headers=headers,
                body=transfer,
                limit_bytes=ANSWER_LIMIT_BYTES,
                timeout=context.timeout,
            )
        except http.NoResponseError as error:
            is_sent = transfer.is_sent and not error.is_refused
            return Response(0, str(error), is_sent=is_sent, is_final=error.is_final)
    return read_answer(answer, is_sent=transfer.is_sent, mask=context.client.mask)


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
