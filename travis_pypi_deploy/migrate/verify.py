"""Check a migrated text before it is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import UsageError
from .places import mappings, runs_us
from .tree import Alias, MappingNode, Node, ScalarNode, SequenceNode

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator


def verify(before: Node | None, after: Node | None, rewritten: Collection[Node], dropped: Collection[object]) -> None:
    """Raise UsageError unless both trees are equal outside of the deployments and ``before_deploy``."""
    old = list(_outline(before, {*rewritten, *_shared_steps(before)}, dropped))
    new = list(_outline(after, _shared_steps(after), ()))
    for (value, line), (other, _) in zip([*old, ("end", 0)], [*new, ("end", 0)]):
        if value != other:
            place = f"line {line}" if line else "the end of the file"
            message = f"{place}: the migration would change this part. Migrate this file by hand."
            raise UsageError(message)


def _shared_steps(root: Node | None) -> set[Node]:
    """Return the anchored values that a ``before_deploy`` refers to: the install step is added to them."""
    pairs = [pair for mapping in mappings(root) for pair in mapping.pairs] if root else []
    values = [pair.value for pair in pairs if pair.name == "before_deploy"]
    return {value.target for value in values if isinstance(value, Alias) and isinstance(value.target, SequenceNode)}


def _outline(node: Node | None, rewritten: Collection[Node], dropped: Collection[object]) -> Iterator[tuple[str, int]]:
    """Yield what a tree holds, with lines; a rewritten node counts as one value."""
    if node is None:
        return
    if node in rewritten or runs_us(node):
        yield "deployment or its steps", node.line
    elif isinstance(node, ScalarNode):
        yield f"scalar {node.value}", node.line
    elif isinstance(node, Alias):
        yield "alias", node.line
    elif isinstance(node, MappingNode):
        yield "mapping", node.line
        for pair in node.pairs:
            if pair not in dropped and pair.name != "before_deploy":
                yield from _outline(pair.key, rewritten, dropped)
                yield from _outline(pair.value, rewritten, dropped)
        yield "end of mapping", node.line
    else:
        yield "sequence", node.line
        for item in node.items:
            yield from _outline(item, rewritten, dropped)
        yield "end of sequence", node.line
