"""Find the files that DIST names: the distributions among them, and what is not uploaded."""

from __future__ import annotations

import glob
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .distributions import file_type
from .errors import InvalidReleaseError

NAMES_LIMIT = 3


@dataclass(frozen=True)
class GivenFiles:
    """What DIST names.

    ``paths`` are the distributions, each once. ``companions`` are signatures, checksums and the like: files whose name
    is that of a distribution plus a suffix. ``others`` are all other files; ``patterns`` match the distributions only.
    """

    paths: tuple[Path, ...]
    companions: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()


def given_files(names: Sequence[str]) -> GivenFiles:
    """Return the files that these names and patterns match; raises InvalidReleaseError if no distribution is there."""
    matches = list(dict.fromkeys(path for name in names for path in _matches(name)))
    distributions: dict[str, Path] = {}
    for path in matches:
        if file_type(path.name):
            other = distributions.setdefault(path.name, path)
            if other != path and other.resolve() != path.resolve():
                raise InvalidReleaseError(f"two files are named {path.name}: {other} and {path}. Name only one of them")

    rest = dict.fromkeys(path.name for path in matches if path.name not in distributions)
    companions = tuple(name for name in rest if name.startswith(tuple(distributions)))
    others = tuple(name for name in rest if name not in companions)
    if not distributions:
        found = f", only {', '.join(others[:NAMES_LIMIT])}" if others else ""
        raise InvalidReleaseError(
            f"no distributions in {', '.join(names)}{found}; nothing was uploaded. Name wheels (.whl) or sdists "
            "(.tar.gz)"
        )
    paths = tuple(distributions.values())
    patterns = {str(path.with_name("*.whl" if path.suffix == ".whl" else "*.tar.gz")) for path in paths}
    return GivenFiles(paths, companions, others, tuple(sorted(patterns, reverse=True)))


def _matches(pattern: str) -> list[Path]:
    """Return the files that a name or pattern matches; a name with the characters of a pattern is a name first."""
    found = glob.glob(glob.escape(pattern)) or sorted(glob.glob(pattern, recursive=True))
    if not found:
        raise InvalidReleaseError(f"no file matches {pattern} in {Path.cwd()}. Check that it was built and not removed")
    if found == [pattern] and Path(pattern).is_dir():
        raise InvalidReleaseError(f"{pattern} is a folder. Name files, such as {Path(pattern) / '*'}")
    return [path for path in map(Path, found) if not path.is_dir()]
