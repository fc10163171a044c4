"""Why the file's own deployments cannot become a stage, and which of their conditions stay there."""

from __future__ import annotations

from typing import NoReturn

from ..errors import UsageError
from ..travis_yml.conditions import EQUALITY, JOB_VARIABLES, RUNTIMES, Conditions, conditions, parts
from ..travis_yml.jobs import Build, deployments, deploys_to_pypi, jobs
from ..travis_yml.lints import Note
from ..travis_yml.matrix import assignments
from ..travis_yml.tree import (
    Alias,
    MappingNode,
    Pair,
    SequenceNode,
    entries,
    members,
    option_text,
    resolved,
    text_of,
    variables_in,
    walk,
)
from .ready_made import ready_made
from .translate import values_by_branch

STAGE = "deploy"


def can_become_a_stage(build: Build, deploy: Pair) -> bool:
    """Return whether the file's `deploy` can become a stage."""
    try:
        refuse_obstacles(build, deploy)
    except UsageError:
        return False
    return True


def refuse_obstacles(build: Build, deploy: Pair) -> None:
    """Raise UsageError, which begins with a line, if the file's `deploy` cannot become a stage."""
    root = build.root
    found = deployments(root, root)
    has_secrets = any(value is None for entry in build.env_of_jobs for _, value in assignments(entry))
    reasons = {
        "the file is written in flow style": root.flow,
        "the key is merged in": deploy not in root.pairs,
        "it is the only key": len(root.pairs) == 1,
        "the file deploys elsewhere, too": not all(map(deploys_to_pypi, found)),
        "it runs commands after it (`run`)": any("run" in entries(node) for node in found),
        "it has an anchor that is used elsewhere": _is_used_elsewhere(root, deploy),
        "jobs have deployments of their own": any(deployments(job, job) for job in jobs(root)[1:]),
        "the job's commands fill dist/": bool(ready_made(root)),
        "before_deploy has commands that may need the job's files": "before_deploy" in entries(root),
        "the matrix of `env` holds secrets": len(build.env_of_jobs) > 1 and has_secrets,
        "matrix and jobs both stand in the file": {"matrix", "jobs"} <= entries(root).keys(),
    }
    for reason, holds in reasons.items():
        if holds:
            _stop(deploy.key.line, reason)
    for node in found:
        if by_branch := values_by_branch(entries(node)):
            message = f"line {by_branch.line}: {by_branch.text}"
            raise UsageError(message)
        conditions_of_the_stage(build, conditions(node))
        if not build.deploying(node):
            _stop(node.line, "no job of this build meets all of its conditions")
    stages_to_add_to(root)
    jobs_to_add_to(root)


def conditions_of_the_stage(build: Build, on: Conditions) -> tuple[list[Note], list[str]]:
    """Return a note for each condition that only chose a job of the matrix, and the expressions that stay.

    Raises UsageError for a condition that means more than that, or that no job meets.
    """
    for name in sorted((RUNTIMES - {"python"}) & on.pairs.keys()):
        _stop(on.pairs[name].key.line, f"`on: {name}` means more than a job of the matrix")
    for line, name, wanted in on.equalities:
        if build.lacks(name, wanted):
            _stop(line, f"no job of this build has {name} = {wanted}")

    notes, kept = [], []
    for name in ("python", "os"):
        if name in on.pairs:
            sentence = f"{name} is dropped from `on:`: it chose a job of the matrix, the stage has a job of its own."
            notes.append(Note(on.pairs[name].key.line, sentence))
    of_a_job = JOB_VARIABLES | build.own_variables
    for line, expression in on.expressions:
        for part in parts(expression):
            if of_a_job.isdisjoint(variables_in(part)):
                kept.append(part)
            elif EQUALITY.fullmatch(part):
                notes.append(Note(line, f"`{part}` is dropped: it chose a job of the matrix."))
            else:
                _stop(line, f"the condition `{part}` means more than a job of the matrix")
    return notes, kept


def stages_to_add_to(root: MappingNode) -> SequenceNode | None:
    """Return the list of stages to which one has to be added, None if none has to; raises UsageError if none can."""
    pair = entries(root).get("stages")
    if pair is None:
        return None
    listed = {(text_of(stage) or option_text(entries(stage), "name")).lower(): stage for stage in members(pair)}
    if STAGE in listed:
        if "if" in entries(listed[STAGE]):
            _stop(listed[STAGE].line, f"the stage {STAGE} has an `if:` of its own")
        return None
    stages = resolved(pair)
    if not isinstance(stages, SequenceNode) or not stages.items:
        _stop(pair.key.line, "stages is not a list")
    return stages


def jobs_to_add_to(root: MappingNode) -> SequenceNode | MappingNode | None:
    """Return the list of jobs, or the mapping that gets one, None if there is neither; raises UsageError for others."""
    pair = entries(root).get("jobs") or entries(root).get("matrix")
    if pair is None:
        return None
    holder = resolved(pair)
    if isinstance(holder, MappingNode) and holder.pairs and not holder.flow and "include" not in entries(holder):
        return holder
    include = entries(holder)["include"].value if "include" in entries(holder) else holder
    if not isinstance(include, SequenceNode) or not include.items or include.flow:
        _stop(pair.key.line, f"{pair.name} has no list to which a job can be added")
    return include


def _stop(line: int, reason: str) -> NoReturn:
    message = f"line {line}: {reason}: this deployment cannot become a stage. Migrate it without --stage."
    raise UsageError(message)


def _is_used_elsewhere(root: MappingNode, deploy: Pair) -> bool:
    inside = set(walk(deploy.value))
    return any(node.target in inside for node in walk(root) if isinstance(node, Alias) and node not in inside)
