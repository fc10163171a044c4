"""The command end to end: arguments, the job and its conditions, credentials."""

from __future__ import annotations

import platform
from typing import TYPE_CHECKING

import pytest

from tests.support import factories, invented_tokens
from tests.support.command import NOBODY, Ended, on_staging
from travis_pypi_deploy import __version__
from travis_pypi_deploy.arguments import help_text

if TYPE_CHECKING:
    from pathlib import Path

WHEEL = "demo-1.0-py3-none-any.whl"


def test_help_goes_to_standard_output() -> None:
    assert on_staging("--help", "--all-branches") == Ended(0, help_text(), "")


def test_the_version_goes_to_standard_output() -> None:
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


def test_outside_travis_nothing_is_deployed() -> None:
    ended = on_staging("a.whl", TRAVIS=None)
    assert (ended.code, ended.out) == (2, "")
    assert "TRAVIS is not true" in ended.err
    assert "--dry-run" in ended.err


SKIPPED = {
    "branch": ({"TRAVIS_BRANCH": "master"}, '"master", not one of: staging (PYPI_BRANCH)'),
    "condition": ({"PYPI_CONDITION": "$CC = gcc", "CC": "clang"}, "[[ $CC = gcc ]] is false (PYPI_CONDITION)"),
    "spaces": ({"TRAVIS_BRANCH": "staging $(touch x); größe"}, '"staging $(touch x); größe", not one of'),
    "escape codes": ({"TRAVIS_BRANCH": "a\x1b[31m\r\nb"}, '"a\\x1b[31m\\r\\nb", not one of'),
    "fold marks": ({"TRAVIS_BRANCH": "atravis_fold:start:b"}, '"atravis_fold\\:start:b", not one of'),
}


@pytest.mark.parametrize(("variables", "reason"), SKIPPED.values(), ids=SKIPPED)
def test_an_unmet_condition_is_exit_0_and_needs_no_secret(variables: dict[str, str | None], reason: str) -> None:
    ended = on_staging("missing.whl", PYPI_PASSWORD_ENV="MISSING", **variables)
    assert (ended.code, ended.err, len(ended.lines)) == (0, "", 1)
    assert ended.out.startswith("Skipping the deployment: ")
    assert reason in ended.out


GOING_ON = {
    "condition": {"PYPI_CONDITION": "$CC = gcc", "CC": "gcc"},
    "non-ASCII pattern": {"TRAVIS_BRANCH": "größe mit ü", "PYPI_BRANCH": "größe*ü"},
    "tag": {"TRAVIS_BRANCH": "v1.0", "TRAVIS_TAG": "v1.0", "PYPI_TAGS": "true"},
}


@pytest.mark.parametrize("variables", GOING_ON.values(), ids=GOING_ON)
def test_met_conditions_let_the_job_deploy(tmp_path: Path, variables: dict[str, str | None]) -> None:
    ended = on_staging("--dry-run", str(factories.wheel(tmp_path)), **variables)
    assert (ended.code, ended.err) == (0, "")
    assert ended.lines[-1] == f"Would upload {WHEEL} to {NOBODY}"


def test_the_first_line_says_what_runs_and_why(tmp_path: Path) -> None:
    token = invented_tokens.token(projects=("demo",))
    missing = str(tmp_path / "missing.whl")
    ended = on_staging("--dry-run", missing, PYPI_SERVER="testpypi", TEST_PYPI_TOKEN=token)
    assert ended.lines[0] == (
        f"travis-pypi-deploy {__version__}, Python {platform.python_version()}: "
        'branch "staging" matches PYPI_BRANCH; token from TEST_PYPI_TOKEN (project demo)'
    )
    without = on_staging("--dry-run", missing, PYPI_PASSWORD_ENV="DEPLOY", PYPI_PASSWORD="not asked for")
    assert without.lines[0].endswith("; no credentials")


def test_an_unknown_rule_to_ignore_is_the_first_thing_that_is_reported() -> None:
    ended = on_staging("missing.whl", "--ignore", "no-such-rule")
    assert ended.code == 2
    assert ended.err.startswith('Error: --ignore: "no-such-rule" is not a rule')


def test_a_token_for_another_project_is_rejected_before_anything_is_uploaded(tmp_path: Path) -> None:
    token = invented_tokens.token(projects=("spam",))
    ended = on_staging(str(factories.wheel(tmp_path)), PYPI_SERVER="", TEST_PYPI_TOKEN=token)
    assert ended.code == 2
    assert "TEST_PYPI_TOKEN is scoped to spam. Use a token for demo" in ended.err


def test_a_variable_with_a_typing_error_gets_a_warning(tmp_path: Path) -> None:
    ended = on_staging("--dry-run", str(factories.wheel(tmp_path)), PYPI_SKIP_EXISTNG="true", PYPI_MIRROR="x")
    assert ended.err == "Warning: the variable PYPI_SKIP_EXISTNG is not used. Did you mean PYPI_SKIP_EXISTING?\n"


@pytest.mark.slow
def test_a_condition_that_does_not_end_is_exit_2() -> None:
    ended = on_staging("a.whl", PYPI_CONDITION="-n $(sleep 60)")
    assert ended.code == 2
    assert "was still running after 30 s" in ended.err
