"""A YAML document as nodes that know where in the text they stand, as plain values, and the ways to look into both."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Union

from .keys import corrected

DEPLOY = frozenset({"deploy"})
VARIABLE = re.compile(r"\$\{?([A-Za-z_]\w*)\}?")


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
        return any("provider" in entries(value) for value in members(self))


@dataclass(frozen=True, eq=False)
class MappingNode:
    """A mapping, in block or in flow style; names may stand in it twice."""

    pairs: tuple[Pair, ...]
    start: int
    end: int
    line: int
    flow: bool


Node = Union[ScalarNode, Alias, SequenceNode, MappingNode]
Plain = Union[None, bool, str, "list[Plain]", "dict[str, Plain]"]


def resolved(held: Node | Pair) -> Node:
    """Return the value of a pair or a node as it is, and what it stands for if it is an alias."""
    node = held.value if isinstance(held, Pair) else held
    return node.target if isinstance(node, Alias) else node


def entries(held: Node | Pair | None) -> dict[str, Pair]:
    """Return a mapping's pairs by name as Travis sees them: the last of a name, then ``<<:`` merges."""
    node = resolved(held) if held else None
    if not isinstance(node, MappingNode):
        return {}
    pairs = sorted(node.pairs, key=lambda pair: pair.is_misspelled_deploy)  # Travis corrects keys at the end
    found = {pair.name: pair for pair in pairs if pair.name != "<<"}
    for source in merged(node):
        found = {**entries(source), **found}
    return found


def merged(mapping: MappingNode) -> tuple[MappingNode, ...]:
    """Return the mappings that ``<<:`` merges into this one, the weakest last."""
    sources = [source for pair in mapping.pairs if pair.name == "<<" for source in members(pair)]
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


def members(held: Node | Pair | None) -> tuple[Node, ...]:
    """Return a list's items, those of lists in it included; a lone value is a list of one, nothing is none."""
    node = resolved(held) if held else None
    if isinstance(node, SequenceNode):
        return tuple(member for item in node.items for member in members(item))
    return () if node is None or is_empty(node) else (node,)


def is_empty(node: Node) -> bool:
    """Return whether a node is YAML's nothing: no value at all, ``~`` or ``null``."""
    return isinstance(node, ScalarNode) and node.style is None and node.value in {"", "~", "null", "Null", "NULL"}


def text_of(held: Node | Pair | None) -> str:
    """Return the text of a scalar, empty for anything else."""
    node = resolved(held) if held else None
    return node.value if isinstance(node, ScalarNode) and not is_empty(node) else ""


def option_text(pairs: Mapping[str, Pair], *names: str) -> str:
    """Return the text of the first of these options that is there, a list's items with spaces between them."""
    found = next((members(pairs[name]) for name in names if name in pairs), ())
    return " ".join(filter(None, map(text_of, found)))


def is_true(held: Node | Pair | None) -> bool:
    """Return whether a value means yes, as Travis casts it."""
    return truth(text_of(held)) is True


def is_false(held: Node | Pair | None) -> bool:
    """Return whether a value means no, as Travis casts it."""
    return truth(text_of(held)) is False


def versions(held: Node | Pair | None) -> tuple[str, ...]:
    """Return the versions that a `python:` names as Travis reads them: 3.10 without quotes is 3.1."""
    return tuple(_version(scalar) for scalar in members(held) if isinstance(scalar, ScalarNode))


def _version(scalar: ScalarNode) -> str:
    is_number = scalar.style is None and re.fullmatch(r"\d+\.\d+", scalar.value)
    return str(float(scalar.value)) if is_number else scalar.value


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
    return True if word in {"true", "yes", "on", "1"} else False if word in {"false", "no", "off", "0"} else None


def mapping(value: Plain) -> dict[str, Plain]:
    """Return a mapping as it is, an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def variables_in(shell: str) -> tuple[str, ...]:
    """Return the variables that a text of a shell uses."""
    return tuple(dict.fromkeys(VARIABLE.findall(shell)))


def expanded(shell: str, known: Mapping[str, str]) -> str:
    """Return the text with its variables replaced, which are all known."""
    return VARIABLE.sub(lambda match: known[match[1]], shell)
