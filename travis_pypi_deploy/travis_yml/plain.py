"""The tree of a .travis.yml becomes plain values, as Travis reads them: text, true and false, lists and mappings."""

from __future__ import annotations

from typing import Union

from .tree import MappingNode, Node, ScalarNode, SequenceNode, entries, is_empty, is_false, is_true, resolved, versions

Plain = Union[None, bool, str, "list[Plain]", "dict[str, Plain]"]

WORDS_OF_BOOLEANS = {"true", "false", "yes", "no", "on", "off"}


def plain(node: Node | None) -> Plain:
    """Return the value of a node. Numbers are texts: 3.10 without quotes is the text 3.1."""
    if node is None or is_empty(node):
        return None
    target = resolved(node)
    if isinstance(target, MappingNode):
        return {name: plain(pair.value) for name, pair in entries(target).items()}
    if isinstance(target, SequenceNode):
        return [plain(item) for item in target.items]
    if isinstance(target, ScalarNode) and target.style is None and target.value.lower() in WORDS_OF_BOOLEANS:
        return is_true(target) and not is_false(target)
    return next(iter(versions(target)), "")


def listed(value: Plain) -> list[Plain]:
    """Return a list's items, those of lists in it included; a lone value is a list of one, nothing is none."""
    if isinstance(value, list):
        return [item for each in value for item in listed(each)]
    return [] if value is None else [value]


def text(value: Plain) -> str:
    """Return a scalar's text; empty for nothing, lists and mappings."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else ""


def mapping(value: Plain) -> dict[str, Plain]:
    """Return a mapping as it is, an empty one for anything else."""
    return value if isinstance(value, dict) else {}
