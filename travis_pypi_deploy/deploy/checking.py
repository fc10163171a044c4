"""Every file is read once and all of them are checked, before anything is sent; all problems are told at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import checks, distributions
from ..errors import InvalidReleaseError
from ..report import summary

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ..checks import Problem
    from ..distributions import Distribution
    from .world import World


def read_and_check(world: World, paths: Sequence[Path]) -> tuple[Distribution, ...]:
    """Return the files as distributions; raises InvalidReleaseError, after all problems were told, if there are any."""
    settings, record = world.settings, world.record
    with world.console.fold("pypi.check", f"Reading and checking {summary.files(len(paths))}"):
        found, unreadable = _read(paths)
        record.distributions = found
        record.problems = checks.judge(
            found,
            strict_index=settings.server.is_pypi,
            tag=world.job.tag if settings.match_tag and world.job.tag else None,
            with_files=settings.check,
        )
    for sentence in unreadable:
        world.console.error(sentence)
    record.reasons = tuple(unreadable)
    _tell(world, record.problems, count=len(unreadable))
    return found


def check_new_project(world: World) -> None:
    """Check what PyPI refuses only for a project that it does not have yet; raises InvalidReleaseError."""
    if world.settings.check and world.settings.server.is_pypi:
        problems = checks.judge_new_project(world.record.distributions)
        world.record.problems += problems
        _tell(world, problems)


def _read(paths: Sequence[Path]) -> tuple[tuple[Distribution, ...], list[str]]:
    found, unreadable = [], []
    for path in paths:
        try:
            found.append(distributions.read(path))
        except InvalidReleaseError as error:
            unreadable.append(str(error))
    return tuple(found), unreadable


def _tell(world: World, problems: Sequence[Problem], *, count: int = 0) -> None:
    """Tell each problem; raise InvalidReleaseError if any, or ``count`` before them, is an error."""
    for problem in problems:
        if problem.severity == "error" or world.settings.strict:
            count += 1
            world.console.error(str(problem))
        else:
            world.console.warn(str(problem))
    if count:
        raise InvalidReleaseError(f"{count} problem{'s' if count > 1 else ''} to mend. Nothing was sent")
