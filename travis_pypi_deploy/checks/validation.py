"""The validation of a release: every problem of every file, and how serious each one is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from ..distributions import Distribution
from ..source_tree import SourceTree
from . import addresses, description, file_names, git_versions, metadata, release, sdists, wheels
from .rules import RULES, Severity

# In the order of the table of rules.
FILE_CHECKS = (
    *(file_names.wheel_name, file_names.sdist_name, file_names.size),
    *(wheels.contents, sdists.contents),
    *(metadata.fields, metadata.headers, metadata.values, metadata.classifiers, metadata.dependencies),
    *(metadata.license_files, addresses.urls, addresses.emails, description.display),
)
RULE_OF = {rule.name: rule for rule in RULES}

NO_TREE = SourceTree()
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

    def with_severity(self, *, strict: bool, is_ignored: bool) -> Problem:
        """Return the problem as a warning if its rule is ignored, as an error if warnings are errors."""
        if is_ignored:
            return replace(self, severity="warning")
        return replace(self, severity="error") if strict else self


def validate(
    distributions: Sequence[Distribution],
    *,
    is_pypi: bool,
    tag: str | None = None,
    tree: SourceTree = NO_TREE,
    with_files: bool = True,
    strict: bool = False,
    ignore: Collection[str] = (),
) -> tuple[Problem, ...]:
    """Return every problem of the release, by file as they are given, then by rule.

    ``is_pypi`` is true for PyPI and TestPyPI; ``tag`` is the tag that must equal the version, None for none; ``tree``
    is what git says about the source tree. Without
    ``with_files`` only the rules for the release as a whole count. With ``strict`` warnings become errors; problems of
    the rules to ``ignore`` are warnings in any case. Of many problems of one rule and file, the first ones and their
    number are returned.
    """
    problems: list[Problem] = []
    for distribution in distributions:
        found = [check(distribution) for check in (FILE_CHECKS if with_files else ())]
        is_tagged = release.is_tagged(distributions, tag)
        if with_files and is_tagged:
            found.append(git_versions.git_versions(distribution, tree))
        found.append(release.consistency(distribution, distributions, tag, tree))

        counts: Counter[str] = Counter()
        shown: dict[str, list[str]] = {}
        for finding in chain.from_iterable(found):
            counts[finding.rule] += 1
            if counts[finding.rule] <= MESSAGES_LIMIT:
                line = " ".join(finding.message.split())
                if len(line) > MESSAGE_LIMIT_CHARACTERS:  # the two ends of a very long value are enough
                    half = MESSAGE_LIMIT_CHARACTERS // 2
                    line = f"{line[:half]} [...] {line[-half:]}"
                shown.setdefault(finding.rule, []).append(line)

        for name, messages in shown.items():
            if counts[name] > MESSAGES_LIMIT:
                messages.append(f"and {counts[name] - MESSAGES_LIMIT} more of the same kind.")
            severity = RULE_OF[name].at_pypi if is_pypi else RULE_OF[name].elsewhere
            problems += (Problem(distribution.filename, name, severity, message) for message in messages)
    return tuple(each.with_severity(strict=strict, is_ignored=each.rule in ignore) for each in problems)
