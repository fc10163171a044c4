"""What a deployment's ``on:`` says, and how much of it is repeated on our command line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ..options import REPOSITORY
from .keys import VERSION_VARIABLES, corrected
from .tree import (
    MappingNode,
    Node,
    Pair,
    entries,
    is_false,
    is_true,
    members,
    resolved,
    text_of,
    variables_in,
    versions,
)

ON = ("if", "true", "on")  # the first of them counts, the others are ignored
RUNTIMES = frozenset(VERSION_VARIABLES)
CONDITIONS = RUNTIMES | {"all_branches", "branch", "condition", "os", "repo", "tags"}
PYTHON_VERSION = "TRAVIS_PYTHON_VERSION"
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
        return is_true(self.pairs.get("tags"))

    @property
    def any_tags(self) -> bool:
        """Whether `tags:` is neither yes nor no, such as `any`: Travis then asks for no tag and for no branch."""
        tags = self.pairs.get("tags")
        return text_of(tags) != "" and not is_true(tags) and not is_false(tags)

    @property
    def expressions(self) -> tuple[tuple[int, str], ...]:
        """The bash expressions of ``condition:``, each with its line."""
        return tuple((node.line, text_of(node)) for node in members(self.pairs.get("condition")))

    @property
    def equalities(self) -> tuple[tuple[int, str, str], ...]:
        """What asks for one value of one variable, of `python:` the first version: line, variable, value."""
        pair = self.pairs.get("python")
        python = [(pair.key.line, PYTHON_VERSION, version) for version in versions(pair)[:1]] if pair else []
        found = [(line, EQUALITY.fullmatch(part)) for line, text in self.expressions for part in parts(text)]
        return (*python, *((line, match["name"], match["value"]) for line, match in found if match))

    @property
    def asks_for_branch(self) -> bool:
        """Whether a branch is asked for, by name or by default, and tag builds are not ruled out."""
        return not (self.any_branch or is_false(self.pairs.get("tags")))

    @property
    def any_branch(self) -> bool:
        """Whether every branch deploys, and tags are not asked for."""
        return is_true(self.pairs.get("all_branches")) or self.any_tags

    @property
    def may_choose_a_job(self) -> bool:
        """Whether a condition may choose among the jobs of a build, beside those that ask for one value."""
        others = [part for _, text in self.expressions for part in parts(text) if not EQUALITY.fullmatch(part)]
        return bool(self.pairs.keys() & (RUNTIMES - {"python"})) or any(map(_may_differ, others))

    def options(self) -> tuple[str, ...]:
        """Return the words of our command line that repeat these conditions.

        Travis has checked them before the command starts; repeated, they keep a command that is copied elsewhere from
        publishing. What a shell could read in two ways is left to Travis alone.
        """
        repo = text_of(self.pairs.get("repo"))
        options = ("--repo", repo) if REPOSITORY.fullmatch(repo) else ()
        if self.only_tags:
            return (*options, "--tags")
        if is_false(self.pairs.get("tags")):
            options = (*options, "--no-tags")
        if self.any_branch or not all(BRANCH_PATTERN.fullmatch(branch) for branch in self.branches):
            return (*options, "--all-branches")
        return (*options, *(part for branch in self.branches for part in ("--branch", branch)))


def parts(expression: str) -> tuple[str, ...]:
    """Return the parts of a bash expression that must all hold."""
    if re.search(r"\|\||[()]", expression):
        return (expression.strip(),)
    return tuple(part.strip() for part in expression.split("&&"))


def _may_differ(expression: str) -> bool:
    """Return whether an expression may be true in one job of a build and false in another."""
    names = variables_in(expression)
    return not names or any(name in JOB_VARIABLES or not name.startswith("TRAVIS_") for name in names)


def conditions(deployment: Node) -> Conditions:
    """Return what a deployment says about when it happens."""
    pair = next((entries(deployment)[name] for name in ON if name in entries(deployment)), None)
    if pair is None:
        return Conditions({})
    if not isinstance(resolved(pair), MappingNode):
        return Conditions({}, _branches(pair), pair.key.line)
    pairs = {corrected(name, CONDITIONS): each for name, each in entries(pair).items()}
    branches = _branches(pairs["branch"]) if "branch" in pairs else ()
    return Conditions(pairs, branches, pair.key.line)


def _branches(held: Node | Pair) -> tuple[str, ...]:
    """Return branch names; a mapping by branch, dpl's oldest form, has them as keys."""
    target = resolved(held)
    names = [pair.key for pair in target.pairs] if isinstance(target, MappingNode) else members(target)
    return tuple(name for name in map(text_of, names) if name)
