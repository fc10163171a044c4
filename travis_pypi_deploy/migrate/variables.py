"""The variables that a .travis.yml sets in `env:`."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from .places import jobs
from .tree import MappingNode, entries, members, resolved, word

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .tree import Node

GROUPS = {"global", "jobs", "matrix"}


def variables(root: MappingNode) -> dict[str, tuple[str, ...]]:
    """Return each variable's values, in the order in which they are written."""
    found: dict[str, tuple[str, ...]] = {}
    for job in jobs(root):
        pair = entries(job).get("env")
        for name, value in _assignments(pair.value) if pair else ():
            found[name] = tuple(dict.fromkeys((*found.get(name, ()), value)))
    return found


def _assignments(env: Node) -> Iterator[tuple[str, str]]:
    for node in map(resolved, members(env)):
        if isinstance(node, MappingNode):
            for pair in node.pairs:
                if pair.name in GROUPS:
                    yield from _assignments(pair.value)
                elif (value := word(pair.value)) is not None:
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
