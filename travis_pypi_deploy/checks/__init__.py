"""What the index would refuse, found in the files before the first byte is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import names
from .rules import Problem, Release, Rule, Severity
from .table import RELEASE_RULES, RULES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..distributions import Distribution

__all__ = ["RULES", "Problem", "Rule", "Severity", "judge", "judge_new_project"]


def judge(
    distributions: Sequence[Distribution], *, strict_index: bool, tag: str | None, with_files: bool
) -> tuple[Problem, ...]:
    """Return every problem of the release, by file as they are given, then in the order of the table.

    ``strict_index`` is true for PyPI and TestPyPI; ``tag`` is the tag whose version the release must have,
    None for none; without ``with_files`` only the rules for the release as a whole are judged.
    """
    release = Release(tuple(distributions), tag)
    rules = RULES if with_files else RELEASE_RULES
    return tuple(
        problem
        for distribution in distributions
        for rule in rules
        for problem in rule.problems(distribution, release, strict=strict_index)
    )


def judge_new_project(distributions: Sequence[Distribution]) -> tuple[Problem, ...]:
    """Return the problems that a release has only if the index does not have its project yet."""
    return tuple(
        Problem(distribution.filename, "stdlib-name", "error", message)
        for distribution in distributions
        for message in names.stdlib_name(distribution)
    )
