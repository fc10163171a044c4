"""Every example is valid and deploys where it says so: each is played as Travis plays it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import jsonschema
import pytest

from tests.support import demo_project, travis_job, travis_world
from tests.support.played_travis import Config, Event, deployments, items, jobs, load
from tests.support.travis_world import World, failures
from travis_pypi_deploy import __version__
from travis_pypi_deploy.migrate.rewrite import migrate
from travis_pypi_deploy.travis_yml.parse import parse

ROOT = Path(__file__).parents[2]
SCHEMA = ROOT.parent / "shared" / "data" / "travis-yml-schema.json"
EXAMPLES_FOLDER = ROOT / "examples"
EXAMPLES = sorted(EXAMPLES_FOLDER.glob("*.travis.yml"))
OURS = ROOT / ".travis.yml"

TAG = Event(tag="v1.0.0")
STAGING = Event(branch="staging")
PUSH = Event()
CRON = Event(kind="cron")
PULL_REQUEST = Event(kind="pull_request")


@dataclass(frozen=True)
class Case:
    """An example, an event that it is made for, and the index that then has the release; and one that it skips."""

    example: str
    event: Event
    index: str
    skipped: Event = PUSH
    wheel: str = "demo-1.0.0-py3-none-any.whl"
    project: str = "plain"
    older_pythons: tuple[str, ...] = ()

    @property
    def path(self) -> Path:
        """The example's file."""
        return EXAMPLES_FOLDER / f"{self.example}.travis.yml"

    @property
    def is_compiled(self) -> bool:
        """Whether it takes a compiler, and from the registry what makes a manylinux wheel."""
        return self.project == "compiled"

    @property
    def pythons(self) -> dict[str, Path]:
        """The interpreters of the older Pythons that the example's jobs run; skips the test if one is missing."""
        found = {version: travis_world.interpreter(version) for version in self.older_pythons}
        for version, python in found.items():
            if python is None:
                pytest.skip(f"there is no CPython {version} on this machine")
        return {version: python for version, python in found.items() if python}


CASES = [
    Case("testpypi-from-a-branch", STAGING, "testpypi"),
    Case("pypi-from-tags", TAG, "pypi", skipped=PULL_REQUEST),
    Case("testpypi-and-pypi", STAGING, "testpypi"),
    Case("testpypi-and-pypi", TAG, "pypi"),
    Case("older-python", STAGING, "testpypi", project="legacy", older_pythons=("3.6", "3.7")),
    Case("deploy-stage", TAG, "pypi"),
    Case("pinned-with-hashes", TAG, "pypi"),
    Case(
        "wheels-for-four-architectures",
        TAG,
        "pypi",
        wheel=r"demo-1.0.0-cp3\d+-cp3\d+-manylinux\S+\.whl",
        project="compiled",
    ),
    Case("private-index", TAG, travis_world.PRIVATE),
    Case("nightly", CRON, "testpypi"),
    Case("checked-pull-requests", PULL_REQUEST, ""),
    Case("without-provider-script", TAG, "pypi"),
    Case("guarded", TAG, "pypi"),
]
each_case = pytest.mark.parametrize(
    "case",
    [
        pytest.param(
            case,
            id=f"{case.example} on {case.event.tag or case.event.kind}",
            marks=[pytest.mark.registry] if case.is_compiled else [],
        )
        for case in CASES
    ],
)
each_example = pytest.mark.parametrize("path", EXAMPLES, ids=[path.name for path in EXAMPLES])


@pytest.mark.skipif(not SCHEMA.exists(), reason="Travis' schema is not at hand")
@pytest.mark.parametrize("path", [*EXAMPLES, OURS], ids=[path.name for path in [*EXAMPLES, OURS]])
def test_a_config_is_valid_by_travis_own_schema(path: Path) -> None:
    validator = jsonschema.Draft4Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))
    assert [error.message for error in validator.iter_errors(load(path))] == []


@each_example
def test_an_example_says_first_when_to_choose_it(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    comments = [number for number, line in enumerate(lines) if re.match(r"\s*#", line)]
    assert lines[0].startswith("# Choose this ")
    assert comments in ([0], [0, 1])
    assert [line for line in lines if len(line) > 120] == []


def test_every_example_is_played() -> None:
    assert {case.path for case in CASES} == set(EXAMPLES)


@each_case
def test_an_example_publishes_when_it_should(case: Case, world: World) -> None:
    assert failures(world.play(load(case.path), case.event, project=case.project, pythons=case.pythons)) == []
    expected = [case.wheel, "demo-1.0.0.tar.gz"] if case.index else []
    for name, index in world.indexes.items():
        files, patterns = sorted(index.files), expected if name == case.index else []
        assert [bool(re.fullmatch(*pair)) for pair in zip(patterns, files)] == [True] * len(patterns), files
        assert len(files) == len(patterns)


@each_case
def test_an_example_publishes_nothing_otherwise(case: Case, world: World) -> None:
    assert failures(world.play(load(case.path), case.skipped, project=case.project, pythons=case.pythons)) == []
    assert world.asked == []


@each_case
def test_a_copied_command_checks_its_own_conditions(case: Case, tmp_path: Path) -> None:
    programs = tmp_path / "deployer" / "bin"
    programs.mkdir(parents=True)
    (programs / "python").write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n', encoding="utf-8")
    (programs / "python").chmod(0o755)
    path = os.pathsep.join([str(programs), os.defpath])
    elsewhere = travis_job.job(TRAVIS_BRANCH="feature", HOME=str(tmp_path), PATH=path)
    for command in [command for job in jobs(load(case.path), case.event) for command in _commands(job)]:
        ran = subprocess.run(["sh", "-c", command], env=elsewhere, capture_output=True, text=True, check=False)
        if "--check-only" not in command:
            assert (ran.returncode, ran.stdout.split(":")[0]) == (0, "Skipping the deployment"), ran.stderr


@pytest.mark.parametrize(
    ("event", "index"),
    [
        pytest.param(TAG, "pypi", id="a tag"),
        pytest.param(STAGING, "testpypi", id="staging"),
        pytest.param(PUSH, "", id="main"),
    ],
)
def test_a_migrated_config_publishes_as_it_did(event: Event, index: str, world: World) -> None:
    before = """\
language: python
python: "3.12"
install: pip install .
script: python -m unittest
before_deploy: ls
deploy:
  - provider: pypi
    password: $TEST_PYPI_TOKEN
    server: testpypi
    distributions: sdist bdist_wheel
    on: staging
  - provider: pypi
    password: ${PYPI_TOKEN}
    on: {tags: true, condition: $TRAVIS_OS_NAME = linux}
"""
    path = world.folder / ".travis.yml"
    path.write_text(migrate(before, parse(before), {}).text, encoding="utf-8")
    assert failures(world.play(load(path), event)) == []
    published = {name: sorted(at.files) for name, at in world.indexes.items() if at.files}
    wheel = ["demo-1.0.0-py3-none-any.whl"] if index == "testpypi" else []
    assert published == ({index: [*wheel, "demo-1.0.0.tar.gz"]} if index else {})


@pytest.mark.registry
@pytest.mark.parametrize(("tag", "name"), [("", "testpypi"), (f"v{__version__}", "pypi")], ids=["main", "tag"])
def test_the_config_of_this_repository_publishes_this_project_with_itself(tag: str, name: str, world: World) -> None:
    config = load(OURS)
    (publish,) = (job for job in jobs(config, PUSH) if job.get("stage") == "publish")
    leave_out = shutil.ignore_patterns(".*", "*.egg-info", "build", "dist", "__pycache__", "tests", "benchmarks")
    ours = shutil.copytree(ROOT, world.folder / "ours", ignore=leave_out)
    played = world.play_in(demo_project.committed(ours), {"jobs": {"include": [publish]}}, Event(tag=tag))
    assert failures(played) == []
    assert {index: len(at.files) for index, at in world.indexes.items() if at.files} == {name: 2}


def _commands(job: Config) -> list[str]:
    """Return the commands of a job that run the tool."""
    scripts = [*items(job.get("script")), *(deployment["script"] for deployment in deployments(job))]
    return [str(script) for script in scripts if "-m travis_pypi_deploy " in f"{script} "]
