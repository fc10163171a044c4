"""Plays Travis: bash runs every command of a .travis.yml, in the jobs that an event starts.

The source is shared/TRAVIS.md: what travis-yml, travis-build and dpl 2 do with a config. A key, condition or option
that is not played raises NotPlayedError; nothing passes silently.
"""

from __future__ import annotations

import json
import platform
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from tests.support import travis_job

PHASES = ("before_install", "install", "before_script", "script")
ROOT_KEYS = {"jobs", "matrix"}
JOB_KEYS = {
    *PHASES, "before_deploy", "deploy", "dist", "language", "os", "python", "arch", "stage", "name", "if", "git",
    "workspaces",
}  # fmt: skip
PLAYED_CONDITIONS = {"branch", "tags", "all_branches", "repo", "condition", "python", "os"}
DPL_OPTIONS = {"provider", "script", "on", "cleanup", "skip_cleanup", "allow_failure"}
DPL_OPTIONS_NOT_PLAYED = {"edge", "run", "strategy", "verbose"}
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
DEFAULT_DIST = "focal"
JOB_SECONDS = 300

ERRORED, FAILED = 2, 1
ASSERTED = f"[ $code = 0 ] || exit {ERRORED}"
COUNTED = "[ $code = 0 ] || export TRAVIS_TEST_RESULT=1"

Config = dict[str, object]


class NotPlayedError(Exception):
    """A config uses something that is not played here, so that a test of it would show nothing."""


class Loader(yaml.SafeLoader):  # type: ignore[misc]  # PyYAML has no types
    """YAML as Travis reads it: `on` is a name, not a truth value."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":bool")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("true|false"), list("tf"))


@dataclass(frozen=True)
class Event:
    """What happened to the repository, and so what Travis says about every job of the build."""

    branch: str = "main"
    tag: str = ""
    kind: str = "push"

    @property
    def variables(self) -> dict[str, str | None]:
        """The variables that differ from build to build; on a tag build the branch is the tag."""
        return {
            "TRAVIS_BRANCH": self.tag or self.branch,
            "TRAVIS_TAG": self.tag,
            "TRAVIS_EVENT_TYPE": self.kind,
            "TRAVIS_PULL_REQUEST": "7" if self.kind == "pull_request" else "false",
            "TRAVIS_TEST_RESULT": "",
        }


@dataclass(frozen=True)
class Played:
    """A job that has ended."""

    name: str
    code: int
    log: str


@dataclass(frozen=True)
class Machine:
    """Where jobs run.

    ``repository`` is what jobs clone, ``folder`` an empty one to work in. ``variables`` are those of the image,
    ``settings`` those of the repository's settings as a user writes them. ``pythons`` are the ``bin`` folders of the
    virtualenvs of old Pythons; each Python from 3.9 on is the first one on the image's PATH. ``opt_python`` is what
    stands for ``/opt/python`` on the image of each ``dist:``.
    """

    repository: Path
    folder: Path
    variables: Mapping[str, str]
    settings: Mapping[str, str]
    pythons: Mapping[str, Path]
    opt_python: Mapping[str, Path]


def load(path: Path) -> Config:
    """Return a .travis.yml as Travis reads it."""
    return mapping(yaml.load(path.read_text(encoding="utf-8"), Loader))


def play(config: Config, event: Event, machine: Machine) -> list[Played]:
    """Run the stages of a build one after the other, and none after one in which a job has failed."""
    started = list(enumerate(jobs(config, event)))
    played: list[Played] = []
    for stage in dict.fromkeys(str(job["stage"]) for _, job in started):
        if any(job.code for job in played):
            break
        of_stage = [(number, job) for number, job in started if job["stage"] == stage]
        played += [_play_job(job, event, machine, machine.folder / f"job-{number}") for number, job in of_stage]
    return played


def jobs(config: Config, event: Event) -> Iterator[Config]:
    """Yield the jobs that an event starts on this machine's architecture, each with its stage."""
    for job in _expanded(config):
        _refuse(job.keys() - JOB_KEYS, "key of a job")
        if _starts(str(job.get("if", "")), event) and job.get("arch", _here()) == _here():
            yield job


def items(value: object) -> list[object]:
    """Return a list as it is, nothing as an empty one, and anything else as a list of one."""
    return value if isinstance(value, list) else [] if value is None else [value]


def mapping(value: object) -> Config:
    """Return what must be a mapping."""
    if not isinstance(value, dict):
        raise NotPlayedError(f"not a mapping: {value!r}")
    return value


def deployments(job: Config) -> list[Config]:
    """Return what a job deploys."""
    return [mapping(deployment) for deployment in items(job.get("deploy"))]


def expression(on: object) -> str:
    """Return what Travis' bash asks before a deployment, between double brackets; empty if it asks nothing.

    Source: conditions in travis-build's addons/deploy/script.rb. `on: os` is ignored.
    """
    asked = mapping({"branch": on} if isinstance(on, str) else on)
    _refuse(asked.keys() - PLAYED_CONDITIONS, "condition of a deployment")
    tags = asked.get("tags")
    parts = [f'$TRAVIS_REPO_SLUG = "{asked["repo"]}"'] if "repo" in asked else []
    if not asked.get("all_branches") and not tags:
        parts.append(" || ".join(f"$TRAVIS_BRANCH = {branch}" for branch in items(asked.get("branch", "master"))))
    if "python" in asked:
        parts.append(f"$TRAVIS_PYTHON_VERSION = {items(asked['python'])[0]}")
    parts += [str(each) for each in items(asked.get("condition"))]
    if isinstance(tags, bool):  # `tags: any` is kept, and asks nothing
        parts.append(f'"$TRAVIS_TAG" {"!=" if tags else "="} ""')
    return " && ".join(f"({each})" for each in parts)


def _expanded(config: Config) -> Iterator[Config]:
    """Yield the jobs of the matrix, then the included ones; `matrix` is another name for `jobs`, which wins."""
    root = {name: value for name, value in config.items() if name not in ROOT_KEYS}
    several = mapping(config.get("jobs", config.get("matrix", {})))
    _refuse(several.keys() - {"include"}, "key of `jobs`")
    included = [mapping(job) for job in items(several.get("include"))]
    pythons = items(root.get("python"))
    stage = str(root.get("stage", "test"))
    if not included or len(pythons) > 1:
        for python in pythons or [None]:
            yield {**root, "stage": stage} | ({"python": python} if python else {})
    for job in included:
        whole = {**root, **job}
        stage = str(job.get("stage", stage))
        yield {**whole, "stage": stage} | ({"python": items(whole["python"])[0]} if "python" in whole else {})


def _refuse(names: set[str], what: str) -> None:
    if names:
        raise NotPlayedError(f"{what}: {', '.join(sorted(names))}")


def _here() -> str:
    return ARCHITECTURES[platform.machine()]


def _starts(condition: str, event: Event) -> bool:
    """Judge a job's `if:`, of which the configs use few forms."""
    pull_request = event.kind == "pull_request"
    known = {
        "": True,
        "tag IS present": bool(event.tag),
        "type = pull_request": pull_request,
        "type != pull_request": not pull_request,
    }
    if condition not in known:
        raise NotPlayedError(f"if: {condition}")
    return known[condition]


def _play_job(job: Config, event: Event, machine: Machine, folder: Path) -> Played:
    subprocess.run(["git", "clone", "-q", machine.repository, folder], check=True)
    workspaces = mapping(job.get("workspaces", {}))
    for name in items(workspaces.get("use")):
        if (machine.folder / str(name)).exists():  # otherwise it is of an architecture that is not here
            shutil.copytree(machine.folder / str(name), folder, dirs_exist_ok=True)
    version = str(job.get("python", "3.6"))  # Travis' default
    variables = {
        **travis_job.job(TRAVIS_PYTHON_VERSION=version, TRAVIS_BUILD_DIR=str(folder), **event.variables),
        **machine.variables,
        "PATH": _path(version, machine),
    }
    ran = subprocess.run(
        ["bash", "-c", _as_bash(job, event, machine)],
        cwd=folder,
        env=variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=JOB_SECONDS,
        check=False,
    )
    if "create" in workspaces and not ran.returncode:
        created = mapping(workspaces["create"])
        for path in items(created["paths"]):
            shutil.copytree(folder / str(path), machine.folder / str(created["name"]) / str(path))
    return Played(str(job.get("name", job["stage"])), ran.returncode, ran.stdout)


def _path(version: str, machine: Machine) -> str:
    """Return the PATH of a job with this Python."""
    on_path = machine.variables["PATH"]
    if version in machine.pythons:
        return f"{machine.pythons[version]}:{on_path}"
    if not re.fullmatch(r"3\.(9|\d\d)", version):
        raise NotPlayedError(f"python: {version}")
    return on_path


def _as_bash(job: Config, event: Event, machine: Machine) -> str:
    """Return a job as one bash script: a failed command of `script:` counts, of any other phase it ends the job."""
    dist = str(job.get("dist", DEFAULT_DIST))
    if dist not in machine.opt_python:
        raise NotPlayedError(f"dist: {dist}")
    lines = [f"export {name}={value}" for name, value in machine.settings.items()]
    for phase in PHASES:
        if phase in ("install", "script") and phase not in job:
            raise NotPlayedError(f"the default commands of `{phase}:`")
        lines += _commands(job.get(phase), COUNTED if phase == "script" else ASSERTED)
    lines.append(f"export TRAVIS_TEST_RESULT=${{TRAVIS_TEST_RESULT:-0}}; [ $TRAVIS_TEST_RESULT = 0 ] || exit {FAILED}")
    if event.kind == "pull_request":
        lines.append("echo Skipping the deployments because the current build is a pull request.")
    else:
        for deployment in deployments(job):
            lines += _deploy(deployment, _commands(job.get("before_deploy"), ASSERTED))
    return "\n".join(lines).replace("/opt/python/", f"{machine.opt_python[dist]}/")


def _commands(phase: object, then: str) -> list[str]:
    """Return the commands of a phase, each with what follows it; `skip` skips only as the whole value."""
    lines: list[str] = []
    for command in items(phase if phase != "skip" else None):
        shown = json.dumps("$ " + str(command).replace("$", "").replace("`", ""))
        lines += [f"echo {shown}", f"eval {_single_quoted(str(command))}", "code=$?", then]
    return lines


def _single_quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def _deploy(deployment: Config, before: list[str]) -> list[str]:
    """Return the bash of one deployment: `before_deploy`, then dpl, inside the condition."""
    asked = expression(deployment.get("on", {}))
    deploying = [*before, *_dpl(deployment)]
    if not asked:
        return deploying
    return [f"if [[ {asked} ]]; then", *deploying, "else echo Skipping a deployment with the script provider; fi"]


def _dpl(deployment: Config) -> list[str]:
    """Return what dpl 2 does: bash pastes its variables into the line, dpl squeezes its spaces, a shell runs it."""
    if deployment["provider"] != "script":
        raise NotPlayedError(f"provider: {deployment['provider']}")
    _refuse(deployment.keys() & DPL_OPTIONS_NOT_PLAYED, "option of dpl")
    ends = "true" if deployment.get("allow_failure") else f"exit {ERRORED}"
    failed = f"{{ echo failed to deploy; {ends}; }}"
    unknown = sorted(deployment.keys() - DPL_OPTIONS)
    unknown += ["no-skip_cleanup"] if deployment.get("skip_cleanup") is False else []
    script = str(deployment["script"])
    if unknown:
        return [f"echo Unrecognized option: --{unknown[0]}", failed]
    if re.search(r"%\{\w+\}", script):
        return ["echo KeyError", failed]
    pasted = json.dumps(script, ensure_ascii=False)  # what Ruby's inspect writes
    squeezed = f"squeezed=$(printf %s {pasted} | tr -s '[:space:]' ' ')"
    run = f'sh -c "$squeezed" || {{ echo "Script failed with status $?"; {failed}; }}'
    if deployment.get("cleanup"):
        return [squeezed, "git stash --all -q", run, "git stash pop -q || true"]
    return [squeezed, run]
