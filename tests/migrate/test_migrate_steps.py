"""The step that is written into `before_deploy`, run by bash as Travis runs it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import yaml

from travis_pypi_deploy.migrate.rewrite import migrate
from travis_pypi_deploy.travis_yml.parse import parse

OURS = "  - provider: pypi\n"
OTHER = "  - provider: npm\n"


def run_step(deployments: str, home: Path) -> int:
    """Run the step of a job with these deployments, on an image without a Python that can run the tool."""
    text = f"deploy:\n{deployments}"
    step = yaml.safe_load(migrate(text, parse(text), {}).text)["before_deploy"]
    command = ["bash", "-c", f"ls() {{ false; }}; {step}"]
    variables = {"HOME": str(home), "PATH": "/usr/bin:/bin"}
    return subprocess.run(command, env=variables, capture_output=True, check=False).returncode


@pytest.mark.parametrize(
    ("deployments", "fails"),
    [
        pytest.param(OURS, True, id="one deployment"),
        pytest.param(OURS + OURS, True, id="two by this tool"),
        pytest.param(OURS + OTHER, False, id="one by another provider"),
        pytest.param(OTHER + OURS + OURS, False, id="three"),
    ],
)
def test_a_failed_installation_does_not_stop_other_providers(deployments: str, fails: bool, tmp_path: Path) -> None:
    assert (run_step(deployments, tmp_path) != 0) == fails


def test_the_second_deployment_of_a_job_installs_nothing(tmp_path: Path) -> None:
    program = tmp_path / "deployer" / "bin" / "travis-pypi-deploy"
    program.parent.mkdir(parents=True)
    program.touch()
    assert run_step(OURS + OURS, tmp_path) == 0
