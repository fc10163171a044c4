"""Read what a wheel holds."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..errors import InvalidReleaseError
from . import zip_records
from .metadata import METADATA_BYTES

READABLE_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
CHECKED_FILES = ("WHEEL", "RECORD", "entry_points.txt")  # those of .dist-info that the checks look into

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
    try:
        with zipfile.ZipFile(path) as archive, path.open("rb", buffering=zip_records.BLOCK_BYTES) as file:
            metadata = _metadata(archive, folder)
            infos = archive.infolist()
            dist_info = {}
            for name in CHECKED_FILES:
                info = archive.NameToInfo.get(f"{folder}/{name}")
                if info and info.compress_type in READABLE_METHODS:
                    dist_info[name] = _contents(archive, info)
            found = tuple(zip_records.read(file, infos))
    except BROKEN as error:
        raise InvalidReleaseError(
            f"not a readable zip archive: {error}. Build the wheel again, and copy all of it"
        ) from error
    wheel = Wheel(
        folder=folder,
        members=frozenset(info.filename for info in infos if not info.filename.endswith(("/", "\\"))),
        dist_info=dist_info,
        methods=frozenset(info.compress_type for info in infos),
        unpacked=sum(info.file_size for info in infos),
        faults=tuple(each for each in found if isinstance(each, zip_records.Fault)),
        digests=dict(each for each in found if isinstance(each, tuple)),
    )
    return wheel, metadata


def _metadata(archive: zipfile.ZipFile, folder: str) -> bytes:
    candidates = [name for name in archive.NameToInfo if name.endswith(".dist-info/METADATA") and name.count("/") == 1]
    if not candidates:
        raise InvalidReleaseError("it has no METADATA in a .dist-info folder. Build the wheel again")
    expected = f"{folder}/METADATA"
    info = archive.NameToInfo[expected if expected in candidates else candidates[0]]
    if info.compress_type not in READABLE_METHODS:
        raise InvalidReleaseError("its METADATA is neither stored nor deflated. Build the wheel with another tool")
    return _contents(archive, info)


def _contents(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    if info.file_size > METADATA_BYTES:
        raise InvalidReleaseError(f"its {info.filename} is larger than {METADATA_BYTES} bytes")
    return archive.read(info)
