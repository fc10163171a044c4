"""The validation of a release: every problem of every file, and how serious each one is."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

from ..distributions import Distribution
from ..source_tree import SourceTree
from . import addresses, description, file_names, git_versions, metadata, release, sdists, wheels
from .rules import Policy, Problem

# In the order of the table of rules.
FILE_CHECKS = (
    file_names.wheel_name,
    file_names.sdist_name,
    file_names.size,
    wheels.contents,
    sdists.contents,
    metadata.fields,
    metadata.headers,
    metadata.values,
    metadata.classifiers,
    metadata.dependencies,
    metadata.license_files,
    addresses.urls,
    addresses.emails,
    description.display,
)

NO_TREE = SourceTree()
SHOWN_PROBLEMS = 10
SHOWN_CHARACTERS = 1000


def validate(
    distributions: Sequence[Distribution],
    policy: Policy,
    *,
    tag: str = "",
    tree: SourceTree = NO_TREE,
    with_files: bool = True,
) -> tuple[Problem, ...]:
    """Return every problem: those of each file, in the order of the files and the rules, and those of the release.

    ``tag`` is the tag that must equal the version, empty for none; ``tree`` is what git says about the source tree.
    Without ``with_files`` only the rules for the release as a whole count. Of many problems of one rule and file, the
    first ones and their number are returned.
    """
    problems: list[Problem] = []
    for distribution in distributions if with_files else ():
        found = [check(distribution) for check in FILE_CHECKS]
        if release.is_tagged(distributions, tag):
            found.append(git_versions.git_versions(distribution, tree))
        by_rule: dict[str, list[str]] = {}
        for problem in chain.from_iterable(found):
            by_rule.setdefault(problem.rule, []).append(_shortened(problem.message))
        for rule, messages in by_rule.items():
            more = len(messages) - SHOWN_PROBLEMS
            shown = messages[:SHOWN_PROBLEMS] + ([f"and {more} more of the same kind."] if more > 0 else [])
            problems += (Problem(rule, each, distribution.filename) for each in shown)
    if distributions:
        problems += release.consistency(distributions, tag, tree)
    return tuple(policy.applied(each, filename=each.filename) for each in problems)


def _shortened(message: str) -> str:
    """Return a message in one line; the two ends of a very long value are enough."""
    line, half = " ".join(message.split()), SHOWN_CHARACTERS // 2
    return line if len(line) <= SHOWN_CHARACTERS else f"{line[:half]} [...] {line[-half:]}"
