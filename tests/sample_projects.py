"""Source trees to build: each is the plain one, with what stands in its own folder laid over it."""

from __future__ import annotations

import shutil
from pathlib import Path

PROJECTS = Path(__file__).parent / "projects"
NO_RUBBISH = shutil.ignore_patterns("__pycache__", ".*_cache")


def copy(name: str, folder: Path) -> Path:
    """Copy a sample project into ``folder``, and return where it is."""
    project = folder / name
    for layer in ("plain", name):
        shutil.copytree(PROJECTS / layer, project, ignore=NO_RUBBISH, dirs_exist_ok=True)
    return project
