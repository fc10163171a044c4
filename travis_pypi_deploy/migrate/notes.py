"""What is said about one line of the file."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Note:
    """A sentence about a line of the file as it was; lines count from 1."""

    line: int
    text: str
