"""The variables that a .travis.yml sets in `env:`."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from .places import jobs
from .tree import MappingNode, entries, members, resolved, word

if TYPE_CHECKING:
    from collections.abc import Iterator, Set

    from .tree import Node

GROUPS = {"global", "jobs", "matrix"}


def variables(root: MappingNode) -> dict[str, tuple[str, ...]]:
    """Return each variable's values, in the order in which they are written."""
    return _values(root, GROUPS)


def variables_of_jobs(root: MappingNode) -> dict[str, tuple[str, ...]]:
    """Return the variables that jobs may differ in, with their values."""
    return _values(root, GROUPS - {"global"})


def environments_of(root: MappingNode) -> int:
    """Return how many jobs `env:` makes of one."""
    env = entries(root).get("env")
    return max(_environments(env.value), 1) if env else 1


def _environments(env: Node) -> int:
    target = resolved(env)
    if not isinstance(target, MappingNode):
        return len(members(target))
    pairs = entries(target)
    return max((len(members(pairs[name].value)) for name in ("jobs", "matrix") if name in pairs), default=1)


def _values(root: MappingNode, groups: Set[str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for job in jobs(root):
        pair = entries(job).get("env")
        for name, value in _assignments(pair.value, groups) if pair else ():
            found[name] = tuple(dict.fromkeys((*found.get(name, ()), value)))
    return found


def _assignments(env: Node, groups: Set[str]) -> Iterator[tuple[str, str]]:
    for node in map(resolved, members(env)):
        if isinstance(node, MappingNode):
            for pair in node.pairs:
                if pair.name in groups:
                    yield from _assignments(pair.value, groups)
                elif pair.name not in GROUPS and (value := word(pair.value)) is not None:
                    yield word(pair.key) or "", value
        else:
            yield from _words(word(node) or "")


def _words(text: str) -> Iterator[tuple[str, str]]:
    try:
        words = shlex.split(text)
    except ValueError:
        return
    for each in words:
        name, equals, value = each.partition("=")
        if equals:
            yield name, value
