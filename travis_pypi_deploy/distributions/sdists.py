"""Read what an sdist holds."""

from __future__ import annotations

import math
import posixpath
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from ..errors import InvalidReleaseError
from . import tars
from .metadata import SIZE_LIMIT_BYTES as METADATA_LIMIT_BYTES

# An sdist with many zeros is valid; one that exceeds both limits is a decompression bomb.
UNPACKED_LIMIT_BYTES = 1024 * 1024 * 1024
UNPACKED_LIMIT_RATIO = 50


@dataclass(frozen=True)
class Sdist:
    """The contents of an sdist, as far as they are checked.

    ``members`` are the names of all members, folders too, without slashes at the end; ``metadata_member`` is where
    the metadata was found; ``sparse`` are the names of members that are stored with holes; ``is_zip`` is true if the
    file is a zip archive too.
    """

    members: frozenset[str]
    metadata_member: str
    sparse: tuple[str, ...]
    is_zip: bool

    @property
    def top(self) -> str:
        """Return the folder that holds everything, as PyPI determines it; empty if there is none."""
        try:
            return posixpath.commonpath(self.members)
        except ValueError:
            return ""


def scan(path: Path) -> tuple[Sdist, bytes, str]:
    """Return what the sdist holds, its PKG-INFO, and the file's sha256.

    Of several PKG-INFO, the last of those nearest to the top counts. Raises InvalidReleaseError if the file is not a
    whole gzip-compressed tar archive or has no PKG-INFO.
    """
    names: set[str] = set()
    sparse: list[str] = []
    metadata_member, metadata, least_depth = "", None, math.inf
    with path.open("rb", buffering=0) as file:
        stream = tars.Gunzip(file, max(UNPACKED_LIMIT_BYTES, UNPACKED_LIMIT_RATIO * path.stat().st_size))
        try:
            for member in tars.members(stream):
                names.add(member.name)
                depth = member.name.count("/")
                if member.is_sparse:
                    sparse.append(member.name)
                elif member.is_regular and posixpath.basename(member.name) == "PKG-INFO" and depth <= least_depth:
                    if member.size > METADATA_LIMIT_BYTES:
                        raise InvalidReleaseError(f"its {member.name} is larger than {METADATA_LIMIT_BYTES} bytes")
                    metadata_member, metadata, least_depth = member.name, stream.read(member.size), depth
            sha256 = stream.finish()
        except tarfile.TarError as error:
            raise InvalidReleaseError(f"not a readable gzip-compressed tar archive: {error}") from error
    if metadata is None:
        raise InvalidReleaseError("it has no PKG-INFO. Build the sdist again")
    return Sdist(frozenset(names), metadata_member, tuple(sparse), zipfile.is_zipfile(path)), metadata, sha256
