"""The bytes inside a gzip file, in one forward pass within a limit."""

from __future__ import annotations

import hashlib
import zlib
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Iterator

CHUNK_BYTES = 256 * 1024
MAGIC = b"\x1f\x8b"
WINDOW_BITS = 31


class DamagedError(Exception):
    """An archive is broken, or exceeds a limit."""


class Gunzip:
    """A gzip file's contents, at most ``limit`` bytes of them.

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
        """Skip the next ``size`` bytes; raises DamagedError if there are fewer."""
        end = self.position + size
        for _ in self._take(size):
            pass
        if self.position < end:
            raise DamagedError("it ends within a member")

    def finish(self) -> str:
        """Read everything that is left and return the whole file's sha256 in hexadecimal."""
        for _ in self._take(self._limit + 1):
            pass
        while self._next_chunk():
            pass
        return self._sha256.hexdigest()

    def _take(self, size: int) -> Iterator[memoryview]:
        while size > 0:
            if not len(self._piece):
                self._piece = next(self._pieces, self._piece)
            if not len(self._piece):
                return
            taken, self._piece = self._piece[:size], self._piece[size:]
            size -= len(taken)
            self.position += len(taken)
            if self.position > self._limit:
                raise DamagedError(f"it unpacks to more than {self._limit} bytes")
            yield taken

    def _inflate(self) -> Iterator[memoryview]:
        """Yield the contents in pieces. Bytes behind the last gzip member are ignored, as by gzip."""
        packed = self._next_chunk()
        if not packed.startswith(MAGIC):
            raise DamagedError("it is not a gzip file")
        while packed.startswith(MAGIC):
            decompressor = zlib.decompressobj(WINDOW_BITS)
            while not decompressor.eof:
                packed = packed or self._next_chunk()
                if not packed:
                    raise DamagedError("it is cut short: the gzip data has no end")
                try:
                    piece = decompressor.decompress(packed, CHUNK_BYTES)
                except zlib.error as error:
                    raise DamagedError(f"its gzip data is damaged: {error}") from error
                packed = decompressor.unconsumed_tail
                if piece:
                    yield memoryview(piece)
            packed = decompressor.unused_data
            packed += self._next_chunk() if len(packed) < len(MAGIC) else b""

    def _next_chunk(self) -> bytes:
        chunk = self._file.read(CHUNK_BYTES)
        self._sha256.update(chunk)
        return chunk
