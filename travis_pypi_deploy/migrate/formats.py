"""dpl's ``distributions``, a line of setup.py commands, becomes the formats that we build."""

from __future__ import annotations

import configparser
from typing import TYPE_CHECKING

from ..options import FORMATS
from ..travis_yml.notes import Note

if TYPE_CHECKING:
    from collections.abc import Mapping

DEAD_FORMATS = {"bdist", "bdist_dumb", "bdist_egg", "bdist_msi", "bdist_rpm", "bdist_wininst"}
UPLOADS = {"upload", "register"}
VALUED = {"-b", "-d", "-k", "-p", "--bdist-dir", "--dist-dir", "--formats", "--plat-name", "--python-tag"}
HARMLESS = {"clean", "--all", "-a", "--format=gztar", "--formats=gztar", "--quiet", "-q"}


def formats(written: str, aliases: Mapping[str, str], line: int) -> tuple[tuple[str, ...], tuple[Note, ...]]:
    """Return the formats to build for a ``distributions`` value, and notes on what else it asked for."""
    found: list[str] = []
    notes: list[Note] = []
    words = _expand(written.split(), aliases)
    for index, word in enumerate(words):
        if word in FORMATS:
            found.append(FORMATS[word])
        elif not (index and words[index - 1] in VALUED):
            reason = _why_dropped(word)
            notes += [Note(line, reason)] if reason else []
    if not found:
        said = f'distributions "{written}" names neither sdist nor bdist_wheel: an sdist is built.'
        return ("sdist",), (Note(line, said),)
    return tuple(dict.fromkeys(found)), tuple(notes)


def aliases(setup_cfg: str) -> dict[str, str]:
    """Return the ``[aliases]`` of a setup.cfg by name; a file that cannot be read has none."""
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(setup_cfg)
    except configparser.Error:
        return {}
    return dict(parser["aliases"]) if parser.has_section("aliases") else {}


def _expand(words: list[str], known: Mapping[str, str]) -> list[str]:
    """Replace aliases as setuptools does: each once, so that one may hold its own name."""
    expanded: list[str] = []
    for word in words:
        others = {name: value for name, value in known.items() if name != word}
        expanded += _expand(known[word].split(), others) if word in known else [word]
    return expanded


def _why_dropped(word: str) -> str:
    if word in HARMLESS or word in UPLOADS:
        return ""
    if word == "--universal":
        return "--universal is dropped: [bdist_wheel] of setup.cfg is the place for `universal = 1`."
    if word in DEAD_FORMATS:
        return f"{word} is dropped: indexes take sdists and wheels only."
    if word.startswith("-"):
        return f"{word} is dropped: builds take no arguments; setup.cfg or pyproject.toml is their place."
    return f"{word} is dropped: setup.py commands are not run; if the build needs it, use `before_deploy`."
