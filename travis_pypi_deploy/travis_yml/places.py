"""Where a .travis.yml has jobs and deployments, and which commands run before them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .tree import MappingNode, Node, Pair, ScalarNode, entries, members, resolved, walk, word

if TYPE_CHECKING:
    from collections.abc import Iterator

PYPI_OPTIONS = {"username", "user", "password", "server", "distributions", "skip_existing", "twine_check"}
CONDITIONS = {"branch", "all_branches", "tags", "repo", "condition", "python"}
RUNS_US = "python -m travis_pypi_deploy"
EMPTIES_SETUP_PY = re.compile(r"""\s*(?:(?:echo(?:\s+(?:-n|''|""))*|:|true)\s*)?>\s*(?:\./)?setup\.py\s*""")


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


def names_pypi(root: MappingNode) -> tuple[ScalarNode, ...]:
    """Return the deployments of a file that are a mere ``pypi``, each once."""
    found = (node for job in jobs(root) for node in deployments(root, job) if isinstance(node, ScalarNode))
    return tuple(dict.fromkeys(node for node in found if is_pypi(node)))


def is_pypi(node: Node) -> bool:
    """Return whether a provider's name means PyPI; dpl looks at its letters and digits only."""
    return re.sub("[^a-z0-9]", "", (word(node) or "").lower()) == "pypi"


def deploys_to_pypi(node: Node) -> bool:
    """Return whether a deployment, a mapping or a provider's name, is dpl's to PyPI."""
    return is_pypi(entries(node)["provider"].value if "provider" in entries(node) else node)


def runs_us(node: Node) -> bool:
    """Return whether a deployment runs this tool already."""
    script = entries(node).get("script")
    return script is not None and "provider" in entries(node) and RUNS_US in (word(script.value) or "")


def deployments_of_packages(root: MappingNode) -> list[tuple[MappingNode, Node]]:
    """Return the deployments to PyPI or by this tool, each with the job that it belongs to."""
    found = [(job, node) for job in jobs(root) for node in deployments(root, job)]
    return [(job, node) for job, node in found if deploys_to_pypi(node) or runs_us(node)]


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
