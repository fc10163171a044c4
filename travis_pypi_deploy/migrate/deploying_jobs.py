"""Deployments that several jobs make, or a job without a Python for the tool."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from ..travis_yml.conditions import PYTHON_VERSION, Conditions, conditions
from ..travis_yml.jobs import (
    OLD_IMAGES,
    Build,
    Job,
    deployment_options,
    deployments,
    deployments_of_packages,
    deploys_to_pypi,
)
from ..travis_yml.lints import Note
from ..travis_yml.tree import Node, entries, is_true, option_text
from .modern_jobs import can_be_modern
from .obstacles import can_become_a_stage
from .ready_made import publishes_only_wheels, ready_made

WITH_STAGE = "run this command with --stage"


def wheels_of_python_2(build: Build, nodes: Collection[Node]) -> Iterator[Note]:
    """Yield that wheels were of Python 2, which this tool does not run on."""
    for node in nodes:
        formats = option_text(deployment_options(node), "distributions")
        is_python_2 = any(job.python.startswith("2") for job in build.deploying(node))
        if is_python_2 and "bdist_wheel" in formats and "--universal" not in formats:
            yield Note(node.line, "the job runs Python 2.7, so far its wheels were py2: the new ones are py3.")


def deploying_jobs(build: Build, rewritten: Collection[Node]) -> tuple[Note, ...]:
    """Return a note for each deployment that several jobs make, or a job without a Python for the tool."""
    root = build.root
    nodes, filled = dict.fromkeys(node for _, node in deployments_of_packages(root)), ready_made(root)
    of_the_file = {*deployments(root, root)}
    several = _made_by_several(build, nodes, filled)
    notes = []
    for node in nodes:
        is_own = node in of_the_file
        choice = "single one out in `on:`" if is_own else "deploy from one of them only"
        reasons = {"more than one job of this build deploys": choice} if node in several else {}
        on = conditions(node)
        for job in build.deploying(node) if node in rewritten else ():
            reasons.update(_without_interpreter(job, on, fills_dist=node in filled))
        if reasons:
            remedy = " and ".join(dict.fromkeys(reasons.values()))
            if node not in filled and (stage := _stage(build, node)):
                remedy = f"{remedy}, or {stage}"
            line = entries(root)["deploy"].key.line if is_own else node.line
            notes.append(Note(line, f"{', and '.join(reasons)}: {remedy}."))
    return tuple(dict.fromkeys(notes))


def _without_interpreter(job: Job, on: Conditions, *, fills_dist: bool) -> dict[str, str]:
    """Return why a job that deploys has no Python for the tool, with the remedy; empty if it has one."""
    if job.runs_a_modern_python:
        return {}
    is_asked = any(name == PYTHON_VERSION for _, name, _ in on.equalities)
    python = f'`python: "3.12"`{", under `on:` too" if is_asked else ""}'
    if job.made.system in {"osx", "windows"}:
        by_hand = "write a Python 3.9 or newer of that system into before_deploy and the script"
        remedy = by_hand if fills_dist else "deploy from a job with `os: linux`"
        return {f"{job.made.system} has no /opt/python": remedy}
    if job.image in OLD_IMAGES:
        remedy = f"set `dist: jammy` and {python}" if job.made.language == "python" else "set `dist: jammy`"
        return {f"the image of {job.image} has no Python 3.9 or newer": remedy}
    return {f"jammy has no Python {job.python}": f"set {python}"} if job.lacks_python else {}


def _stage(build: Build, node: Node) -> str:
    """Return how a deployment moves into a stage, or how the stage that it is in gets a Python for the tool."""
    deploy, of_the_file = entries(build.root).get("deploy"), deployments(build.root, build.root)
    if deploy and node in of_the_file:
        return WITH_STAGE if can_become_a_stage(build, deploy) else "deploy from a stage of its own"
    is_stage = any(can_be_modern(build, job) for job in build.by_deployment.get(node, ()))
    return WITH_STAGE if is_stage and not any(map(deploys_to_pypi, of_the_file)) else ""


def _made_by_several(build: Build, nodes: Collection[Node], filled: Collection[Node]) -> set[Node]:
    """Return the deployments that publish the same sdist at the same time from more than one job."""
    makers: dict[object, set[Job]] = {}
    found: list[tuple[Node, object]] = []
    for node in nodes:
        on = conditions(node)
        for job in () if on.may_choose_a_job else build.deploying(node):
            if not publishes_only_wheels(build.root, job.node, node, is_ready_made=node in filled):
                meaning = (*_meaning(node, job), on.options(), job.made.text("if"))
                makers.setdefault(meaning, set()).add(job)
                found.append((node, meaning))
    return {node for node, meaning in found if len(makers[meaning]) > 1}


def _meaning(node: Node, job: Job) -> tuple[str, ...]:
    """Return what is equal in deployments of the same files; those that skip existing files may add another wheel."""
    options = deployment_options(node)
    values = [option_text(options, name) for name in ("server", "distributions", "script")]
    skips = is_true(options.get("skip_existing"))
    return (*values, *(_platform(job) if skips or "--skip-existing" in values[-1] else ()))


def _platform(job: Job) -> tuple[str, str]:
    return job.made.system, job.made.text("arch")


def wheels_of_several_jobs(build: Build, nodes: Collection[Node]) -> Iterator[Note]:
    """Yield that a stage of its own does not publish the wheels that so far several jobs or another system made."""
    for node in nodes:
        formats = option_text(deployment_options(node), "distributions").split()
        made_by = build.deploying(node)
        platforms = {_platform(job) for job in made_by}
        is_linux = all(system == "linux" for system, _ in platforms)
        are_several = len(platforms) > 1 or (formats == ["bdist_wheel"] and len(made_by) > 1)
        if "bdist_wheel" in formats and (are_several or not is_linux):
            sentence = "the stage publishes one wheel, that of Python 3.12 on Linux: use it only for pure Python."
            yield Note(node.line, sentence)
