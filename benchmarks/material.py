"""The files that the cases upload: made once into a folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support import factories

if TYPE_CHECKING:
    from pathlib import Path

BIG_MEGABYTES = 300
PLATFORMS = ("manylinux_2_17_x86_64", "manylinux_2_17_aarch64", "macosx_11_0_arm64", "win_amd64")
PYTHONS = tuple(f"cp3{minor}" for minor in range(5, 15))
SMALL_RELEASE_WHEELS = 11


def make(folder: Path) -> None:
    """Write ``small`` (a wheel), ``big`` (one of 300 MiB), ``many`` (40 wheels), ``release`` (12 files)."""
    for name in ("small", "big", "many", "release"):
        (folder / name).mkdir(parents=True)
    tags = [f"{python}-{python}-{platform}" for python in PYTHONS for platform in PLATFORMS]
    factories.wheel(folder / "small")
    factories.big_wheel(folder / "big", BIG_MEGABYTES)
    for tag in tags:
        factories.wheel(folder / "many", tag=tag)
    for tag in tags[:SMALL_RELEASE_WHEELS]:
        factories.wheel(folder / "release", tag=tag)
    factories.sdist(folder / "release")
