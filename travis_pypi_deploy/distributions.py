"""A file becomes a Distribution: its kind, its name and version, its metadata and its hash."""

from __future__ import annotations

import gzip
import hashlib
import tarfile
import warnings
import zipfile
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from .errors import InvalidReleaseError

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping
    from pathlib import Path

BLOCK_BYTES = 1024 * 1024
METADATA_LIMIT_BYTES = 16 * 1024 * 1024

FileType = Literal["sdist", "bdist_wheel"]


@dataclass(frozen=True)
class Distribution:
    """One file to publish, as it was when it was read.

    ``fields`` holds the core metadata by pkginfo's attribute names, every present value, in order; ``pyversion`` is
    the wheel's Python tag, or ``source``; ``sha256`` is in hexadecimal, ``size`` in bytes; ``stamp`` tells whether
    the file on the disk is still the one that was read.
    """

    path: Path
    filetype: FileType
    pyversion: str
    name: str
    version: str
    fields: Mapping[str, tuple[str, ...]]
    size: int
    sha256: str
    stamp: tuple[int, int, int]

    @property
    def filename(self) -> str:
        """Return the file's name without its folder."""
        return self.path.name


def read(path: Path) -> Distribution:
    """Read the distribution file at ``path``, once.

    Raises InvalidReleaseError, its text beginning with the file's name, where the file is none.
    """
    filetype = file_type(path.name)
    if filetype is None:
        raise InvalidReleaseError(f"{path.name}: neither a wheel (.whl) nor an sdist (.tar.gz): {path}")
    try:
        status = path.stat()
        digest = _sha256(path)
        metadata = _wheel_metadata(path) if filetype == "bdist_wheel" else _sdist_metadata(path)
    except OSError as error:
        raise InvalidReleaseError(f"{path.name}: cannot be read: {error.strerror or error} ({path})") from error
    fields = metadata_fields(metadata)
    for required in ("name", "version"):
        if not fields.get(required):
            raise InvalidReleaseError(f"{path.name}: its metadata has no {required.title()}: build it anew")
    return Distribution(
        path=path,
        filetype=filetype,
        pyversion=_python_tag(path.name) if filetype == "bdist_wheel" else "source",
        name=fields["name"][0],
        version=fields["version"][0],
        fields=fields,
        size=status.st_size,
        sha256=digest,
        stamp=stamp(status),
    )


def file_type(filename: str) -> FileType | None:
    """Return what the legacy upload form calls a file of this name; None for what no index takes."""
    if filename.endswith(".whl"):
        return "bdist_wheel"
    return "sdist" if filename.endswith(".tar.gz") else None


def digest(distribution: Distribution, algorithm: str) -> str:
    """Return the file's hash in hexadecimal, by any algorithm that hashlib knows."""
    if algorithm == "sha256":
        return distribution.sha256
    hasher = hashlib.new(algorithm)
    with distribution.path.open("rb", buffering=0) as file:
        while block := file.read(BLOCK_BYTES):
            hasher.update(block)
    return hasher.hexdigest()


def stamp(status: os.stat_result) -> tuple[int, int, int]:
    """Return what changes whenever somebody writes to a file: size, time of modification, inode."""
    return status.st_size, status.st_mtime_ns, status.st_ino


def metadata_fields(metadata: bytes) -> dict[str, tuple[str, ...]]:
    """Return the fields of METADATA or PKG-INFO by pkginfo's attribute names, without empty and UNKNOWN values."""
    import pkginfo

    parsed = pkginfo.Distribution()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what an unknown metadata version means is for the checks to say
        parsed.parse(metadata)
    fields = {}
    for attribute in ("metadata_version", *parsed):
        value = getattr(parsed, attribute)
        values = (value,) if isinstance(value, str) else tuple(value or ())
        if present := tuple(each for each in values if each.strip() not in ("", "UNKNOWN")):
            fields[attribute] = present
    return fields


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb", buffering=0) as file:
        while block := file.read(BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()


def _wheel_metadata(path: Path) -> bytes:
    try:
        with zipfile.ZipFile(path) as archive:
            for member in archive.namelist():
                folder, _, name = member.partition("/")
                if name == "METADATA" and folder.endswith(".dist-info"):
                    with archive.open(member) as file:
                        return file.read(METADATA_LIMIT_BYTES)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise InvalidReleaseError(f"{path.name}: not a readable zip archive: {error}") from error
    raise InvalidReleaseError(f"{path.name}: has no METADATA in a .dist-info folder: build the wheel anew")


def _sdist_metadata(path: Path) -> bytes:
    try:
        with tarfile.open(path, "r:gz") as archive:
            for member in archive:
                parts = member.name.split("/")
                if len(parts) == 2 and parts[1] == "PKG-INFO" and (file := archive.extractfile(member)):
                    return file.read(METADATA_LIMIT_BYTES)
    except (tarfile.TarError, gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise InvalidReleaseError(f"{path.name}: not a readable gzip-compressed tar archive: {error}") from error
    raise InvalidReleaseError(f"{path.name}: has no PKG-INFO in its top folder: build the sdist anew")


def _python_tag(filename: str) -> str:
    parts = filename[: -len(".whl")].split("-")
    if len(parts) not in (5, 6):
        raise InvalidReleaseError(
            f"{filename}: not a wheel's file name: name-version(-build)-python-abi-platform.whl is expected"
        )
    return parts[-3]
