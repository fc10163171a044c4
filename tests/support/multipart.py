"""Takes a multipart/form-data body apart, and says no to one that is not exactly as RFC 7578 has it."""

from __future__ import annotations

import re
from dataclasses import dataclass

BOUNDARY = re.compile(r'multipart/form-data; boundary="?([^";]{1,70})"?')
FILENAME = re.compile(rb'; filename="([^"]+)"')
DISPOSITION = re.compile(rb'form-data; name="([^"]+)"(?:; filename="([^"]+)")?')


@dataclass(frozen=True)
class Part:
    """One part of a form; only a file has a file name and a content type."""

    name: str
    value: bytes
    filename: str | None = None
    content_type: str | None = None


def parts(content_type: str, body: bytes) -> tuple[Part, ...]:
    """Return the form's parts in order; raises ValueError for anything that is no such form."""
    form = BOUNDARY.fullmatch(content_type)
    if form is None:
        raise ValueError(f"no form: Content-Type is {content_type!r}")
    first, *middle, last = (b"\r\n" + body).split(b"\r\n--" + form[1].encode())
    if first or last.strip(b"\r\n") != b"--":
        raise ValueError("the form does not begin and end with its boundary")
    return tuple(_part(each) for each in middle)


def _part(text: bytes) -> Part:
    head, separator, value = text.partition(b"\r\n\r\n")
    if not separator or not head.startswith(b"\r\n"):
        raise ValueError("a part has no headers")
    lines = (line.split(b": ", 1) for line in head[2:].split(b"\r\n"))
    headers = {name.lower(): content for name, content in lines}
    disposition = DISPOSITION.fullmatch(headers[b"content-disposition"])
    if disposition is None:
        raise ValueError(f"a part's disposition is {headers[b'content-disposition']!r}")
    name, filename = disposition.groups()
    content_type = headers.get(b"content-type")
    return Part(
        name=name.decode(),
        value=value,
        filename=filename.decode() if filename else None,
        content_type=content_type.decode() if content_type else None,
    )
