"""What a .travis.yml makes of a build: its jobs, the deployments and variables of each, and the Python that it runs."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .keys import corrected
from .tree import MappingNode, Node, Pair, ScalarNode, entries, members, resolved, text_of, versions, walk

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Set

    from .conditions import Conditions

PYPI_OPTIONS = {"username", "user", "password", "server", "distributions", "skip_existing", "twine_check"}
CONDITIONS = {"branch", "all_branches", "tags", "repo", "condition", "python"}
# The options of every deployment and those of dpl's provider for PyPI.
COMMON_KEYS = {"provider", "on", "true", "run", "allow_failure", "cleanup", "skip_cleanup", "edge"}
UNUSED_KEYS = {"docs_dir", "upload_docs", "skip_upload_docs", "remove_build_dir"}
VERSION_KEYS = {"setuptools_version", "twine_version", "wheel_version"}
DEPLOYMENT_KEYS = frozenset(PYPI_OPTIONS | COMMON_KEYS | UNUSED_KEYS | VERSION_KEYS)
RUNS_TOOL = "python -m travis_pypi_deploy"
EMPTIES_SETUP_PY = re.compile(r"""\s*(?:(?:echo(?:\s+(?:-n|''|""))*|:|true)\s*)?>\s*(?:\./)?setup\.py\s*""")
MODERN = re.compile(r"3\.(?:9|[1-9]\d)(?:\.\d+|-dev)?")
AXES = ("python", "os", "arch", "dist")
SYSTEMS = {"linux", "osx", "windows"}
ALIASES = {"mac": "osx", "macos": "osx", "ios": "osx", "win": "windows", "linux-ppc64le": "linux"}
OLD_IMAGES = {"precise", "trusty", "xenial"}
NOT_ON_JAMMY = re.compile(r"2\..*|3\.[0-7](?:\.\d+|-dev)?")
GROUPS = {"global", "jobs", "matrix"}


def jobs(root: MappingNode) -> tuple[MappingNode, ...]:
    """Return the jobs of a build: the file itself, for every job of the matrix, then the included ones."""
    pairs = [entries(root)[name] for name in ("matrix", "jobs") if name in entries(root)]
    listed = [node for pair in pairs for node in _included(resolved(pair.value))]
    return (root, *(node for node in listed if isinstance(node, MappingNode)))


def effective(root: MappingNode, job: MappingNode, name: str) -> Pair | None:
    """Return a job's pair of this name: its own or else the file's."""
    return entries(job).get(name) or entries(root).get(name)


def deployments(root: MappingNode, job: MappingNode) -> tuple[Node, ...]:
    """Return what a job deploys, each a mapping or a provider's name."""
    pair = effective(root, job, "deploy")
    return tuple(resolved(node) for node in members(pair.value)) if pair else ()


def deployment_options(node: Node) -> dict[str, Pair]:
    """Return a deployment's pairs by the names that Travis reads."""
    return {corrected(name, DEPLOYMENT_KEYS): pair for name, pair in entries(node).items()}


def names_of_pypi(root: MappingNode) -> tuple[ScalarNode, ...]:
    """Return the deployments of a file that are a mere ``pypi``, each once."""
    found = (node for job in jobs(root) for node in deployments(root, job) if isinstance(node, ScalarNode))
    return tuple(dict.fromkeys(node for node in found if is_pypi(node)))


def is_pypi(node: Node) -> bool:
    """Return whether a provider's name means PyPI; dpl looks at its letters and digits only."""
    return re.sub("[^a-z0-9]", "", (text_of(node) or "").lower()) == "pypi"


def deploys_to_pypi(node: Node) -> bool:
    """Return whether a deployment, a mapping or a provider's name, is dpl's to PyPI."""
    return is_pypi(entries(node)["provider"].value if "provider" in entries(node) else node)


def runs_tool(node: Node) -> bool:
    """Return whether a deployment runs this tool already."""
    script = entries(node).get("script")
    return script is not None and "provider" in entries(node) and RUNS_TOOL in (text_of(script.value) or "")


def deployments_of_packages(root: MappingNode) -> list[tuple[MappingNode, Node]]:
    """Return the deployments to PyPI or by this tool, each with the job that it belongs to."""
    found = [(job, node) for job in jobs(root) for node in deployments(root, job)]
    return [(job, node) for job, node in found if deploys_to_pypi(node) or runs_tool(node)]


def preparations(root: MappingNode, job: MappingNode) -> tuple[ScalarNode, ...]:
    """Return the commands that a job runs before it deploys."""
    pair = effective(root, job, "before_deploy")
    return tuple(node for node in map(resolved, members(pair.value)) if isinstance(node, ScalarNode)) if pair else ()


def emptying(root: MappingNode, job: MappingNode) -> ScalarNode | None:
    """Return the command that empties setup.py, so that dpl builds nothing and uploads what lies in dist/."""
    return next((node for node in preparations(root, job) if EMPTIES_SETUP_PY.fullmatch(node.value)), None)


def mappings(root: Node) -> Iterator[MappingNode]:
    """Yield every mapping that is written in the file."""
    return (node for node in walk(root) if isinstance(node, MappingNode))


def _included(matrix: Node) -> tuple[Node, ...]:
    """Return what `jobs:` lists, itself or under `include:`."""
    if isinstance(matrix, MappingNode):
        include = entries(matrix).get("include")
        return tuple(map(resolved, members(include.value))) if include else ()
    return tuple(map(resolved, members(matrix)))


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
        named = [text_of(node) or "" for node in members(pair.value)] if pair else ["linux"]
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
    found = [text_of(node) or "" for node in members(pair.value)] if pair else []
    return found[0] if found else ""


def _python(root: MappingNode, job: MappingNode) -> str:
    """Return a job's version, its own or the first of the file's; jobs in another language have none."""
    pair = effective(root, job, "python")
    if pair is None or value(root, job, "language") not in {"", "python"}:
        return ""
    return next(iter(versions(pair.value)), "")


def variables(root: MappingNode) -> dict[str, tuple[str, ...]]:
    """Return each variable's values, in the order in which they are written."""
    return _values(root, GROUPS)


def variables_of_jobs(root: MappingNode) -> dict[str, tuple[str, ...]]:
    """Return the variables that jobs may differ in, with their values."""
    return _values(root, GROUPS - {"global"})


def environments_of(root: MappingNode) -> int:
    """Return how many jobs `env:` makes of one."""
    env = entries(root).get("env")
    return max(_environments(env.value), 1) if env else 1


def _environments(env: Node) -> int:
    target = resolved(env)
    if not isinstance(target, MappingNode):
        return len(members(target))
    pairs = entries(target)
    return max((len(members(pairs[name].value)) for name in ("jobs", "matrix") if name in pairs), default=1)


def _values(root: MappingNode, groups: Set[str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for job in jobs(root):
        pair = entries(job).get("env")
        for name, value in _assignments(pair.value, groups) if pair else ():
            found[name] = tuple(dict.fromkeys((*found.get(name, ()), value)))
    return found


def _assignments(env: Node, groups: Set[str]) -> Iterator[tuple[str, str]]:
    for node in map(resolved, members(env)):
        if isinstance(node, MappingNode):
            for pair in node.pairs:
                if pair.name in groups:
                    yield from _assignments(pair.value, groups)
                elif pair.name not in GROUPS and (value := text_of(pair.value)) is not None:
                    yield text_of(pair.key) or "", value
        else:
            yield from _words(text_of(node) or "")


def _words(text: str) -> Iterator[tuple[str, str]]:
    try:
        words = shlex.split(text)
    except ValueError:
        return
    for each in words:
        name, equals, value = each.partition("=")
        if equals:
            yield name, value
