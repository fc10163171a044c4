r"""The wire format of macaroons, both binary versions of it: read one, append a caveat, write it.

Source: ``doc/format.txt`` of libmacaroons. Version 1 is a row of packets ``LLLLkey value\n``, LLLL being the
whole packet's length in hexadecimal digits. Version 2 is the byte 2 and a row of fields, each a type, a
length (both varints) and the value; type 0 stands alone and ends a section.
"""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

SIGNATURE_BYTES = 32
VARINT_BYTES_LIMIT = 4  # 256 MiB: no token is longer, and a forged one must not cost time

V2_END, V2_IDENTIFIER, V2_SIGNATURE = 0, 2, 6
V1_KINDS = {b"location": "l", b"identifier": "i", b"cid": "c", b"vid": "v", b"cl": "o", b"signature": "s"}
V2_KINDS = {V2_END: ".", 1: "l", V2_IDENTIFIER: "i", 4: "v", V2_SIGNATURE: "s"}
V1_GRAMMAR = re.compile(r"li(c(vo)?)*s")
V2_GRAMMAR = re.compile(r"l?i\.(i\.|l?iv\.)*\.s")
V1_FIRST_PARTY = re.compile(r"c(?!v)")
V2_FIRST_PARTY = re.compile(r"(?<=\.)i(?=\.)")


@dataclass(frozen=True)
class Macaroon:
    """A macaroon as it was read.

    ``caveats`` are the first-party ones; others travel along unread. ``opening`` is all up to where the next
    caveat belongs, so that what was read is never written in another way.
    """

    version: Literal[1, 2]
    location: str
    identifier: str = field(repr=False)
    caveats: tuple[bytes, ...] = field(repr=False)
    opening: bytes = field(repr=False)
    signature: bytes = field(repr=False)


def decode(wire: bytes) -> Macaroon:
    """Return the macaroon that ``wire`` is.

    Raises ValueError where it is none, is not whole, or goes on after its end.
    """
    version, fields = _version(wire), tuple(_fields(wire))
    kinds = "".join(each.kind for each in fields)
    grammar, first_party = (V1_GRAMMAR, V1_FIRST_PARTY) if version == 1 else (V2_GRAMMAR, V2_FIRST_PARTY)
    if not grammar.fullmatch(kinds):
        raise ValueError("fields are missing or in another order than a macaroon's")
    if len(fields[-1].value) != SIGNATURE_BYTES:
        raise ValueError("the signature has another length than SHA-256")
    return Macaroon(
        version=version,
        location=fields[0].value.decode() if kinds[0] == "l" else "",
        identifier=fields[kinds.index("i")].value.decode(),
        caveats=tuple(fields[match.start()].value for match in first_party.finditer(kinds)),
        opening=wire[: fields[-1 if version == 1 else -2].start],
        signature=fields[-1].value,
    )


def location(wire: bytes) -> str | None:
    """Return the location of a macaroon of which the beginning is left at least; None where it has none."""
    try:
        first = next(_fields(wire), None)
        return first.value.decode() if first and first.kind == "l" else None
    except ValueError:
        return None


def append(macaroon: Macaroon, caveat: bytes) -> Macaroon:
    """Return ``macaroon`` restricted by one more first-party caveat.

    The new signature is the HMAC-SHA256 of the caveat under the old one: nobody can take the caveat away.
    """
    if macaroon.version == 1:
        wire = _packet(b"cid", caveat)
    else:
        wire = _field(V2_IDENTIFIER, caveat) + bytes([V2_END])
    return replace(
        macaroon,
        caveats=(*macaroon.caveats, caveat),
        opening=macaroon.opening + wire,
        signature=hmac.digest(macaroon.signature, caveat, "sha256"),
    )


def encode(macaroon: Macaroon) -> bytes:
    """Return the wire format of ``macaroon``, in the version in which it was read."""
    if macaroon.version == 1:
        return macaroon.opening + _packet(b"signature", macaroon.signature)
    return macaroon.opening + bytes([V2_END]) + _field(V2_SIGNATURE, macaroon.signature)


class _Field(NamedTuple):
    """One field: a letter for its kind, its value, and where on the wire it starts."""

    kind: str
    value: bytes
    start: int


def _version(wire: bytes) -> Literal[1, 2]:
    return 2 if wire[:1] == b"\x02" else 1


def _fields(wire: bytes) -> Iterator[_Field]:
    return _fields_v1(wire) if _version(wire) == 1 else _fields_v2(wire)


def _fields_v1(wire: bytes) -> Iterator[_Field]:
    start = 0
    while start < len(wire):
        if not re.fullmatch(rb"[0-9a-fA-F]{4}", wire[start : start + 4]):
            raise ValueError("a packet does not begin with its length")
        end = start + int(wire[start : start + 4], 16)
        key, space, value = wire[start + 4 : end].partition(b" ")
        if end > len(wire) or not space or value[-1:] != b"\n":
            raise ValueError("a packet is not whole")
        yield _Field(V1_KINDS.get(key, "?"), value[:-1], start)
        start = end


def _fields_v2(wire: bytes) -> Iterator[_Field]:
    position = 1
    while position < len(wire):
        start = position
        kind, position = _varint(wire, position)
        size, position = _varint(wire, position) if kind != V2_END else (0, position)
        if position + size > len(wire):
            raise ValueError("a field is not whole")
        yield _Field(V2_KINDS.get(kind, "?"), wire[position : position + size], start)
        position += size


def _varint(wire: bytes, position: int) -> tuple[int, int]:
    number = 0
    for index, byte in enumerate(wire[position : position + VARINT_BYTES_LIMIT]):
        number |= (byte & 0x7F) << 7 * index
        if byte < 0x80:
            return number, position + index + 1
    raise ValueError("a number is not whole")


def _packet(key: bytes, value: bytes) -> bytes:
    content = key + b" " + value + b"\n"
    return b"%04x" % (len(content) + 4) + content


def _field(kind: int, value: bytes) -> bytes:
    return bytes([kind]) + _varint_bytes(len(value)) + value


def _varint_bytes(number: int) -> bytes:
    low, rest = number & 0x7F, number >> 7
    return bytes([low | 0x80]) + _varint_bytes(rest) if rest else bytes([low])
