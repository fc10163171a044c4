"""The jobs of a build, and the Python that each of them runs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .places import deployments, effective, jobs
from .tree import MappingNode, ScalarNode, entries, members, resolved, word

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .conditions import Conditions
    from .tree import Node

MODERN = re.compile(r"3\.(?:9|[1-9]\d)(?:\.\d+|-dev)?")
AXES = ("python", "os", "arch", "dist")
OLD_IMAGES = {"precise", "trusty", "xenial"}


@dataclass(frozen=True)
class Job:
    """A job of the build: the mapping that describes it, and its Python, which is empty where none is named."""

    node: MappingNode
    python: str

    def runs_a_modern_python(self, root: MappingNode) -> bool:
        """Tell whether the job's own `python` is 3.9 or newer."""
        is_python = value(root, self.node, "language") == "python"
        return is_python and bool(MODERN.fullmatch(self.python))


@dataclass(frozen=True)
class Build:
    """A file's jobs, and those that run each of its deployments."""

    root: MappingNode
    jobs: tuple[Job, ...]
    by_deployment: Mapping[Node, tuple[Job, ...]]

    def deploying(self, node: Node, on: Conditions) -> tuple[Job, ...]:
        """Return the jobs that run a deployment, by the `python` that it asks for."""
        wanted = versions(on.pairs["python"].value)[:1] if "python" in on.pairs else ()
        return tuple(job for job in self.by_deployment.get(node, ()) if not wanted or job.python == wanted[0])


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
    return (*matrix, *(Job(job, _python(job, pythons)) for job in included))


def expands(root: MappingNode) -> bool:
    """Tell whether the file's own keys make jobs even beside a list of jobs: one value of each makes none."""
    top = entries(root)
    lengths = [len(members(top[name].value)) for name in AXES if name in top]
    return max([*lengths, environments_of(root)]) > 1


def environments_of(root: MappingNode) -> int:
    """Return how many jobs `env:` makes of one."""
    env = entries(root).get("env")
    return max(_environments(env.value), 1) if env else 1


def versions(node: Node) -> tuple[str, ...]:
    """Return the versions that a `python:` names as Travis reads them: 3.10 without quotes is 3.1."""
    scalars = [target for target in map(resolved, members(node)) if isinstance(target, ScalarNode)]
    return tuple(_version(scalar) for scalar in scalars)


def value(root: MappingNode, job: MappingNode, name: str) -> str:
    """Return the text of a job's own or inherited key, the first of a list."""
    pair = effective(root, job, name)
    found = [word(node) or "" for node in members(pair.value)] if pair else []
    return found[0] if found else ""


def _python(job: MappingNode, inherited: tuple[str, ...]) -> str:
    own = entries(job).get("python")
    return next(iter((versions(own.value) if own else ()) or inherited), "")


def _version(scalar: ScalarNode) -> str:
    is_number = scalar.style is None and re.fullmatch(r"\d+\.\d+", scalar.value)
    return str(float(scalar.value)) if is_number else scalar.value


def _environments(env: Node) -> int:
    target = resolved(env)
    if not isinstance(target, MappingNode):
        return len(members(target))
    pairs = entries(target)
    return max((len(members(pairs[name].value)) for name in ("jobs", "matrix") if name in pairs), default=1)
