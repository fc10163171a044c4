"""Problems of a .travis.yml itself: misplaced keys, conditions that never hold, lost zeros."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .conditions import PLAIN_BRANCH, Conditions, conditions
from .notes import Note
from .places import CONDITIONS, PYPI_OPTIONS, deployments_of_packages, jobs, mappings
from .tag_builds import missed_tags
from .tree import MappingNode, ScalarNode, entries, members, resolved, versions, word, words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .matrix import Build
    from .tree import Node, Pair

KEPT = {"provider", "cleanup", "skip_cleanup", "allow_failure"}
FACTS = {"TRAVIS_PYTHON_VERSION": "Python", "TRAVIS_OS_NAME": "the system"}
LOST_ZERO = re.compile(r"\d+\.\d+0")
IF_GRAMMAR = re.compile(r"\b(?:AND|OR|NOT|IS|IN)\b|^\s*(?:branch|tag|type|repo|sender|fork)\s*(?:=|!=)")


def lints(build: Build) -> tuple[Note, ...]:
    """Return what will surprise the maintainer: in the whole file, and about deployments to PyPI or by this tool."""
    nodes = dict.fromkeys(node for _, node in deployments_of_packages(build.root))
    choices = (note for node in nodes for note in _chooses_no_job(build, conditions(entries(node))))
    return (*as_written(build.root), *choices)


def as_written(root: MappingNode) -> tuple[Note, ...]:
    """Return those of them that are true as well if a stage of its own deploys."""
    ours = deployments_of_packages(root)
    on = {node: conditions(entries(node)) for _, node in ours}
    return (
        *_lost_zeros(root),
        *_repeated(root),
        *_two_lists_of_jobs(root),
        *(note for job in jobs(root) for note in _beside_deploy(job)),
        *(note for job, node in ours for note in missed_tags(root, job, on[node])),
        *(note for node in on for note in _misplaced(entries(node), on[node])),
        *(note for node in on for note in (*_misread(on[node]), *_unbuilt(root, on[node]))),
    )


def _lost_zeros(root: MappingNode) -> Iterator[Note]:
    pairs = (pair for mapping in mappings(root) for pair in mapping.pairs if pair.name == "python")
    for node in (resolved(member) for pair in pairs for member in members(pair.value)):
        if isinstance(node, ScalarNode) and node.style is None and LOST_ZERO.fullmatch(node.value):
            number = node.value.rstrip("0")
            yield Note(node.line, f'{node.value} without quotes is the number {number}: write "{node.value}".')


def _repeated(root: MappingNode) -> Iterator[Note]:
    for mapping in mappings(root):
        last = {pair.name: pair for pair in mapping.pairs if pair.name not in {"", "<<"}}
        for pair in mapping.pairs:
            if last.get(pair.name, pair) is not pair:
                line = last[pair.name].key.line
                yield Note(pair.key.line, f"{pair.name} stands here and in line {line}: Travis takes the last.")


def _two_lists_of_jobs(root: MappingNode) -> Iterator[Note]:
    if {"matrix", "jobs"} <= entries(root).keys():
        line = entries(root)["matrix"].key.line
        yield Note(line, "matrix and jobs both stand here: Travis reads only one of them. Merge the two.")


def _beside_deploy(job: MappingNode) -> Iterator[Note]:
    pairs = entries(job)
    for name in sorted({"on", "true", "provider", "distributions"} & pairs.keys()):
        yield Note(
            pairs[name].key.line,
            f"{name} stands beside `deploy:`, where it does nothing: indent it under it.",
        )


def _misplaced(block: Mapping[str, Pair], on: Conditions) -> Iterator[Note]:
    for name in sorted(CONDITIONS & block.keys() if "script" in block else ()):
        yield Note(block[name].key.line, f"{name} stands beside `on:`, where dpl stops at it: indent it under `on:`.")
    is_default = words(on.pairs, "distributions") == "sdist" and "distributions" not in block
    for name in sorted((PYPI_OPTIONS - {"distributions" if is_default else ""}) & on.pairs.keys()):
        said = f"{name} stands under `on:`, where it never did anything: if you want it, give it to the script."
        yield Note(on.pairs[name].key.line, said)
    for name in sorted(KEPT & on.pairs.keys()):
        yield Note(on.pairs[name].key.line, f"{name} stands under `on:`, where it does nothing: move it out.")
    if on.branches == ("tags",):
        yield Note(on.line, "this means a branch named tags; for tag builds write `tags: true` under `on:`.")


def _misread(on: Conditions) -> Iterator[Note]:
    """Yield the conditions that mean something else to Travis than they seem to."""
    for line, expression in on.expressions:
        if IF_GRAMMAR.search(expression):
            yield Note(line, "`condition:` is bash; this is the language of `if:`, and bash does not know it.")
    if on.any_tags:
        said = "`tags: any` is dropped by Travis: every branch deploys. Write `tags: true` for tags only."
        yield Note(on.pairs["tags"].key.line, said)
    for branch in on.branches:
        if len(branch) > 1 and branch.startswith("/") and branch.endswith("/"):
            said = f"{branch} is a name here, not a regular expression: use `condition: $TRAVIS_BRANCH =~ ...`."
            yield Note(on.line, said)


def _unbuilt(root: MappingNode, on: Conditions) -> Iterator[Note]:
    """Yield that none of the branches is built from which to deploy, where all of them are plain names."""
    branches = entries(root).get("branches")
    if branches is None or not on.branches or on.only_tags or not on.asks_for_branch:
        return
    listed = {name: _names(branches.value, name) for name in ("only", "except")}
    excluded = set(on.branches) <= listed["except"] or (listed["only"] and not listed["only"] & set(on.branches))
    if excluded and all(map(PLAIN_BRANCH.fullmatch, (*on.branches, *listed["only"]))):
        yield Note(on.line, f"`branches:` keeps {' and '.join(on.branches)} from being built: this never deploys.")


def _chooses_no_job(build: Build, on: Conditions) -> Iterator[Note]:
    """Yield the conditions on the job that Travis ignores in part, or that no job meets."""
    asked = list(on.equalities)
    if "os" in on.pairs:
        pair = on.pairs["os"]
        said = f"Travis ignores `on: os`: write `condition: $TRAVIS_OS_NAME = {word(pair.value) or 'linux'}`."
        yield Note(pair.key.line, said)
    if "python" in on.pairs:
        pair = on.pairs["python"]
        asked += [(pair.key.line, "TRAVIS_PYTHON_VERSION", version) for version in versions(pair.value)[:1]]
        if len(members(pair.value)) > 1:
            yield Note(pair.key.line, "Travis checks only the first of these versions.")
    for line, name, wanted in asked:
        if build.lacks(name, wanted):
            yield Note(line, f"no job of this build has {FACTS[name]} {wanted}: this never deploys.")


def _names(branches: Node, name: str) -> set[str]:
    pair = entries(resolved(branches)).get(name)
    return {word(member) or "" for member in members(pair.value)} if pair else set()
