"""The members of a tar archive, in one forward pass within limits.

tarfile keeps every member in memory, reads headers of whatever size they claim and, before the fix of
CVE-2024-6232, takes quadratic time for some of them: here a broken or hostile archive costs no more than its
bytes. What is taken for a member, and for the end of the archive, is what tarfile takes for it, with which
PyPI reads sdists. The formats: POSIX.1-2001 (ustar, pax) and GNU tar.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from .gunzip import DamagedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .gunzip import Gunzip

BLOCK_BYTES = 512
EXTENSION_LIMIT_BYTES = 1024 * 1024
PAX_RECORD_LIMIT = 1000

PAX_HEADERS = (b"x", b"X")
PAX_GLOBAL_HEADER = b"g"
GNU_LONG_NAME = b"L"
GNU_LONG_LINK = b"K"
GNU_SPARSE = b"S"
EXTENSIONS = (*PAX_HEADERS, PAX_GLOBAL_HEADER, GNU_LONG_NAME, GNU_LONG_LINK)
TYPES_WITHOUT_CONTENTS = (b"1", b"2", b"3", b"4", b"5", b"6")
REGULAR_FILES = (b"0", b"\0")
NUMBERS = ((100, 108), (108, 116), (116, 124), (124, 136), (136, 148), (329, 337), (337, 345))


class Member(NamedTuple):
    """One member, its name as it stands in the archive but for slashes at the end, its size in bytes."""

    name: str
    size: int
    is_regular: bool
    is_sparse: bool


def members(stream: Gunzip) -> Iterator[Member]:
    """Yield the members, the stream standing at each one's contents, which may be read or left alone.

    Raises DamagedError where the archive breaks off or cannot be understood.
    """
    shared: dict[bytes, bytes] = {}
    while (header := _header_or_end(stream)) is not None:
        said = _Said(dict(shared))
        while header.kind in EXTENSIONS:
            said.take(header.kind, _extension(stream, header), shared)
            header = _header(stream)
        member = said.of(header)
        _skip_sparse_map(stream, header)
        contents = 0 if header.kind in TYPES_WITHOUT_CONTENTS else member.size
        end = stream.position + _padded(contents)
        yield member
        stream.skip(end - stream.position)


class _Header(NamedTuple):
    name: str
    size: int
    kind: bytes
    has_long_sparse_map: bool


@dataclass
class _Said:
    """What extended headers say of the member behind them."""

    records: dict[bytes, bytes]
    name: str | None = None

    def take(self, kind: bytes, contents: bytes, shared: dict[bytes, bytes]) -> None:
        """Take in one more extended header."""
        if kind == GNU_LONG_NAME:
            self.name = _text(contents)
        elif kind == PAX_GLOBAL_HEADER:
            shared.update(_pax_records(contents))
            self.records = {**shared, **self.records}
        elif kind in PAX_HEADERS:
            self.records.update(_pax_records(contents))

    def of(self, header: _Header) -> Member:
        """Return the member that ``header`` opens."""
        path = self.records.get(b"GNU.sparse.name", self.records.get(b"path"))
        size = self.records.get(b"size", b"")
        name = header.name if self.name is None else self.name
        return Member(
            name=(name if path is None else _text(path)).rstrip("/"),
            size=int(size) if size.isdigit() and len(size) < 20 else header.size,
            is_regular=header.kind in REGULAR_FILES,
            is_sparse=header.kind == GNU_SPARSE or any(key.startswith(b"GNU.sparse.") for key in self.records),
        )


class _NoHeaderError(DamagedError):
    """There is no header where one was looked for."""


def _header_or_end(stream: Gunzip) -> _Header | None:
    """Return the next header; None where the archive ends, which it does with anything that is none."""
    begins = stream.position == 0
    try:
        return _header(stream)
    except _NoHeaderError:
        if begins:
            raise
        return None


def _header(stream: Gunzip) -> _Header:
    block = stream.read(BLOCK_BYTES)
    try:
        return _parsed(block)
    except ValueError as error:
        start = stream.position - len(block)
        raise _NoHeaderError(f"its tar archive has {error} at byte {start}, not a header") from error


def _parsed(block: bytes) -> _Header:
    if len(block) < BLOCK_BYTES or not any(block):
        raise ValueError("its end")
    if _number(block[148:156]) not in _checksums(block):
        raise ValueError("a wrong checksum")
    numbers = {start: _number(block[start:end]) for start, end in NUMBERS}
    kind = block[156:157]
    name, prefix = _text(block[:100]), _text(block[345:500])
    if prefix and kind not in (GNU_LONG_NAME, GNU_LONG_LINK, GNU_SPARSE):
        name = f"{prefix}/{name}"
    if numbers[124] < 0:
        raise ValueError("a negative size")
    return _Header(name, numbers[124], kind, kind == GNU_SPARSE and block[482] != 0)


def _checksums(block: bytes) -> tuple[int, int]:
    """Return the sum of the header's bytes, unsigned and signed, its own field taken as spaces."""
    counted = block[:148] + b" " * 8 + block[156:]
    unsigned = sum(counted)
    return unsigned, unsigned - 256 * sum(byte > 0x7F for byte in counted)


def _number(field: bytes) -> int:
    """Return a number field's value: octal digits, or binary where the first byte is 0x80 or 0xFF."""
    if field[0] in (0x80, 0xFF):
        return int.from_bytes(field[1:], "big") - (256 ** (len(field) - 1) if field[0] == 0xFF else 0)
    return int(field.partition(b"\0")[0].decode("ascii").strip() or "0", 8)


def _text(field: bytes) -> str:
    return field.partition(b"\0")[0].decode("utf-8", "surrogateescape")


def _is_about_holes(key: bytes) -> bool:
    return key.startswith(b"GNU.sparse.")


def _extension(stream: Gunzip, header: _Header) -> bytes:
    if header.size > EXTENSION_LIMIT_BYTES:
        raise DamagedError(f"its tar archive has an extended header of {header.size} bytes")
    contents = stream.read(_padded(header.size))
    if len(contents) < header.size:
        raise DamagedError("it ends within an extended header")
    return contents[: header.size]


def _pax_records(contents: bytes) -> dict[bytes, bytes]:
    """Return the records of a pax header: ``LENGTH KEY=VALUE`` and a line break, which LENGTH counts too."""
    records: dict[bytes, bytes] = {}
    start = 0
    for _ in range(PAX_RECORD_LIMIT):
        digits, space, _rest = contents[start : start + 20].partition(b" ")
        if not space or not digits.isdigit() or int(digits) <= len(digits):
            return records
        end = start + int(digits)
        key, _, value = contents[start + len(digits) + 1 : end - 1].partition(b"=")
        records[key] = value
        start = end
    raise DamagedError(f"its tar archive has a pax header of more than {PAX_RECORD_LIMIT} records")


def _skip_sparse_map(stream: Gunzip, header: _Header) -> None:
    has_more = header.has_long_sparse_map
    while has_more:
        block = stream.read(BLOCK_BYTES)
        has_more = len(block) == BLOCK_BYTES and block[504] != 0


def _padded(size: int) -> int:
    return -(-size // BLOCK_BYTES) * BLOCK_BYTES
