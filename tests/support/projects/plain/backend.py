"""A build backend that needs nothing but the standard library; the other projects' backends change a part of it."""

from __future__ import annotations

import gzip
import io
import os
import tarfile
import zipfile
from pathlib import Path

NAME, VERSION = "demo", "1.0"
METADATA = f"""\
Metadata-Version: 2.1
Name: {NAME}
Version: {VERSION}
Summary: A demonstration
Description-Content-Type: text/markdown

# A demonstration
"""
INFO = f"{NAME}-{VERSION}.dist-info"
EPOCH = int(os.environ.get("SOURCE_DATE_EPOCH", "0"))


def build_sdist(sdist_directory: str, config_settings: object = None) -> str:
    """Write the sdist, with PKG-INFO and whatever stands beside this file."""
    path = Path(sdist_directory) / f"{NAME}-{VERSION}.tar.gz"
    with gzip.GzipFile(path, "wb", mtime=EPOCH) as zipped, tarfile.open(fileobj=zipped, mode="w") as archive:
        _add(archive, "PKG-INFO", METADATA.encode())
        for each in sorted(Path().rglob("*")):
            if each.suffix in (".py", ".toml"):
                _add(archive, each.as_posix(), each.read_bytes())
    return path.name


def build_wheel(wheel_directory: str, config_settings: object = None, metadata_directory: object = None) -> str:
    """Write a wheel of the one module."""
    path = Path(wheel_directory) / f"{NAME}-{VERSION}-py3-none-any.whl"
    members = {
        "demo/__init__.py": Path("demo/__init__.py").read_text("utf-8"),
        f"{INFO}/METADATA": METADATA,
        f"{INFO}/WHEEL": "Wheel-Version: 1.0\nGenerator: demo\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    members[f"{INFO}/RECORD"] = "".join(f"{name},,\n" for name in (*members, f"{INFO}/RECORD"))
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in members.items():
            archive.writestr(zipfile.ZipInfo(name), text)
    return path.name


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(f"{NAME}-{VERSION}/{name}")
    member.size = len(content)
    member.mtime = EPOCH
    archive.addfile(member, io.BytesIO(content))
