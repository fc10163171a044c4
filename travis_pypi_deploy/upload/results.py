"""The result of each distribution. Imports only the standard library, because every run needs it for its report."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

OTHER_CONTENT = "the index has other content under this name"


class Outcome(Enum):
    """The outcome of one distribution; the value is its name in the log and the report."""

    UPLOADED = "uploaded"
    IDENTICAL = "identical"
    KEPT = "kept"
    REJECTED = "rejected"
    FAILED = "failed"
    UNKNOWN = "unknown"
    NOT_ATTEMPTED = "not attempted"

    @property
    def is_failure(self) -> bool:
        """Whether it ends the release, so that no other upload begins."""
        return self in (Outcome.REJECTED, Outcome.FAILED, Outcome.UNKNOWN)


@dataclass(frozen=True)
class FileResult:
    """The outcome of one distribution, how many attempts and seconds it took, and the reason.

    ``changed``: the file on the disk was not the checked one any more, and was therefore not uploaded.
    ``has_taken_name``: the index has other content under the file's name, so that no restart can upload it.
    """

    filename: str
    outcome: Outcome
    attempts: int = 0
    seconds: float = 0.0
    detail: str = ""
    changed: bool = False
    has_taken_name: bool = False
