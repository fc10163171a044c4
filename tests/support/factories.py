"""Makes real distribution files with sane defaults: the same arguments give the same bytes."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import random
import re
import tarfile
import zipfile
from typing import TYPE_CHECKING, Union

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

Header = Union[str, "Sequence[str]"]

MEBIBYTE = 1024 * 1024
PLAIN_HEADERS: Mapping[str, Header] = {
    "metadata_version": "2.1",
    "summary": "A demonstration",
    "description_content_type": "text/markdown",
}
SPELLINGS = {"home_page": "Home-page", "project_url": "Project-URL", "download_url": "Download-URL"}
BACKEND = b'''\
"""A build backend that needs nothing: pip asks it for the metadata of the sdist that it downloads."""

import email
import pathlib


def prepare_metadata_for_build_wheel(metadata_directory, config_settings=None):
    text = pathlib.Path("PKG-INFO").read_text("utf-8")
    headers = email.message_from_string(text)
    folder = headers["Name"].replace("-", "_") + "-" + headers["Version"] + ".dist-info"
    (pathlib.Path(metadata_directory) / folder).mkdir()
    (pathlib.Path(metadata_directory) / folder / "METADATA").write_text(text, "utf-8")
    return folder
'''
PYPROJECT = b'[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'


def metadata(
    name: str = "demo", version: str = "1.0", *, description: str = "# A demonstration\n", **headers: Header
) -> bytes:
    """Return core metadata: ``requires_dist=["a", "b"]`` gives two headers, ``summary=()`` leaves one out."""
    lines = [
        f"{_spelled(field)}: {value}"
        for field, values in _ordered(name, version, headers)
        for value in ([values] if isinstance(values, str) else values)
    ]
    return "\n".join([*lines, "", description]).encode()


def wheel(
    folder: Path,
    name: str = "demo",
    version: str = "1.0",
    *,
    tag: str = "py3-none-any",
    metadata: bytes | None = None,
    files: Mapping[str, bytes] | None = None,
    dist_info: Mapping[str, bytes] | None = None,
    build: str = "",
    stem: str = "",
    filename: str = "",
    compression: int = zipfile.ZIP_DEFLATED,
) -> Path:
    """Write a wheel into ``folder``: ``files`` replace its module, ``dist_info`` joins METADATA and WHEEL.

    ``stem`` is what the file's name and its ``.dist-info`` folder begin with.
    """
    stem = stem or f"{escaped(name)}-{escaped_version(version)}"
    info = f"{stem}.dist-info"
    members = dict(_module(name, version) if files is None else files)
    members[f"{info}/METADATA"] = _plain_metadata(name, version) if metadata is None else metadata
    members[f"{info}/WHEEL"] = _wheel_text(tag, build)
    members.update({f"{info}/{inside}": content for inside, content in (dist_info or {}).items()})
    members[f"{info}/RECORD"] = _record(members, f"{info}/RECORD")
    path = folder / (filename or "-".join(filter(None, [stem, build, tag])) + ".whl")
    with zipfile.ZipFile(path, "w") as archive:
        for member, content in members.items():
            archive.writestr(_zip_member(member, compression), content)
    return path


def big_wheel(folder: Path, megabytes: int, name: str = "demo", version: str = "1.0") -> Path:
    """Write a wheel that holds ``megabytes`` MiB of random bytes, stored, which cannot be compressed."""
    noise = random.Random(megabytes)
    ballast = b"".join(noise.randbytes(MEBIBYTE) for _ in range(megabytes))
    return wheel(folder, name, version, files={"ballast.bin": ballast}, compression=zipfile.ZIP_STORED)


def sdist(
    folder: Path,
    name: str = "demo",
    version: str = "1.0",
    *,
    metadata: bytes | None = None,
    files: Mapping[str, bytes] | None = None,
    top: str | None = None,
    filename: str = "",
) -> Path:
    """Write an sdist into ``folder``: ``files`` stand beside PKG-INFO in its one folder, ``top``."""
    stem = f"{escaped(name)}-{version}"
    members = {
        "PKG-INFO": _plain_metadata(name, version) if metadata is None else metadata,
        "pyproject.toml": PYPROJECT,
        "backend.py": BACKEND,
        **(_module(name, version) if files is None else files),
    }
    path = folder / (filename or f"{stem}.tar.gz")
    with (
        path.open("wb") as file,
        gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0) as zipped,
        tarfile.open(fileobj=zipped, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for member, content in members.items():
            entry = tarfile.TarInfo(f"{stem if top is None else top}/{member}")
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return path


def escaped(name: str) -> str:
    """Return ``name`` as file names have it: normalized, with underscores."""
    return re.sub(r"[-_.]+", "_", name).lower()


def escaped_version(version: str) -> str:
    """Return ``version`` as a wheel's file name has it."""
    return version.replace("-", "_")


def _ordered(name: str, version: str, headers: Mapping[str, Header]) -> Iterator[tuple[str, Header]]:
    merged: dict[str, Header] = {**PLAIN_HEADERS, **headers}
    yield "metadata_version", merged.pop("metadata_version")
    yield "name", name
    yield "version", version
    yield from merged.items()


def _spelled(field: str) -> str:
    return SPELLINGS.get(field, field.replace("_", "-").title())


def _plain_metadata(name: str, version: str) -> bytes:
    return metadata(name, version)


def _module(name: str, version: str) -> dict[str, bytes]:
    return {f"{escaped(name)}/__init__.py": f'__version__ = "{version}"\n'.encode()}


def _wheel_text(tag: str, build: str) -> bytes:
    python, abi, platform = tag.split("-")
    tags = [f"{p}-{a}-{s}" for p in python.split(".") for a in abi.split(".") for s in platform.split(".")]
    lines = [
        "Wheel-Version: 1.0",
        "Generator: factories",
        f"Root-Is-Purelib: {str(platform == 'any').lower()}",
    ]
    lines += [f"Tag: {each}" for each in tags] + ([f"Build: {build}"] if build else [])
    return "\n".join([*lines, ""]).encode()


def _record(members: Mapping[str, bytes], own_name: str) -> bytes:
    lines = [f"{member},sha256={_digest(content)},{len(content)}" for member, content in members.items()]
    return "\n".join([*lines, f"{own_name},,", ""]).encode()


def _digest(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()


def _zip_member(name: str, compression: int) -> zipfile.ZipInfo:
    member = zipfile.ZipInfo(name)
    member.create_system = 3  # Unix, wherever the tests run
    member.external_attr = 0o100644 << 16
    member.compress_type = compression
    return member
