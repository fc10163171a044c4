"""What a deployment's ``on:`` says, and how much of it is repeated on our command line."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..options import REPOSITORY
from .keys import corrected
from .tree import MappingNode, Node, Pair, entries, is_false, is_true, members, resolved, text_of, versions

if TYPE_CHECKING:
    from collections.abc import Mapping

ON = ("if", "true", "on")  # the first of them counts, the others are ignored
VERSIONS_OF_LANGUAGES = (
    "d dart elm elixir ghc go haxe jdk julia mono node node_js "
    "otp_release perl php python r ruby rvm rust scala smalltalk"
)
RUNTIMES = frozenset(VERSIONS_OF_LANGUAGES.split())
CONDITIONS = RUNTIMES | {"all_branches", "branch", "condition", "os", "repo", "tags"}
JOB_VARIABLES = {f"TRAVIS_{name}" for name in ("PYTHON_VERSION", "OS_NAME", "DIST", "CPU_ARCH", "JOB_NAME")}
EQUALITY = re.compile(r"""(?P<q>["']?)\$\{?(?P<name>\w+)\}?(?P=q)\s+==?\s+(?P<r>["']?)(?P<value>[\w.+-]+)(?P=r)""")
PLAIN_BRANCH = re.compile(r"[\w./+@-]+")
BRANCH_PATTERN = re.compile(r"[\w./+@*?\[\]-]+")


@dataclass(frozen=True)
class Conditions:
    """The conditions of one deployment; ``pairs`` are those of ``on:`` by name, with their places."""

    pairs: Mapping[str, Pair]
    branches: tuple[str, ...] = ()
    line: int = 0

    @property
    def only_tags(self) -> bool:
        """Whether only tag builds deploy, and the branch is therefore not asked for."""
        return is_true(self._value("tags"))

    @property
    def any_tags(self) -> bool:
        """Whether `tags: any` is written, which Travis drops from the conditions."""
        return text_of(self._value("tags")) == "any"

    @property
    def expressions(self) -> tuple[tuple[int, str], ...]:
        """The bash expressions of ``condition:``, each with its line."""
        return tuple((node.line, text_of(node) or "") for node in members(self._value("condition")))

    @property
    def equalities(self) -> tuple[tuple[int, str, str], ...]:
        """The parts of ``condition:`` that ask for one value of one variable: line, variable, value."""
        found = [(line, EQUALITY.fullmatch(part)) for line, text in self.expressions for part in parts(text)]
        return tuple((line, match["name"], match["value"]) for line, match in found if match)

    @property
    def python(self) -> str:
        """The version of Python that a job must have, empty if any will do."""
        return next(iter((*versions(self._value("python")), *self._asked("TRAVIS_PYTHON_VERSION"))), "")

    @property
    def system(self) -> str:
        """The operating system that a job must have, empty if any will do."""
        return next(iter(self._asked("TRAVIS_OS_NAME")), "")

    def _asked(self, variable: str) -> list[str]:
        return [value for _, name, value in self.equalities if name == variable]

    @property
    def asks_for_branch(self) -> bool:
        """Whether a branch is asked for, by name or by default, and tag builds are not ruled out."""
        return not (is_true(self._value("all_branches")) or is_false(self._value("tags")))

    @property
    def single_out_a_job(self) -> bool:
        """Whether a condition may choose among jobs that run the same Python."""
        expressions = [part for _, text in self.expressions for part in parts(text)]
        matches = {part: EQUALITY.fullmatch(part) for part in expressions}
        others = [part for part, match in matches.items() if not match or match["name"] != "TRAVIS_PYTHON_VERSION"]
        return bool(self.pairs.keys() & (RUNTIMES - {"python"})) or any(map(_may_differ, others))

    def _value(self, name: str) -> Node | None:
        return self.pairs[name].value if name in self.pairs else None

    def options(self) -> tuple[str, ...]:
        """Return the words of our command line that repeat these conditions.

        Travis has checked them before the command starts; repeated, they keep a command that is copied elsewhere from
        publishing. What a shell could read in two ways is left to Travis alone.
        """
        repo = text_of(self._value("repo")) or ""
        options = ("--repo", repo) if REPOSITORY.fullmatch(repo) else ()
        if self.only_tags:
            return (*options, "--tags")
        if is_false(self._value("tags")):
            options = (*options, "--no-tags")
        everywhere = is_true(self._value("all_branches"))
        if everywhere or not all(BRANCH_PATTERN.fullmatch(branch) for branch in self.branches):
            return (*options, "--all-branches")
        return (*options, *(part for branch in self.branches for part in ("--branch", branch)))


def parts(expression: str) -> tuple[str, ...]:
    """Return the parts of a bash expression that must all hold."""
    if re.search(r"\|\||[()]", expression):
        return (expression.strip(),)
    return tuple(part.strip() for part in expression.split("&&"))


def variables_in(expression: str) -> set[str]:
    """Return the variables that a bash expression names."""
    return set(re.findall(r"\$\{?(\w+)", expression))


def _may_differ(expression: str) -> bool:
    """Return whether an expression may be true in one job of a build and false in another."""
    names = variables_in(expression)
    return not names or any(name in JOB_VARIABLES or not name.startswith("TRAVIS_") for name in names)


def conditions(block: Mapping[str, Pair]) -> Conditions:
    """Return what the pairs of a deployment say about when it happens."""
    pair = next((block[name] for name in ON if name in block), None)
    if pair is None:
        return Conditions({})
    node = resolved(pair.value)
    if not isinstance(node, MappingNode):
        return Conditions({}, _branches(node), pair.key.line)
    pairs = {corrected(name, CONDITIONS): each for name, each in entries(node).items()}
    branches = _branches(pairs["branch"].value) if "branch" in pairs else ()
    return Conditions(pairs, branches, pair.key.line)


def _branches(node: Node) -> tuple[str, ...]:
    """Return branch names; a mapping by branch, dpl's oldest form, has them as keys."""
    target = resolved(node)
    names = [pair.key for pair in target.pairs] if isinstance(target, MappingNode) else members(target)
    return tuple(name for name in map(text_of, names) if name)
