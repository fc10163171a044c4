"""Read what a wheel holds."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..errors import InvalidReleaseError
from . import zip_records
from .metadata import SIZE_LIMIT_BYTES as METADATA_LIMIT_BYTES

DIRECTORY_LIMIT_BYTES = 16 * 1024 * 1024
MEMBER_LIMIT = 100_000
READABLE_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
# The files of .dist-info that the checks look into, and how many bytes of each are read at most.
CHECKED_FILES = {"WHEEL": 1024 * 1024, "RECORD": 16 * 1024 * 1024, "entry_points.txt": 64 * 1024}

# What zipfile raises for broken archives.
BROKEN = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, IndexError, OverflowError, RuntimeError, ValueError)


@dataclass(frozen=True)
class Wheel:
    """The contents of a wheel, as far as they are checked.

    ``folder`` is the ``.dist-info`` folder that the file's name asks for; ``members`` are the names of all files,
    without folders; ``dist_info`` holds the contents of WHEEL, RECORD and entry_points.txt if they are in ``folder``;
    ``methods`` are zip compression methods; ``unpacked`` is the number of bytes that the directory promises;
    ``digests`` are the sha256 of the members that were read, as RECORD has them.
    """

    folder: str
    members: frozenset[str]
    dist_info: Mapping[str, bytes]
    methods: frozenset[int]
    unpacked: int
    faults: tuple[zip_records.Fault, ...]
    digests: Mapping[str, str]


def scan(path: Path) -> tuple[Wheel, bytes]:
    """Return what the wheel holds, and its METADATA.

    Raises InvalidReleaseError if the file is not a zip archive or has no readable METADATA.
    """
    folder = "-".join(path.name[: -len(".whl")].split("-")[:2]) + ".dist-info"
    with path.open("rb", buffering=0) as raw, _LimitedFile(raw) as file:
        try:
            with zipfile.ZipFile(file) as archive:
                metadata = _metadata(archive, folder)
                infos = archive.infolist()
                dist_info = {}
                for name, limit in CHECKED_FILES.items():
                    info = archive.NameToInfo.get(f"{folder}/{name}")
                    if info and info.compress_type in READABLE_METHODS:
                        dist_info[name] = _contents(archive, info, limit)
                found = tuple(zip_records.read(raw, {info.orig_filename: info for info in infos}))
                wheel = Wheel(
                    folder=folder,
                    members=frozenset(info.filename for info in infos if not info.filename.endswith(("/", "\\"))),
                    dist_info=dist_info,
                    methods=frozenset(info.compress_type for info in infos),
                    unpacked=sum(info.file_size for info in infos),
                    faults=tuple(each for each in found if isinstance(each, zip_records.Fault)),
                    digests={each.name: each.sha256 for each in found if isinstance(each, zip_records.Digest)},
                )
        except BROKEN as error:
            raise InvalidReleaseError(f"not a readable zip archive: {error}") from error
    return wheel, metadata


class _LimitedFile(io.BufferedReader):
    """A file that zipfile reads within limits, because it holds the whole central directory in memory."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > DIRECTORY_LIMIT_BYTES:
            raise zipfile.BadZipFile(f"its central directory has {size} bytes, more than {DIRECTORY_LIMIT_BYTES}")
        data = super().read(size)
        if data.count(zip_records.CENTRAL_HEADER) > MEMBER_LIMIT:
            raise zipfile.BadZipFile(f"it has more than {MEMBER_LIMIT} members")
        return data


def _metadata(archive: zipfile.ZipFile, folder: str) -> bytes:
    candidates = [name for name in archive.NameToInfo if name.endswith(".dist-info/METADATA") and name.count("/") == 1]
    if not candidates:
        raise InvalidReleaseError("it has no METADATA in a .dist-info folder. Build the wheel again")
    expected = f"{folder}/METADATA"
    info = archive.NameToInfo[expected if expected in candidates else candidates[0]]
    if info.compress_type not in READABLE_METHODS:
        raise InvalidReleaseError("its METADATA is neither stored nor deflated. Build the wheel with another tool")
    return _contents(archive, info, METADATA_LIMIT_BYTES)


def _contents(archive: zipfile.ZipFile, info: zipfile.ZipInfo, limit: int) -> bytes:
    with archive.open(info) as member:
        contents = member.read(limit + 1)
    if len(contents) > limit:
        raise InvalidReleaseError(f"its {info.filename} is larger than {limit} bytes")
    return contents
