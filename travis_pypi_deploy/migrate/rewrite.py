"""A .travis.yml with `provider: pypi` becomes one with `provider: script`; every other character stays."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from ..travis_yml.jobs import deployment_options, mappings, names_of_pypi, read_build
from ..travis_yml.lints import Note, arranged, lints
from ..travis_yml.tree import MappingNode, Node, entries, walk
from .arguments import PACKAGE
from .blocks import blocks, emptied_templates
from .deploying_jobs import deploying_jobs, wheels_of_python_2
from .edits import Edit, apply, take_out
from .ready_made import ready_made
from .script import rewrite_mapping, rewrite_name
from .steps import Plan, install_at, plan
from .translate import translate


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
    known = build.variables
    moved: tuple[Node, ...] = (*found.movable, *names)
    translations = {
        node: translate(deployment_options(node), aliases, known, line=node.line, ready_made=node in filled)
        for node in moved
    }
    emptied = emptied_templates(root, found.dropped)
    dropped = found.dropped | emptied
    removed = {pair.value for pair in emptied}
    planned = plan(build, moved, requirement)
    commands = {
        node: " ".join((planned.used[node].command, *translation.arguments))
        for node, translation in translations.items()
    }
    edits = [
        *(edit for block in found.movable for edit in rewrite_mapping(text, block, commands)),
        *(edit for mapping in mappings(root) if mapping not in removed for edit in take_out(text, mapping, dropped)),
        *(rewrite_name(text, root, name, commands[name]) for name in names),
        *_steps(text, root, planned),
    ]
    notes = [
        *found.notes,
        *(note for translation in translations.values() for note in translation.notes),
        *(note for node in commands for note in filled.get(node, ())),
        *(about_variables(root, known, commands.values()) if moved else ()),
        *lints(build),
        *deploying_jobs(build, moved),
        *wheels_of_python_2(build, [node for node in moved if node not in filled]),
    ]
    touched = {*moved, *(block for block in mappings(root) if not dropped.isdisjoint(block.pairs))}
    holders = {pair.name for pair in root.pairs if not touched.isdisjoint(walk(pair.value))}
    templates = frozenset(holders) - {"deploy", "jobs", "matrix"}
    return Migration(_same_end(text, apply(text, edits)), len(commands), arranged(notes), templates)


def about_variables(root: MappingNode, known: Collection[str], commands: Collection[str]) -> list[Note]:
    """Return a note for each variable of dpl in `env:` that this tool reads, too: whether it still counts."""
    line = entries(root)["env"].key.line if "env" in entries(root) else root.line
    counts = "still counts, because the script does not name it."
    sentence = {"PYPI_USERNAME": "still counts, and PyPI accepts API tokens only: delete it."}
    for option in ("server", "distributions"):
        is_named = all(f"--{option}" in command for command in commands)
        sentence[f"PYPI_{option.upper()}"] = "no longer counts: the script names it." if is_named else counts
    return [Note(line, f"{name} {text}") for name, text in sentence.items() if name in known]


def _steps(text: str, root: MappingNode, planned: Plan) -> list[Edit]:
    owners = {pair: mapping for mapping in mappings(root) for pair in mapping.pairs}
    return [edit for pair, step in planned.written.items() for edit in install_at(text, owners[pair], pair, step)]


def _same_end(text: str, changed: str) -> str:
    """Return the changed text without a line break at its end where the first had none."""
    return changed if text.endswith("\n") else changed.removesuffix("\n").removesuffix("\r")
