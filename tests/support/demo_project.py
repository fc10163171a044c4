"""A project to publish: demo 1.0.0, in a git repository, with one test.

The plain one builds itself, so that nothing has to be installed for that. The compiled one has a C extension and needs
setuptools, and so does the legacy one, which has a setup.py only.
"""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

PYPROJECT = """\
[build-system]
{build_system}

[project]
name = "demo"
version = "1.0.0"
description = "A demonstration"
readme = "README.md"
"""
BACKEND = """\
import base64, hashlib, io, pathlib, tarfile, zipfile

FIELDS = ["Metadata-Version: 2.1", "Name: demo", "Version: 1.0.0", "Summary: A demonstration"]
TEXT = "\\n".join([*FIELDS, "Description-Content-Type: text/markdown", "", "# A demonstration", ""]).encode()
WHEEL = b"Wheel-Version: 1.0\\nGenerator: demo\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"
INFO = "demo-1.0.0.dist-info"


def build_wheel(directory, config_settings=None, metadata_directory=None):
    members = {"demo/__init__.py": b"", f"{INFO}/METADATA": TEXT, f"{INFO}/WHEEL": WHEEL}
    hashes = {name: base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode() for name, data in members.items()}
    lines = [f"{name},sha256={value.rstrip('=')},{len(members[name])}\\n" for name, value in hashes.items()]
    members[f"{INFO}/RECORD"] = "".join([*lines, f"{INFO}/RECORD,,\\n"]).encode()
    with zipfile.ZipFile(pathlib.Path(directory, "demo-1.0.0-py3-none-any.whl"), "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return "demo-1.0.0-py3-none-any.whl"


def build_sdist(directory, config_settings=None):
    with tarfile.open(pathlib.Path(directory, "demo-1.0.0.tar.gz"), "w:gz") as archive:
        for name in ("pyproject.toml", "backend.py", "demo/__init__.py"):
            archive.add(name, f"demo-1.0.0/{name}")
        member = tarfile.TarInfo("demo-1.0.0/PKG-INFO")
        member.size = len(TEXT)
        archive.addfile(member, io.BytesIO(TEXT))
    return "demo-1.0.0.tar.gz"
"""
PLAIN = {
    ".gitignore": "dist/\nbuild/\nbuilt/\n*.egg-info/\n__pycache__/\n",
    "README.md": "# A demonstration\n",
    "backend.py": BACKEND,
    "demo/__init__.py": "",
    "test_demo.py": """\
import unittest

class Test(unittest.TestCase):
    def test(self):
        import demo
""",
    "pyproject.toml": PYPROJECT.format(build_system='requires = []\nbuild-backend = "backend"\nbackend-path = ["."]'),
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
    "pyproject.toml": PYPROJECT.format(
        build_system='requires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"'
    ),
}


# As projects were when Python 3.6 was new: no pyproject.toml, and setup.py knows everything.
LEGACY = {
    **{name: content for name, content in PLAIN.items() if name not in ("backend.py", "pyproject.toml")},
    "setup.py": """\
from setuptools import setup
setup(name="demo", version="1.0.0", description="A demonstration", packages=["demo"])
""",
}
PROJECTS = {"plain": PLAIN, "compiled": COMPILED, "legacy": LEGACY}


def repository(folder: Path, project: str, more: Mapping[str, str]) -> Path:
    """Make a git repository of a project and more files with one commit, and return its folder."""
    for name, content in {**PROJECTS[project], **more}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content, encoding="utf-8")
    return committed(folder)


def committed(folder: Path) -> Path:
    """Make a git repository with one commit of a folder, and return the folder."""
    author = ["-c", "user.name=demo", "-c", "user.email=demo@example.org"]
    for command in (["init", "-q"], ["add", "."], [*author, "commit", "-q", "-m", "Say hello"]):
        subprocess.run(["git", *command], cwd=folder, check=True)
    return folder
