"""Read a distribution file."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ..errors import InvalidReleaseError
from . import sdists, wheels
from .metadata import Headers, metadata_fields, parse
from .sdists import Sdist
from .wheels import Wheel

BLOCK_BYTES = 1024 * 1024

NAMELESS_REMEDY = (
    'setuptools before 61 does not read [project] of pyproject.toml: build it with a newer one ("setuptools>=61" in '
    "[build-system] requires), or set the name in setup.cfg or setup.py"
)

FileType = Literal["sdist", "bdist_wheel"]


@dataclass(frozen=True)
class Distribution:
    """One file to upload, as it was when it was read.

    ``fields`` holds the core metadata by pkginfo's attribute names, every value in order; ``headers`` are those of the
    METADATA or PKG-INFO, ``metadata`` its bytes. ``pyversion`` is the wheel's Python tag, empty if its name has none,
    or ``source``. ``sha256`` is in hexadecimal, ``size`` in bytes. ``stamp`` differs if the file was changed since.
    """

    path: Path
    filetype: FileType
    pyversion: str
    name: str
    version: str
    fields: Mapping[str, tuple[str, ...]]
    headers: Headers
    metadata: bytes
    archive: Wheel | Sdist
    size: int
    sha256: str
    stamp: tuple[int, int, int, int]

    @property
    def filename(self) -> str:
        """Return the file's name without its folder."""
        return self.path.name


def read(path: Path) -> Distribution:
    """Read the distribution file at ``path``; raises InvalidReleaseError if it is not one."""
    try:
        return _read(path)
    except OSError as error:
        raise InvalidReleaseError(f"cannot be read: {error.strerror or error}") from error


def file_type(filename: str) -> FileType | None:
    """Return what the legacy upload form calls a file of this name; None if no index accepts it."""
    if filename.endswith(".whl"):
        return "bdist_wheel"
    return "sdist" if filename.endswith(".tar.gz") else None


def digest(path: Path, algorithm: str) -> str:
    """Return a file's hash in hexadecimal, by any algorithm that hashlib knows."""
    result = hashlib.new(algorithm)
    with path.open("rb", buffering=0) as file:
        while block := file.read(BLOCK_BYTES):
            result.update(block)
    return result.hexdigest()


def stamp(status: os.stat_result) -> tuple[int, int, int, int]:
    """Return values that change with every write to the file; a program cannot set ctime back."""
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino


def _read(path: Path) -> Distribution:
    filetype = file_type(path.name)
    if filetype is None:
        raise InvalidReleaseError("neither a wheel (.whl) nor an sdist (.tar.gz)")
    if not path.name.isprintable():
        raise InvalidReleaseError("its name has characters that are not printable or not UTF-8. Build it again")
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise InvalidReleaseError("not a regular file")

    archive: Wheel | Sdist
    if filetype == "bdist_wheel":
        archive, metadata = wheels.scan(path)
        sha256 = digest(path, "sha256")
        tags = path.name[: -len(".whl")].split("-")
        pyversion = tags[-3] if len(tags) in (5, 6) else ""
    else:
        archive, metadata, sha256 = sdists.scan(path)
        pyversion = "source"

    headers, body = parse(metadata)
    fields = metadata_fields(headers, body)
    for required in ("name", "version"):
        if required not in fields:
            remedy = NAMELESS_REMEDY if path.name.lower().startswith("unknown-") else "Build it again"
            raise InvalidReleaseError(f"its metadata has no {required.title()}. {remedy}")
    return Distribution(
        path=path,
        filetype=filetype,
        pyversion=pyversion,
        name=fields["name"][0],
        version=fields["version"][0],
        fields=fields,
        headers=headers,
        metadata=metadata,
        archive=archive,
        size=status.st_size,
        sha256=sha256,
        stamp=stamp(status),
    )
