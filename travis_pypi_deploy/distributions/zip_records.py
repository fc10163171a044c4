"""Find what PyPI rejects in the records of a zip archive, read from the first byte to the last.

If the central directory and the local headers disagree, different tools unpack different files, so PyPI rejects such
archives. Records and their names: APPNOTE.TXT, sections 4.3 and 4.5. Members are plain tuples and loops are long,
because a wheel may have 100,000 members and each costs microseconds.
"""

from __future__ import annotations

import base64
import hashlib
import io
import os
import re
import struct
import zipfile
import zlib
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, Union

LOCAL_HEADER = b"PK\x03\x04"
CENTRAL_HEADER = b"PK\x01\x02"
END = b"PK\x05\x06"
END64 = b"PK\x06\x06"
END64_LOCATOR = b"PK\x06\x07"

_LOCAL = struct.Struct("<6xHH8xLLHH")
_CENTRAL = struct.Struct("<28xHHH12x")
_END = struct.Struct("<8xHHLLH")
_END64 = struct.Struct("<4xQ12xQQQQ")
_LOCATOR = struct.Struct("<8xQ4x")

ZIP64_EXTRA = 0x0001
UNICODE_PATH_EXTRA = 0x7075
IN_ZIP64_EXTRA = 0xFFFFFFFF
ENCRYPTED_FLAG = 0x01
DATA_DESCRIPTOR_FLAG = 0x08
STORED, DEFLATED = 0, 8

BLOCK_BYTES = 1024 * 1024
RECORD_BYTES = 512  # most records are shorter; of longer ones the rest is read when it is needed
# So many bytes of members are unpacked and compared with their checksums; a member beyond them is not read.
UNPACKED_LIMIT_BYTES = 64 * 1024 * 1024
EXTRA_FIELDS_LIMIT = 64
CONTROL_CHARACTER = re.compile(rb"[\x00-\x1f\x7f]")

FaultKind = Literal["names", "comments", "data-descriptors", "records", "surroundings", "contents"]


@dataclass(frozen=True)
class Fault:
    """One thing that PyPI rejects: its kind, and a clause that says where it is."""

    kind: FaultKind
    reason: str


@dataclass(frozen=True)
class Digest:
    """The sha256 of a member's contents, as RECORD has it: base64 for URLs, without padding."""

    name: str
    sha256: str


Found = Union[Fault, Digest]


def read(file: io.FileIO, directory: Mapping[str, zipfile.ZipInfo]) -> Iterator[Found]:
    """Yield what is wrong with the zip archive's records and members, and the digest of each member that is read.

    ``directory`` holds the members by the names that a reader of the central directory sees. Reading ends at the
    first record that does not tell where the next one begins.
    """
    window = _Window(file)
    try:
        local, start = yield from _local_faults(window, directory)
        central, end = yield from _central_faults(window, start)
        if len(central) > len(local) == len(set(local)):
            yield Fault("records", "the directory has a member twice")
        for name in sorted(set(central) ^ set(local)):
            yield Fault("records", f"{_shown(name)} is not in both the directory and the local headers")
        yield from _end_faults(window, start, len(central), end)
    except _LostError as lost:
        yield lost.fault


class _LostError(Exception):
    """It is unknown where the next record begins."""

    def __init__(self, kind: FaultKind, reason: str) -> None:
        super().__init__(reason)
        self.fault = Fault(kind, reason)


class _Window:
    """A file that is read from front to back, a block at a time."""

    def __init__(self, file: io.FileIO) -> None:
        self._file = file
        self._start = 0
        self._block = b""
        self.size = os.fstat(file.fileno()).st_size

    def read(self, offset: int, size: int) -> bytes:
        """Return ``size`` bytes at ``offset``; fewer at the end of the file."""
        at = offset - self._start
        if at < 0 or at + size > len(self._block):
            self._file.seek(offset)
            self._start, at = offset, 0
            self._block = self._file.read(max(size, BLOCK_BYTES)) or b""
        return self._block[at : at + size]

    def exactly(self, offset: int, size: int) -> bytes:
        """Return ``size`` bytes at ``offset``; raises _LostError if there are fewer."""
        data = self.read(offset, size)
        if len(data) < size:
            raise _LostError("records", "the archive ends within a record")
        return data


def _local_faults(
    window: _Window, directory: Mapping[str, zipfile.ZipInfo]
) -> Generator[Found, None, tuple[list[bytes], int]]:
    """Yield what is found in the local headers and the members; return the names and where the members end."""
    names: list[bytes] = []
    seen: set[bytes] = set()
    end, bytes_left = 0, UNPACKED_LIMIT_BYTES
    while (record := window.read(end, RECORD_BYTES))[:4] == LOCAL_HEADER:
        name, flags, compressed, unpacked, start = _local_header(window, end, record)
        end = start + compressed
        if end > window.size:
            raise _LostError("records", "the archive ends within a member")

        text = _decoded(name)
        info = directory.get(text) if text is not None else None
        if name in seen:
            yield Fault("names", f"{_shown(name)} occurs twice")
        elif text is None:
            yield Fault("names", f"{_shown(name)} is not printable UTF-8")
        elif fault := _member_fault(name, info, flags, (compressed, unpacked)):
            yield fault
        elif info and info.compress_type in (STORED, DEFLATED) and unpacked <= bytes_left:
            bytes_left -= unpacked
            yield _checked(window, start, info)
        names.append(name)
        seen.add(name)
    if not names:
        raise _LostError("surroundings", "there is data before the first member")
    return names, end


def _local_header(window: _Window, offset: int, record: bytes) -> tuple[bytes, int, int, int, int]:
    """Return a member's name, flags, sizes, and where its contents begin, from its header at ``offset``."""
    flags, method, compressed, unpacked, name_size, extra_size = _fields(_LOCAL, record)
    size = _LOCAL.size + name_size + extra_size
    if size > len(record):
        record = window.exactly(offset, size)
    name = record[_LOCAL.size : _LOCAL.size + name_size]
    if flags & DATA_DESCRIPTOR_FLAG:
        raise _LostError("data-descriptors", f"{_shown(name)} has its sizes in a data descriptor behind it")

    for kind, value in _extras(name, record[_LOCAL.size + name_size : size]) if extra_size else ():
        if kind == ZIP64_EXTRA:
            compressed, unpacked = _zip64_sizes(name, value, compressed, unpacked, is_stored=method == STORED)
        elif _decoded(value[5:]) is None:
            raise _LostError("names", f"{_shown(name)} has an unreadable Unicode path")
    return name, flags, compressed, unpacked, offset + size


def _member_fault(name: bytes, info: zipfile.ZipInfo | None, flags: int, sizes: tuple[int, int]) -> Fault | None:
    """Return how a local header differs from the directory, or that the member is encrypted."""
    if info is None:
        # zipfile decodes a name without the flag as code page 437, and so has another name in the directory.
        return None if name.isascii() else Fault("names", f"{_shown(name)} is not flagged as UTF-8")
    if (info.compress_size, info.file_size) != sizes:
        return Fault("records", f"{_shown(name)} has other sizes in its header than in the directory")
    return Fault("contents", f"{_shown(name)} is encrypted") if flags & ENCRYPTED_FLAG else None


def _checked(window: _Window, start: int, info: zipfile.ZipInfo) -> Found:
    """Return the digest of a member, or that it does not match its size or its checksum in the archive."""
    inflate = zlib.decompressobj(-zlib.MAX_WBITS) if info.compress_type == DEFLATED else None
    sha256, checksum, size = hashlib.sha256(), 0, 0
    try:
        for offset in range(start, start + info.compress_size, BLOCK_BYTES):
            piece = window.read(offset, min(BLOCK_BYTES, start + info.compress_size - offset))
            while piece and size <= info.file_size:
                contents = inflate.decompress(piece, BLOCK_BYTES) if inflate else piece
                piece = inflate.unconsumed_tail if inflate else b""
                sha256.update(contents)
                checksum = zlib.crc32(contents, checksum)
                size += len(contents)
    except zlib.error:
        size = -1
    if size != info.file_size or checksum != info.CRC:
        return Fault("contents", f"{info.filename!r} does not match its checksum in the archive")
    return Digest(info.filename, base64.urlsafe_b64encode(sha256.digest()).rstrip(b"=").decode())


def _extras(name: bytes, extra: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the extra fields that say how a member is read; each of them may be there once only."""
    seen = set()
    for _ in range(EXTRA_FIELDS_LIMIT):
        if not extra:
            return
        kind, size = struct.unpack("<HH", extra[:4]) if len(extra) >= 4 else (0, len(extra))
        if size + 4 > len(extra):
            raise _LostError("records", f"{_shown(name)} has a malformed extra field")
        if kind in (ZIP64_EXTRA, UNICODE_PATH_EXTRA):
            if kind in seen:
                raise _LostError("records", f"{_shown(name)} has the extra field {kind:#06x} twice")
            seen.add(kind)
            yield kind, extra[4 : 4 + size]
        extra = extra[4 + size :]
    raise _LostError("records", f"{_shown(name)} has more than {EXTRA_FIELDS_LIMIT} extra fields")


def _zip64_sizes(name: bytes, value: bytes, compressed: int, unpacked: int, *, is_stored: bool) -> tuple[int, int]:
    """Return a member's sizes if its header has a ZIP64 extra field (APPNOTE.TXT 4.5.3)."""
    if not value and IN_ZIP64_EXTRA not in (compressed, unpacked):
        return compressed, unpacked
    # With one size only, the member has to be stored: then both sizes are equal.
    if len(value) not in (8, 16, 24, 28) or (len(value) == 8 and not is_stored):
        raise _LostError("records", f"{_shown(name)} has a malformed ZIP64 field")
    (first,) = struct.unpack_from("<Q", value)
    return (
        first if len(value) == 8 else struct.unpack_from("<Q", value, 8)[0],
        first if unpacked == IN_ZIP64_EXTRA else unpacked,
    )


def _central_faults(window: _Window, start: int) -> Generator[Fault, None, tuple[list[bytes], int]]:
    """Yield the faults of the central directory; return its names and where it ends."""
    names: list[bytes] = []
    offset = start
    while (record := window.read(offset, RECORD_BYTES))[:4] == CENTRAL_HEADER:
        name_size, extra_size, comment_size = _fields(_CENTRAL, record)
        end = _CENTRAL.size + name_size
        name = (record if end <= len(record) else window.exactly(offset, end))[_CENTRAL.size : end]
        offset += end + extra_size + comment_size
        if offset > window.size:
            raise _LostError("records", "the archive ends within a record")
        if comment_size:
            yield Fault("comments", f"{_shown(name)} has a comment")
        names.append(name)
    if not names:
        raise _LostError("records", f"an unexpected record begins at byte {start}")
    return names, offset


def _end_faults(window: _Window, start: int, count: int, end: int) -> Iterator[Fault]:
    """Yield the faults of the records behind the central directory, which begins at ``start`` and ends at ``end``."""
    zip64_fields = None
    offset = end
    if window.read(offset, 4) == END64:
        size, *zip64_fields = _END64.unpack(window.exactly(offset, _END64.size))
        if size != 44:
            raise _LostError("records", "the ZIP64 end record has data of its own")
        offset += _END64.size
        if window.read(offset, 4) != END64_LOCATOR:
            raise _LostError("records", f"an unexpected record begins at byte {offset}")
        if _LOCATOR.unpack(window.exactly(offset, _LOCATOR.size)) != (end,):
            yield Fault("records", "the ZIP64 locator does not point to the ZIP64 end record")
        offset += _LOCATOR.size
    if window.read(offset, 4) != END:
        raise _LostError("records", f"an unexpected record begins at byte {offset}")
    *end_fields, comment_size = _END.unpack(window.exactly(offset, _END.size))
    if (zip64_fields or end_fields) != [count, count, end - start, start]:
        yield Fault("records", "the end record does not describe the central directory")
    offset += _END.size + comment_size
    if offset > window.size:
        raise _LostError("records", "the archive ends within a record")
    if offset < window.size:
        yield Fault("surroundings", "there is data after the end of the archive")


def _fields(record: struct.Struct, data: bytes) -> tuple[int, ...]:
    if len(data) < record.size:
        raise _LostError("records", "the archive ends within a record")
    return record.unpack_from(data)


def _decoded(name: bytes) -> str | None:
    """Return the name; None if it is not printable UTF-8."""
    try:
        return None if CONTROL_CHARACTER.search(name) else name.decode()
    except UnicodeDecodeError:
        return None


def _shown(name: bytes) -> str:
    return repr(name.decode(errors="backslashreplace"))
