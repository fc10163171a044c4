"""METADATA or PKG-INFO becomes fields."""

from __future__ import annotations

import email.parser
import re
import warnings
from typing import TYPE_CHECKING

import pkginfo
from pkginfo.distribution import HEADER_ATTRS

from ..errors import InvalidReleaseError

if TYPE_CHECKING:
    from collections.abc import Mapping


SIZE_LIMIT_BYTES = 4 * 1024 * 1024
HEADERS_LIMIT_BYTES = 1024 * 1024
HEADERS_LIMIT_LINES = 20_000
VALUE_LIMIT_CHARACTERS = 100_000

LINES_ARE_JOINED = ("description", "keywords")
FREE_TEXT = ("description", "license", "keywords", "summary")

NEWEST_VERSION = "2.5"
HEADERS = HEADER_ATTRS[NEWEST_VERSION]


def metadata_fields(metadata: bytes) -> dict[str, tuple[str, ...]]:
    """Return the fields by pkginfo's attribute names, all values in order, without empty and UNKNOWN ones.

    Raises InvalidReleaseError where there is more than anybody can have meant, and would want to wait for.
    """
    _check_headers(metadata)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what pkginfo says of unknown versions, the checks say better
        parsed = _parse(metadata)
        declared = parsed.metadata_version
        # The fields of a version that nobody knows are judged as well: they are read as the newest one's.
        parsed = parsed if tuple(parsed) else _parse(metadata, NEWEST_VERSION)
        fields = {attribute: _values(getattr(parsed, attribute)) for attribute in parsed}
    fields.update(_with_line_breaks(metadata, fields))
    fields["metadata_version"] = _values(declared)
    _check_values(fields)
    return {name: values for name, values in fields.items() if values}


def _with_line_breaks(metadata: bytes, fields: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Return the fields whose value has several lines, as it stands in the metadata: pkginfo joins the lines."""
    headers = email.parser.HeaderParser().parsestr(metadata.decode("utf-8", "replace"))
    whole = {attribute: headers.get(header) for header, attribute, several in HEADERS if not several}
    return {
        attribute: (value.replace("\r\n", "\n"),)
        for attribute, value in whole.items()
        if attribute not in LINES_ARE_JOINED and fields.get(attribute) and isinstance(value, str) and "\n" in value
    }


def _check_headers(metadata: bytes) -> None:
    headers = re.split(rb"\r?\n\r?\n|\r\r", metadata, maxsplit=1)[0]
    if len(headers) > HEADERS_LIMIT_BYTES:
        raise InvalidReleaseError(f"its metadata has more than {HEADERS_LIMIT_BYTES} bytes of headers")
    if len(headers.splitlines()) > HEADERS_LIMIT_LINES:
        raise InvalidReleaseError(f"its metadata has more than {HEADERS_LIMIT_LINES} lines of headers")


def _check_values(fields: Mapping[str, tuple[str, ...]]) -> None:
    for name in fields.keys() - FREE_TEXT:
        if any(len(value) > VALUE_LIMIT_CHARACTERS for value in fields[name]):
            raise InvalidReleaseError(f"its {name} has more than {VALUE_LIMIT_CHARACTERS} characters")


def _parse(metadata: bytes, version: str | None = None) -> pkginfo.Distribution:
    parsed = pkginfo.Distribution()
    parsed.metadata_version = version
    parsed.parse(metadata)
    return parsed


def _values(value: object) -> tuple[str, ...]:
    values = value if isinstance(value, (list, tuple)) else (value,)
    # A Content-Type header can make the description a list of messages, which is none.
    return tuple(each for each in values if isinstance(each, str) and _says_something(each))


def _says_something(value: str) -> bool:
    return value.strip() not in ("", "UNKNOWN")
