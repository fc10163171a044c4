"""What a rule is, and the problems that it finds."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Callable, Literal

from ..distributions import Sdist, Wheel

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ..distributions import Distribution

Severity = Literal["error", "warning"]

MESSAGES_LIMIT = 10
MESSAGE_LIMIT_CHARACTERS = 1000


@dataclass(frozen=True)
class Problem:
    """Something that the index would reject (error) or display badly (warning): the reason, and what to do.

    Files that share a problem have problems with the same rule and message.
    """

    filename: str
    rule: str
    severity: Severity
    message: str

    def __str__(self) -> str:
        return f"{self.filename}: {self.sentence}"

    @property
    def sentence(self) -> str:
        """Return the message and the rule, as the log shows them for one file or for several."""
        return f"{self.message.rstrip('.')} ({self.rule})"

    def with_severity(self, *, strict: bool, is_ignored: bool) -> Problem:
        """Return the problem as a warning if its rule is ignored, as an error if warnings are errors."""
        if is_ignored:
            return replace(self, severity="warning")
        return replace(self, severity="error") if strict else self


@dataclass(frozen=True)
class Release:
    """All distributions that are uploaded together, and the tag that must equal their version, if any."""

    distributions: tuple[Distribution, ...]
    tag: str | None = None


Find = Callable[["Distribution", Release], "Iterable[str]"]


@dataclass(frozen=True)
class Rule:
    """One thing that is checked in every file.

    ``strict`` is its severity at PyPI and TestPyPI, ``elsewhere`` at every other server; ``source`` names the
    specification, ``summary`` says what is valid. ``find`` returns a message for each time the file breaks it.
    """

    name: str
    strict: Severity
    elsewhere: Severity
    source: str
    find: Find
    summary: str

    def problems(self, distribution: Distribution, release: Release, *, is_pypi: bool) -> Iterator[Problem]:
        """Yield the file's problems; if there are many, the first ones and their number."""
        severity = self.strict if is_pypi else self.elsewhere
        messages = list(self.find(distribution, release))
        if len(messages) > MESSAGES_LIMIT:
            more = len(messages) - MESSAGES_LIMIT
            messages[MESSAGES_LIMIT:] = [f"and {more} more of the same kind."]
        for message in messages:
            yield Problem(distribution.filename, self.name, severity, _in_one_line(message))


def of_file(find: Callable[[Distribution], Iterable[str]]) -> Find:
    """Return ``find`` for a rule that does not depend on the rest of the release."""
    return lambda distribution, _release: find(distribution)


def of_wheel(find: Callable[[Wheel], Iterable[str]]) -> Find:
    """Return ``find`` for a rule that depends only on what is inside a wheel."""
    return lambda distribution, _: find(distribution.archive) if isinstance(distribution.archive, Wheel) else ()


def of_sdist(find: Callable[[Sdist], Iterable[str]]) -> Find:
    """Return ``find`` for a rule that depends only on what is inside an sdist."""
    return lambda distribution, _: find(distribution.archive) if isinstance(distribution.archive, Sdist) else ()


def _in_one_line(message: str) -> str:
    """Return the message without line breaks, and without the middle of a very long value."""
    line = " ".join(message.split())
    half = MESSAGE_LIMIT_CHARACTERS // 2
    return line if len(line) <= MESSAGE_LIMIT_CHARACTERS else f"{line[:half]} [...] {line[-half:]}"
