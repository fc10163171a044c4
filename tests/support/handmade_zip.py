"""Writes zip archives record by record, so that each record can be wrong (APPNOTE.TXT 4.3)."""

from __future__ import annotations

import struct
import zipfile
import zlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

UTF8_FLAG = 0x800
ENCRYPTED_FLAG = 0x01
DATA_DESCRIPTOR_FLAG = 0x08
ZIP64 = 0xFFFFFFFF


@dataclass(frozen=True)
class Entry:
    """One stored member; None stands for the right value."""

    name: bytes
    content: bytes
    flags: int = UTF8_FLAG
    local_name: bytes | None = None
    local_sizes: tuple[int, int] | None = None
    local_extra: bytes = b""
    descriptor: bytes = b""
    comment: bytes = b""
    in_directory: bool = True
    crc: int | None = None

    def checksum(self) -> int:
        """Return the checksum that both headers have."""
        return zlib.crc32(self.content) if self.crc is None else self.crc

    def local_record(self) -> bytes:
        """Return the local header, the content and what follows it."""
        name = self.name if self.local_name is None else self.local_name
        sizes = self.local_sizes or (len(self.content), len(self.content))
        crc = self.checksum()
        header = struct.pack("<HHHLLLLHH", 20, self.flags, 0, 0, crc, *sizes, len(name), len(self.local_extra))
        return b"PK\x03\x04" + header + name + self.local_extra + self.content + self.descriptor

    def central_record(self, offset: int) -> bytes:
        """Return the record of the central directory."""
        size = len(self.content)
        header = struct.pack(
            "<HHHHLLLLHHHHHLL",
            *(20, 20, self.flags, 0, 0, self.checksum(), size, size),
            *(len(self.name), 0, len(self.comment), 0, 0, 0, offset),
        )
        return b"PK\x01\x02" + header + self.name + self.comment


@dataclass(frozen=True)
class End:
    """The end of the archive: ZIP64 records if asked for, and numbers that differ from the true ones."""

    zip64: bool = False
    more_members: int = 0
    more_locator_offset: int = 0
    zip64_size: int = 44
    comment: bytes = b""

    def records(self, members: int, size: int, offset: int) -> bytes:
        """Return everything behind the central directory."""
        members += self.more_members
        comment = struct.pack("<H", len(self.comment)) + self.comment
        if not self.zip64:
            return b"PK\x05\x06" + struct.pack("<HHHHLL", 0, 0, members, members, size, offset) + comment
        wide = struct.pack("<QHHLLQQQQ", self.zip64_size, 45, 45, 0, 0, members, members, size, offset)
        locator = struct.pack("<LQL", 0, offset + size + self.more_locator_offset, 1)
        end = struct.pack("<HHHHLL", 0, 0, 0xFFFF, 0xFFFF, ZIP64, ZIP64)
        return b"PK\x06\x06" + wide + b"PK\x06\x07" + locator + b"PK\x05\x06" + end + comment


def archive(entries: Sequence[Entry], end: End | None = None) -> bytes:
    """Return the zip archive of the entries."""
    body, directory = b"", b""
    for entry in entries:
        if entry.in_directory:
            directory += entry.central_record(len(body))
        body += entry.local_record()
    members = sum(entry.in_directory for entry in entries)
    return body + directory + (end or End()).records(members, len(directory), len(body))


def rewrite(
    wheel: Path, *, of: str, end: End | None = None, before: bytes = b"", after: bytes = b"", **fields: Any
) -> Path:
    """Write the wheel again, with these fields in the records of its member ``of``, and return its path."""
    with zipfile.ZipFile(wheel) as original:
        entries = [Entry(info.filename.encode(), original.read(info)) for info in original.infolist()]
    changed = [replace(entry, **fields) if entry.name == of.encode() else entry for entry in entries]
    wheel.write_bytes(before + archive(changed, end) + after)
    return wheel
