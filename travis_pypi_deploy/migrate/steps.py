"""The step that installs us: where it belongs, and how it is written there."""

from __future__ import annotations

import re

from .edits import COMMENT, Edit, indentation, is_comment_further_in, line_break, line_end, line_start, written
from .places import deployments, effective, jobs
from .tree import MappingNode, Node, Pair, SequenceNode, is_empty, members, resolved, word

# An environment of our own, made by the first interpreter that takes us: the job's, another on the PATH, or
# one of pyenv's (Travis keeps more there). Bash runs it, again before every deployment of the job.
LINES = (
    "for python in python3 python3.{14..9} /opt/pyenv/versions/3.*/bin/python; do",
    "$python -m venv --clear ~/deployer && ~/deployer/bin/pip install -q travis-pypi-deploy && break; done ||",
    "! echo 'No Python 3.9 or newer here could install travis-pypi-deploy'",
)
INSTALL = " ".join(LINES)
INSTALLS_US = re.compile(r"~/deployer/bin/pip install .*travis-pypi-deploy")
COMMAND = "~/deployer/bin/python -m travis_pypi_deploy"


def homes(root: MappingNode, rewritten: frozenset[Node]) -> tuple[Pair, ...]:
    """Return the pairs at which a step that installs us belongs, for the jobs that run rewritten deployments.

    That is a job's ``before_deploy``, to which the step is added, or where it has none its ``deploy``.
    """
    found: list[Pair] = []
    for job in jobs(root):  # the file comes first: what is written before its deploy, jobs inherit
        deploy, before = (effective(root, job, name) for name in ("deploy", "before_deploy"))
        inherited = not before and bool(found) and found[0] is effective(root, root, "deploy")
        if deploy and rewritten.intersection(deployments(root, job)) and not _installs_us(root, job):
            found += [] if inherited else [before or deploy]
    return tuple(dict.fromkeys(found))


def install_at(text: str, owner: MappingNode, pair: Pair) -> list[Edit]:
    """Return the edits that add the step to a ``before_deploy``, or that write one before a ``deploy``."""
    if pair.name != "before_deploy":
        return [_before(text, owner, pair)]
    value = resolved(pair.value) if isinstance(resolved(pair.value), SequenceNode) else pair.value
    if isinstance(value, SequenceNode):
        return [_behind_last(text, value)]
    if is_empty(value):
        end = line_end(text, value.end)
        header, *lines = _folded(text, end, indentation(text, pair.key.start))
        return [Edit(value.start, value.end, f" {header}"), Edit(end, end, "".join(lines))]
    if owner.flow:
        return [
            Edit(value.start, value.start, "["),
            Edit(value.end, value.end, f", {written(INSTALL, flow=True)}]"),
        ]
    return _listed(text, pair)


def _installs_us(root: MappingNode, job: MappingNode) -> bool:
    phases = ("before_install", "install", "before_script", "script", "before_deploy")
    pairs = [effective(root, job, name) for name in phases]
    return any(INSTALLS_US.search(word(node) or "") for pair in pairs if pair for node in members(pair.value))


def _before(text: str, owner: MappingNode, pair: Pair) -> Edit:
    """Write the step as a key of its own, above the comment that belongs to the deployment."""
    start = pair.key.start
    if owner.flow:
        return Edit(start, start, f'"before_deploy": {written(INSTALL, flow=True)}, ')
    indent = indentation(text, start)
    index = owner.pairs.index(pair)
    above = _comment_block(text, owner.pairs[index - 1].end, start) if index else start
    step = f"before_deploy: {''.join(_folded(text, above, indent))}{line_break(text)}"
    return Edit(above, above, f"{indent}{step}" if index else f"{step}{indent}")


def _comment_block(text: str, floor: int, start: int) -> int:
    """Return where the comment lines right above an offset begin, or else its own; never above ``floor``."""
    top = line_start(text, start)
    while (above := line_start(text, top - 1)) > floor and COMMENT.match(text[above:top].lstrip()):
        top = above
    return top


def _behind_last(text: str, commands: SequenceNode) -> Edit:
    if not commands.items:
        return Edit(commands.end - 1, commands.end - 1, written(INSTALL, flow=True))
    last = commands.items[-1]
    if commands.flow:
        return Edit(last.end, last.end, f", {written(INSTALL, flow=True)}")
    end = line_end(text, last.end)
    indent = indentation(text, text.rfind("-", 0, last.start))
    return Edit(end, end, f"{line_break(text)}{indent}- {''.join(_folded(text, end, indent))}")


def _listed(text: str, pair: Pair) -> list[Edit]:
    """Make a list of a lone command, which stays as it is written, and of the step."""
    value = pair.value
    indent = indentation(text, pair.key.start) + ("" if "\n" in text[value.start : value.end] else "  ")
    item = f"{line_break(text)}{indent}- "
    colon = text.index(":", pair.key.end) + 1
    comment = text[colon : value.start].rstrip()
    end = line_end(text, value.end)
    return [Edit(colon, value.start, f"{comment}{item}"), Edit(end, end, "".join([item, *_folded(text, end, indent)]))]


def _folded(text: str, at: int, indent: str) -> list[str]:
    """Return the step as a folded YAML text below a key or a dash: its header, then its lines.

    A comment that follows further to the right would become a part of it: then the step is a single line.
    """
    if is_comment_further_in(text, at, indent):
        return [written(INSTALL)]
    return [">-", *(f"{line_break(text)}{indent}  {line}" for line in LINES)]
