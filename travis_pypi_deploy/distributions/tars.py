"""The members of a tar archive, in one forward pass within limits.

tarfile is not used, because malicious archives would cost it minutes and hundreds of megabytes: it reads extended
headers of any size, keeps every member, and on Python 3.9 to 3.12 without the fix of CVE-2024-6232 it takes quadratic
time even for valid headers (5 s for a value of 80,000 digits), so that they had to be parsed before it sees them.

PyPI reads sdists with tarfile, so this module finds the same members and the same end of the archive (the tests compare
the two). The formats are POSIX.1-2001 (ustar, pax) and GNU tar.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .gunzip import DamagedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .gunzip import Gunzip

BLOCK_BYTES = 512
MEMBER_LIMIT = 200_000
# For all members together; a name, a size and a date take some hundred bytes.
EXTENSIONS_LIMIT_BYTES = 16 * 1024 * 1024

PAX_HEADERS = (b"x", b"X")
PAX_GLOBAL_HEADER = b"g"
GNU_LONG_NAME = b"L"
GNU_LONG_LINK = b"K"
GNU_SPARSE = b"S"
EXTENSIONS = (*PAX_HEADERS, PAX_GLOBAL_HEADER, GNU_LONG_NAME, GNU_LONG_LINK)
TYPES_WITHOUT_CONTENTS = (b"1", b"2", b"3", b"4", b"5", b"6")
REGULAR_FILES = (b"0", b"\0")
PATH, SIZE, SPARSE, SPARSE_PATH = b"path", b"size", b"GNU.sparse.", b"GNU.sparse.name"
NUMBERS = ((100, 108), (108, 116), (116, 124), (124, 136), (136, 148), (329, 337), (337, 345))


@dataclass(frozen=True)
class Member:
    """One member: its name without slashes at the end, and its size in bytes."""

    name: str
    size: int
    is_regular: bool
    is_sparse: bool


def members(stream: Gunzip) -> Iterator[Member]:
    """Yield the members; the stream is at each one's contents, which may be read or not.

    Raises DamagedError if the archive is incomplete, malformed, or exceeds a limit.
    """
    shared: dict[bytes, bytes] = {}
    allowed = EXTENSIONS_LIMIT_BYTES
    count = 0
    while (header := _header_or_end(stream)) is not None:
        extended = _Extended(dict(shared))
        while header.kind in EXTENSIONS:
            allowed -= max(header.size, BLOCK_BYTES // 8)
            if allowed < 0:
                raise DamagedError(f"its extended headers take more than {EXTENSIONS_LIMIT_BYTES} bytes")
            extended.add(header.kind, _extension(stream, header), shared)
            header = _header(stream)
        count += 1
        if count > MEMBER_LIMIT:
            raise DamagedError(f"it has more than {MEMBER_LIMIT} members")
        member = extended.member(header)
        _skip_sparse_map(stream, header)
        contents = 0 if header.kind in TYPES_WITHOUT_CONTENTS else member.size
        end = stream.position + _padded(contents)
        yield member
        stream.skip(end - stream.position)


@dataclass(frozen=True)
class _Header:
    name: str
    size: int
    kind: bytes
    has_long_sparse_map: bool


@dataclass
class _Extended:
    """The values that extended headers give for the member behind them."""

    records: dict[bytes, bytes]
    name: str | None = None

    def add(self, kind: bytes, contents: bytes, shared: dict[bytes, bytes]) -> None:
        """Add the values of one more extended header."""
        if kind == GNU_LONG_NAME:
            self.name = _text(contents)
        elif kind == PAX_GLOBAL_HEADER:
            shared.update(_pax_records(contents))
            self.records = {**shared, **self.records}
        elif kind in PAX_HEADERS:
            self.records.update(_pax_records(contents))

    def member(self, header: _Header) -> Member:
        """Return the member that ``header`` begins."""
        path = self.records.get(SPARSE_PATH, self.records.get(PATH))
        size = self.records.get(SIZE, b"")
        name = header.name if self.name is None else self.name
        return Member(
            name=(name if path is None else _decoded(path)).rstrip("/"),
            size=int(size) if size.isdigit() and len(size) < 20 else header.size,
            is_regular=header.kind in REGULAR_FILES,
            is_sparse=header.kind == GNU_SPARSE or SPARSE in self.records,
        )


class _NoHeaderError(DamagedError):
    """There is no header at this place."""


def _header_or_end(stream: Gunzip) -> _Header | None:
    """Return the next header; None at the end of the archive, which is anything that is not a header."""
    is_first = stream.position == 0
    try:
        return _header(stream)
    except _NoHeaderError:
        if is_first:
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
    if not _is_checksum(_number(block[148:156]), block):
        raise ValueError("a wrong checksum")
    numbers = {start: _number(block[start:end]) for start, end in NUMBERS}
    kind = block[156:157]
    name, prefix = _text(block[:100]), _text(block[345:500])
    if prefix and kind not in (GNU_LONG_NAME, GNU_LONG_LINK, GNU_SPARSE):
        name = f"{prefix}/{name}"
    if numbers[124] < 0:
        raise ValueError("a negative size")
    return _Header(name, numbers[124], kind, kind == GNU_SPARSE and block[482] != 0)


def _is_checksum(number: int, block: bytes) -> bool:
    """Return whether it is the sum of the header's bytes, with spaces in its own field, or their signed sum."""
    unsigned = sum(block) - sum(block[148:156]) + 8 * ord(" ")
    if number == unsigned:
        return True
    counted = block[:148] + block[156:]
    return number == unsigned - 256 * sum(byte > 0x7F for byte in counted)


def _number(field: bytes) -> int:
    """Return a number field's value: octal digits, or binary where the first byte is 0x80 or 0xFF."""
    if field[0] in (0x80, 0xFF):
        return int.from_bytes(field[1:], "big") - (256 ** (len(field) - 1) if field[0] == 0xFF else 0)
    return int(field.partition(b"\0")[0].decode("ascii").strip() or "0", 8)


def _text(field: bytes) -> str:
    return _decoded(field.partition(b"\0")[0])


def _decoded(name: bytes) -> str:
    return name.decode("utf-8", "surrogateescape")


def _extension(stream: Gunzip, header: _Header) -> bytes:
    contents = stream.read(_padded(header.size))
    if len(contents) < header.size:
        raise DamagedError("it ends within an extended header")
    return contents[: header.size]


def _pax_records(contents: bytes) -> dict[bytes, bytes]:
    """Return the records of a pax header that are needed.

    A record is ``LENGTH KEY=VALUE`` and a line break, of LENGTH bytes together. Of the records that describe holes
    only the fact that there are some is kept.
    """
    records: dict[bytes, bytes] = {}
    start = 0
    while contents[start : start + 1] not in (b"", b"\0"):
        digits, space, _ = contents[start : start + 20].partition(b" ")
        end = start + int(digits) if space and digits.isdigit() else 0
        key, equals, value = contents[start + len(digits) + 1 : end].partition(b"=")
        if end > len(contents) or not equals or not value.endswith(b"\n"):
            raise DamagedError("its tar archive has a malformed extended header")
        if key in (PATH, SIZE, SPARSE_PATH):
            records[key] = value[:-1]
        if key.startswith(SPARSE):
            records[SPARSE] = b""
        start = end
    return records


def _skip_sparse_map(stream: Gunzip, header: _Header) -> None:
    has_more = header.has_long_sparse_map
    while has_more:
        block = stream.read(BLOCK_BYTES)
        has_more = len(block) == BLOCK_BYTES and block[504] != 0


def _padded(size: int) -> int:
    return -(-size // BLOCK_BYTES) * BLOCK_BYTES
