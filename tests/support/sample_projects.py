"""Source trees to build: most are the plain one, with what stands in their own folder laid over it."""

from __future__ import annotations

import shutil
from pathlib import Path

PROJECTS = Path(__file__).parent / "projects"
NO_RUBBISH = shutil.ignore_patterns("__pycache__", ".*_cache")


def copy(name: str, folder: Path, *, over: str = "plain") -> Path:
    """Copy a sample project into ``folder``, over another one, and return where it is."""
    project = folder / name
    for layer in (over, name):
        shutil.copytree(PROJECTS / layer, project, ignore=NO_RUBBISH, dirs_exist_ok=True)
    return project
