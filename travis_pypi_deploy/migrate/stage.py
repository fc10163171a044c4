"""The file's deployments become jobs of a stage of their own, on an image with a Python that can run the tool."""

from __future__ import annotations

from collections.abc import Mapping

from ..travis_yml.conditions import PLAIN_BRANCH, Conditions, conditions
from ..travis_yml.jobs import Build, deployment_options, deployments, deploys_to_pypi, read_build
from ..travis_yml.lints import Note, arranged, file_lints
from ..travis_yml.tree import MappingNode, Pair, SequenceNode, entries, option_text
from .arguments import PACKAGE
from .deploying_jobs import wheels_of_python_2, wheels_of_several_jobs
from .edits import Edit, apply, indentation, line_break, line_start, lines_behind, put_last, take_out, written
from .obstacles import STAGE, conditions_of_the_stage, jobs_to_add_to, refuse_obstacles, stages_to_add_to
from .ready_made import files_of_the_job
from .rewrite import Migration, about_variables
from .steps import JOB_PYTHON, Step
from .translate import translate

KEPT = ("allow_failure", "dpl_version")
PHASES = ("before_install", "install", "before_script", "script", "after_success")


def to_stage(text: str, root: MappingNode, aliases: Mapping[str, str], requirement: str = PACKAGE) -> Migration | None:
    """Return the migration of the file's own deployments to PyPI into a stage, None if there are none.

    Raises UsageError that begins with the line of what cannot become a stage.
    """
    deploy = entries(root).get("deploy")
    found = deployments(root, root)
    if deploy is None or not any(map(deploys_to_pypi, found)):
        return None
    build = read_build(root)
    refuse_obstacles(build, deploy)
    step = JOB_PYTHON.installing(requirement)
    notes: list[Note] = []
    lines: list[str] = []
    commands: list[str] = []
    for node in found:
        on = conditions(node)
        sentence, kept = conditions_of_the_stage(build, on)
        notes += sentence
        options = deployment_options(node)
        translation = translate(node, aliases, build.variables, ready_made=False)
        notes += translation.notes
        command = " ".join((step.command, *translation.arguments))
        commands.append(command)
        lines += _job(build, on, step, command)
        lines += [f"    {name}: {setting}" for name in KEPT if (setting := option_text(options, name))]
        if asked := _on(on, kept):
            lines += ["    on:", *(f"      {line}" for line in asked)]
    edits = [*take_out(text, root, frozenset([deploy])), _include(text, build, deploy, lines)]
    if stages := stages_to_add_to(root):
        edits.append(put_last(text, stages, [f"- {STAGE}"]))
    notes += (*files_of_the_job(root), *file_lints(root), *about_variables(root, build.variables, commands))
    notes += (*wheels_of_python_2(build, found), *wheels_of_several_jobs(build, found))
    return Migration(apply(text, edits), len(commands), arranged(notes))


def _job(build: Build, on: Conditions, step: Step, command: str) -> list[str]:
    """Return the first lines of the job, as an item of a list, down to the script."""
    root = build.root
    lines = [f"- stage: {STAGE}", f"  if: {_if(on)}", "  os: linux", "  dist: jammy"]
    language = option_text(entries(root), "language")
    lines += [] if language == "python" else ["  language: python"]
    lines += ['  python: "3.12"', *(["  env: []"] if len(build.env_of_jobs) > 1 else [])]
    lines += [f"  {phase}: skip" for phase in PHASES]
    lines += [f"  before_deploy: {written(step.install)}", "  deploy:", "    provider: script"]
    return [*lines, f"    script: {written(command)}"]


def _if(on: Conditions) -> str:
    """Return the conditions in the language of `if:`; what it cannot say is left to `on:`."""
    parts = ["type != pull_request"]
    parts += [f"repo = {repo}"] if (repo := option_text(on.pairs, "repo")) else []
    options = on.options()
    if on.only_tags:
        return " AND ".join([*parts, "tag IS present"])
    parts += ["tag IS blank"] if "--no-tags" in options else []
    branches = on.branches or ("master",)
    if "--all-branches" not in options and all(map(PLAIN_BRANCH.fullmatch, branches)):
        parts.append(f"branch IN ({', '.join(branches)})" if len(branches) > 1 else f"branch = {branches[0]}")
    return " AND ".join(parts)


def _on(on: Conditions, kept: list[str]) -> list[str]:
    lines = []
    for name in ("repo", "tags", "all_branches"):
        lines += [f"{name}: {written(text)}"] if (text := option_text(on.pairs, name)) else []
    if on.branches:
        lines.append(f"branch: [{', '.join(written(branch, flow=True) for branch in on.branches)}]")
    if kept:
        lines += ["condition:", *(f"  - {written(expression, flow=True)}" for expression in kept)]
    return lines


def _include(text: str, build: Build, deploy: Pair, lines: list[str]) -> Edit:
    """Return the edit that adds the jobs to the file's list of jobs, or that writes one in place of ``deploy``."""
    # Without this job, the list would replace the file's only one.
    is_expanded = sum(job.node is build.root for job in build.jobs) > 1
    tests = [] if is_expanded else ["- stage: test"]
    place = jobs_to_add_to(build.root)
    if isinstance(place, SequenceNode):
        return put_last(text, place, lines)
    if place:
        indent = indentation(text, place.pairs[0].key.start)
        return lines_behind(text, place.end, indent, ["include:", *(f"  {line}" for line in [*tests, *lines])])
    start = line_start(text, deploy.key.start)
    start += start == 0 and text.startswith("\ufeff")
    block = ["jobs:", "  include:", *(f"    {line}" for line in [*tests, *lines])]
    return Edit(start, start, "".join(f"{line}{line_break(text)}" for line in block))
