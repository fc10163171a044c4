"""The player of Travis does what shared/TRAVIS.md says, and refuses what it cannot play."""

from __future__ import annotations

import os
import textwrap
from pathlib import Path

import pytest

from tests.support import demo_project
from tests.support.played_travis import Config, Event, Machine, NotPlayedError, Played, jobs, load, play

PUSH = Event()
JOB = """\
python: "3.12"
install: skip
script: echo tests
"""
DEPLOY = f"""\
{JOB}deploy:
  provider: script
  on: main
  script: """


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("script: a", [("test", None)], id="no python is one job"),
        pytest.param("python: ['3.9', '3.12']", [("test", "3.9"), ("test", "3.12")], id="a matrix"),
        pytest.param(
            "python: ['3.12']\njobs: {include: [{script: a}]}", [("test", "3.12")], id="one python and one included"
        ),
        pytest.param(
            "python: ['3.9', '3.12']\njobs: {include: [{stage: deploy}]}",
            [("test", "3.9"), ("test", "3.12"), ("deploy", "3.9")],
            id="an included job has the first python",
        ),
        pytest.param(
            "jobs: {include: [{name: a}, {stage: deploy}, {name: b}]}",
            [("test", None), ("deploy", None), ("deploy", None)],
            id="without a stage it belongs to the one before",
        ),
        pytest.param(
            "matrix: {include: [{python: '3.9'}]}\njobs: {include: [{python: '3.12'}]}",
            [("test", "3.12")],
            id="jobs wins over matrix",
        ),
        pytest.param("matrix: {include: [{python: '3.9'}]}", [("test", "3.9")], id="matrix is jobs"),
        pytest.param("if: tag IS present", [], id="a condition on the job"),
    ],
)
def test_jobs(text: str, expected: list[tuple[str, str | None]], tmp_path: Path) -> None:
    assert [(job["stage"], job.get("python")) for job in jobs(config(text, tmp_path), PUSH)] == expected


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("env: A=b\ninstall: skip\nscript: a", id="key"),
        pytest.param(f"{JOB}dist: precise", id="dist"),
        pytest.param(f"{JOB}if: branch = main", id="if"),
        pytest.param("python: '2.7'\ninstall: skip\nscript: a", id="python"),
        pytest.param(f"{JOB}deploy: {{provider: pypi}}", id="provider"),
        pytest.param(f"{JOB}deploy: {{provider: script, script: a, edge: true}}", id="option of dpl"),
        pytest.param(f"{JOB}deploy: {{provider: script, script: a, on: {{jdk: '8'}}}}", id="condition"),
    ],
)
def test_what_is_not_played_is_an_error(text: str, tmp_path: Path) -> None:
    with pytest.raises(NotPlayedError):
        played(text, tmp_path)


@pytest.mark.parametrize(
    ("text", "code", "log"),
    [
        pytest.param(f"{DEPLOY}exit 0", 0, [], id="success"),
        pytest.param(f"{DEPLOY}exit 3", 2, ["Script failed with status 3", "failed to deploy"], id="failure"),
        pytest.param(f"{DEPLOY}exit 1\n  allow_failure: true", 0, ["failed to deploy"], id="allow_failure"),
        pytest.param(f"{DEPLOY}echo never\n  only: main", 2, ["Unrecognized option: --only"], id="unknown option"),
        pytest.param(f"{DEPLOY}echo never\n  skip_cleanup: false", 2, ["--no-skip_cleanup"], id="skip_cleanup: false"),
        pytest.param(f"{DEPLOY}echo ran\n  skip_cleanup: true", 0, ["\nran\n"], id="skip_cleanup: true"),
        pytest.param(f"{DEPLOY}echo '%{{name}}'", 2, ["KeyError"], id="a key of dpl"),
        pytest.param(f"{DEPLOY}echo 'two  spaces'", 0, ["\ntwo spaces\n"], id="spaces are squeezed"),
        pytest.param(f"{DEPLOY}echo '$TRAVIS_BRANCH'", 0, ["\nmain\n"], id="variables are pasted, also in quotes"),
        pytest.param(f"{DEPLOY}echo {{1..3}}", 0, ["\n{1..3}\n"], id="sh has no braces"),
        pytest.param("python: '3.12'\ninstall: skip\nscript: echo {1..3}", 0, ["\n1 2 3\n"], id="bash has braces"),
        pytest.param("python: '3.12'\ninstall: skip\nscript: exit 3", 3, [], id="exit ends the job itself"),
        pytest.param("python: '3.12'\ninstall: skip\nscript: (exit 3)", 1, [], id="a failed script"),
        pytest.param("python: '3.12'\ninstall: (exit 3)\nscript: echo never", 2, [], id="a failed install"),
        pytest.param(f"{DEPLOY}echo never\nbefore_deploy: 'false'", 2, [], id="a failed before_deploy"),
        pytest.param(f"{DEPLOY}echo ran\nbefore_deploy: skip", 0, ["\nran\n"], id="before_deploy: skip"),
        pytest.param(f"{DEPLOY}cat secret\nbefore_install: touch secret", 0, [], id="files of the job are there"),
        pytest.param(f"{DEPLOY}ls secret\n  cleanup: true\nbefore_install: touch secret", 2, [], id="cleanup"),
        pytest.param(
            "python: '3.12'\ninstall: skip\nscript: echo [$TRAVIS_TEST_RESULT]", 0, ["\n[]\n"], id="no result yet"
        ),
        pytest.param(f"{DEPLOY}echo [$TRAVIS_TEST_RESULT]", 0, ["\n[0]\n"], id="the result of the tests"),
        pytest.param(f"{DEPLOY}echo never\nscript: (exit 1)", 1, [], id="no deployment after a failed script"),
        pytest.param(f"{DEPLOY}echo $PASSWORD", 0, ["\na b\n"], id="settings pass through bash"),
    ],
)
def test_a_job_runs_as_on_travis(text: str, code: int, log: list[str], tmp_path: Path) -> None:
    (job,) = played(text, tmp_path)

    assert job.code == code, job.log
    assert [each for each in log if each not in job.log] == [], job.log
    assert "\nnever\n" not in job.log


def test_before_deploy_runs_once_for_each_deployment_that_happens(tmp_path: Path) -> None:
    deploy = "{{provider: script, script: echo deployed, on: {branch}}}"
    wanted = ", ".join(deploy.format(branch=branch) for branch in ("main", "other", "main"))

    (job,) = played(f"{JOB}before_deploy: echo prepared\ndeploy: [{wanted}]", tmp_path)

    assert [line for line in job.log.splitlines() if line in ("prepared", "deployed")] == ["prepared", "deployed"] * 2


def test_a_pull_request_deploys_nothing(tmp_path: Path) -> None:
    (job,) = played(f"{DEPLOY}echo never\nbefore_deploy: echo never", tmp_path, Event(kind="pull_request"))

    assert job.code == 0
    assert "never" not in job.log


def test_a_later_stage_does_not_start_after_a_failure(tmp_path: Path) -> None:
    text = """\
    install: skip
    python: "3.12"
    jobs:
      include:
        - {stage: a, script: (exit 1)}
        - {stage: b, script: echo b}
        - {stage: a, script: echo a}
    """

    assert [(job.name, job.code) for job in played(text, tmp_path)] == [("a", 1), ("a", 0)]


def config(text: str, folder: Path) -> Config:
    """Return a .travis.yml as Travis reads it."""
    path = folder / ".travis.yml"
    path.write_text(textwrap.dedent(text), encoding="utf-8")
    return load(path)


def played(text: str, folder: Path, event: Event = PUSH) -> list[Played]:
    """Play a .travis.yml on a machine with no more than bash and git."""
    (folder / "jobs").mkdir()
    author = {
        f"GIT_{role}_{fact}": "travis@example.org" for role in ("AUTHOR", "COMMITTER") for fact in ("NAME", "EMAIL")
    }
    machine = Machine(
        repository=demo_project.repository(folder / "repository", "plain", {}),
        folder=folder / "jobs",
        variables={"PATH": os.defpath, "HOME": str(folder), **author},
        settings={"PASSWORD": "a\\ b"},
        pythons={},
        opt_python={"focal": folder},
    )
    return play(config(text, folder), event, machine)
