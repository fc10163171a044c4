"""What is said about one line of the file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, order=True)
class Note:
    """A sentence about a line of the file as it was; lines count from 1."""

    line: int
    text: str


def arranged(notes: Iterable[Note]) -> tuple[Note, ...]:
    """Return notes in the order of lines; what is to be set on Travis is said once, however many lines need it."""
    found: dict[object, Note] = {}
    for note in sorted(set(notes)):
        found.setdefault(note.text if "repository's settings" in note.text else note, note)
    return tuple(found.values())
