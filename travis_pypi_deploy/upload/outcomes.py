"""What became of each distribution."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Outcome(Enum):
    """What became of one distribution; the value is what the log and the report call it."""

    UPLOADED = "uploaded"
    IDENTICAL = "identical"
    KEPT = "kept"
    REJECTED = "rejected"
    UNKNOWN = "unknown"
    NOT_ATTEMPTED = "not attempted"

    @property
    def is_final_failure(self) -> bool:
        """Whether nothing new may be uploaded after it."""
        return self in (Outcome.REJECTED, Outcome.UNKNOWN)


@dataclass(frozen=True)
class FileResult:
    """The outcome of one distribution, how many attempts and seconds it took, and what is to say about it.

    ``changed`` tells that the file on the disk was not the checked one any more, and is therefore not published.
    """

    filename: str
    outcome: Outcome = Outcome.NOT_ATTEMPTED
    attempts: int = 0
    seconds: float = 0.0
    detail: str = ""
    changed: bool = False
