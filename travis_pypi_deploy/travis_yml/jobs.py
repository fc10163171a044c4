"""What a .travis.yml makes of a build: its jobs, the deployments and variables of each, and the Python that it runs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from .conditions import conditions
from .keys import corrected, provider_name
from .matrix import ENV_OF_ALL, MatrixJob, assignments, matrix, normalized
from .tree import (
    MappingNode,
    Node,
    Pair,
    Plain,
    ScalarNode,
    entries,
    is_false,
    listed,
    mapping,
    members,
    plain,
    resolved,
    text_of,
    walk,
)

PYPI_OPTIONS = {"username", "user", "password", "server", "distributions", "skip_existing", "twine_check"}
CONDITIONS = {"branch", "all_branches", "tags", "repo", "condition", "python"}
# The options of every deployment and those of dpl's provider for PyPI.
OTHER_KEYS = (
    "provider on true run allow_failure cleanup skip_cleanup edge "
    "docs_dir upload_docs skip_upload_docs remove_build_dir setuptools_version twine_version wheel_version"
)
DEPLOYMENT_KEYS = frozenset({*PYPI_OPTIONS, *OTHER_KEYS.split()})
RUNS_TOOL = "python -m travis_pypi_deploy"
MODERN = re.compile(r"3\.(?:9|[1-9]\d)(?:\.\d+|-dev)?")
OLD_IMAGES = {"precise", "trusty", "xenial"}
NOT_ON_JAMMY = re.compile(r"2\..*|3\.[0-7](?:\.\d+|-dev)?")


def jobs(root: MappingNode) -> tuple[MappingNode, ...]:
    """Return the jobs of a build: the file itself, for every job of the matrix, then the included ones."""
    pair = entries(root).get("jobs") or entries(root).get("matrix")
    include = entries(pair).get("include") if pair and isinstance(resolved(pair), MappingNode) else pair
    return (root, *(node for node in members(include) if isinstance(node, MappingNode)))


def effective(root: MappingNode, job: MappingNode, name: str) -> Pair | None:
    """Return a job's pair of this name: its own or else the file's."""
    return entries(job).get(name) or entries(root).get(name)


def deployments(root: MappingNode, job: MappingNode) -> tuple[Node, ...]:
    """Return what a job deploys, each a mapping or a provider's name; `deploy: false` is nothing."""
    return tuple(node for node in members(effective(root, job, "deploy")) if not is_false(node))


def deployment_options(node: Node) -> dict[str, Pair]:
    """Return a deployment's pairs by the names that Travis reads."""
    return {corrected(name, DEPLOYMENT_KEYS): pair for name, pair in entries(node).items()}


def names_of_pypi(root: MappingNode) -> tuple[ScalarNode, ...]:
    """Return the deployments of a file that are a mere ``pypi``, each once."""
    found = (node for job in jobs(root) for node in deployments(root, job) if isinstance(node, ScalarNode))
    return tuple(dict.fromkeys(node for node in found if is_pypi(text_of(node))))


def is_pypi(provider: str) -> bool:
    """Return whether a provider's name means PyPI; dpl looks at its letters and digits only."""
    return provider_name(provider) == "pypi"


def deploys_to_pypi(node: Node) -> bool:
    """Return whether a deployment, a mapping or a provider's name, is dpl's to PyPI."""
    return is_pypi(text_of(entries(node).get("provider", node)))


def runs_tool(node: Node) -> bool:
    """Return whether a deployment runs this tool already."""
    return "provider" in entries(node) and RUNS_TOOL in text_of(entries(node).get("script"))


def deployments_of_packages(root: MappingNode) -> list[tuple[MappingNode, Node]]:
    """Return the deployments to PyPI or by this tool, each with the job that it belongs to."""
    found = [(job, node) for job in jobs(root) for node in deployments(root, job)]
    return [(job, node) for job, node in found if deploys_to_pypi(node) or runs_tool(node)]


def commands(root: MappingNode, job: MappingNode, *phases: str) -> tuple[ScalarNode, ...]:
    """Return the commands that a job runs in these phases."""
    nodes = [node for name in phases for node in members(effective(root, job, name))]
    return tuple(node for node in nodes if isinstance(node, ScalarNode))


def mappings(root: Node) -> Iterator[MappingNode]:
    """Yield every mapping that is written in the file."""
    return (node for node in walk(root) if isinstance(node, MappingNode))


@dataclass(frozen=True, eq=False)
class Job:
    """A job of the build: the mapping that describes it, the file's or one of its list, and what Travis makes of it."""

    node: MappingNode
    made: MatrixJob
    known: Mapping[str, str]  # the variables that the file says

    @property
    def python(self) -> str:
        """The version of Python, empty where none is named."""
        return self.made.text("python")

    @property
    def image(self) -> str:
        """The image that is named by `dist:`, empty where none is."""
        return self.made.text("dist")

    @property
    def runs_a_modern_python(self) -> bool:
        """Whether the job's own `python` is 3.9 or newer."""
        return bool(MODERN.fullmatch(self.python))

    @property
    def lacks_python(self) -> bool:
        """Whether the job cannot run the tool: its `python` is older than 3.9, and its image is old or lacks that."""
        is_missing = self.image == "jammy" and NOT_ON_JAMMY.fullmatch(self.python)
        return not self.runs_a_modern_python and (self.image in OLD_IMAGES or bool(is_missing))


@dataclass(frozen=True)
class Build:
    """A file's jobs, those that run each of its deployments, and its variables.

    ``variables`` are all with their values, ``own_variables`` those that one more job would not have.
    """

    root: MappingNode
    jobs: tuple[Job, ...]
    by_deployment: Mapping[Node, tuple[Job, ...]]
    variables: Mapping[str, tuple[str, ...]]
    own_variables: frozenset[str]
    env_of_jobs: tuple[Plain, ...]

    def deploying(self, node: Node) -> tuple[Job, ...]:
        """Return the jobs that run a deployment, except those that certainly have not the value that it asks for."""
        asked = conditions(node).equalities
        found = self.by_deployment.get(node, ())
        return tuple(job for job in found if all(self._may_equal(job, name, wanted) for _, name, wanted in asked))

    def lacks(self, name: str, wanted: str) -> bool:
        """Return whether it is certain that no job gives a variable this value; imported files may make other jobs."""
        return "import" not in entries(self.root) and not any(self._may_equal(job, name, wanted) for job in self.jobs)

    def _may_equal(self, job: Job, name: str, wanted: str) -> bool:
        is_unset = name in self.variables and name not in {name for name, _ in job.made.variables} | job.made.hidden
        return not is_unset and job.known.get(name, wanted) == wanted


def read_build(root: MappingNode) -> Build:
    """Return the build that a file describes."""
    config, nodes = normalized(mapping(plain(root))), jobs(root)
    made = matrix(config, lambda *_: True)
    found = tuple(Job(nodes[job.included], job, job.environment({})) for job in made)
    by_deployment: dict[Node, list[Job]] = {}
    for each in found:
        for node in deployments(root, each.node):
            by_deployment.setdefault(node, []).append(each)

    of_all, of_jobs = listed(config.get(ENV_OF_ALL)), listed(config.get("env"))
    one = of_jobs if len(of_jobs) == 1 else []
    shared = {pair for entry in (*of_all, *one) for pair in assignments(entry)}
    pairs = [pair for job in made for pair in job.variables]
    return Build(
        root,
        found,
        {node: tuple(each) for node, each in by_deployment.items()},
        {name: tuple(dict.fromkeys(value for other, value in pairs if other == name)) for name in dict(pairs)},
        frozenset(name for name, value in pairs if (name, value) not in shared),
        tuple(of_jobs),
    )
