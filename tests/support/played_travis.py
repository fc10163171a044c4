"""Plays Travis: every command of a .travis.yml is run by bash, in the jobs that an event starts.

What Travis does is read from travis-build (stages.rb, addons/deploy/script.rb) and dpl 2 (provider.rb,
provider/script.rb). Only what the examples use is played; anything else is an error.
"""

from __future__ import annotations

import json
import platform
import re
import shutil
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

import yaml

from tests.support import travis_job

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

PHASES = ("before_install", "install", "before_script", "script")
PLAYED_KEYS = {
    *PHASES,
    "before_deploy",
    "deploy",
    "dist",
    "language",
    "python",
    "arch",
    "stage",
    "name",
    "if",
    "git",
    "workspaces",
}
PLAYED_CONDITIONS = {"branch", "tags", "condition", "python"}
# What dpl 2 knows for the script provider; at any other option it ends before the command starts.
DPL_OPTIONS = {"provider", "script", "on", "cleanup", "skip_cleanup", "allow_failure", "edge"}
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
JOB_SECONDS = 300

Config = dict[str, object]


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
            "TRAVIS_TEST_RESULT": None,
        }


@dataclass(frozen=True)
class Played:
    """A job that has ended."""

    name: str
    code: int
    log: str


@dataclass(frozen=True)
class Machine:
    """Where jobs run: a git repository to clone, an empty folder to work in, and the variables they start with.

    ``pythons`` takes the place of /opt/python, where Travis' images have their interpreters.
    """

    repository: Path
    folder: Path
    variables: Mapping[str, str]
    pythons: Path


def load(path: Path) -> Config:
    """Return a .travis.yml as Travis reads it."""
    return mapping(yaml.load(path.read_text(encoding="utf-8"), Loader))


def play(config: Config, event: Event, machine: Machine) -> list[Played]:
    """Run the jobs of a build one after the other, and none of a later stage once one has failed."""
    played: list[Played] = []
    failed_in = ""
    for number, job in enumerate(jobs(config, event)):
        stage = str(job.get("stage", "test"))
        if not failed_in or stage == failed_in:
            played.append(_play_job(job, event, machine, machine.folder / f"job-{number}"))
            failed_in = stage if played[-1].code else failed_in
    return played


def jobs(config: Config, event: Event) -> Iterator[Config]:
    """Yield the jobs that an event starts on this machine's architecture: the matrix, then the included."""
    top = {name: value for name, value in config.items() if name != "jobs"}
    included = [mapping(job) for job in items(mapping(config.get("jobs", {})).get("include", []))]
    matrix = items(top.get("python")) if not included or isinstance(top.get("python"), list) else []
    for job in [*({"python": python} for python in matrix), *included]:
        whole = {**top, **job}
        assert not whole.keys() - PLAYED_KEYS, whole.keys() - PLAYED_KEYS
        if _starts(str(whole.get("if", "")), event) and whole.get("arch", _here()) == _here():
            yield whole


def items(value: object) -> list[object]:
    """Return a list as it is, nothing as an empty one, and anything else as a list of one."""
    return value if isinstance(value, list) else [] if value is None else [value]


def mapping(value: object) -> Config:
    """Return what must be a mapping."""
    assert isinstance(value, dict), value
    return value


def deployments(job: Config) -> list[Config]:
    """Return what a job deploys."""
    return [mapping(deployment) for deployment in items(job.get("deploy"))]


def expression(on: Config) -> str:
    """Return what Travis' bash asks before a deployment, between double brackets."""
    assert not on.keys() - PLAYED_CONDITIONS, on
    asked = [str(each) for each in items(on.get("condition"))]
    if on.get("python"):
        asked.append(f"$TRAVIS_PYTHON_VERSION = {items(on['python'])[0]}")
    if on.get("tags"):
        return " && ".join(f"({each})" for each in [*asked, '"$TRAVIS_TAG" != ""'])
    branches = " || ".join(f"$TRAVIS_BRANCH = {branch}" for branch in items(on.get("branch", "master")))
    return " && ".join(f"({each})" for each in [branches, *asked])


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
    return known[condition]


def _play_job(job: Config, event: Event, machine: Machine, folder: Path) -> Played:
    subprocess.run(["git", "clone", "-q", machine.repository, folder], check=True)
    workspaces = mapping(job.get("workspaces", {}))
    for name in items(workspaces.get("use")):
        if (machine.folder / str(name)).exists():  # else it is of an architecture that is not here
            shutil.copytree(machine.folder / str(name), folder, dirs_exist_ok=True)
    variables = travis_job.job(TRAVIS_PYTHON_VERSION=str(job.get("python")), **event.variables)
    ran = subprocess.run(
        ["bash", "-c", _as_bash(job, event).replace("/opt/python", str(machine.pythons))],
        cwd=folder,
        env={**variables, **machine.variables, "TRAVIS_BUILD_DIR": str(folder)},
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
    return Played(str(job.get("name", job.get("stage", "test"))), ran.returncode, ran.stdout)


def _as_bash(job: Config, event: Event) -> str:
    """Return a job as one bash script: a failed command of `script:` counts, of any other phase it ends the job."""
    lines = []
    for phase in PHASES:
        for command in items(job.get(phase)):
            if command != "skip":
                lines += [_echoed(str(command)), "code=$?", *_after(phase)]
    lines.append("export TRAVIS_TEST_RESULT=${TRAVIS_TEST_RESULT:-0}; [ $TRAVIS_TEST_RESULT = 0 ] || exit 1")
    if event.kind != "pull_request":
        for deployment in deployments(job):
            lines += _deploy(deployment, [str(command) for command in items(job.get("before_deploy"))])
    return "\n".join(lines)


def _after(phase: str) -> list[str]:
    if phase == "script":
        return ["export TRAVIS_TEST_RESULT=$(( ${TRAVIS_TEST_RESULT:-0} | $(( code != 0 )) ))"]
    return ["[ $code = 0 ] || exit $code"]


def _deploy(deployment: Config, before: list[str]) -> list[str]:
    """Return the bash of one deployment: dpl gets the script pasted between double quotes, and a shell runs it."""
    assert deployment["provider"] == "script", deployment
    # What Ruby's inspect writes; dpl makes one space of several.
    script = re.sub(" +", " ", json.dumps(deployment["script"], ensure_ascii=False))
    on = deployment.get("on", {})
    unknown = deployment.keys() - DPL_OPTIONS or deployment.get("skip_cleanup") is False
    failed = ":" if deployment.get("allow_failure") else "exit 2"
    command = (
        "echo dpl: unknown option; exit 2" if unknown else f"sh -c {script} || {{ echo failed to deploy; {failed}; }}"
    )
    return [
        f"if [[ {expression(mapping({'branch': on} if isinstance(on, str) else on))} ]]; then",
        *(f"{_echoed(command)}\n[ $? = 0 ] || exit 1" for command in before),
        "git stash --all -q" if deployment.get("cleanup") else "",
        command,
        "git stash pop -q || true" if deployment.get("cleanup") else "",
        "else echo Skipping a deployment with the script provider; fi",
    ]


def _echoed(command: str) -> str:
    return f"echo {json.dumps('$ ' + command.replace('$', '').replace('`', ''))}\n{command}"
