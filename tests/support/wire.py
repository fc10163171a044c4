"""Macaroons of version 2, written byte by byte, with any location, caveats and signature."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

IDENTIFIER = "8f7f0c1e-4d6a-4f0e-9a53-2d4f5f0c6b11"
SIGNATURE = b"s" * 32


def macaroon(location: str = "index.example", *, caveats: Sequence[bytes] = (), signature: bytes = SIGNATURE) -> bytes:
    """Return the wire format of a macaroon."""
    opening = b"\x02" + field(1, location.encode()) + field(2, IDENTIFIER.encode()) + b"\0"
    sections = b"".join(field(2, caveat) + b"\0" for caveat in caveats)
    return opening + sections + b"\0" + field(6, signature)


def field(kind: int, value: bytes) -> bytes:
    """Return a field with a value of less than 16 KiB."""
    size = len(value)
    return bytes([kind]) + (bytes([size]) if size < 0x80 else bytes([size & 0x7F | 0x80, size >> 7])) + value


def token(wire: bytes) -> str:
    """Return the API token that holds a macaroon."""
    return "pypi-" + base64.urlsafe_b64encode(wire).rstrip(b"=").decode()
