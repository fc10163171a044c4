"""What a rule is, what it finds, and what it judges."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Callable, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ..distributions import Distribution

Severity = Literal["error", "warning"]

SHOWN_AT_MOST = 10
MESSAGE_LIMIT_CHARACTERS = 1000


@dataclass(frozen=True)
class Problem:
    """Something that the index would reject (error) or display badly (warning): the reason, and what to do."""

    filename: str
    rule: str
    severity: Severity
    message: str

    def __str__(self) -> str:
        return f"{self.filename}: {self.message.rstrip('.')} ({self.rule})"

    def with_severity(self, *, strict: bool, is_ignored: bool) -> Problem:
        """Return the problem as a warning if its rule is ignored, as an error if warnings are errors."""
        if is_ignored:
            return replace(self, severity="warning")
        return replace(self, severity="error") if strict else self


@dataclass(frozen=True)
class Release:
    """All distributions that are published together, and the tag whose version they must have, if any."""

    distributions: tuple[Distribution, ...]
    tag: str | None = None


Find = Callable[["Distribution", Release], "Iterable[str]"]


@dataclass(frozen=True)
class Rule:
    """One thing that is checked of every file.

    ``strict`` is its severity at PyPI and TestPyPI, ``elsewhere`` at every other server; ``source`` says who
    asks for it, ``summary`` what is right. ``find`` returns a message for each time the file breaks it.
    """

    name: str
    strict: Severity
    elsewhere: Severity
    source: str
    find: Find
    summary: str

    def problems(self, distribution: Distribution, release: Release, *, strict: bool) -> Iterator[Problem]:
        """Yield what is wrong with the file; of many things of one kind only the first ones."""
        severity = self.strict if strict else self.elsewhere
        messages = list(self.find(distribution, release))
        if len(messages) > SHOWN_AT_MOST:
            more = len(messages) - SHOWN_AT_MOST
            messages[SHOWN_AT_MOST:] = [f"and {more} more of the same kind."]
        for message in messages:
            yield Problem(distribution.filename, self.name, severity, _in_one_line(message))


def of_file(find: Callable[[Distribution], Iterable[str]]) -> Find:
    """Return the rule that looks at the file alone, whatever the rest of its release is."""
    return lambda distribution, _release: find(distribution)


def _in_one_line(message: str) -> str:
    """Return the message without line breaks, and without the middle of a value that fills pages."""
    line = " ".join(message.split())
    half = MESSAGE_LIMIT_CHARACTERS // 2
    return line if len(line) <= MESSAGE_LIMIT_CHARACTERS else f"{line[:half]} [...] {line[-half:]}"
