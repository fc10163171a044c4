"""Check a migrated text before it is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import UsageError
from ..travis_yml.jobs import mappings, runs_tool
from ..travis_yml.tree import Alias, MappingNode, Node, Pair, ScalarNode, SequenceNode, members, text_of, walk
from .arguments import PACKAGE

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator


def verify(
    before: Node | None,
    after: Node | None,
    rewritten: Collection[Node],
    dropped: Collection[object],
    requirement: str = PACKAGE,
) -> None:
    """Raise UsageError unless both trees are equal outside the deployments and the step that installs the tool."""
    old = _Outline(before, rewritten, dropped, requirement).of(before) if before else ()
    new = _Outline(after, (), dropped, requirement).of(after) if after else ()
    for (value, line), (other, _) in zip([*old, ("end", 0)], [*new, ("end", 0)]):
        if value != other:
            place = f"line {line}" if line else "the end of the file"
            message = f"{place}: the migration would change this part. Migrate this file by hand."
            raise UsageError(message)


class _Outline:
    """What a tree holds, with lines, without what a migration changes: provider, script, dropped options, the step."""

    def __init__(self, root: Node, rewritten: Collection[Node], dropped: Collection[object], requirement: str) -> None:
        self._rewritten, self._dropped = rewritten, dropped
        self._requirement = requirement
        pairs = [pair for mapping in mappings(root) for pair in mapping.pairs]
        steps = [pair.value for pair in pairs if pair.name == "before_deploy"]
        self._lists = {
            each.target for each in steps if isinstance(each, Alias) and isinstance(each.target, SequenceNode)
        }
        self._growing = {*self._lists, *steps}

    def of(self, node: Node) -> Iterator[tuple[str, int]]:
        """Yield what a node holds."""
        if node in self._rewritten or runs_tool(node):
            yield "deployment", node.line
            for pair in node.pairs if isinstance(node, MappingNode) else ():
                yield from self._pair(pair) if pair.name not in {"provider", "script"} else ()
        elif node in self._lists:
            yield from self._commands(node)
        elif isinstance(node, ScalarNode):
            yield f"scalar {node.value}", node.line
        elif isinstance(node, Alias):
            yield "alias", node.line
            if node.target in self._growing:  # what it stands for must not grow here, too
                yield from (
                    (f"its {each.value}", node.line) for each in walk(node.target) if isinstance(each, ScalarNode)
                )
        elif isinstance(node, MappingNode):
            yield "mapping", node.line
            for pair in node.pairs:
                yield from self._pair(pair)
            yield "end of mapping", node.line
        else:
            yield "sequence", node.line
            for item in node.items:
                yield from self.of(item)
            yield "end of sequence", node.line

    def _pair(self, pair: Pair) -> Iterator[tuple[str, int]]:
        if pair in self._dropped:
            return
        if pair.name == "before_deploy":
            yield from self._commands(pair.value)
        else:
            yield from self.of(pair.key)
            yield from self.of(pair.value)

    def _commands(self, node: Node) -> Iterator[tuple[str, int]]:
        for each in map(text_of, members(node)):
            if each not in {None, "skip", "ignore"} and self._requirement not in (each or ""):
                yield f"command {each}", node.line
