"""Conditions that do not choose the job they are meant to choose."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .conditions import Conditions, conditions
from .matrix import builds, deploying, value, versions
from .notes import Note
from .places import deployments
from .tree import MappingNode, entries, members, word

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .matrix import Job
    from .tree import Node

EVERY_JOB = "more than one job of this build deploys: single one out (`on: python:`), or use a deploy stage."


def unjudged(on: Conditions) -> Iterator[Note]:
    """Yield the conditions that Travis does not judge as they read."""
    if "os" in on.pairs:
        pair = on.pairs["os"]
        said = f"Travis does not judge `on: os`: write `condition: $TRAVIS_OS_NAME = {word(pair.value) or 'linux'}`."
        yield Note(pair.key.line, said)
    if "python" in on.pairs and len(members(on.pairs["python"].value)) > 1:
        yield Note(on.pairs["python"].key.line, "Travis judges the first of these versions only.")
    if on.any_tags:
        said = "`tags: any` is dropped by Travis: every branch deploys. Write `tags: true` for tags only."
        yield Note(on.pairs["tags"].key.line, said)
    for branch in on.branches:
        if len(branch) > 1 and branch.startswith("/") and branch.endswith("/"):
            said = f"{branch} is a name here, not a regular expression: use `condition: $TRAVIS_BRANCH =~ ...`."
            yield Note(on.line, said)


def in_jobs(root: MappingNode, node: Node, on: Conditions) -> Iterator[Note]:
    """Yield what is wrong with the jobs that a deployment's `python` chooses."""
    jobs = deploying(root, node, on)
    if not jobs and "python" in on.pairs:
        pair = on.pairs["python"]
        written = next(iter(versions(pair.value)), "")
        if any(job.python for job in builds(root)):
            yield Note(pair.key.line, f"no job of this build has Python {written}: this never deploys.")
    if any(job.python.startswith("2") for job in jobs) and "bdist_wheel" in _distributions(node):
        said = "the job runs Python 2.7, so far its wheels were py2: the new ones are py3."
        yield Note(node.line, said)


def several_jobs(root: MappingNode, nodes: Sequence[Node]) -> tuple[Note, ...]:
    """Return a note for each deployment that more than one job makes, as its own or as an equal one."""
    chosen = {node: deploying(root, node, conditions(entries(node))) for node in nodes}
    notes = []
    for node, jobs in chosen.items():
        on = conditions(entries(node))
        own = {job.node for job in jobs}
        alike = [job for other in chosen if _alike(node, other) for job in chosen[other] if job.node not in own]
        systems = [_system(root, job) for job in (*jobs, *alike)]
        if not on.single_out_a_job and jobs and systems.count(_system(root, jobs[0])) > 1:
            notes.append(Note(_line(root, node), EVERY_JOB))
    return tuple(dict.fromkeys(notes))


def _alike(one: Node, other: Node) -> bool:
    if one is other:
        return False
    first, second = conditions(entries(one)), conditions(entries(other))
    same = ("server", "distributions", "script")
    return first.options() == second.options() and all(_text(one, name) == _text(other, name) for name in same)


def _system(root: MappingNode, job: Job) -> tuple[str, str]:
    return value(root, job.node, "os"), value(root, job.node, "arch")


def _line(root: MappingNode, node: Node) -> int:
    """Return the line of the file's `deploy:` if the deployment is its own, else that of the deployment."""
    return entries(root)["deploy"].key.line if node in deployments(root, root) else node.line


def _distributions(node: Node) -> str:
    pair = entries(node).get("distributions")
    return " ".join(word(item) or "" for item in members(pair.value)) if pair else ""


def _text(node: Node, name: str) -> str:
    pair = entries(node).get(name)
    return (word(pair.value) or "") if pair else ""
