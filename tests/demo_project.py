"""A project to publish: demo 1.0.0, in a git repository, with one test and, if asked for, one C extension."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

PYPROJECT = """\
[build-system]
requires = ["{backend}"]
build-backend = "{backend}.{module}"

[project]
name = "demo"
version = "1.0.0"
description = "A demonstration"
readme = "README.md"
requires-python = ">=3.9"
"""
PLAIN = {
    ".gitignore": "dist/\nbuild/\nbuilt/\n*.egg-info/\n__pycache__/\n",
    "README.md": "# A demonstration\n",
    "demo/__init__.py": "",
    "test_demo.py": """\
import unittest

class Test(unittest.TestCase):
    def test(self):
        import demo
""",
    "pyproject.toml": PYPROJECT.format(backend="flit_core", module="buildapi"),
}
COMPILED = {
    **PLAIN,
    "demo/fast.c": """\
#include <Python.h>
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "fast", NULL, -1, NULL};
PyMODINIT_FUNC PyInit_fast(void) { return PyModule_Create(&module); }
""",
    "setup.py": """\
from setuptools import Extension, setup
setup(packages=["demo"], ext_modules=[Extension("demo.fast", ["demo/fast.c"])])
""",
    "pyproject.toml": PYPROJECT.format(backend="setuptools", module="build_meta"),
}


def repository(folder: Path, *, compiled: bool) -> Path:
    """Make a git repository of the project with one commit, and return its folder."""
    for name, content in (COMPILED if compiled else PLAIN).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content, encoding="utf-8")
    return committed(folder)


def committed(folder: Path) -> Path:
    """Make a git repository with one commit of a folder, and return the folder."""
    author = ["-c", "user.name=demo", "-c", "user.email=demo@example.org"]
    for command in (["init", "-q"], ["add", "."], [*author, "commit", "-q", "-m", "Say hello"]):
        subprocess.run(["git", *command], cwd=folder, check=True)
    return folder
