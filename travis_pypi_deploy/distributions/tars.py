"""The members of a gzip-compressed tar archive, in one forward pass within limits.

tarfile parses each header, but does not read the archive, because malicious ones would cost it minutes and hundreds of
megabytes: it reads extended headers of any size, keeps every member, and on Python 3.9 to 3.12 without the fix of
CVE-2024-6232 it takes quadratic time even for valid headers (5 s for a value of 80,000 digits). PyPI reads sdists with
tarfile, so this module finds the same members and the same end of the archive (the tests compare the two).
"""

from __future__ import annotations

import hashlib
import tarfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

CHUNK_BYTES = 256 * 1024
GZIP_MAGIC = b"\x1f\x8b"
GZIP_WINDOW_BITS = 31
BLOCK_BYTES = 512
MEMBER_LIMIT = 200_000
# For all members together; a name, a size and a date take some hundred bytes.
EXTENSIONS_LIMIT_BYTES = 16 * 1024 * 1024

PAX_HEADERS = (tarfile.XHDTYPE, tarfile.SOLARIS_XHDTYPE)
EXTENSIONS = (*PAX_HEADERS, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK)
PATH, SIZE, SPARSE, SPARSE_PATH = b"path", b"size", b"GNU.sparse.", b"GNU.sparse.name"


class Gunzip:
    """A gzip file's contents, at most ``limit`` bytes of them; every method raises TarError for a damaged file.

    The file itself is hashed at the same time, so that its hash and its contents belong together.
    """

    def __init__(self, file: BinaryIO, limit: int) -> None:
        self._file = file
        self._limit = limit
        self._sha256 = hashlib.sha256()
        self._pieces = self._inflate()
        self._piece = memoryview(b"")
        self.position = 0

    def read(self, size: int) -> bytes:
        """Return the next ``size`` bytes, fewer at the end."""
        return b"".join(self._take(size))

    def skip(self, size: int) -> None:
        """Skip the next ``size`` bytes; raises TarError if there are fewer."""
        if sum(map(len, self._take(size))) < size:
            raise tarfile.ReadError("it ends within a member")

    def finish(self) -> str:
        """Read everything that is left and return the whole file's sha256 in hexadecimal."""
        for _ in self._take(self._limit + 1):
            pass
        while self._next_chunk():
            pass
        return self._sha256.hexdigest()

    def _take(self, size: int) -> Iterator[memoryview]:
        while size > 0:
            self._piece = self._piece or next(self._pieces, self._piece)
            if not self._piece:
                return
            taken, self._piece = self._piece[:size], self._piece[size:]
            size -= len(taken)
            self.position += len(taken)
            if self.position > self._limit:
                raise tarfile.ReadError(f"it unpacks to more than {self._limit} bytes")
            yield taken

    def _inflate(self) -> Iterator[memoryview]:
        """Yield the contents in pieces. Bytes behind the last gzip member are ignored, as by gzip."""
        packed = self._next_chunk()
        if not packed.startswith(GZIP_MAGIC):
            raise tarfile.ReadError("it is not a gzip file")
        while packed.startswith(GZIP_MAGIC):
            decompressor = zlib.decompressobj(GZIP_WINDOW_BITS)
            while not decompressor.eof:
                packed = packed or self._next_chunk()
                if not packed:
                    raise tarfile.ReadError("it is cut short: the gzip data has no end")
                try:
                    piece = decompressor.decompress(packed, CHUNK_BYTES)
                except zlib.error as error:
                    raise tarfile.ReadError(f"its gzip data is damaged: {error}") from error
                packed = decompressor.unconsumed_tail
                if piece:
                    yield memoryview(piece)
            packed = decompressor.unused_data
            packed += self._next_chunk() if len(packed) < len(GZIP_MAGIC) else b""

    def _next_chunk(self) -> bytes:
        chunk = self._file.read(CHUNK_BYTES)
        self._sha256.update(chunk)
        return chunk


@dataclass(frozen=True)
class Member:
    """One member: its name without slashes at the end, and its size in bytes."""

    name: str
    size: int
    is_regular: bool
    is_sparse: bool


def members(stream: Gunzip) -> Iterator[Member]:
    """Yield the members; the stream is at each one's contents, which may be read or not.

    Raises TarError if the archive is incomplete, malformed, or exceeds a limit.
    """
    shared: dict[bytes, bytes] = {}
    allowed, count = EXTENSIONS_LIMIT_BYTES, 0
    while True:
        try:
            header = _header(stream)
        except tarfile.HeaderError as error:
            if not count:
                raise tarfile.ReadError(f"it does not begin with a tar header ({error})") from error
            return  # for tarfile too, the archive ends with anything that is not a header

        records, long_name = dict(shared), None
        while header.type in EXTENSIONS:
            allowed -= max(header.size, BLOCK_BYTES // 8)  # empty ones count too
            if allowed < 0:
                raise tarfile.ReadError(f"its extended headers take more than {EXTENSIONS_LIMIT_BYTES} bytes")
            contents = stream.read(_padded(header.size))[: header.size]
            if header.type == tarfile.GNUTYPE_LONGNAME:
                long_name = contents.partition(b"\0")[0]
            elif header.type == tarfile.XGLTYPE:
                shared.update(_pax_records(contents))
                records = {**shared, **records}
            elif header.type in PAX_HEADERS:
                records.update(_pax_records(contents))
            header = _header(stream)

        count += 1
        if count > MEMBER_LIMIT:
            raise tarfile.ReadError(f"it has more than {MEMBER_LIMIT} members")
        path, size = records.get(SPARSE_PATH, records.get(PATH, long_name)), records.get(SIZE, b"")
        member = Member(
            name=(header.name if path is None else path.decode("utf-8", "surrogateescape")).rstrip("/"),
            size=int(size) if size.isdigit() and len(size) < 20 else header.size,
            is_regular=header.isreg(),
            is_sparse=header.type == tarfile.GNUTYPE_SPARSE or SPARSE in records,
        )
        has_contents = header.isreg() or header.type not in tarfile.SUPPORTED_TYPES
        end = stream.position + _padded(member.size if has_contents else 0)
        yield member
        stream.skip(end - stream.position)


def _header(stream: Gunzip) -> tarfile.TarInfo:
    """Return the next header; raises HeaderError if there is none."""
    block = stream.read(BLOCK_BYTES)
    header = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    if header.size < 0:
        raise tarfile.HeaderError("negative size")
    has_more = header.type == tarfile.GNUTYPE_SPARSE and block[482] != 0
    while has_more:  # blocks with a map of holes; byte 482 or 504 is their flag "isextended"
        block = stream.read(BLOCK_BYTES)
        has_more = len(block) == BLOCK_BYTES and block[504] != 0
    return header


def _pax_records(contents: bytes) -> dict[bytes, bytes]:
    """Return the records of a pax header that are needed (POSIX.1-2001).

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
            raise tarfile.ReadError("its tar archive has a malformed extended header")
        if key in (PATH, SIZE, SPARSE_PATH):
            records[key] = value[:-1]
        if key.startswith(SPARSE):
            records[SPARSE] = b""
        start = end
    return records


def _padded(size: int) -> int:
    return -(-size // BLOCK_BYTES) * BLOCK_BYTES
