"""The plain backend, which first tells what a build can learn of the processes around it.

It writes its environment, its arguments and those of its parents into the folder WITNESS. With FAIL set it prints
the environments of its parents too, which nothing can keep from it, and fails.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


def build_sdist(sdist_directory: str, config_settings: object = None) -> str:
    """Tell, and write the plain sdist."""
    _tell()
    return str(importlib.import_module("backend").build_sdist(sdist_directory))


def build_wheel(wheel_directory: str, config_settings: object = None, metadata_directory: object = None) -> str:
    """Tell, and write the plain wheel."""
    _tell()
    return str(importlib.import_module("backend").build_wheel(wheel_directory))


def _tell() -> None:
    processes = [Path("/proc/self"), *_parents()]
    seen = {
        "environ": dict(os.environ),
        "argv": sys.argv,
        "command lines": [_words(each / "cmdline") for each in processes],
    }
    (Path(os.environ["WITNESS"]) / f"build-{os.getpid()}.json").write_text(json.dumps(seen, indent=1), "utf-8")
    if "FAIL" in os.environ:
        sys.stdout.writelines(f"{word}\n" for each in processes for word in _words(each / "environ"))
        sys.exit("this build fails")


def _parents() -> Iterator[Path]:
    pid = os.getppid()
    while pid > 1:
        process = Path("/proc") / str(pid)
        yield process
        pid = int((process / "stat").read_text().rpartition(")")[2].split()[1])


def _words(path: Path) -> list[str]:
    return path.read_bytes().decode(errors="replace").split("\0")
