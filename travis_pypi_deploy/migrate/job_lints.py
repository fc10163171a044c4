"""Deployments that several jobs make, or a job without a Python for the tool."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from ..travis_yml.conditions import Conditions, conditions
from ..travis_yml.matrix import OLD_IMAGES, value
from ..travis_yml.notes import Note
from ..travis_yml.places import deployments, deployments_of_packages
from ..travis_yml.tree import MappingNode, entries, words
from .obstacles import obstacle

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from ..travis_yml.matrix import Build, Job
    from ..travis_yml.tree import Node


def wheels_of_python_2(build: Build, nodes: Collection[Node]) -> Iterator[Note]:
    """Yield that wheels were of Python 2, which this tool does not run on."""
    for node in nodes:
        jobs = build.deploying(node, conditions(entries(node)))
        if any(job.python.startswith("2") for job in jobs) and "bdist_wheel" in words(entries(node), "distributions"):
            yield Note(node.line, "the job runs Python 2.7, so far its wheels were py2: the new ones are py3.")


def deploying_jobs(build: Build, rewritten: Collection[Node]) -> tuple[Note, ...]:
    """Return a note for each deployment that several jobs make, or a job without a Python for the tool."""
    root = build.root
    nodes = dict.fromkeys(node for _, node in deployments_of_packages(root))
    several = _made_by_several(build, nodes)
    notes = []
    for node in nodes:
        choice = "single one out in `on:`" if node in deployments(root, root) else "deploy from one of them only"
        reasons = {"more than one job of this build deploys": choice} if node in several else {}
        on = conditions(entries(node))
        for job in build.deploying(node, on) if node in rewritten else ():
            if not job.runs_a_modern_python(root):
                reasons.update(_without_interpreter(build, job, on))
        if reasons:
            remedy = " and ".join(dict.fromkeys(reasons.values()))
            if stage := _stage(root, node):
                remedy = f"{remedy}, or {stage}"
            notes.append(Note(_line(root, node), f"{', and '.join(reasons)}: {remedy}."))
    return tuple(dict.fromkeys(notes))


def _without_interpreter(build: Build, job: Job, on: Conditions) -> Iterator[tuple[str, str]]:
    """Yield why a job that deploys has no Python for the tool, each time with the remedy."""
    image = value(build.root, job.node, "dist")
    for system in [on.system] if on.system else build.systems(job):
        if system in {"osx", "windows"}:
            yield f"{system} has no /opt/python", "deploy from a job with `os: linux`"
        elif image in OLD_IMAGES:
            yield f"the image of {image} has no Python 3.9 or newer", "set `dist: jammy`"


def _stage(root: MappingNode, node: Node) -> str:
    """Return how a deployment of the file moves into a stage; one of a job can be in one already."""
    if node not in deployments(root, root):
        return ""
    return "deploy from a stage of its own" if obstacle(root) else "run this command with --stage"


def _made_by_several(build: Build, nodes: Collection[Node]) -> set[Node]:
    """Return the deployments that more than one job makes, as its own or as an equal one."""
    chosen = {node: build.deploying(node, conditions(entries(node))) for node in nodes}
    systems: dict[object, Counter[tuple[str, str]]] = {}
    counted = {(_meaning(node), job.node): job for node, jobs in chosen.items() for job in jobs}
    for (meaning, _), job in counted.items():
        systems.setdefault(meaning, Counter())[_system(build.root, job)] += 1
    found = set()
    for node, jobs in chosen.items():
        first = Counter(_system(build.root, job) for job in jobs).most_common(1)
        together = max([*(count for _, count in first), *(systems[_meaning(node)].values() if jobs else ())], default=0)
        # Wheels of one job may differ from another's.
        has_own_files = words(entries(node), "distributions").split() == ["bdist_wheel"]
        if together > 1 and not has_own_files and not conditions(entries(node)).single_out_a_job:
            found.add(node)
    return found


def _meaning(node: Node) -> tuple[object, ...]:
    """Return what two deployments have in common that publish the same files at the same time."""
    return conditions(entries(node)).options(), *(
        words(entries(node), name) for name in ("server", "distributions", "script")
    )


def _system(root: MappingNode, job: Job) -> tuple[str, str]:
    return value(root, job.node, "os"), value(root, job.node, "arch")


def _line(root: MappingNode, node: Node) -> int:
    """Return the line of the file's `deploy:` if the deployment is its own, else that of the deployment."""
    return entries(root)["deploy"].key.line if node in deployments(root, root) else node.line
