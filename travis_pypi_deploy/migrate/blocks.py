"""Which mappings make up the deployments to PyPI, and which of those cannot be touched."""

from __future__ import annotations

from dataclasses import dataclass

from .notes import Note
from .places import is_pypi, mappings
from .translate import OURS_ALONE, in_the_way
from .tree import Alias, MappingNode, Pair, entries, merged, walk

UNTIE = "this deployment is left as it is; untie the two, then run this again."


@dataclass(frozen=True)
class Blocks:
    """The deployments that can be rewritten, and why others cannot."""

    movable: tuple[MappingNode, ...]
    notes: tuple[Note, ...]

    @property
    def doomed(self) -> frozenset[Pair]:
        """The options that a script deployment does not know, in every mapping that takes part."""
        return frozenset(pair for block in self.movable for pair in _options(block))


def blocks(root: MappingNode) -> Blocks:
    """Return the deployments to PyPI that a file writes down, those used and those kept as a template."""
    named = [(block, entries(block)) for block in mappings(root) if "provider" in entries(block)]
    found = [block for block, pairs in named if is_pypi(pairs["provider"].value)]
    shared = {pair for block, pairs in named if not is_pypi(pairs["provider"].value) for pair in _options(block)}
    notes = {block: _obstacle(block, shared) for block in found}
    movable = [block for block in found if not notes[block]]
    return _keep_anchors(root, movable, [note for note in notes.values() if note])


def _obstacle(block: MappingNode, shared: set[Pair]) -> Note | None:
    for pair in _options(block):
        if pair in shared:
            return Note(pair.key.line, f"{pair.name} is merged into deployments to elsewhere, too: {UNTIE}")
    for source in merged(block):
        if obstacle := _obstacle(source, shared):
            return obstacle
    return in_the_way(entries(block))


def _keep_anchors(root: MappingNode, candidates: list[MappingNode], notes: list[Note]) -> Blocks:
    """Leave out blocks with an anchor in a dropped option that is needed elsewhere, until none is left."""
    doomed = {node for block in candidates for pair in _options(block) for node in walk(pair.value)}
    needed = {node.target for node in walk(root) if isinstance(node, Alias) and node not in doomed}
    for block in candidates:
        for pair in _options(block):
            if needed.intersection(walk(pair.value)):
                note = Note(pair.key.line, f"{pair.name} has an anchor that is used elsewhere: {UNTIE}")
                others = [other for other in candidates if other is not block]
                return _keep_anchors(root, others, [*notes, note])
    return Blocks(tuple(candidates), tuple(notes))


def _options(block: MappingNode) -> tuple[Pair, ...]:
    """Return what only a PyPI deployment knows, in a block and in what is merged into it."""
    own = tuple(pair for pair in block.pairs if pair.name in OURS_ALONE)
    return (*own, *(pair for source in merged(block) for pair in _options(source)))
