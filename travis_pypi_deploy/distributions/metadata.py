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
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what pkginfo says of unknown versions, the checks say better
        parsed = _parse(metadata)
        declared = parsed.metadata_version
        # The fields of a version that nobody knows are judged as well: they are read as the newest one's.
        parsed = parsed if tuple(parsed) else _parse(metadata, NEWEST_VERSION)
        fields = {attribute: _values(getattr(parsed, attribute)) for attribute in parsed}
    return {name: values for name, values in {**fields, "metadata_version": _values(declared)}.items() if values}


def _parse(metadata: bytes, version: str | None = None) -> pkginfo.Distribution:
    import pkginfo

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
