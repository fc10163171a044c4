"""Changes to a text: what is taken out, what is put in, and where."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from ..travis_yml.tree import Alias, MappingNode, Pair, ScalarNode, SequenceNode, walk

NEXT_COMMENT = re.compile(r"(?:[ \t]*\r?\n)*( *)#")
COMMENT = re.compile(r"(?<!\S)#[^\r\n]*")


@dataclass(frozen=True)
class Edit:
    """The characters from ``start`` up to ``end`` of a text become ``new``."""

    start: int
    end: int
    new: str


def apply(text: str, edits: Iterable[Edit]) -> str:
    """Return the text with all edits made; they must not overlap, and those at one place keep their order."""
    pieces, position = [], 0
    for edit in sorted(dict.fromkeys(edits), key=lambda edit: (edit.start, edit.end)):
        pieces += [text[position : edit.start], edit.new]
        position = edit.end
    return "".join([*pieces, text[position:]])


def line_break(text: str) -> str:
    """Return the line ending that a text uses, by its first line."""
    first = re.search(r"\r?\n", text)
    return first.group() if first else "\n"


def line_start(text: str, offset: int) -> int:
    """Return where the line of an offset begins."""
    return text.rfind("\n", 0, offset) + 1


def line_end(text: str, offset: int) -> int:
    """Return where the line of an offset ends, its line break not included."""
    end = text.find("\n", offset)
    end = len(text) if end < 0 else end
    return end - 1 if text[offset:end].endswith("\r") else end


def indentation(text: str, offset: int) -> str:
    """Return as many spaces as there are columns before an offset on its line."""
    return " " * len(text[line_start(text, offset) : offset].lstrip("\ufeff"))


def is_comment_further_in(text: str, at: int, indent: str) -> bool:
    """Return whether a comment follows in a text, further to the right than an indentation."""
    comment = NEXT_COMMENT.match(text, at)
    return comment is not None and len(comment.group(1)) > len(indent)


def take_out(text: str, mapping: MappingNode, dropped: frozenset[Pair]) -> list[Edit]:
    """Return the edits that remove pairs from a mapping and leave every comment where it was."""
    groups = groupby(mapping.pairs, key=lambda pair: pair in dropped)
    runs = [list(group) for is_dropped, group in groups if is_dropped]
    if runs and len(runs[0]) == len(mapping.pairs):
        return [Edit(mapping.pairs[0].key.start, mapping.pairs[-1].end, "" if mapping.flow else "{}")]
    if mapping.flow:
        return [_without_run(text, mapping, run) for run in runs]
    return [edit for run in runs for edit in _without_lines(text, mapping, run)]


def put_behind(text: str, mapping: MappingNode, pair: Pair, added: Mapping[str, str]) -> Edit:
    """Return the edit that writes more pairs behind one of a mapping, in the mapping's style."""
    if mapping.flow:
        quote = text[pair.key.start] if text[pair.key.start] in "\"'" else ""
        new = "".join(f", {quote}{name}{quote}: {written(value, flow=True)}" for name, value in added.items())
        return Edit(pair.end, pair.end, new)
    lines = [f"{name}: {written(value)}" for name, value in added.items()]
    return lines_behind(text, pair.end, indentation(text, pair.key.start), lines)


def put_last(text: str, listed: SequenceNode, lines: Sequence[str]) -> Edit:
    """Return the edit that adds items to a list that has some; one in flow style gets the first line only."""
    last = listed.items[-1]
    if listed.flow:
        return Edit(last.end, last.end, f", {lines[0].removeprefix('- ')}")
    return lines_behind(text, last.end, indentation(text, text.rfind("-", 0, last.start)), lines)


def lines_behind(text: str, offset: int, indent: str, lines: Iterable[str]) -> Edit:
    """Return the edit that writes lines behind the line of an offset."""
    end = line_end(text, offset)
    return Edit(end, end, "".join(f"{line_break(text)}{indent}{line}" for line in lines))


def written(value: str, *, flow: bool = False) -> str:
    """Return a text as YAML: bare where it reads as itself that way, and ``true`` as the truth value."""
    if value == "true":
        return value
    bare = value[:1] not in "\"'&*!|>%@`#[]{},?:- 0123456789" and ": " not in value and " #" not in value
    if bare and not flow and not value.endswith((":", " ")):
        return value
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _without_run(text: str, mapping: MappingNode, pairs: list[Pair]) -> Edit:
    start, end = pairs[0].key.start, pairs[-1].end
    if pairs[-1] is not mapping.pairs[-1]:
        following = _following(mapping, pairs).key.start
        separator = f"{line_break(text)}{indentation(text, following)}"
        comments = "".join(f"{text[at:to]}{separator}" for at, to in _comments(text, pairs, following))
        return Edit(start, following, f" {comments}" if comments and text[start - 1] == "{" else comments)
    above = mapping.pairs[mapping.pairs.index(pairs[0]) - 1].end
    outside = [match.span() for match in COMMENT.finditer(text, above, start)]
    kept = [f"  {text[at:to]}{line_break(text)}" for at, to in (*outside, *_comments(text, pairs, end))]
    return Edit(above, end, "".join(kept))


def _without_lines(text: str, mapping: MappingNode, pairs: list[Pair]) -> list[Edit]:
    start, indent = pairs[0].key.start, indentation(text, pairs[0].key.start)
    if not text[line_start(text, start) : start].strip("\ufeff \t"):
        return [_without_line(text, pair) for pair in pairs]
    following = _following(mapping, pairs).key.start  # the first of a list's item: what follows moves up
    comments = _comments(text, pairs, following)
    kept = "".join(f"{text[at:end]}{line_break(text)}{indent}" for at, end in comments)
    return [Edit(start, following, kept)]


def _following(mapping: MappingNode, pairs: list[Pair]) -> Pair:
    return mapping.pairs[mapping.pairs.index(pairs[-1]) + 1]


def _without_line(text: str, pair: Pair) -> Edit:
    indent = indentation(text, pair.key.start)
    start, end = line_start(text, pair.key.start), line_end(text, pair.end)
    kept = ""
    for at, comment_end in _comments(text, [pair], end):
        before = text[line_start(text, at) : at]
        is_deeper = bool(before.strip()) or len(before) > len(indent)
        kept += f"{indent if is_deeper else before}{text[at:comment_end]}{line_break(text)}"
    bom = "\ufeff" if text.startswith("\ufeff") and start == 0 else ""
    next_line = text.find("\n", end) + 1 or len(text)  # lines of one file may have different endings
    return Edit(start + len(bom), next_line, kept)


def _comments(text: str, pairs: list[Pair], end: int) -> list[tuple[int, int]]:
    """Return where the comments among some pairs stand, up to ``end``; a ``#`` inside a value is none."""
    gap, found = pairs[0].key.start, []
    leaves = [leaf for pair in pairs for part in (pair.key, pair.value) for leaf in walk(part)]
    written = [leaf for leaf in leaves if isinstance(leaf, (ScalarNode, Alias))]
    for leaf_start, leaf_end in [*(_span(text, leaf) for leaf in written), (end, end)]:
        found += [match.span() for match in COMMENT.finditer(text, gap, leaf_start)]
        gap = leaf_end
    return found


def _span(text: str, leaf: ScalarNode | Alias) -> tuple[int, int]:
    """Return where a value stands; behind the mark of a text block a comment may follow."""
    is_block = isinstance(leaf, ScalarNode) and leaf.style in ("|", ">")
    return (line_end(text, leaf.start) if is_block else leaf.start), leaf.end
