"""The wire format of macaroons, version 2, and the caveats that PyPI writes: read one, append a caveat, write it.

Sources: ``doc/format.txt`` of libmacaroons; ``warehouse/macaroons/caveats`` of pypi/warehouse. Version 2 is the byte
2 and a row of fields, each a type, a length (both varints) and the value; type 0 stands alone and ends a section.
Caveats are JSON: arrays that begin with a tag; objects in older tokens.
"""

from __future__ import annotations

import hmac
import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Union

if TYPE_CHECKING:
    from collections.abc import Iterator

VERSION = b"\x02"
SIGNATURE_BYTES = 32
VARINT_BYTES_LIMIT = 4  # 256 MiB: no token is longer, and a forged one must not cost time

END, LOCATION, IDENTIFIER, VERIFICATION, SIGNATURE = 0, 1, 2, 4, 6
LETTERS = {END: ".", LOCATION: "l", IDENTIFIER: "i", VERIFICATION: "v", SIGNATURE: "s"}
GRAMMAR = re.compile(r"l?i\.(i\.|l?iv\.)*\.s")
FIRST_PARTY = re.compile(r"(?<=\.)i(?=\.)")

VALIDITY, PROJECT_NAMES = 0, 1


@dataclass(frozen=True)
class Validity:
    """Valid from ``not_before`` on and before ``expires_at``, both in seconds of Unix time."""

    expires_at: int
    not_before: int


@dataclass(frozen=True)
class ProjectNames:
    """Valid for the projects of these names."""

    names: tuple[str, ...]


Caveat = Union[Validity, ProjectNames]


@dataclass(frozen=True)
class Macaroon:
    """A macaroon as it was read.

    ``caveats`` are those that can be checked here; only the index knows what the others mean. ``opening`` is everything
    up to where the next caveat belongs.
    """

    location: str
    caveats: tuple[Caveat, ...]
    opening: bytes = field(repr=False)
    signature: bytes = field(repr=False)


def decode(wire: bytes) -> Macaroon:
    """Return the macaroon; raises ValueError if the bytes are not exactly one whole macaroon of version 2."""
    if wire[:1] != VERSION:
        raise ValueError("not a macaroon of version 2")
    parts = tuple(_fields(wire))
    letters = "".join(LETTERS.get(each.kind, "?") for each in parts)
    if not GRAMMAR.fullmatch(letters):
        raise ValueError("fields are missing or in the wrong order")
    if len(parts[-1].value) != SIGNATURE_BYTES:
        raise ValueError("the signature has the wrong length")
    caveats = (_caveat(parts[match.start()].value) for match in FIRST_PARTY.finditer(letters))
    return Macaroon(
        location=parts[0].value.decode() if parts[0].kind == LOCATION else "",
        caveats=tuple(each for each in caveats if each),
        opening=wire[: parts[-2].start],
        signature=parts[-1].value,
    )


def restrict(macaroon: Macaroon, *caveats: Caveat) -> Macaroon:
    """Return the macaroon with more caveats.

    Each new signature is the HMAC-SHA256 of the caveat under the one before, so that nobody can remove a caveat.
    """
    opening, signature = macaroon.opening, macaroon.signature
    for caveat in caveats:
        text = _dump(caveat)
        opening += bytes([IDENTIFIER]) + _varint(len(text)) + text + bytes([END])
        signature = hmac.digest(signature, text, "sha256")
    return Macaroon(macaroon.location, (*macaroon.caveats, *caveats), opening, signature)


def encode(macaroon: Macaroon) -> bytes:
    """Return the wire format."""
    return macaroon.opening + bytes([END, SIGNATURE]) + _varint(SIGNATURE_BYTES) + macaroon.signature


def beginning(location: str) -> bytes:
    """Return the first bytes of every macaroon of this location."""
    return VERSION + bytes([LOCATION]) + _varint(len(location)) + location.encode()


@dataclass(frozen=True)
class _Field:
    """One field: its type, its value, and where it starts."""

    kind: int
    value: bytes
    start: int


def _fields(wire: bytes) -> Iterator[_Field]:
    position = len(VERSION)
    while position < len(wire):
        start = position
        kind, position = _number(wire, position)
        size, position = _number(wire, position) if kind != END else (0, position)
        if position + size > len(wire):
            raise ValueError("a field is not whole")
        yield _Field(kind, wire[position : position + size], start)
        position += size


def _number(wire: bytes, position: int) -> tuple[int, int]:
    """Return the varint at a position, and the position behind it."""
    number = 0
    for index, byte in enumerate(wire[position : position + VARINT_BYTES_LIMIT]):
        number |= (byte & 0x7F) << 7 * index
        if byte < 0x80:
            return number, position + index + 1
    raise ValueError("a number is not whole")


def _varint(number: int) -> bytes:
    low, rest = number & 0x7F, number >> 7
    return bytes([low | 0x80]) + _varint(rest) if rest else bytes([low])


def _caveat(text: bytes) -> Caveat | None:
    """Return the caveat if it can be checked here, None for every other one."""
    try:
        value: object = json.loads(text.decode())
    except (ValueError, RecursionError):
        return None
    if isinstance(value, dict):
        permissions = value.get("permissions")
        if "exp" in value and "nbf" in value:
            value = [VALIDITY, value["exp"], value["nbf"]]
        elif isinstance(permissions, dict):
            value = [PROJECT_NAMES, permissions.get("projects")]
    if not isinstance(value, list) or len(value) < 2 or type(value[0]) is not int:
        return None
    tag, first, *rest = value
    if tag == VALIDITY and rest and type(first) is int and type(rest[0]) is int:
        return Validity(expires_at=first, not_before=rest[0])
    if tag == PROJECT_NAMES and isinstance(first, list) and all(isinstance(each, str) for each in first):
        return ProjectNames(tuple(first))
    return None


def _dump(caveat: Caveat) -> bytes:
    if isinstance(caveat, Validity):
        value: list[object] = [VALIDITY, caveat.expires_at, caveat.not_before]
    else:
        value = [PROJECT_NAMES, list(caveat.names)]
    return json.dumps(value, separators=(",", ":")).encode()
