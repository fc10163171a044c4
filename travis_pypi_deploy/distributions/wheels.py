"""What one look through a wheel tells."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import InvalidReleaseError
from . import zips
from .metadata import SIZE_LIMIT_BYTES as METADATA_LIMIT_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

DIRECTORY_LIMIT_BYTES = 32 * 1024 * 1024
MEMBER_LIMIT = 100_000
READABLE_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
# By name, the most bytes that are read of them.
JUDGED_FILES = {"WHEEL": 1024 * 1024, "RECORD": 16 * 1024 * 1024, "entry_points.txt": 1024 * 1024}

# zipfile is made for well-meant archives: out of broken ones all of these come.
_UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    IndexError,
    NotImplementedError,
    OverflowError,
    RuntimeError,
    ValueError,
)


@dataclass(frozen=True)
class Wheel:
    """The contents of a wheel, as far as they are judged.

    ``folder`` is the ``.dist-info`` folder that the file's name asks for; ``members`` are the names of all
    files, without folders; ``dist_info`` holds the contents of WHEEL, RECORD and entry_points.txt, as far as
    they are in ``folder``; ``methods`` are zip compression methods; ``unpacked`` is a number of bytes, as the
    directory has it.
    """

    folder: str
    members: frozenset[str]
    dist_info: Mapping[str, bytes]
    methods: frozenset[int]
    unpacked: int
    faults: tuple[zips.Fault, ...]


def scan(path: Path) -> tuple[Wheel, bytes]:
    """Return what the wheel holds, and its METADATA.

    Raises InvalidReleaseError where the file is no zip archive or has no METADATA that can be read.
    """
    folder = "-".join(path.name[: -len(".whl")].split("-")[:2]) + ".dist-info"
    with _FrugalFile(path.open("rb", buffering=0)) as file:
        try:
            with zipfile.ZipFile(file) as archive:
                metadata = _metadata(archive, folder)
                return _wheel(archive, file, folder), metadata
        except _UNREADABLE as error:
            raise InvalidReleaseError(f"not a readable zip archive: {error}") from error


class _FrugalFile(io.BufferedReader):
    """A file that zipfile reads within limits: it holds the whole central directory in memory, and more."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > DIRECTORY_LIMIT_BYTES:
            raise zipfile.BadZipFile(f"its central directory has {size} bytes, which no wheel needs")
        data = super().read(size)
        if data.count(zips.CENTRAL_HEADER) > MEMBER_LIMIT:
            raise zipfile.BadZipFile(f"it has more than {MEMBER_LIMIT} members")
        return data


def _metadata(archive: zipfile.ZipFile, folder: str) -> bytes:
    candidates = [info for info in archive.infolist() if _is_metadata(info.filename)]
    candidates.sort(key=lambda info: info.filename != f"{folder}/METADATA")
    if not candidates:
        raise InvalidReleaseError("has no METADATA in a .dist-info folder: build the wheel anew")
    info = candidates[0]
    if info.compress_type not in READABLE_METHODS:
        raise InvalidReleaseError("its METADATA is neither stored nor deflated, which no index takes: build it anew")
    metadata = _contents(archive, info, METADATA_LIMIT_BYTES)
    if metadata is None:
        raise InvalidReleaseError(f"its METADATA is larger than {METADATA_LIMIT_BYTES} bytes")
    return metadata


def _is_metadata(name: str) -> bool:
    folder, _, rest = name.partition("/")
    return rest == "METADATA" and folder.endswith(".dist-info")


def _wheel(archive: zipfile.ZipFile, file: io.BufferedReader, folder: str) -> Wheel:
    infos = archive.infolist()
    return Wheel(
        folder=folder,
        members=frozenset(info.filename for info in infos if not info.filename.endswith(("/", "\\"))),
        dist_info=dict(_judged_files(archive, folder)),
        methods=frozenset(info.compress_type for info in infos),
        unpacked=sum(info.file_size for info in infos),
        faults=zips.faults(
            file, {info.orig_filename: zips.Sizes(info.compress_size, info.file_size) for info in infos}
        ),
    )


def _judged_files(archive: zipfile.ZipFile, folder: str) -> Iterator[tuple[str, bytes]]:
    for name, limit in JUDGED_FILES.items():
        info = archive.NameToInfo.get(f"{folder}/{name}")
        if info is not None and info.compress_type in READABLE_METHODS:
            contents = _contents(archive, info, limit)
            if contents is not None:
                yield name, contents


def _contents(archive: zipfile.ZipFile, info: zipfile.ZipInfo, limit: int) -> bytes | None:
    """Return what the member holds; None where that is more than ``limit`` bytes."""
    with archive.open(info) as member:
        contents = member.read(limit + 1)
    return contents if len(contents) <= limit else None
