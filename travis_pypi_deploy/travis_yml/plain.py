"""The tree of a .travis.yml becomes plain values, as Travis reads them: text, true and false, lists and mappings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Union

from .tree import (
    WORDS_FOR_NO,
    WORDS_FOR_YES,
    MappingNode,
    Node,
    Pair,
    ScalarNode,
    SequenceNode,
    entries,
    is_empty,
    resolved,
    versions,
)

Plain = Union[None, bool, str, "list[Plain]", "dict[str, Plain]"]

VARIABLE = re.compile(r"\$\{?([A-Za-z_]\w*)\}?")


def plain(held: Node | Pair | None) -> Plain:
    """Return the value of a node or pair. Numbers are texts: 3.10 without quotes is the text 3.1."""
    target = resolved(held) if held else None
    if target is None or is_empty(target):
        return None
    if isinstance(target, MappingNode):
        return {name: plain(pair) for name, pair in entries(target).items()}
    if isinstance(target, SequenceNode):
        return [plain(item) for item in target.items]
    if isinstance(target, ScalarNode) and target.style is None and not target.value.isdigit():
        value = truth(target.value)
        if value is not None:
            return value
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


def truth(value: Plain) -> bool | None:
    """Return what Travis casts a value to, None if that is neither true nor false."""
    word = text(value).lower()
    return True if word in WORDS_FOR_YES else False if word in WORDS_FOR_NO else None


def mapping(value: Plain) -> dict[str, Plain]:
    """Return a mapping as it is, an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def variables_in(shell: str) -> tuple[str, ...]:
    """Return the variables that a text of a shell uses."""
    return tuple(dict.fromkeys(VARIABLE.findall(shell)))


def expanded(shell: str, known: Mapping[str, str]) -> str:
    """Return the text with its variables replaced, which are all known."""
    return VARIABLE.sub(lambda match: known[match[1]], shell)
