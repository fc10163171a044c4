"""A YAML text becomes a tree: ruamel.yaml finds the words and their places, nothing else is left to it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn, Union

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.events import AliasEvent, CollectionEndEvent, CollectionStartEvent, MappingStartEvent, ScalarEvent
from ruamel.yaml.reader import ReaderError

from ..errors import UsageError
from .tree import Alias, MappingNode, Node, Pair, ScalarNode, SequenceNode

Word = Union[AliasEvent, CollectionStartEvent, CollectionEndEvent, ScalarEvent]
WORDS = (AliasEvent, CollectionStartEvent, CollectionEndEvent, ScalarEvent)
# Travis' parser takes tabs between words, at the end of a line and before a comment, ruamel.yaml does not.
TABS = re.compile(r"(?<=[^\s-])[ \t]*\t[ \t]*|[ \t]*\t[ \t]*(?=#)")


def read(path: Path) -> tuple[str, Node | None]:
    """Return a file's text and the root of its first document.

    Raises UsageError with the file, the line and what to do.
    """
    try:
        text = path.read_bytes().decode()
        return text, parse(text)
    except OSError as error:
        message = f"{path} cannot be read: {error.strerror}. Name the .travis.yml to read."
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        message = f"{path}: line {line}: this is not UTF-8 ({error.reason}). Save the file as UTF-8."
    except UsageError as error:
        message = f"{path}: {error} Fix it and run the command again."
    raise UsageError(message)


def parse(text: str) -> Node | None:
    """Return the root of the first document in a YAML text, None if there is nothing in it.

    Raises UsageError that begins with the line of what cannot be read, or says that it is nested too deeply.
    """
    try:
        events = list(YAML(typ="safe", pure=True).parse(TABS.sub(lambda found: " " * len(found.group()), text)))
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        _refuse(line, f"a character that YAML does not allow ({error.reason})")
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        _refuse(mark.line + 1 if mark else 1, str(error.problem or error.context))
    words = iter([event for event in events if isinstance(event, WORDS)])
    first = next(words, None)
    if first is None or isinstance(first, CollectionEndEvent):
        return None
    try:
        return _Builder(text, words).node(first)
    except RecursionError:
        message = "the lists and mappings are nested too deeply to be read."
        raise UsageError(message) from None


def _refuse(line: int, reason: str) -> NoReturn:
    message = f"line {line}: this is not valid YAML: {reason}."
    raise UsageError(message)


class _Builder:
    """Puts the parser's events together; a node ends where its last written character stands."""

    def __init__(self, text: str, events: Iterator[Word]) -> None:
        self._text = text
        self._events = events
        self._anchors: dict[str, Node] = {}
        self._read_to = 0

    def node(self, event: AliasEvent | CollectionStartEvent | ScalarEvent) -> Node:
        """Return the node that begins with this event, and everything inside it."""
        built: Node
        if isinstance(event, AliasEvent):
            built = self._alias(event)
        else:
            built = self._collection(event) if isinstance(event, CollectionStartEvent) else self._scalar(event)
            if event.anchor:
                self._anchors[event.anchor] = built
        self._read_to = built.end
        return built

    def _alias(self, event: AliasEvent) -> Alias:
        start, line = event.start_mark.index, event.start_mark.line + 1
        if event.anchor not in self._anchors:
            _refuse(line, f"*{event.anchor} stands for nothing, no &{event.anchor} has ended above it")
        return Alias(self._anchors[event.anchor], start, event.end_mark.index, line)

    def _scalar(self, event: ScalarEvent) -> ScalarNode:
        start, end = event.start_mark.index, event.end_mark.index
        if start == end:
            return self._nothing()
        written = self._text[start:end].rstrip(" \t\r\n")  # a block scalar's mark lies behind its empty lines
        return ScalarNode(event.value, start, start + len(written), event.start_mark.line + 1, event.style)

    def _nothing(self) -> ScalarNode:
        """Return an empty value right behind its colon; the parser's mark lies at the next word."""
        colon = re.compile(r"(?:\s*:)?").match(self._text, self._read_to)
        start = colon.end() if colon else self._read_to
        return ScalarNode("", start, start, self._text.count("\n", 0, start) + 1)

    def _collection(self, event: CollectionStartEvent) -> MappingNode | SequenceNode:
        start, line, flow = event.start_mark.index, event.start_mark.line + 1, bool(event.flow_style)
        children: list[Node] = []
        closing = next(self._events)
        while not isinstance(closing, CollectionEndEvent):
            if not flow and not isinstance(event, MappingStartEvent):
                self._read_to = self._behind_dash(max(start, self._read_to))
            children.append(self.node(closing))
            closing = next(self._events)
        last = max((child.end for child in children), default=start)
        end = closing.end_mark.index if flow else last
        if isinstance(event, MappingStartEvent):
            pairs = tuple(Pair(key, value) for key, value in zip(children[::2], children[1::2]))
            return MappingNode(pairs, start, end, line, flow)
        return SequenceNode(tuple(children), start, end, line, flow)

    def _behind_dash(self, position: int) -> int:
        """Return where an item of a list may begin, for one that is empty."""
        dash = re.compile(r"(?:\s|#[^\n]*)*-").match(self._text, position)
        return dash.end() if dash else position
