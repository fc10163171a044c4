"""METADATA or PKG-INFO becomes fields."""

from __future__ import annotations

import email.parser
from collections.abc import Mapping, Sequence

from pkginfo.distribution import HEADER_ATTRS

METADATA_BYTES = 16 * 1024 * 1024  # no file of metadata is larger

# By metadata version: the header, its attribute, and whether it may occur more than once.
HEADERS: Mapping[str, Sequence[tuple[str, str, bool]]] = HEADER_ATTRS
NEWEST_HEADERS = list(HEADERS.values())[-1]

# Values that may have several lines. In all other fields a line break only folds a long line.
MULTILINE = """
author author_email maintainer maintainer_email license keywords platforms supported_platforms
requires provides obsoletes requires_external
""".split()

Headers = tuple[tuple[str, str], ...]


def parse(metadata: bytes) -> tuple[Headers, str]:
    """Return the headers, with their names in lower case, and the body.

    The body is never parsed, even if a Content-Type header says that it has parts.
    """
    try:
        text = metadata.decode()
    except UnicodeDecodeError:
        text = metadata.decode("latin-1")
    message = email.parser.HeaderParser().parsestr(text)
    return tuple((name.lower(), str(value)) for name, value in message.items()), str(message.get_payload())


def metadata_fields(headers: Headers, body: str) -> dict[str, tuple[str, ...]]:
    """Return the fields by pkginfo's attribute names, all values in order, without empty and UNKNOWN ones.

    The fields are those of the declared metadata version; of a version that is not known, those of the newest one.
    """
    values: dict[str, list[str]] = {}
    for name, value in headers:
        values.setdefault(name, []).append(value)
    declared = values.get("metadata-version", [""])[0].strip()

    fields: dict[str, tuple[str, ...]] = {}
    for header, attribute, is_multiple in HEADERS.get(declared, NEWEST_HEADERS):
        found = [_unfolded(attribute, value) for value in values.get(header.lower(), ())]
        if attribute == "description" and body:
            found = [body]
        if not is_multiple:
            found = found[:1]
        if found := [value for value in found if value.strip() not in ("", "UNKNOWN")]:
            fields[attribute] = tuple(found)
    return fields


def _unfolded(attribute: str, value: str) -> str:
    if attribute in MULTILINE:
        return value.replace("\r\n", "\n")
    if attribute == "description":  # distutils indented every line but the first by eight spaces
        return "\n".join(line.removeprefix(" " * 8) for line in value.strip().splitlines())
    return " ".join(line.strip() for line in value.splitlines())
