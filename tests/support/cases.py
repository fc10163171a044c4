"""Validates files as the command does; cases of rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Callable

from travis_pypi_deploy import distributions
from travis_pypi_deploy.checks.rules import Policy, Problem
from travis_pypi_deploy.checks.validation import validate

if TYPE_CHECKING:
    from pathlib import Path


Make = Callable[["Path"], "Path"]


@dataclass(frozen=True)
class Case:
    """A file that breaks one rule alone, the nearest one that breaks none, and a part of the message."""

    rule: str
    broken: Make
    neighbour: Make
    says: str

    def __str__(self) -> str:
        return self.rule


def problems(*paths: Path, is_pypi: bool = True, tag: str = "", with_files: bool = True) -> tuple[Problem, ...]:
    """Return all problems of the files, taken as one release."""
    read = [distributions.read(path) for path in paths]
    return validate(read, Policy(is_pypi), tag=tag, with_files=with_files)


def rules(*paths: Path, tag: str = "") -> list[str]:
    """Return the names of the rules that the files break at PyPI, in order."""
    return [problem.rule for problem in problems(*paths, tag=tag)]
