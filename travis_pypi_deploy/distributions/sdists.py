"""What one pass over an sdist tells."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import InvalidReleaseError
from . import tars
from .gunzip import DamagedError, Gunzip
from .metadata import SIZE_LIMIT_BYTES as METADATA_LIMIT_BYTES

if TYPE_CHECKING:
    from pathlib import Path

MEMBER_LIMIT = 200_000

# An sdist with many zeros is valid; what exceeds both limits is a bomb.
UNPACKED_LIMIT_BYTES = 1024 * 1024 * 1024
UNPACKED_LIMIT_RATIO = 50


@dataclass(frozen=True)
class Sdist:
    """The contents of an sdist, as far as they are judged.

    ``members`` are the names of all members, folders too, without slashes at the end; ``metadata_member`` is
    where the metadata was found; ``sparse`` are the names of members that are stored with holes.
    """

    members: frozenset[str]
    metadata_member: str
    sparse: tuple[str, ...]

    @property
    def top(self) -> str:
        """Return the folder that holds everything, as PyPI determines it; empty where there is none."""
        try:
            return posixpath.commonpath(self.members)
        except ValueError:
            return ""


def scan(path: Path) -> tuple[Sdist, bytes, str]:
    """Return what the sdist holds, its PKG-INFO, and the file's sha256.

    Raises InvalidReleaseError where the file is no whole gzip-compressed tar archive or has no PKG-INFO.
    """
    with path.open("rb", buffering=0) as file:
        limit = max(UNPACKED_LIMIT_BYTES, UNPACKED_LIMIT_RATIO * path.stat().st_size)
        try:
            stream = Gunzip(file, limit)
            found = _Found(set(), [])
            for member in tars.members(stream):
                found.take(member, stream)
            digest = stream.finish()
        except DamagedError as error:
            raise InvalidReleaseError(f"not a readable gzip-compressed tar archive: {error}") from error
    if found.metadata is None:
        raise InvalidReleaseError("has no PKG-INFO in its top folder: build the sdist anew")
    sdist = Sdist(frozenset(found.names), found.metadata_member, tuple(found.sparse))
    return sdist, found.metadata, digest


@dataclass
class _Found:
    """What has been found so far; of several PKG-INFO the uppermost one counts, the last of those."""

    names: set[str]
    sparse: list[str]
    metadata_member: str = ""
    metadata: bytes | None = None

    def take(self, member: tars.Member, stream: Gunzip) -> None:
        self.names.add(member.name)
        if len(self.names) > MEMBER_LIMIT:
            raise DamagedError(f"it has more than {MEMBER_LIMIT} members")
        if member.is_sparse:
            self.sparse.append(member.name)
        elif member.is_regular and self._is_best_metadata(member.name):
            if member.size > METADATA_LIMIT_BYTES:
                raise DamagedError(f"its {member.name} is larger than {METADATA_LIMIT_BYTES} bytes")
            self.metadata_member, self.metadata = member.name, stream.read(member.size)

    def _is_best_metadata(self, name: str) -> bool:
        if posixpath.basename(name) != "PKG-INFO":
            return False
        return self.metadata is None or name.count("/") <= self.metadata_member.count("/")
