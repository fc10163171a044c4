"""The install step for jobs with an older Python, played on layouts of Travis' images."""

from __future__ import annotations

import configparser
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.support import demo_project, travis_world
from tests.support.played_travis import Event, load, mapping
from tests.support.travis_world import Image, World
from travis_pypi_deploy import __version__
from travis_pypi_deploy.migrate.steps import IMAGE_PYTHON

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "older-python.travis.yml"
STEP = str(load(EXAMPLE)["before_deploy"])
NO_PYTHON = 'No Python 3.9+ on this image: set "dist: jammy" and "python: 3.12"\n'


@pytest.mark.parametrize(
    ("name", "chosen"), [("bionic", "3.12.4"), ("focal", "3.9.18"), ("jammy", "3.10.14"), ("noble", "3.12.8")]
)
def test_the_step_takes_the_oldest_python_that_can_run_the_tool(
    name: str, chosen: str, image: Image, tmp_path: Path
) -> None:
    opt_python = travis_world.lay_out(tmp_path / "opt-python", travis_world.IMAGES[name], real=True)

    for _ in range(2):  # it runs before each of a job's deployments
        assert run_step(opt_python, image, tmp_path) == (0, "")

    assert base_of(tmp_path / "deployer") == opt_python / chosen / "bin"
    program = tmp_path / "deployer" / "bin" / "python"
    shown = subprocess.run(
        [program, "-m", "travis_pypi_deploy", "--version"], capture_output=True, text=True, check=True
    )
    assert shown.stdout == f"travis-pypi-deploy {__version__}\n"


@pytest.mark.parametrize("name", ["xenial", "trusty", "macOS"])
def test_the_step_fails_with_one_sentence_where_no_python_can_run_the_tool(
    name: str, image: Image, tmp_path: Path
) -> None:
    opt_python = travis_world.lay_out(tmp_path / "opt-python", travis_world.IMAGES.get(name, ()))

    assert run_step(opt_python, image, tmp_path) == (1, NO_PYTHON)


def test_the_step_fails_if_the_tool_cannot_be_installed(image: Image, tmp_path: Path) -> None:
    opt_python = travis_world.lay_out(tmp_path / "opt-python", travis_world.IMAGES["jammy"])
    empty = tmp_path / "empty"
    empty.mkdir()

    code, output = run_step(opt_python, image, tmp_path, PIP_FIND_LINKS=str(empty))

    assert code == 1
    assert output.splitlines()[-1] == "ERROR: No matching distribution found for travis-pypi-deploy"


def test_a_package_that_only_the_python_of_the_job_can_build_is_built_there(world: World) -> None:
    old = travis_world.interpreter("3.6")
    if old is None:
        pytest.skip("there is no CPython 3.6 on this machine")
    setup = "import sys\nif sys.version_info >= (3, 9): sys.exit('no module named imp')\n"
    legacy = {"setup.py": setup + demo_project.LEGACY["setup.py"]}
    (block,) = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs" / "travis.md").read_text(encoding="utf-8"), re.DOTALL)
    shown, config = yaml.safe_load(block), {**load(EXAMPLE), "python": "3.6", "install": "skip"}
    config["script"] = shown["script"]
    config["deploy"] = {**mapping(config["deploy"]), **shown["deploy"]}
    repository = demo_project.repository(world.folder / "repository", "legacy", legacy)

    (job,) = world.play_in(repository, config, Event(branch="staging"), {"3.6": old})

    assert job.code == 0, job.log
    assert list(world.indexes["testpypi"].files) == ["demo-1.0.0.tar.gz"]


def test_the_migration_writes_the_step_of_the_example() -> None:
    assert IMAGE_PYTHON.install == STEP
    assert f"script: {IMAGE_PYTHON.command} " in EXAMPLE.read_text(encoding="utf-8")


def run_step(opt_python: Path, image: Image, home: Path, **more: str) -> tuple[int, str]:
    """Run the step of the example, word for word but for its folder, and return its exit code and output."""
    ended = subprocess.run(
        ["bash", "-c", STEP.replace("/opt/python/", f"{opt_python}/")],
        env={**image.variables, "HOME": str(home), **more},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return ended.returncode, ended.stdout


def base_of(virtualenv: Path) -> Path:
    """Return the folder of the interpreter that a virtualenv was made with."""
    facts = configparser.ConfigParser()
    facts.read_string("[venv]\n" + (virtualenv / "pyvenv.cfg").read_text(encoding="utf-8"))
    return Path(facts["venv"]["home"])
