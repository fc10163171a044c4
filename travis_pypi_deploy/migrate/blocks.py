"""Which mappings make up the deployments to PyPI, and which of those cannot be touched."""

from __future__ import annotations

from dataclasses import dataclass

from ..travis_yml.jobs import DEPLOYMENT_KEYS, deployments, deploys_to_pypi, jobs, mappings
from ..travis_yml.keys import corrected
from ..travis_yml.lints import Note
from ..travis_yml.tree import Alias, MappingNode, Node, Pair, entries, members, merged, walk
from .translate import SCRIPT_OPTIONS, values_by_branch

TEMPLATE_MARKS = {".", "_"}
LEFT = "this deployment is left as it is. Give each deployment its own copy, then run the command again."


@dataclass(frozen=True)
class Blocks:
    """The deployments that can be rewritten, and why others cannot."""

    movable: tuple[MappingNode, ...]
    notes: tuple[Note, ...]

    @property
    def dropped(self) -> frozenset[Pair]:
        """The options that a script deployment does not know, in every mapping that takes part."""
        return frozenset(pair for block in self.movable for pair in _options(block))


def blocks(root: MappingNode) -> Blocks:
    """Return the deployments to PyPI that a file writes down, those used and those kept as a template."""
    named = [block for block in _written(root) if "provider" in entries(block)]
    found = [block for block in named if deploys_to_pypi(block)]
    taking_part = {*found, *(source for block in found for source in sources(block))}
    shared = {pair for block in mappings(root) if block not in taking_part for pair in _options(block)}
    notes = {block: _obstacle(block, shared) for block in found}
    movable = [block for block in found if not notes[block]]
    return _keep_anchors(root, movable, [note for note in notes.values() if note])


def emptied_templates(root: MappingNode, dropped: frozenset[Pair]) -> frozenset[Pair]:
    """Return the pairs that hold and merge templates of which nothing is left, none if one of them is also used."""
    holders = {pair.value: pair for pair in root.pairs if _is_emptied(pair.value, dropped)}
    merges = {
        pair: {node.target for node in walk(pair.value) if isinstance(node, Alias)}
        for mapping in mappings(root)
        for pair in mapping.pairs
        if pair.name == "<<"
    }
    emptied = {pair for pair, templates in merges.items() if templates and templates <= holders.keys()}
    inside = {node for pair in emptied for node in walk(pair.value)}
    used = {node.target for node in walk(root) if isinstance(node, Alias) and node not in inside}
    return frozenset({*holders.values(), *emptied}) if used.isdisjoint(holders) else frozenset()


def _is_emptied(template: Node, dropped: frozenset[Pair]) -> bool:
    return isinstance(template, MappingNode) and bool(template.pairs) and dropped.issuperset(template.pairs)


def sources(block: Node) -> tuple[MappingNode, ...]:
    """Return every mapping that is merged into this one, those merged into them included."""
    if not isinstance(block, MappingNode):
        return ()
    return tuple(each for source in merged(block) for each in (source, *sources(source)))


def _written(root: MappingNode) -> tuple[MappingNode, ...]:
    """Return every mapping that is a deployment of a job, is merged into one, or stands in a template."""
    templates = [pair for pair in root.pairs if pair.name[:1] in TEMPLATE_MARKS]
    inside = [
        node for template in templates if "deploy" in entries(template) for node in members(entries(template)["deploy"])
    ]
    used = [node for job in jobs(root) for node in deployments(root, job)]
    listed = [node for template in templates for node in members(template)]
    blocks = [node for node in (*used, *listed, *inside) if isinstance(node, MappingNode)]
    return tuple(dict.fromkeys(each for block in blocks for each in (block, *sources(block))))


def _obstacle(block: MappingNode, shared: set[Pair]) -> Note | None:
    for pair in _options(block):
        if pair in shared:
            return Note(pair.key.line, f"{pair.name} is merged into deployments to elsewhere, too: {LEFT}")
    return next(filter(None, (values_by_branch(entries(each)) for each in (*sources(block), block))), None)


def _keep_anchors(root: MappingNode, candidates: list[MappingNode], notes: list[Note]) -> Blocks:
    """Leave out blocks with an anchor in a dropped option that is needed elsewhere, until none is left."""
    dropped = {node for block in candidates for pair in _options(block) for node in walk(pair.value)}
    needed = {node.target for node in walk(root) if isinstance(node, Alias) and node not in dropped}
    for block in candidates:
        for pair in _options(block):
            if needed.intersection(walk(pair.value)):
                note = Note(pair.key.line, f"{pair.name} has an anchor that is used elsewhere: {LEFT}")
                others = [other for other in candidates if other is not block]
                return _keep_anchors(root, others, [*notes, note])
    return Blocks(tuple(candidates), tuple(notes))


def _options(block: MappingNode) -> tuple[Pair, ...]:
    """Return what a script deployment does not know, in a block and in what is merged into it."""
    pairs = (pair for mapping in (block, *sources(block)) for pair in mapping.pairs)
    return tuple(pair for pair in pairs if corrected(pair.name, DEPLOYMENT_KEYS) not in SCRIPT_OPTIONS)
