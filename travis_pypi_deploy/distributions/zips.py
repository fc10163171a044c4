"""What is odd about the records of a zip archive, read from the first byte to the last.

An archive that its central directory describes in one way and its local headers in another is unpacked
differently by different tools: PyPI takes none. Records and their names: APPNOTE.TXT, sections 4.3 and 4.5.
"""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO, Literal, NamedTuple, Union

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

LOCAL_HEADER = b"PK\x03\x04"
CENTRAL_HEADER = b"PK\x01\x02"
END = b"PK\x05\x06"
END64 = b"PK\x06\x06"
END64_LOCATOR = b"PK\x06\x07"

ZIP64_EXTRA = 0x0001
UNICODE_PATH_EXTRA = 0x7075
IN_ZIP64_EXTRA = 0xFFFFFFFF
DATA_DESCRIPTOR_FLAG = 0x08
STORED = 0

FaultKind = Literal["names", "comments", "data-descriptors", "records", "surroundings"]


class Sizes(NamedTuple):
    """How many bytes a member takes in the archive, and unpacked."""

    compressed: int
    unpacked: int


class Fault(NamedTuple):
    """One thing that PyPI would refuse, as its kind and a clause that says where."""

    kind: FaultKind
    reason: str


def faults(file: BinaryIO, directory: Mapping[str, Sizes]) -> tuple[Fault, ...]:
    """Return what is wrong with the zip archive's records.

    ``directory`` holds the members' sizes under their names, as a reader of the central directory sees them.
    The walk ends at the first record that leaves unknown where the next one begins.
    """
    found: list[Fault] = []
    file.seek(0)
    try:
        found.extend(_judge(_records(file), directory))
        if file.read(1):
            found.append(Fault("surroundings", "there is data after the end of the archive"))
    except _LostError as lost:
        found.append(lost.fault)
    return tuple(found)


class _LostError(Exception):
    """Nobody can tell where the next record begins."""

    def __init__(self, kind: FaultKind, reason: str) -> None:
        super().__init__(reason)
        self.fault = Fault(kind, reason)


class _Local(NamedTuple):
    name: bytes
    sizes: Sizes
    faults: tuple[Fault, ...]


class _Central(NamedTuple):
    name: bytes
    offset: int
    length: int
    has_comment: bool


class _End(NamedTuple):
    """The end of the archive, 32 or 64 bits wide."""

    offset: int
    members_on_disk: int
    members: int
    directory_size: int
    directory_offset: int


class _Locator(NamedTuple):
    end64_offset: int


_Record = Union[_Local, _Central, _End, _Locator]

_MAY_FOLLOW = {
    b"": (LOCAL_HEADER, END64, END),
    LOCAL_HEADER: (LOCAL_HEADER, CENTRAL_HEADER),
    CENTRAL_HEADER: (CENTRAL_HEADER, END64, END),
    END64: (END64_LOCATOR,),
    END64_LOCATOR: (END,),
}


def _records(file: BinaryIO) -> Iterator[_Record]:
    parsers: dict[bytes, Callable[[BinaryIO], _Record]] = {
        LOCAL_HEADER: _local_header,
        CENTRAL_HEADER: _central_header,
        END64: _end64,
        END64_LOCATOR: _end64_locator,
        END: _end,
    }
    previous = b""
    while previous != END:
        offset = file.tell()
        signature = _exactly(file, 4)
        if signature not in _MAY_FOLLOW[previous]:
            if not previous:
                raise _LostError("surroundings", "there is data before the first member")
            raise _LostError("records", f"an unexpected record begins at byte {offset}")
        yield parsers[signature](file)
        previous = signature


@dataclass
class _Seen:
    """What of the records so far the later ones are compared with."""

    local: set[bytes] = field(default_factory=set)
    central: set[bytes] = field(default_factory=set)
    members: int = 0
    directory_size: int = 0
    directory_offset: int | None = None
    ends: list[_End] = field(default_factory=list)


def _judge(records: Iterator[_Record], directory: Mapping[str, Sizes]) -> Iterator[Fault]:
    seen = _Seen()
    for record in records:
        if isinstance(record, _Local):
            yield from _local_faults(record, seen, directory)
        elif isinstance(record, _Central):
            yield from _central_faults(record, seen)
        elif isinstance(record, _End):
            seen.ends.append(record)
        elif record.end64_offset != seen.ends[0].offset:
            yield Fault("records", "the ZIP64 locator points elsewhere than to the ZIP64 end record")
    yield from _end_faults(seen)


def _local_faults(record: _Local, seen: _Seen, directory: Mapping[str, Sizes]) -> Iterator[Fault]:
    yield from record.faults
    if record.name in seen.local:
        yield Fault("names", f"{_shown(record.name)} is there twice")
    seen.local.add(record.name)
    if not _is_printable_utf8(record.name):
        yield Fault("names", f"{_shown(record.name)} is not printable UTF-8")
        return
    sizes = directory.get(record.name.decode())
    if sizes is None and not record.name.isascii():
        # A reader takes a name without the flag for code page 437, and finds another one in the directory.
        yield Fault("names", f"{_shown(record.name)} is not flagged as UTF-8")
    elif sizes is not None and sizes != record.sizes:
        yield Fault("records", f"{_shown(record.name)} has other sizes in its header than in the directory")


def _central_faults(record: _Central, seen: _Seen) -> Iterator[Fault]:
    if record.has_comment:
        yield Fault("comments", f"{_shown(record.name)} has a comment")
    seen.central.add(record.name)
    seen.members += 1
    seen.directory_size += record.length
    if seen.directory_offset is None:
        seen.directory_offset = record.offset


def _end_faults(seen: _Seen) -> Iterator[Fault]:
    for name in sorted(seen.central ^ seen.local):
        yield Fault("records", f"{_shown(name)} is not in both the directory and the local headers")
    end = seen.ends[0]  # with ZIP64 its own end record comes first, and counts
    begin = end.offset if seen.directory_offset is None else seen.directory_offset
    said = (end.members_on_disk, end.members, end.directory_size, end.directory_offset)
    if said != (seen.members, seen.members, seen.directory_size, begin):
        yield Fault("records", "the end record describes another central directory than there is")


def _local_header(file: BinaryIO) -> _Local:
    flags, method, compressed, unpacked, name_size, extra_size = struct.unpack("<2xHH8xLLHH", _exactly(file, 26))
    name, extra = _exactly(file, name_size), _exactly(file, extra_size)
    if flags & DATA_DESCRIPTOR_FLAG:
        raise _LostError("data-descriptors", f"{_shown(name)} has its sizes in a data descriptor behind it")
    sizes, found = Sizes(compressed, unpacked), []
    for kind, value in _extras(name, extra):
        if kind == ZIP64_EXTRA:
            sizes = _zip64_sizes(name, value, sizes, stored=method == STORED)
        elif not _is_printable_utf8(value[5:]):
            found.append(Fault("names", f"{_shown(name)} has an unreadable Unicode path"))
    _skip(file, sizes.compressed)
    return _Local(name, sizes, tuple(found))


def _extras(name: bytes, extra: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the extra fields that say how a member is read, each of which may be there once only."""
    seen = set()
    while extra:
        kind, size = struct.unpack("<HH", extra[:4]) if len(extra) >= 4 else (0, len(extra))
        if size + 4 > len(extra):
            raise _LostError("records", f"{_shown(name)} has a malformed extra field")
        if kind in (ZIP64_EXTRA, UNICODE_PATH_EXTRA):
            if kind in seen:
                raise _LostError("records", f"{_shown(name)} has the extra field {kind:#06x} twice")
            seen.add(kind)
            yield kind, extra[4 : 4 + size]
        extra = extra[4 + size :]


def _zip64_sizes(name: bytes, value: bytes, sizes: Sizes, *, stored: bool) -> Sizes:
    """Return a member's sizes where its header has a ZIP64 extra field (APPNOTE.TXT 4.5.3)."""
    if not value and IN_ZIP64_EXTRA not in sizes:
        return sizes
    # With one size only, the member has to be stored: then it is also the other one.
    if len(value) not in (8, 16, 24, 28) or (len(value) == 8 and not stored):
        raise _LostError("records", f"{_shown(name)} has a malformed ZIP64 field")
    wide = struct.unpack_from("<Q", value)[0]
    return Sizes(
        compressed=wide if len(value) == 8 else struct.unpack_from("<Q", value, 8)[0],
        unpacked=wide if sizes.unpacked == IN_ZIP64_EXTRA else sizes.unpacked,
    )


def _central_header(file: BinaryIO) -> _Central:
    offset = file.tell() - 4
    name_size, extra_size, comment_size = struct.unpack("<24xHHH12x", _exactly(file, 42))
    name = _exactly(file, name_size)
    _skip(file, extra_size + comment_size)
    return _Central(name, offset, 46 + name_size + extra_size + comment_size, has_comment=comment_size > 0)


def _end64(file: BinaryIO) -> _End:
    offset = file.tell() - 4
    size, on_disk, members, directory_size, directory_offset = struct.unpack("<Q12xQQQQ", _exactly(file, 52))
    if size != 44:
        raise _LostError("records", "the ZIP64 end record has data of its own")
    return _End(offset, on_disk, members, directory_size, directory_offset)


def _end64_locator(file: BinaryIO) -> _Locator:
    (offset,) = struct.unpack("<4xQ4x", _exactly(file, 16))
    return _Locator(offset)


def _end(file: BinaryIO) -> _End:
    offset = file.tell() - 4
    on_disk, members, directory_size, directory_offset, comment_size = struct.unpack("<4xHHLLH", _exactly(file, 18))
    _skip(file, comment_size)
    return _End(offset, on_disk, members, directory_size, directory_offset)


def _exactly(file: BinaryIO, size: int) -> bytes:
    data = file.read(size)
    if len(data) != size:
        raise _LostError("records", "the archive ends within a record")
    return data


def _skip(file: BinaryIO, size: int) -> None:
    position = file.tell() + size
    if position > os.fstat(file.fileno()).st_size:
        raise _LostError("records", "the archive ends within a member")
    file.seek(position)


def _is_printable_utf8(name: bytes) -> bool:
    try:
        name.decode()
    except UnicodeDecodeError:
        return False
    return not any(byte < 0x20 or byte == 0x7F for byte in name)


def _shown(name: bytes) -> str:
    return repr(name.decode(errors="backslashreplace"))
