"""Validate a release against the table of rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .rules import Release
from .table import RELEASE_RULES, RULES

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from ..distributions import Distribution
    from .rules import Problem


def validate(
    distributions: Sequence[Distribution],
    *,
    is_pypi: bool,
    tag: str | None = None,
    with_files: bool = True,
    strict: bool = False,
    ignore: Collection[str] = (),
) -> tuple[Problem, ...]:
    """Return every problem of the release, by file as they are given, then in the order of the table.

    ``is_pypi`` is true for PyPI and TestPyPI; ``tag`` is the tag whose version the release must have, None for none.
    Without ``with_files`` only the rules for the release as a whole count. With ``strict`` warnings become errors;
    problems of the rules to ``ignore`` are warnings in any case.
    """
    release = Release(tuple(distributions), tag)
    return tuple(
        problem.with_severity(strict=strict, is_ignored=problem.rule in ignore)
        for distribution in distributions
        for rule in (RULES if with_files else RELEASE_RULES)
        for problem in rule.problems(distribution, release, strict=is_pypi)
    )
