"""The files that the cases upload or build, each kind in a folder of its name."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
import zipfile
from pathlib import Path

from tests.support import factories

REPOSITORY = Path(__file__).parent.parent
BIG_MEGABYTES = 300
MEDIUM_BYTES = 200_000
MEMBERS = 20_000
PLATFORMS = ("manylinux_2_17_x86_64", "manylinux_2_17_aarch64", "macosx_11_0_arm64", "win_amd64")
TAGS = tuple(f"cp3{minor}-cp3{minor}-{platform}" for minor in range(5, 15) for platform in PLATFORMS)
PYPROJECT = """\
[build-system]
requires = ["setuptools >= 77"]
build-backend = "setuptools.build_meta"

[project]
name = "demo"
version = "1.0"
description = "A demonstration"
readme = "README.md"
requires-python = ">=3.9"

[tool.setuptools]
packages = ["demo"]
"""


def folder(scratch: Path, name: str) -> Path:
    """Return the folder of this kind of material, and make it when it is first asked for."""
    made = scratch / name
    if not made.exists():
        made.mkdir()
        MAKERS[name](made)
    return made


def small(made: Path) -> None:
    """Write one small wheel."""
    factories.wheel(made)


def pair(made: Path) -> None:
    """Write a small wheel and an sdist."""
    factories.wheel(made)
    factories.sdist(made)


def release(made: Path) -> None:
    """Write a release of 12 files: 11 small wheels and an sdist."""
    for tag in TAGS[:11]:
        factories.wheel(made, tag=tag)
    factories.sdist(made)


def forty(made: Path) -> None:
    """Write 40 wheels of 200 kB."""
    for tag in TAGS:
        factories.wheel(made, tag=tag, files=medium_files())


def five_hundred(made: Path) -> None:
    """Write 500 wheels of 200 kB."""
    for number in range(500):
        build, tag = divmod(number, len(TAGS))
        factories.wheel(made, tag=TAGS[tag], build=str(build + 1), files=medium_files())


def medium_files() -> dict[str, bytes]:
    """Return a module of a size that compression does not change."""
    return {"demo/data.bin": os.urandom(MEDIUM_BYTES), "demo/__init__.py": b""}


def members(made: Path) -> None:
    """Write one wheel with 20,000 small members."""
    files = {f"demo/module_{number}.py": b"VALUE = %d\n" % number for number in range(MEMBERS)}
    factories.wheel(made, files=files)


def big(made: Path) -> None:
    """Write one wheel of 300 MiB, stored."""
    factories.big_wheel(made, BIG_MEGABYTES)


def deflated(made: Path) -> None:
    """Write one deflated wheel of 300 MiB: base64 shrinks to three quarters."""
    text = base64.b64encode(os.urandom(BIG_MEGABYTES * factories.MEBIBYTE))
    factories.wheel(made, files={"demo/data.txt": text}, compression=zipfile.ZIP_DEFLATED)


def project(made: Path) -> None:
    """Write the source tree of a small project that setuptools builds."""
    (made / "demo").mkdir()
    (made / "demo" / "__init__.py").write_text('"""A demonstration."""\n', "utf-8")
    (made / "README.md").write_text("# A demonstration\n", "utf-8")
    (made / "pyproject.toml").write_text(PYPROJECT, "utf-8")


def tool(made: Path) -> None:
    """Build the wheel of travis-pypi-deploy itself."""
    command = [sys.executable, "-m", "pip", "wheel", "-qq", "--no-deps", "--wheel-dir", str(made), str(REPOSITORY)]
    subprocess.run(command, check=True)


MAKERS = {
    "small": small,
    "pair": pair,
    "release": release,
    "forty": forty,
    "five-hundred": five_hundred,
    "members": members,
    "big": big,
    "deflated": deflated,
    "project": project,
    "tool": tool,
}
