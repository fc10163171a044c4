"""METADATA or PKG-INFO becomes fields."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pkginfo

SIZE_LIMIT_BYTES = 8 * 1024 * 1024
HEADER_LIMIT_BYTES = 1024 * 1024

NEWEST_VERSION = "2.5"


def metadata_fields(metadata: bytes) -> dict[str, tuple[str, ...]]:
    """Return the fields by pkginfo's attribute names, all values in order, without empty and UNKNOWN ones."""
    parsed = _parse(metadata)
    declared = parsed.metadata_version
    if not tuple(parsed):
        # Nobody knows that version, which is for the checks to say: they want the other fields too.
        parsed = _parse(metadata, version=NEWEST_VERSION)
    fields: dict[str, tuple[str, ...]] = {"metadata_version": (declared or "",)}
    for attribute in parsed:
        value: object = getattr(parsed, attribute)
        values = value if isinstance(value, (list, tuple)) else (value,)
        # A hostile Content-Type header makes the description a list of messages.
        fields[attribute] = tuple(each for each in values if isinstance(each, str) and _says_something(each))
    return {name: values for name, values in fields.items() if values}


def _parse(metadata: bytes, version: str | None = None) -> pkginfo.Distribution:
    import pkginfo

    parsed = pkginfo.Distribution()
    parsed.metadata_version = version
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        parsed.parse(metadata)
    return parsed


def _says_something(value: str) -> bool:
    return value.strip() not in ("", "UNKNOWN")
