"""Read what an sdist holds."""

from __future__ import annotations

import gzip
import hashlib
import io
import math
import posixpath
import tarfile
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

from ..errors import InvalidReleaseError
from .metadata import METADATA_BYTES

CHUNK_BYTES = 256 * 1024
MOST_MEMBERS = 200_000
NAMES_CHARACTERS = 16 * 1024 * 1024
# An sdist with many zeros is valid; one that exceeds both limits is a decompression bomb.
UNPACKED_BYTES = 1024 * 1024 * 1024
UNPACKED_RATIO = 50

# What gzip and tarfile raise for broken archives.
BROKEN = (tarfile.TarError, gzip.BadGzipFile, zlib.error, EOFError, ValueError, OverflowError, RecursionError)


@dataclass(frozen=True)
class Sdist:
    """The contents of an sdist, as far as they are checked.

    ``members`` are the names of all members, folders too, without slashes at the end; ``metadata_member`` is where
    the metadata was found; ``sparse`` are the names of members that are stored with holes; ``top`` is the folder that
    holds everything, as PyPI determines it, empty if there is none; ``is_zip``: the file is a zip archive too.
    """

    members: frozenset[str]
    metadata_member: str
    sparse: tuple[str, ...]
    top: str
    is_zip: bool


class _HashingFile(io.BufferedReader):
    """A file that gzip reads from front to back, and that is hashed at the same time."""

    def __init__(self, raw: io.RawIOBase) -> None:
        super().__init__(raw)
        self.sha256 = hashlib.sha256()

    def read(self, size: int | None = -1, /) -> bytes:
        block = super().read(size)
        self.sha256.update(block)
        return block


def scan(path: Path) -> tuple[Sdist, bytes, str]:
    """Return what the sdist holds, its PKG-INFO, and the file's sha256.

    Of several PKG-INFO, the last of those nearest to the top counts. Raises InvalidReleaseError if the file is not a
    whole gzip-compressed tar archive or has no PKG-INFO.
    """
    limit = max(UNPACKED_BYTES, UNPACKED_RATIO * path.stat().st_size)
    names: set[str] = set()
    sparse: list[str] = []
    metadata_member, metadata, least_depth, characters = "", b"", math.inf, 0
    with path.open("rb", buffering=0) as file, _HashingFile(file) as packed:
        try:
            with (
                gzip.GzipFile(fileobj=packed) as unpacked,
                tarfile.open(fileobj=unpacked, mode="r:", encoding="utf-8", errors="surrogateescape") as archive,
            ):
                for count, member in enumerate(archive, start=1):
                    archive.members = []  # type: ignore[attr-defined]  # documented; it would keep all of them
                    characters += len(member.name)
                    are_many = count > MOST_MEMBERS or characters > NAMES_CHARACTERS
                    if are_many or member.offset_data + member.size > limit:
                        raise tarfile.ReadError(
                            f"it has more than {MOST_MEMBERS} members, or unpacks to more than {limit} bytes, or the "
                            f"names of its members have more than {NAMES_CHARACTERS} characters"
                        )
                    name = member.name.rstrip("/")
                    names.add(name)
                    depth = name.count("/")
                    if member.issparse():
                        sparse.append(name)
                    elif member.isreg() and posixpath.basename(name) == "PKG-INFO" and depth <= least_depth:
                        if member.size > METADATA_BYTES:
                            raise tarfile.ReadError(f"{name} is larger than {METADATA_BYTES} bytes")
                        contents = archive.extractfile(member)
                        metadata_member, metadata, least_depth = name, contents.read() if contents else b"", depth
                _read_to_the_end(unpacked)
        except BROKEN as error:
            reason = str(error) or type(error).__name__
            raise InvalidReleaseError(
                f"not a readable gzip-compressed tar archive: {reason}. Build the sdist again, and copy all of it"
            ) from error
        while packed.read(CHUNK_BYTES):
            pass
    if not metadata_member:
        raise InvalidReleaseError("it has no PKG-INFO. Build the sdist again")
    try:
        top = posixpath.commonpath(names)
    except ValueError:  # some names are absolute
        top = ""
    sdist = Sdist(frozenset(names), metadata_member, tuple(sparse), top, zipfile.is_zipfile(path))
    return sdist, metadata, packed.sha256.hexdigest()


def _read_to_the_end(unpacked: gzip.GzipFile) -> None:
    """Read the rest of the gzip data, which shows whether it is whole; bytes behind it are tolerated, as pip does."""
    try:
        while unpacked.read(CHUNK_BYTES):
            pass
    except gzip.BadGzipFile as error:
        if "Not a gzipped file" not in str(error):
            raise
