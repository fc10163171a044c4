"""The wire format of PyPI's tokens, macaroons of version 2: read one with its limits, and narrow it.

Sources: ``doc/format.txt`` of libmacaroons; ``warehouse/macaroons/caveats`` of pypi/warehouse. Version 2 is the byte
2 and a row of fields, each a type, a length (both varints) and the value; type 0 stands alone and ends a section.
Caveats are JSON: arrays that begin with a tag; objects in older tokens.
"""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

VERSION = b"\x02"
SIGNATURE_BYTES = 32
VARINT_BYTES_LIMIT = 4  # 256 MiB: no token is longer, and a forged one must not cost time

END, LOCATION, IDENTIFIER, SIGNATURE = 0, 1, 2, 6
TYPES = re.compile(rb"\x01\x02\x00(\x02\x00)*\x00\x06")  # location, identifier, caveats, signature

VALIDITY, PROJECT_NAMES = 0, 1


@dataclass(frozen=True)
class Macaroon:
    """A macaroon as it was read, with the limits that can be checked here; only the index knows the other ones.

    It is valid from ``not_before`` on and before ``expires_at``, both in seconds of Unix time, for ``projects``, whose
    names are normalized. None: no such limit. ``opening`` is everything up to where the next caveat belongs.
    """

    location: str
    expires_at: int | None
    not_before: int | None
    projects: frozenset[str] | None
    opening: bytes = field(repr=False)
    signature: bytes = field(repr=False)


def decode(wire: bytes) -> Macaroon:
    """Return the macaroon; raises ValueError if the bytes are not exactly one whole macaroon of version 2."""
    if wire[:1] != VERSION:
        raise ValueError("not a macaroon of version 2")
    fields = list(_fields(wire))
    if not TYPES.fullmatch(bytes(kind for kind, _, _ in fields)):
        raise ValueError("fields are missing or in the wrong order")
    (_, location, _), _, _, *caveats, (_, _, caveats_end), (_, signature, _) = fields
    if len(signature) != SIGNATURE_BYTES:
        raise ValueError("the signature has the wrong length")

    limits = [_limit(value) for kind, value, _ in caveats if kind == IDENTIFIER]
    periods = [each for each in limits if isinstance(each, tuple)]
    scopes = [each for each in limits if isinstance(each, frozenset)]
    return Macaroon(
        location=location.decode(),
        expires_at=min((expires_at for expires_at, _ in periods), default=None),
        not_before=max((not_before for _, not_before in periods), default=None),
        projects=frozenset.intersection(*scopes) if scopes else None,
        opening=wire[:caveats_end],
        signature=signature,
    )


def narrowed(macaroon: Macaroon, *, project: str, expires_at: int, not_before: int) -> bytes:
    """Return the wire format of the macaroon with two more caveats.

    Each new signature is the HMAC-SHA256 of the caveat under the one before, so that nobody can remove a caveat.
    """
    wire, signature = macaroon.opening, macaroon.signature
    for caveat in ([VALIDITY, expires_at, not_before], [PROJECT_NAMES, [normalized(project)]]):
        text = json.dumps(caveat, separators=(",", ":")).encode()
        wire += _field(IDENTIFIER, text) + bytes([END])
        signature = hmac.digest(signature, text, "sha256")
    return wire + bytes([END]) + _field(SIGNATURE, signature)


def beginning(location: str) -> bytes:
    """Return the first bytes of every macaroon of this location."""
    return VERSION + _field(LOCATION, location.encode())


def normalized(project: str) -> str:
    """Return the name of a project as PyPI compares it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", project).lower()


def _fields(wire: bytes) -> Iterator[tuple[int, bytes, int]]:
    """Yield the type, the value and the start of each field."""
    position = len(VERSION)
    while position < len(wire):
        start = position
        kind, position = _number(wire, position)
        size, position = _number(wire, position) if kind != END else (0, position)
        if position + size > len(wire):
            raise ValueError("a field is not whole")
        yield kind, wire[position : position + size], start
        position += size


def _number(wire: bytes, position: int) -> tuple[int, int]:
    """Return the varint at a position, and the position behind it."""
    number = 0
    for index, byte in enumerate(wire[position : position + VARINT_BYTES_LIMIT]):
        number |= (byte & 0x7F) << 7 * index
        if byte < 0x80:
            return number, position + index + 1
    raise ValueError("a number is not whole")


def _field(kind: int, value: bytes) -> bytes:
    wire, size = bytes([kind]), len(value)
    while size > 0x7F:
        wire += bytes([size & 0x7F | 0x80])
        size >>= 7
    return wire + bytes([size]) + value


def _limit(caveat: bytes) -> tuple[int, int] | frozenset[str] | None:
    """Return the end and the beginning of a validity, or the normalized names of projects; None for other caveats."""
    try:
        value = json.loads(caveat)
        if isinstance(value, dict) and "exp" in value:
            value = [VALIDITY, value["exp"], value["nbf"]]
        elif isinstance(value, dict):
            value = [PROJECT_NAMES, value["permissions"]["projects"]]
        tag, first, *rest = value
        if tag == VALIDITY and isinstance(first, int) and isinstance(rest[0], int):
            return first, rest[0]
        if tag == PROJECT_NAMES and isinstance(first, list):
            return frozenset(map(normalized, first))
    except (ValueError, RecursionError, LookupError, TypeError):  # not JSON, or JSON of another shape
        pass
    return None
