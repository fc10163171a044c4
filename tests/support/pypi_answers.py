"""What PyPI answers to one upload, as it was seen; pure."""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Callable
from urllib.parse import urlsplit

from tests.support.misbehaviours import Answer, rejected, rejected_by_a_page
from tests.support.simple_pages import Stored

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.support.loopback_http import Request
    from tests.support.multipart import Part

Authorized = Callable[[str, str], bool]

DIGESTS: Mapping[str, Callable[[bytes], str]] = {
    "md5_digest": lambda content: hashlib.md5(content).hexdigest(),
    "sha256_digest": lambda content: hashlib.sha256(content).hexdigest(),
    "blake2_256_digest": lambda content: hashlib.blake2b(content, digest_size=32).hexdigest(),
}


@dataclass(frozen=True)
class Upload:
    """One upload that arrived whole: exactly what was sent, and what it says."""

    request: Request
    body: bytes
    parts: tuple[Part, ...]

    @property
    def fields(self) -> tuple[tuple[str, str], ...]:
        """Return the form's text fields in the order in which they were sent."""
        return tuple((part.name, part.value.decode()) for part in self.parts if part.filename is None)

    @property
    def file(self) -> Part:
        """Return the part that is the file; raises ValueError unless there is exactly one."""
        (file,) = (part for part in self.parts if part.filename is not None)
        return file

    @property
    def filename(self) -> str:
        """Return the file's name."""
        return self.file.filename or ""


def answer(upload: Upload, *, present: Stored | None, authorized: Authorized | None, url: str) -> Answer:
    """Return the answer of the index at ``url`` that publishes ``present`` under the file's name."""
    path = urlsplit(upload.request.path).path
    if path == "/legacy":
        return Answer(308, headers={"Location": f"{url}/legacy/"})
    status, words = _checked(path, upload, present, authorized, url)
    if status == 200:
        return Answer(200)
    by_json = "application/json" in upload.request.headers.get("accept", "")
    said = rejected(status, words) if by_json else rejected_by_a_page(status, words)
    return Answer(status, words, said.headers, said.body)


def _checked(
    path: str, upload: Upload, present: Stored | None, authorized: Authorized | None, url: str
) -> tuple[int, str]:
    if path != "/legacy/" or (":action", "file_upload") not in upload.fields:
        return 405, "Method Not Allowed"
    if authorized is not None and not authorized(*(basic_credentials(upload.request) or ("", ""))):
        return 403, (
            f"Invalid or non-existent authentication information. See {url}/help/#invalid-auth for more information."
        )
    if problem := digest_problem(dict(upload.fields), upload.file.value):
        return 400, problem
    if present is not None and present.content != upload.file.value:
        return 400, file_exists(present, url)
    return 200, ""


def raced(upload: Upload, *, before: Mapping[str, Stored], now: Mapping[str, Stored]) -> Answer | None:
    """Return what PyPI answers if another upload was committed after it had looked for the identical file.

    None: there was none in between that matters.
    """
    project = Stored(upload.filename, b"").project
    if upload.filename in now and upload.filename not in before:
        if upload.filename.endswith(".tar.gz"):
            return rejected(400, "Only one sdist may be uploaded per release.")
        return rejected(400, "This filename was previously used by a file that has since been deleted.")
    if project in {each.project for each in now.values()} - {each.project for each in before.values()}:
        return rejected(409, f"The name '{project}' conflicts with an existing project")
    return None


def basic_credentials(request: Request) -> tuple[str, str] | None:
    """Return user name and password of a request; None where it has none that can be read."""
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        username, colon, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return (username, password) if colon else None


def digest_problem(fields: Mapping[str, str], content: bytes) -> str:
    """Return what PyPI says of a form without a digest, or with one that is wrong; "" for a good one."""
    named = {name: digest for name, digest in DIGESTS.items() if name in fields}
    if not named:
        return "Error: Include at least one message digest."
    if any(fields[name] != digest(content) for name, digest in named.items()):
        return "The digest supplied does not match a digest calculated from the uploaded file."
    return ""


def file_exists(present: Stored, url: str) -> str:
    """Return what PyPI says where other content stands under the same name."""
    blake2 = DIGESTS["blake2_256_digest"](present.content)
    return (
        f"File already exists ('{present.filename}', with blake2_256 hash '{blake2}'). "
        f"See {url}/help/#file-name-reuse for more information."
    )
