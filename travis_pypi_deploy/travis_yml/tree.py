"""A YAML document as nodes that know where in the text they stand, and the ways to look into it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Union

from .keys import corrected

DEPLOY = frozenset({"deploy"})
WORDS_FOR_YES = {"true", "yes", "on", "1"}
WORDS_FOR_NO = {"false", "no", "off", "0"}


@dataclass(frozen=True, eq=False)
class ScalarNode:
    """A single value; ``start`` and ``end`` are offsets into the text, an anchor or tag included."""

    value: str
    start: int
    end: int
    line: int
    style: str | None = None


@dataclass(frozen=True, eq=False)
class Alias:
    """A reference to a node that was anchored further up."""

    target: Node
    start: int
    end: int
    line: int


@dataclass(frozen=True, eq=False)
class SequenceNode:
    """A list, in block or in flow style."""

    items: tuple[Node, ...]
    start: int
    end: int
    line: int
    flow: bool


@dataclass(frozen=True, eq=False)
class Pair:
    """A key and its value in a mapping."""

    key: Node
    value: Node

    @property
    def end(self) -> int:
        """Where the last character of the pair stands."""
        return max(self.key.end, self.value.end)

    @property
    def name(self) -> str:
        """The key as Travis looks it up: ``skip-existing`` is ``skip_existing``, ``x-deploy`` is ``deploy``."""
        return "deploy" if self.is_misspelled_deploy else self.written_name

    @property
    def written_name(self) -> str:
        """The key with underscores, empty for a key that is not a scalar."""
        return self.key.value.replace("-", "_") if isinstance(self.key, ScalarNode) else ""

    @property
    def is_misspelled_deploy(self) -> bool:
        """Whether Travis takes this key for ``deploy``; it holds deployments then."""
        if self.written_name == "deploy" or corrected(self.written_name, DEPLOY) != "deploy":
            return False
        return any("provider" in entries(resolved(value)) for value in members(self.value))


@dataclass(frozen=True, eq=False)
class MappingNode:
    """A mapping, in block or in flow style; names may stand in it twice."""

    pairs: tuple[Pair, ...]
    start: int
    end: int
    line: int
    flow: bool


Node = Union[ScalarNode, Alias, SequenceNode, MappingNode]


def resolved(node: Node) -> Node:
    """Return what an alias stands for, any other node as it is."""
    return node.target if isinstance(node, Alias) else node


def entries(node: Node | None) -> dict[str, Pair]:
    """Return a mapping's pairs by name as Travis sees them: the last of a name, then ``<<:`` merges."""
    if not isinstance(node, MappingNode):
        return {}
    pairs = sorted(node.pairs, key=lambda pair: pair.is_misspelled_deploy)  # Travis corrects keys at the end
    found = {pair.name: pair for pair in pairs if pair.name != "<<"}
    for source in merged(node):
        found = {**entries(source), **found}
    return found


def merged(mapping: MappingNode) -> tuple[MappingNode, ...]:
    """Return the mappings that ``<<:`` merges into this one, the weakest last."""
    values = [resolved(pair.value) for pair in mapping.pairs if pair.name == "<<"]
    sources = [
        resolved(source)
        for value in values
        for source in (value.items if isinstance(value, SequenceNode) else (value,))
    ]
    return tuple(source for source in sources if isinstance(source, MappingNode))


def walk(node: Node) -> Iterator[Node]:
    """Yield a node and everything that is written inside it, not following aliases."""
    yield node
    if isinstance(node, SequenceNode):
        for item in node.items:
            yield from walk(item)
    if isinstance(node, MappingNode):
        for pair in node.pairs:
            yield from walk(pair.key)
            yield from walk(pair.value)


def members(node: Node | None) -> tuple[Node, ...]:
    """Return a list's items, aliases to further lists included; a lone value is a list of one."""
    if node is None or (isinstance(node, ScalarNode) and is_empty(node)):
        return ()
    target = resolved(node)
    if not isinstance(target, SequenceNode):
        return (node,)
    return tuple(
        member
        for item in target.items
        for member in (members(item) if isinstance(resolved(item), SequenceNode) else (item,))
    )


def is_empty(node: Node) -> bool:
    """Return whether a node is YAML's nothing: no value at all, ``~`` or ``null``."""
    return isinstance(node, ScalarNode) and node.style is None and node.value in {"", "~", "null", "Null", "NULL"}


def text_of(node: Node | None) -> str | None:
    """Return the text of a scalar that holds something, else None."""
    if node is None:
        return None
    target = resolved(node)
    return target.value if isinstance(target, ScalarNode) and not is_empty(target) else None


def option_text(pairs: Mapping[str, Pair], *names: str) -> str:
    """Return the text of the first of these options that is there, a list's items with spaces between them."""
    found = next((members(pairs[name].value) for name in names if name in pairs), ())
    return " ".join(filter(None, map(text_of, found)))


def is_true(node: Node | None) -> bool:
    """Return whether a value means yes, as Travis casts it."""
    return (text_of(node) or "").lower() in WORDS_FOR_YES


def is_false(node: Node | None) -> bool:
    """Return whether a value means no, as Travis casts it."""
    return (text_of(node) or "").lower() in WORDS_FOR_NO


def versions(node: Node | None) -> tuple[str, ...]:
    """Return the versions that a `python:` names as Travis reads them: 3.10 without quotes is 3.1."""
    scalars = [target for target in map(resolved, members(node)) if isinstance(target, ScalarNode)]
    return tuple(_version(scalar) for scalar in scalars)


def _version(scalar: ScalarNode) -> str:
    is_number = scalar.style is None and re.fullmatch(r"\d+\.\d+", scalar.value)
    return str(float(scalar.value)) if is_number else scalar.value
