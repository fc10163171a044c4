"""Why the deployment of a file cannot become a stage: it depends on more than the checkout, or on its place."""

from __future__ import annotations

from ..travis_yml.places import deployments, deploys_to_pypi, jobs
from ..travis_yml.tree import Alias, MappingNode, Pair, SequenceNode, entries, members, resolved, walk
from ..travis_yml.variables import environments_of
from .ready_made import ready_made


def obstacle(root: MappingNode) -> str:
    """Return the reason, empty if there is none."""
    deploy = entries(root).get("deploy")
    if deploy is None:
        return "the file itself does not deploy"
    reasons = {
        "the file is written in flow style": root.flow,
        "the key is merged in": deploy not in root.pairs or deploy.explicit,
        "it is the only key": len(root.pairs) == 1,
        "the file deploys elsewhere, too": not all(map(deploys_to_pypi, deployments(root, root))),
        "it runs commands after it (`run`)": any("run" in entries(node) for node in deployments(root, root)),
        "it has an anchor that is used elsewhere": _is_used_elsewhere(root, deploy),
        "jobs have deployments of their own": any("deploy" in entries(job) for job in jobs(root)[1:]),
        "the job's commands fill dist/": bool(ready_made(root)),
        "before_deploy has commands that may need the job's files": "before_deploy" in entries(root),
        "the matrix of `env` holds secrets": environments_of(root) > 1 and _has_secrets(root),
        "matrix and jobs both stand in the file": {"matrix", "jobs"} <= entries(root).keys(),
    }
    return next((reason for reason, holds in reasons.items() if holds), "")


def _is_used_elsewhere(root: MappingNode, deploy: Pair) -> bool:
    inside = set(walk(deploy.value))
    return any(node.target in inside for node in walk(root) if isinstance(node, Alias) and node not in inside)


def _has_secrets(root: MappingNode) -> bool:
    """Return whether `env` encrypts anything outside of `global`."""
    env = resolved(entries(root)["env"].value)
    groups = (
        [env]
        if isinstance(env, SequenceNode)
        else [pair.value for name, pair in entries(env).items() if name != "global"]
    )
    return any(
        "secure" in entries(node) for group in groups for part in members(group) for node in walk(resolved(part))
    )
