"""Deployments that several jobs make, or a job without a Python for the tool."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from ..travis_yml.conditions import Conditions, conditions
from ..travis_yml.jobs import (
    NOT_ON_JAMMY,
    OLD_IMAGES,
    deployment_options,
    deployments,
    deployments_of_packages,
    deploys_to_pypi,
    environments_of,
    jobs,
    value,
)
from ..travis_yml.lints import Note
from ..travis_yml.tree import Alias, MappingNode, Pair, SequenceNode, entries, members, option_text, resolved, walk
from .modern_jobs import can_be_modern, runs_python
from .ready_made import ready_made

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from ..travis_yml.jobs import Build, Job
    from ..travis_yml.tree import Node


def wheels_of_python_2(build: Build, nodes: Collection[Node]) -> Iterator[Note]:
    """Yield that wheels were of Python 2, which this tool does not run on."""
    for node in nodes:
        found = build.deploying(node, conditions(entries(node)))
        formats = option_text(deployment_options(node), "distributions")
        if (
            any(job.python.startswith("2") for job in found)
            and "bdist_wheel" in formats
            and "--universal" not in formats
        ):
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
            if stage := _stage(build, node):
                remedy = f"{remedy}, or {stage}"
            notes.append(Note(_line(root, node), f"{', and '.join(reasons)}: {remedy}."))
    return tuple(dict.fromkeys(notes))


def _without_interpreter(build: Build, job: Job, on: Conditions) -> Iterator[tuple[str, str]]:
    """Yield why a job that deploys has no Python for the tool, each time with the remedy."""
    image = value(build.root, job.node, "dist")
    python = f'`python: "3.12"`{", under `on:` too" if on.python else ""}'
    for system in [on.system] if on.system else build.systems(job):
        if system in {"osx", "windows"}:
            yield f"{system} has no /opt/python", "deploy from a job with `os: linux`"
        elif image in OLD_IMAGES:
            remedy = f"set `dist: jammy` and {python}" if runs_python(build.root, job) else "set `dist: jammy`"
            yield f"the image of {image} has no Python 3.9 or newer", remedy
        elif image == "jammy" and NOT_ON_JAMMY.fullmatch(job.python):
            yield f"jammy has no Python {job.python}", f"set {python}"


def _stage(build: Build, node: Node) -> str:
    """Return how a deployment moves into a stage, or how the stage that it is in gets a Python for the tool."""
    of_the_file = deployments(build.root, build.root)
    if node in of_the_file:
        return "deploy from a stage of its own" if obstacle(build.root) else "run this command with --stage"
    is_stage = any(can_be_modern(build, job) for job in build.by_deployment.get(node, ()))
    return "run this command with --stage" if is_stage and not any(map(deploys_to_pypi, of_the_file)) else ""


def _made_by_several(build: Build, nodes: Collection[Node]) -> set[Node]:
    """Return the deployments that more than one job makes, as its own or as an equal one."""
    chosen = {node: build.deploying(node, conditions(entries(node))) for node in nodes}
    systems: dict[object, Counter[tuple[str, str]]] = {}
    counted = {(_meaning(node), job.node): job for node, made_by in chosen.items() for job in made_by}
    for (meaning, _), job in counted.items():
        systems.setdefault(meaning, Counter())[_system(build.root, job)] += 1
    found = set()
    for node, made_by in chosen.items():
        alone = Counter(_system(build.root, job) for job in made_by)
        together = max([*alone.values(), *systems.get(_meaning(node), {}).values()], default=0) if made_by else 0
        # Wheels of one job may differ from another's.
        has_own_files = option_text(deployment_options(node), "distributions").split() == ["bdist_wheel"]
        if together > 1 and not has_own_files and not conditions(entries(node)).single_out_a_job:
            found.add(node)
    return found


def _meaning(node: Node) -> tuple[object, ...]:
    """Return what two deployments have in common that publish the same files at the same time."""
    return conditions(entries(node)).options(), *(
        option_text(deployment_options(node), name) for name in ("server", "distributions", "script")
    )


def _system(root: MappingNode, job: Job) -> tuple[str, str]:
    return value(root, job.node, "os"), value(root, job.node, "arch")


def _line(root: MappingNode, node: Node) -> int:
    """Return the line of the file's `deploy:` if the deployment is its own, else that of the deployment."""
    return entries(root)["deploy"].key.line if node in deployments(root, root) else node.line


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
