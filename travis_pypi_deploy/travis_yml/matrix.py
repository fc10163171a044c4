"""The jobs of a build, and the Python that each of them runs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .places import deployments, effective, jobs
from .tree import MappingNode, entries, members, versions, word
from .variables import environments_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .conditions import Conditions
    from .tree import Node

MODERN = re.compile(r"3\.(?:9|[1-9]\d)(?:\.\d+|-dev)?")
AXES = ("python", "os", "arch", "dist")
SYSTEMS = {"linux", "osx", "windows"}
ALIASES = {"mac": "osx", "macos": "osx", "ios": "osx", "win": "windows", "linux-ppc64le": "linux"}
OLD_IMAGES = {"precise", "trusty", "xenial"}


@dataclass(frozen=True)
class Job:
    """A job of the build: the mapping that describes it, and its Python, which is empty where none is named."""

    node: MappingNode
    python: str

    def runs_a_modern_python(self, root: MappingNode) -> bool:
        """Return whether the job's own `python` is 3.9 or newer."""
        is_python = value(root, self.node, "language") == "python"
        return is_python and bool(MODERN.fullmatch(self.python))


@dataclass(frozen=True)
class Build:
    """A file's jobs, and those that run each of its deployments."""

    root: MappingNode
    jobs: tuple[Job, ...]
    by_deployment: Mapping[Node, tuple[Job, ...]]

    def deploying(self, node: Node, on: Conditions) -> tuple[Job, ...]:
        """Return the jobs that run a deployment, by the Python and the system that it asks for."""
        return tuple(
            job
            for job in self.by_deployment.get(node, ())
            if (not on.python or job.python == on.python) and (not on.system or on.system in self.systems(job))
        )

    def systems(self, job: Job) -> tuple[str, ...]:
        """Return the operating systems of a job; the matrix may have several."""
        pair = effective(self.root, job.node, "os")
        named = [word(node) or "" for node in members(pair.value)] if pair else ["linux"]
        return tuple(ALIASES.get(name, name) for name in (named if job.node is self.root else named[:1]))

    def lacks(self, name: str, wanted: str) -> bool:
        """Return whether it is certain that no job gives a variable of Travis this value."""
        if name == "TRAVIS_PYTHON_VERSION":
            return all(job.python != wanted and (job.python or not self._is_python(job)) for job in self.jobs)
        if name == "TRAVIS_OS_NAME":
            systems = {system for job in self.jobs for system in self.systems(job)}
            return wanted not in systems and systems <= SYSTEMS
        return False

    def _is_python(self, job: Job) -> bool:
        return value(self.root, job.node, "language") in {"", "python"}


def build(root: MappingNode) -> Build:
    """Return the build that a file describes."""
    found = _jobs(root)
    by_deployment: dict[Node, list[Job]] = {}
    for job in found:
        for node in deployments(root, job.node):
            by_deployment.setdefault(node, []).append(job)
    return Build(root, found, {node: tuple(each) for node, each in by_deployment.items()})


def _jobs(root: MappingNode) -> tuple[Job, ...]:
    """Return the jobs of a build: those of the matrix of `python` and `env`, then the included ones.

    Operating systems and architectures are not counted: each may have wheels of its own to publish.
    """
    top, included = entries(root), jobs(root)[1:]
    pythons = versions(top["python"].value) if "python" in top else ()
    environments = environments_of(root)
    is_run = not included or expands(root)
    matrix = [Job(root, python) for python in pythons or ("",) for _ in range(environments)] if is_run else []
    return (*matrix, *(Job(job, _python(root, job)) for job in included))


def expands(root: MappingNode) -> bool:
    """Return whether the file's own keys make jobs even beside a list of jobs: one value of each makes none."""
    top = entries(root)
    lengths = [len(members(top[name].value)) for name in AXES if name in top]
    return max([*lengths, environments_of(root)]) > 1


def value(root: MappingNode, job: MappingNode, name: str) -> str:
    """Return the text of a job's own or inherited key, the first of a list."""
    pair = effective(root, job, name)
    found = [word(node) or "" for node in members(pair.value)] if pair else []
    return found[0] if found else ""


def _python(root: MappingNode, job: MappingNode) -> str:
    """Return a job's version, its own or the first of the file's; jobs in another language have none."""
    pair = effective(root, job, "python")
    if pair is None or value(root, job, "language") not in {"", "python"}:
        return ""
    return next(iter(versions(pair.value)), "")
