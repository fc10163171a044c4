"""The provider's name and the script are written into a deployment."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ..travis_yml.jobs import is_pypi
from ..travis_yml.tree import Alias, MappingNode, Node, ScalarNode, SequenceNode, entries, merged, text_of, walk
from .edits import Edit, line_break, line_start, put_behind, written

PROPERTIES = re.compile(r"(?:[&!]\S+\s+)*")


def rewrite_mapping(text: str, block: MappingNode, commands: Mapping[Node, str]) -> list[Edit]:
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


def rewrite_name(text: str, root: MappingNode, name: ScalarNode, command: str) -> Edit:
    """Return the edit that writes a whole deployment for a mere ``pypi``, behind the anchor if it has one."""
    properties = PROPERTIES.match(text, name.start)
    start = properties.end() if properties else name.start
    around = [node for node in walk(root) if isinstance(node, (MappingNode, SequenceNode)) and node.flow]
    if any(node.start < start < node.end for node in around):
        pairs = f'{{"provider": "script", "script": {written(command, flow=True)}}}'
        return Edit(start, name.end, pairs)
    before = text[line_start(text, start) : start].lstrip("\ufeff")
    if not before.strip(" -"):
        separator = f"{line_break(text)}{' ' * len(before)}"
        return Edit(start, name.end, f"provider: script{separator}script: {written(command)}")
    separator = f"{line_break(text)}{' ' * (len(before) - len(before.lstrip(' -')) + 2)}"
    return Edit(
        start - (len(before) - len(before.rstrip())),
        name.end,
        f"{separator}provider: script{separator}script: {written(command)}",
    )


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
