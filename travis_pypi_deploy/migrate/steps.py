"""The step that installs the tool: which one fits, where it belongs, and how it is written there."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from ..travis_yml.jobs import Build, commands, deployments, effective, jobs, runs_tool
from ..travis_yml.tree import MappingNode, Node, Pair, SequenceNode, entries, is_empty, resolved, text_of
from .arguments import PACKAGE
from .blocks import sources
from .edits import (
    COMMENT,
    Edit,
    indentation,
    is_comment_further_in,
    line_break,
    line_end,
    line_start,
    lines_behind,
    put_last,
    written,
)
from .translate import shell_word

ANCHOR = re.compile(r"[&!]\S+[ \t]*")
FILES = re.compile(r"[\w./~*?@:=+,-]+")  # wildcards are for the shell
SKIPPED = {"skip", "ignore"}  # as a whole value, Travis then runs no commands


@dataclass(frozen=True)
class Step:
    """The commands that install the tool, and the interpreter that runs it then."""

    lines: tuple[str, ...]
    python: str
    installed: str  # a regular expression for a command that has installed it already

    @property
    def install(self) -> str:
        """The step in one line."""
        return " ".join(self.lines)

    @property
    def command(self) -> str:
        """The start of the deployment's script."""
        return f"{self.python} -m travis_pypi_deploy"

    def installing(self, requirement: str) -> Step:
        """Return the step for another requirement, URL or file than the newest release."""
        word = requirement if FILES.fullmatch(requirement) else shell_word(requirement)
        last = self.lines[-1].replace(PACKAGE, word)
        installed = f"{self.installed}|{re.escape(last)}"
        return replace(self, lines=(*self.lines[:-1], last), installed=installed)


# For a job whose own Python is new enough.
JOB_PYTHON = Step((f"pip install {PACKAGE}",), "python", r"\bpip3? install .*travis[-_]pypi[-_]deploy")
# For a job with an older Python: the oldest interpreter of the image that can run the tool, because old setup.py
# files fail on 3.12.
IMAGE_PYTHON = Step(
    (
        "python=$(ls -d /opt/python/3.{9,1?}.*/bin/python 2>/dev/null | sort -V | head -1);",
        """test -n "$python" || ! echo 'No Python 3.9+ on this image: set "dist: jammy" and "python: 3.12"' &&""",
        f'"$python" -m venv ~/deployer && ~/deployer/bin/pip install -q {PACKAGE}',
    ),
    "~/deployer/bin/python",
    r"~/deployer/bin/pip install ",
)


@dataclass(frozen=True)
class Plan:
    """The step that each deployment relies on, and the keys in or before which a step is to be written."""

    used: Mapping[Node, Step]
    written: Mapping[Pair, Step]


def plan(build: Build, rewritten: Collection[Node], requirement: str) -> Plan:
    """Return the shortest steps that fit the jobs: those that share a deployment or a `before_deploy` share a step.

    A step belongs into a job's ``before_deploy``, or where it has none before its ``deploy``.
    """
    root = build.root
    top_deploy = entries(root).get("deploy")
    users = _jobs_by_key(root, rewritten)
    # What a job runs has to use the same interpreter: its step, and the deployments that rely on it.
    groups = [
        {key, *{*rewritten}.intersection(deployments(root, job))} for key, owners in users.items() for job in owners
    ]
    with_image_python = _with_image_python(build, rewritten, groups)
    written: dict[Pair, Step] = {}
    for key, owners in users.items():
        step = (IMAGE_PYTHON if key in with_image_python else JOB_PYTHON).installing(requirement)
        if all(_installs_tool(root, job, step) for job in owners):
            continue
        # What stands before the file's `deploy`, other jobs inherit.
        inheriting = [job for job in jobs(root) if not effective(root, job, "before_deploy")]
        runs_it = inheriting if key is top_deploy else owners
        step = _repeatable(step, [deployments(root, job) for job in runs_it], rewritten)
        is_inherited = key.name == "deploy" and top_deploy is not None and written.get(top_deploy) == step
        if not is_inherited:
            written[key] = step
    return Plan({node: IMAGE_PYTHON if node in with_image_python else JOB_PYTHON for node in rewritten}, written)


def _jobs_by_key(root: MappingNode, rewritten: Collection[Node]) -> dict[Pair, list[MappingNode]]:
    """Return the keys at which a step may be written, with the jobs that rely on it; those of the file come first."""
    users: dict[Pair, list[MappingNode]] = {}
    for job in jobs(root):
        key = effective(root, job, "before_deploy") or effective(root, job, "deploy")
        if key and not {*rewritten}.isdisjoint(deployments(root, job)):
            users.setdefault(key, []).append(job)
    return users


def _with_image_python(build: Build, rewritten: Collection[Node], groups: list[set[Node | Pair]]) -> set[Node | Pair]:
    """Return what needs the interpreter of the image: what a job with an older one runs, and the rest of its group."""
    merging: dict[Node, list[Node]] = {node: [node] for node in rewritten}
    for node in rewritten:
        for source in sources(node):
            merging.setdefault(source, []).append(node)
    found: set[Node | Pair] = set()
    for node in rewritten:
        made_by = [job for user in merging[node] for job in build.deploying(user)]
        if not made_by or not all(job.runs_a_modern_python for job in made_by):
            found.add(node)
    while spread := [group for group in groups if found & group and not group <= found]:
        found.update(*spread)
    return found


def _repeatable(step: Step, jobs_deployments: list[tuple[Node, ...]], rewritten: Collection[Node]) -> Step:
    """Return the step for jobs that deploy several times: it runs before each of their deployments.

    The second time it does nothing, and where it fails, only the deployments by this tool fail.
    """
    lines = step.lines
    if step.python == IMAGE_PYTHON.python and any(len(each) > 1 for each in jobs_deployments):
        lines = ("test -e ~/deployer/bin/travis-pypi-deploy || {", *lines[:-1], f"{lines[-1]}; }}")
    others = {node for each in jobs_deployments for node in each if not runs_tool(node)} - {*rewritten}
    if any(text_of(node) or "provider" in entries(node) for node in others):
        lines = (*lines[:-1], f"{lines[-1]} || true")
    return replace(step, lines=lines)


def install_at(text: str, owner: MappingNode, pair: Pair, step: Step) -> list[Edit]:
    """Return the edits that add the step to a ``before_deploy``, or that write one before a ``deploy``."""
    if pair.name != "before_deploy":
        return [_before(text, owner, pair, step)]
    value = resolved(pair) if isinstance(resolved(pair), SequenceNode) else pair.value
    if isinstance(value, SequenceNode):
        return [_behind_last(text, value, step)]
    if is_empty(value) or text_of(value) in SKIPPED:
        indent = indentation(text, pair.key.start)
        folded = _folded(text, line_end(text, value.end), indent, step)
        header, *lines = [written(step.install, flow=True)] if owner.flow else folded
        anchor = ANCHOR.match(text, value.start, value.end)
        start = anchor.end() if anchor else value.start
        space = "" if text[start - 1] == " " else " "
        return [Edit(start, value.end, f"{space}{header}"), lines_behind(text, value.end, indent, lines)]
    if owner.flow:
        return [
            Edit(value.start, value.start, "["),
            Edit(value.end, value.end, f", {written(step.install, flow=True)}]"),
        ]
    return _listed(text, pair, step)


def _installs_tool(root: MappingNode, job: MappingNode, step: Step) -> bool:
    phases = ("before_install", "install", "before_script", "script", "before_deploy")
    return any(re.search(step.installed, command.value) for command in commands(root, job, *phases))


def _before(text: str, owner: MappingNode, pair: Pair, step: Step) -> Edit:
    """Write the step as a key of its own, above the comment that belongs to the deployment."""
    start = pair.key.start
    if owner.flow:
        return Edit(start, start, f'"before_deploy": {written(step.install, flow=True)}, ')
    indent = indentation(text, start)
    index = owner.pairs.index(pair)
    above = _comment_block(text, owner.pairs[index - 1].end, start) if index else start
    first, *lines = _folded(text, above, indent, step)
    added = f"{line_break(text)}{indent}".join(["before_deploy: " + first, *lines]) + line_break(text)
    return Edit(above, above, f"{indent}{added}" if index else f"{added}{indent}")


def _comment_block(text: str, floor: int, start: int) -> int:
    """Return where the comment lines right above an offset begin, or else its own; never above ``floor``."""
    top = line_start(text, start)
    while (above := line_start(text, top - 1)) > floor and COMMENT.match(text[above:top].lstrip()):
        top = above
    return top


def _behind_last(text: str, commands: SequenceNode, step: Step) -> Edit:
    if commands.flow:
        item = written(step.install, flow=True)
        return put_last(text, commands, [item]) if commands.items else Edit(commands.end - 1, commands.end - 1, item)
    last = commands.items[-1]
    first, *lines = _folded(text, line_end(text, last.end), indentation(text, text.rfind("-", 0, last.start)), step)
    return put_last(text, commands, [f"- {first}", *lines])


def _listed(text: str, pair: Pair, step: Step) -> list[Edit]:
    """Make a list of a lone command, which stays as it is written, and of the step."""
    value = pair.value
    indent = indentation(text, pair.key.start) + ("" if "\n" in text[value.start : value.end] else "  ")
    colon = text.index(":", pair.key.end) + 1
    comment = text[colon : value.start].rstrip()
    first, *lines = _folded(text, line_end(text, value.end), indent, step)
    return [
        Edit(colon, value.start, f"{comment}{line_break(text)}{indent}- "),
        lines_behind(text, value.end, indent, [f"- {first}", *lines]),
    ]


def _folded(text: str, at: int, indent: str, step: Step) -> list[str]:
    """Return the step as a folded YAML text below a key or a dash: its header, then its lines.

    A comment that follows further to the right would become a part of it: then the step is a single line.
    """
    if len(step.lines) == 1 or is_comment_further_in(text, at, indent):
        return [written(step.install)]
    return [">-", *(f"  {line}" for line in step.lines)]
