"""Find what PyPI rejects in the records of a zip archive, which have to follow each other from the first byte on.

If the central directory and the local headers disagree, different tools unpack different files, so PyPI rejects such
archives. Records and their names: APPNOTE.TXT, sections 4.3 and 4.5.
"""

from __future__ import annotations

import base64
import hashlib
import re
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO, Literal, Union

LOCAL_HEADER = b"PK\x03\x04"
END = b"PK\x05\x06"
END64 = b"PK\x06\x06"
END64_LOCATOR = b"PK\x06\x07"

# The fields of these records that count, behind the signature.
LOCAL = struct.Struct("<2xHH8xLLHH")
ENDING = struct.Struct("<4xHHLLH")
ENDING64 = struct.Struct("<Q12xQQQQ")
LOCATOR = struct.Struct("<4xQ4x")

ZIP64_EXTRA = 0x0001
UNICODE_PATH_EXTRA = 0x7075
IN_ZIP64_EXTRA = 0xFFFFFFFF
CENTRAL_BYTES = 46  # of a record in the central directory, without its name, extra field and comment
ENCRYPTED_FLAG = 0x01
DATA_DESCRIPTOR_FLAG = 0x08
UTF8_FLAG = 0x800
STORED, DEFLATED = 0, 8

BLOCK_BYTES = 1024 * 1024
# So many bytes of members are unpacked and compared with their checksums; a member beyond them is not read.
CHECKED_BYTES = 32 * 1024 * 1024
CONTROL_CHARACTER = re.compile(rb"[\x00-\x1f\x7f]")

FaultKind = Literal["names", "comments", "data-descriptors", "records", "surroundings", "contents"]


@dataclass(frozen=True)
class Fault:
    """One thing that PyPI rejects: its kind, and a clause that says where it is."""

    kind: FaultKind
    reason: str


Digest = tuple[str, str]  # a member's name, and the sha256 of its contents as RECORD has it
Found = Union[Fault, Digest]


class _LostError(Exception):
    """It is unknown where the next record begins; it has the kind and the reason of a fault."""


def read(file: BinaryIO, directory: Iterable[zipfile.ZipInfo]) -> Iterator[Found]:
    """Yield what is wrong with the zip archive's records and members, and the digest of each member that is read.

    ``directory`` is the central directory. Reading ends at the first record that does not tell where the next begins.
    """
    try:
        yield from _records(file, sorted(directory, key=lambda info: info.header_offset))
    except _LostError as lost:
        yield Fault(*lost.args)


def _records(file: BinaryIO, directory: Sequence[zipfile.ZipInfo]) -> Iterator[Found]:
    """Yield what is found in the members, which have to follow each other, in the directory and in the end records."""
    names: set[str] = set()
    end, bytes_left, directory_size = 0, CHECKED_BYTES, 0
    if file.read(4) != LOCAL_HEADER:
        raise _LostError("surroundings", "there is data before the first member")
    for info in directory:
        if info.header_offset != end:
            raise _LostError("records", f"the directory has no member that begins at byte {end}")
        file.seek(end)
        name, flags, sizes = _local_header(file)
        end = file.tell() + info.compress_size
        if info.orig_filename in names:
            yield Fault("names", f"{info.orig_filename!r} occurs twice")
        elif fault := _member_fault(name, flags, sizes, info):
            yield fault
        elif info.compress_type in (STORED, DEFLATED) and info.file_size <= bytes_left:
            bytes_left -= info.file_size
            yield _checked(file, info)
        if info.comment:
            yield Fault("comments", f"{info.orig_filename!r} has a comment")
        names.add(info.orig_filename)
        directory_size += CENTRAL_BYTES + len(name) + len(info.extra) + len(info.comment)
    yield from _ending(file, end, directory_size, len(directory))


def _local_header(file: BinaryIO) -> tuple[bytes, int, tuple[int, int]]:
    """Return a member's name, its flags, and its packed and unpacked size; its contents follow."""
    _require(file, LOCAL_HEADER)
    flags, method, compressed, unpacked, name_size, extra_size = LOCAL.unpack(_exactly(file, LOCAL.size))
    name, extra = _exactly(file, name_size), _exactly(file, extra_size)
    if flags & DATA_DESCRIPTOR_FLAG:
        raise _LostError("data-descriptors", f"{_shown(name)} has its sizes in a data descriptor behind it")
    seen, at = set(), 0
    while at < len(extra):
        kind, size = struct.unpack("<HH", extra[at : at + 4]) if len(extra) >= at + 4 else (0, len(extra))
        value = extra[at + 4 : at + 4 + size]
        at += 4 + size
        if len(value) < size:
            raise _LostError("records", f"{_shown(name)} has a malformed extra field")
        if kind in seen and kind in (ZIP64_EXTRA, UNICODE_PATH_EXTRA):
            raise _LostError("records", f"{_shown(name)} has the extra field {kind:#06x} twice")
        seen.add(kind)
        if kind == ZIP64_EXTRA:
            compressed, unpacked = _zip64_sizes(name, value, compressed, unpacked, is_stored=method == STORED)
        elif kind == UNICODE_PATH_EXTRA and _decoded(value[5:]) is None:
            raise _LostError("names", f"{_shown(name)} has an unreadable Unicode path")
    return name, flags, (compressed, unpacked)


def _zip64_sizes(name: bytes, value: bytes, compressed: int, unpacked: int, *, is_stored: bool) -> tuple[int, int]:
    """Return a member's sizes if its header has a ZIP64 extra field (APPNOTE.TXT 4.5.3)."""
    if not value and IN_ZIP64_EXTRA not in (compressed, unpacked):
        return compressed, unpacked
    # With one size only, the member has to be stored: then both sizes are equal.
    if len(value) not in (8, 16, 24, 28) or (len(value) == 8 and not is_stored):
        raise _LostError("records", f"{_shown(name)} has a malformed ZIP64 field")
    first, second = struct.unpack("<QQ", value[:16] if len(value) > 8 else value * 2)
    return second, first if unpacked == IN_ZIP64_EXTRA else unpacked


def _member_fault(name: bytes, flags: int, sizes: tuple[int, int], info: zipfile.ZipInfo) -> Fault | None:
    """Return what is wrong with a local header; ``info`` is what the directory says."""
    if _decoded(name) is None:
        return Fault("names", f"{_shown(name)} is not printable UTF-8")
    if _decoded(name) != info.orig_filename:
        # zipfile decodes a name without the flag as code page 437, and so has another name in the directory.
        is_flagged = name.isascii() or info.flag_bits & UTF8_FLAG
        reason = f"is {info.orig_filename!r} in the directory" if is_flagged else "is not flagged as UTF-8"
        return Fault("records" if is_flagged else "names", f"{_shown(name)} {reason}")
    if (info.compress_size, info.file_size) != sizes:
        return Fault("records", f"{_shown(name)} has other sizes in its header than in the directory")
    return Fault("contents", f"{_shown(name)} is encrypted") if flags & ENCRYPTED_FLAG else None


def _checked(file: BinaryIO, info: zipfile.ZipInfo) -> Found:
    """Return the digest of the member that follows, or that it does not match its size or its checksum."""
    inflate = zlib.decompressobj(-zlib.MAX_WBITS) if info.compress_type == DEFLATED else None
    sha256, checksum, size, left = hashlib.sha256(), 0, 0, info.compress_size
    try:
        while left and (piece := file.read(min(BLOCK_BYTES, left))):
            left -= len(piece)
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
    return (info.filename, base64.urlsafe_b64encode(sha256.digest()).rstrip(b"=").decode())


def _ending(file: BinaryIO, start: int, size: int, count: int) -> Iterator[Fault]:
    """Yield the faults of the records behind the central directory, which begins at ``start``."""
    end = file.seek(start + size)
    fields64: list[int] = []
    if file.read(4) == END64:
        size64, *fields64 = ENDING64.unpack(_exactly(file, ENDING64.size))
        if size64 != 44:
            raise _LostError("records", "the ZIP64 end record has data of its own")
        _require(file, END64_LOCATOR)
        if LOCATOR.unpack(_exactly(file, LOCATOR.size)) != (end,):
            yield Fault("records", "the ZIP64 locator does not point to the ZIP64 end record")
    else:
        file.seek(end)
    _require(file, END)
    *fields, comment_size = ENDING.unpack(_exactly(file, ENDING.size))
    if (fields64 or fields) != [count, count, size, start]:
        yield Fault("records", "the end record does not describe the central directory")
    _exactly(file, comment_size)
    if file.read(1):
        yield Fault("surroundings", "there is data after the end of the archive")


def _require(file: BinaryIO, signature: bytes) -> None:
    start = file.tell()
    if file.read(len(signature)) != signature:
        raise _LostError("records", f"an unexpected record begins at byte {start}")


def _exactly(file: BinaryIO, size: int) -> bytes:
    """Return the next bytes; raises _LostError if there are fewer."""
    data = file.read(size)
    if len(data) < size:
        raise _LostError("records", "the archive ends within a record")
    return data


def _decoded(name: bytes) -> str | None:
    """Return the name; None if it is not printable UTF-8."""
    try:
        return None if CONTROL_CHARACTER.search(name) else name.decode()
    except UnicodeDecodeError:
        return None


def _shown(name: bytes) -> str:
    return repr(name.decode(errors="backslashreplace"))
