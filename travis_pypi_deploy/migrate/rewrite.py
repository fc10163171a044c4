"""A .travis.yml with `provider: pypi` becomes one with `provider: script`; every other character stays."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from ..travis_yml.jobs import is_pypi, mappings, names_of_pypi, read_build
from ..travis_yml.lints import Note, arranged, lints
from ..travis_yml.tree import Alias, MappingNode, Node, ScalarNode, SequenceNode, entries, merged, text_of, walk
from .arguments import PACKAGE
from .blocks import blocks, emptied_templates
from .deploying_jobs import deploying_jobs, wheels_of_python_2
from .edits import Edit, apply, line_break, line_start, put_behind, take_out, written
from .ready_made import ready_made
from .steps import install_at, plan
from .translate import translate

PROPERTIES = re.compile(r"(?:[&!]\S+\s+)*")


@dataclass(frozen=True)
class Migration:
    """The new text, how many deployments were rewritten, and the notes, in the order of lines."""

    text: str
    deployments: int
    notes: tuple[Note, ...]
    templates: frozenset[str] = frozenset()  # the keys of the file that hold parts of these deployments


def migrate(text: str, root: Node | None, aliases: Mapping[str, str], requirement: str = PACKAGE) -> Migration:
    """Return the migration of a text with its tree.

    ``aliases`` are the commands that setup.cfg names, ``requirement`` is what the jobs install with pip.
    """
    if not isinstance(root, MappingNode):
        return Migration(text, 0, ())
    found, names = blocks(root), names_of_pypi(root)
    filled, build = ready_made(root), read_build(root)
    moved: tuple[Node, ...] = (*found.movable, *names)
    translations = {node: translate(node, aliases, build.variables, ready_made=node in filled) for node in moved}
    emptied = emptied_templates(root, found.dropped)
    dropped = found.dropped | emptied
    removed = {pair.value for pair in emptied}
    planned = plan(build, moved, requirement)
    commands = {
        node: " ".join((planned.used[node].command, *translation.arguments))
        for node, translation in translations.items()
    }
    owners = {pair: mapping for mapping in mappings(root) for pair in mapping.pairs}
    edits = [
        *(edit for block in found.movable for edit in _rewrite_mapping(text, block, commands)),
        *(edit for mapping in mappings(root) if mapping not in removed for edit in take_out(text, mapping, dropped)),
        *(_rewrite_name(text, root, name, commands[name]) for name in names),
        *(edit for pair, step in planned.written.items() for edit in install_at(text, owners[pair], pair, step)),
    ]
    notes = [
        *found.notes,
        *(note for translation in translations.values() for note in translation.notes),
        *(note for node in commands for note in filled.get(node, ())),
        *(about_variables(root, build.variables, commands.values()) if moved else ()),
        *lints(build),
        *deploying_jobs(build, moved),
        *wheels_of_python_2(build, [node for node in moved if node not in filled]),
    ]
    touched = {*moved, *(block for block in mappings(root) if not dropped.isdisjoint(block.pairs))}
    holders = {pair.name for pair in root.pairs if not touched.isdisjoint(walk(pair.value))}
    templates = frozenset(holders) - {"deploy", "jobs", "matrix"}
    changed = apply(text, edits)
    if not text.endswith("\n"):
        changed = changed.removesuffix("\n").removesuffix("\r")
    return Migration(changed, len(commands), arranged(notes), templates)


def about_variables(root: MappingNode, known: Collection[str], commands: Collection[str]) -> list[Note]:
    """Return a note for each variable of dpl in `env:` that this tool reads, too: whether it still counts."""
    line = entries(root)["env"].key.line if "env" in entries(root) else root.line
    counts = "still counts, because the script does not name it."
    sentence = {"PYPI_USERNAME": "still counts, and PyPI accepts API tokens only: delete it."}
    for option in ("server", "distributions"):
        is_named = all(f"--{option}" in command for command in commands)
        sentence[f"PYPI_{option.upper()}"] = "no longer counts: the script names it." if is_named else counts
    return [Note(line, f"{name} {text}") for name, text in sentence.items() if name in known]


def _rewrite_mapping(text: str, block: MappingNode, commands: Mapping[Node, str]) -> list[Edit]:
    """Return the edits that name the other provider and write its script where it is not merged in."""
    added = {"script": commands[block]}
    own = [pair for pair in block.pairs if pair.name == "provider" and is_pypi(text_of(pair))]
    if own:
        return [*(_script(text, pair.value) for pair in own), put_behind(text, block, own[-1], added)]
    inherited = next(source for source in merged(block) if "provider" in entries(source))
    if commands[inherited] == commands[block]:
        return []
    merge = next(pair for pair in block.pairs if pair.name == "<<")
    return [put_behind(text, block, merge, added)]


def _rewrite_name(text: str, root: MappingNode, name: ScalarNode, command: str) -> Edit:
    """Return the edit that writes a whole deployment for a mere ``pypi``, behind the anchor if it has one."""
    properties = PROPERTIES.match(text, name.start)
    start = properties.end() if properties else name.start
    around = [node for node in walk(root) if isinstance(node, (MappingNode, SequenceNode)) and node.flow]
    if any(node.start < start < node.end for node in around):
        pairs = f'{{"provider": "script", "script": {written(command, flow=True)}}}'
        return Edit(start, name.end, pairs)
    before = text[line_start(text, start) : start].lstrip("\ufeff")
    is_alone = not before.strip(" -")
    indent = len(before) if is_alone else len(before) - len(before.lstrip(" -")) + 2
    separator = f"{line_break(text)}{' ' * indent}"
    lines = f"provider: script{separator}script: {written(command)}"
    if is_alone:
        return Edit(start, name.end, lines)
    return Edit(start - (len(before) - len(before.rstrip())), name.end, separator + lines)


def _script(text: str, provider: Node) -> Edit:
    """Write ``script`` for ``pypi``, in the same quotes and behind the same anchor."""
    if isinstance(provider, Alias):
        return Edit(provider.start, provider.end, "script")
    name = text_of(provider)
    start = text.rfind(name, provider.start, provider.end)
    if start >= 0:
        return Edit(start, start + len(name), "script")
    properties = PROPERTIES.match(text, provider.start)  # the name is written with escapes or on two lines
    return Edit(properties.end() if properties else provider.start, provider.end, "script")
