"""The newest sdists and wheels of well-known projects, of every common build backend, raise no false alarm."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support import factories
from tests.support.cases import problems

if TYPE_CHECKING:
    from pathlib import Path

# pip asks an sdist's build backend for metadata before it hands the sdist out. These replace all of them, so
# that no foreign code runs, and take it from PKG-INFO.
BACKENDS = (
    "flit_core.buildapi hatchling.build maturin mesonpy pdm.backend poetry.core.masonry.api scikit_build_core.build "
    "setuptools.build_meta setuptools_rust"
).split()
# Of setuptools, flit-core, hatchling, pdm-backend, poetry-core, scikit-build-core, meson-python and maturin.
PROJECTS = """
django markupsafe requests sqlalchemy zope.interface flask jinja2 packaging attrs httpx pdm unearth
poetry rich tomlkit pyzmq numpy pandas scipy orjson pendulum pydantic-core
""".split()


@pytest.mark.registry
@pytest.mark.parametrize("kind", ["wheel", "sdist"])
@pytest.mark.parametrize("project", PROJECTS)
def test_the_newest_release_raises_no_false_alarm(project: str, kind: str, tmp_path: Path) -> None:
    (path,) = fetched(project, kind, tmp_path)
    assert [problem for problem in problems(path) if problem.severity == "error"] == []


def fetched(project: str, kind: str, folder: Path) -> list[Path]:
    """Return the newest wheel for this machine, or the newest sdist."""
    choice = "--only-binary" if kind == "wheel" else "--no-binary"
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--no-build-isolation", f"{choice}=:all:"]
    subprocess.run(
        [*command, "--quiet", "--disable-pip-version-check", "--dest", str(folder / "files"), project],
        env={**os.environ, "PYTHONPATH": str(stand_ins(folder / "backends"))},
        check=True,
    )
    return list((folder / "files").iterdir())


def stand_ins(folder: Path) -> Path:
    """Write the stand-ins for build backends into ``folder``."""
    for backend in BACKENDS:
        file = folder.joinpath(*backend.split(".")).with_suffix(".py")
        file.parent.mkdir(parents=True, exist_ok=True)
        for package in file.relative_to(folder).parents:
            if package.name:
                (folder / package / "__init__.py").touch()
        file.write_bytes(factories.BACKEND + b"\n\n__legacy__ = __import__('sys').modules[__name__]\n")
    return folder
