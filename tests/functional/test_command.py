"""The command end to end: what is asked for, the job and its conditions, credentials."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support import factories, invented_tokens
from tests.support.command import NOBODY, Ended, on_staging
from travis_pypi_deploy import __version__
from travis_pypi_deploy.settings import command_line

if TYPE_CHECKING:
    from pathlib import Path

WHEEL = "demo-1.0-py3-none-any.whl"
NO_CREDENTIALS = "No credentials are sent: PYPI_PASSWORD is not set"


def test_help_is_told_on_the_standard_output() -> None:
    assert on_staging("--help", "--all-branches") == Ended(0, command_line.help_text(), "")


def test_the_version_is_told_on_the_standard_output() -> None:
    assert on_staging("--version") == Ended(0, f"travis-pypi-deploy {__version__}\n", "")


@pytest.mark.parametrize("argv", [["--serv", "x"], ["--server=nowhere"], ["--password", "s3cret"]], ids=str)
def test_a_usage_error_is_one_sentence_and_exit_2(argv: list[str], tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    ended = on_staging(*argv, f"--report={report}")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("Error: ")
    assert ended.err.count("\n") == 1
    assert "s3cret" not in ended.err
    assert not report.exists()


@pytest.mark.parametrize("travis", [None, "", "false", "1", "True"])
def test_off_travis_nothing_is_deployed(travis: str | None) -> None:
    assert on_staging("a.whl", TRAVIS=travis) == Ended(
        2, "", "Error: this is not a Travis job (TRAVIS is not true), so nothing is deployed: rehearse with --dry-run\n"
    )


@pytest.mark.parametrize("value", [None, ""], ids=["unset", "empty"])
@pytest.mark.parametrize("variable", ["TRAVIS_BRANCH", "TRAVIS_PULL_REQUEST"])
def test_a_job_that_does_not_say_what_it_builds_is_exit_2(variable: str, value: str | None) -> None:
    ended = on_staging("a.whl", **{variable: value})
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith(f"Error: {variable} is not set, or empty: ")


SKIPPED = {
    "branch": ({"TRAVIS_BRANCH": "master"}, 'branch is "master", not one of: staging (PYPI_BRANCH)'),
    "pull request": (
        {"TRAVIS_PULL_REQUEST": "7"},
        "this job builds pull request 7, and those are never deployed",
    ),
    "failed": ({"TRAVIS_TEST_RESULT": "1"}, "the build's own commands failed (TRAVIS_TEST_RESULT is 1)"),
    "condition": (
        {"PYPI_CONDITION": "$CC = gcc", "CC": "clang"},
        "the condition [[ $CC = gcc ]] does not hold (PYPI_CONDITION)",
    ),
    "spaces": (
        {"TRAVIS_BRANCH": "staging $(touch x); größe"},
        'branch is "staging $(touch x); größe", not one of: staging (PYPI_BRANCH)',
    ),
    "escape codes": (
        {"TRAVIS_BRANCH": "a\x1b[31m\r\nb"},
        'branch is "a\\x1b[31m\\r\nb", not one of: staging (PYPI_BRANCH)',
    ),
}


@pytest.mark.parametrize(("variables", "reason"), SKIPPED.values(), ids=SKIPPED)
def test_an_unmet_condition_is_exit_0_and_no_secret_is_looked_at(variables: dict[str, str], reason: str) -> None:
    ended = on_staging("missing.whl", PYPI_PASSWORD_ENV="MISSING", **variables)
    assert ended == Ended(0, f"Skipping the deployment: {reason}\n", "")


GOING_ON = {
    "result unset": {"TRAVIS_TEST_RESULT": None},
    "result empty": {"TRAVIS_TEST_RESULT": ""},
    "result 0": {"TRAVIS_TEST_RESULT": "0"},
    "condition": {"PYPI_CONDITION": "$CC = gcc", "CC": "gcc"},
    "non-ASCII branch": {"TRAVIS_BRANCH": "größe mit ü", "PYPI_BRANCH": "größe mit ü"},
    "non-ASCII pattern": {"TRAVIS_BRANCH": "größe mit ü", "PYPI_BRANCH": "größe*ü"},
    "tag": {"TRAVIS_BRANCH": "v1.0", "TRAVIS_TAG": "v1.0", "PYPI_TAGS": "true"},
}


@pytest.mark.parametrize("variables", GOING_ON.values(), ids=GOING_ON)
def test_met_conditions_let_it_go_on(tmp_path: Path, variables: dict[str, str | None]) -> None:
    ended = on_staging("--dry-run", str(factories.wheel(tmp_path)), **variables)
    assert (ended.code, ended.err) == (0, "")
    assert ended.lines == [NO_CREDENTIALS, "Reading and checking 1 file", f"Would upload {WHEEL} to {NOBODY}"]


def test_a_condition_that_bash_cannot_parse_is_exit_2_with_its_words() -> None:
    ended = on_staging("a.whl", PYPI_CONDITION="$CC = (gcc")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("Error: PYPI_CONDITION: bash cannot judge [[ $CC = (gcc ]]: bash: ")


def test_a_condition_without_bash_is_exit_2(tmp_path: Path) -> None:
    ended = on_staging("a.whl", PYPI_CONDITION="$CC = gcc", PATH=str(tmp_path))
    assert ended == Ended(
        2,
        "",
        "Error: PYPI_CONDITION: [[ $CC = gcc ]] needs bash, which does not start: No such file or directory\n",
    )


def test_a_fork_without_secrets_is_told_why_they_are_missing() -> None:
    ended = on_staging("missing.whl", PYPI_SERVER="", TRAVIS_SECURE_ENV_VARS="false")
    assert ended == Ended(
        2,
        "",
        "Error: no token for testpypi: TEST_PYPI_TOKEN and PYPI_PASSWORD are not set. Travis gave this job no "
        "encrypted variables (TRAVIS_SECURE_ENV_VARS is false): it builds a fork, or none are defined for this branch "
        "in the repository's settings\n",
    )


def test_a_token_for_another_project_is_told_before_anything_is_sent(tmp_path: Path) -> None:
    token = invented_tokens.token(projects=("spam",))
    ended = on_staging(str(factories.wheel(tmp_path)), PYPI_SERVER="", TEST_PYPI_TOKEN=token)
    assert (ended.code, ended.err) == (
        2,
        (
            'Error: The token in TEST_PYPI_TOKEN is not good for "demo" but for "spam": store one for "demo", or one '
            "for the whole account as long as that project does not exist.\n"
        ),
    )
