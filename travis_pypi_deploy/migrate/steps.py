"""The step that installs us, and how it is written into a job."""

from __future__ import annotations

from .edits import COMMENT, Edit, indentation, line_break, line_end, line_start, written
from .tree import Mapping, Pair, Sequence, is_empty, resolved

# An environment of our own, made by the first interpreter that takes us: the job's, another on the PATH, or
# one of pyenv's (Travis keeps more there). Bash runs it, again before every deployment of the job.
INSTALL = (
    "for python in python3 python3.{14..9} /opt/pyenv/versions/3.*/bin/python; do "
    "$python -m venv --clear ~/travis-pypi-deploy && "
    "~/travis-pypi-deploy/bin/pip install -q travis-pypi-deploy && break; done || "
    "! echo 'No Python 3.9 or newer here could install travis-pypi-deploy'"
)
COMMAND = "~/travis-pypi-deploy/bin/python -m travis_pypi_deploy"


def install_at(text: str, owner: Mapping, pair: Pair) -> list[Edit]:
    """Return the edits that add the step to a ``before_deploy``, or that write one before a ``deploy``."""
    if pair.name != "before_deploy":
        return [_before(text, owner, pair)]
    value = resolved(pair.value) if isinstance(resolved(pair.value), Sequence) else pair.value
    if isinstance(value, Sequence):
        return [_behind_last(text, value)]
    if is_empty(value):
        return [Edit(value.start, value.end, f" {written(INSTALL)}")]
    if owner.flow:
        return [
            Edit(value.start, value.start, "["),
            Edit(value.end, value.end, f", {written(INSTALL, flow=True)}]"),
        ]
    return _listed(text, pair)


def _before(text: str, owner: Mapping, pair: Pair) -> Edit:
    """Write the step as a key of its own, above the comment that belongs to the deployment."""
    start = pair.key.start
    if owner.flow:
        return Edit(start, start, f'"before_deploy": {written(INSTALL, flow=True)}, ')
    step = f"before_deploy: {written(INSTALL)}{line_break(text)}"
    indent = indentation(text, start)
    index = owner.pairs.index(pair)
    if index == 0:
        return Edit(start, start, f"{step}{indent}")
    above = _comment_block(text, owner.pairs[index - 1].end, start)
    return Edit(above, above, f"{indent}{step}")


def _comment_block(text: str, floor: int, start: int) -> int:
    """Return where the comment lines right above an offset begin, or else its own; never above ``floor``."""
    top = line_start(text, start)
    while (above := line_start(text, top - 1)) > floor and COMMENT.match(text[above:top].lstrip()):
        top = above
    return top


def _behind_last(text: str, commands: Sequence) -> Edit:
    if not commands.items:
        return Edit(commands.end - 1, commands.end - 1, written(INSTALL, flow=True))
    last = commands.items[-1]
    if commands.flow:
        return Edit(last.end, last.end, f", {written(INSTALL, flow=True)}")
    end = line_end(text, last.end)
    dash = text.rfind("-", 0, last.start)
    return Edit(end, end, f"{line_break(text)}{indentation(text, dash)}- {written(INSTALL)}")


def _listed(text: str, pair: Pair) -> list[Edit]:
    """Make a list of a lone command, which stays as it is written, and of the step."""
    value = pair.value
    indent = indentation(text, pair.key.start) + ("" if "\n" in text[value.start : value.end] else "  ")
    item = f"{line_break(text)}{indent}- "
    colon = text.index(":", pair.key.end) + 1
    comment = text[colon : value.start].rstrip()
    end = line_end(text, value.end)
    return [Edit(colon, value.start, f"{comment}{item}"), Edit(end, end, f"{item}{written(INSTALL)}")]
