"""A migrated text is checked before it is written."""

from __future__ import annotations

import pytest

from travis_pypi_deploy.errors import UsageError
from travis_pypi_deploy.migrate.verify import verify, verify_modern_jobs
from travis_pypi_deploy.travis_yml.parse import parse

OURS = "python -m travis_pypi_deploy"


@pytest.mark.parametrize("after", ["a: 1\nb: 3\n", "a: 1\n", "a: 1\nb: 2\nc: 3\n"], ids=["changed", "lost", "added"])
def test_a_change_outside_of_the_deployments_is_an_error(after: str) -> None:
    with pytest.raises(UsageError):
        verify(parse("a: 1\nb: 2\n"), parse(after), ())


@pytest.mark.parametrize(
    "after",
    [
        pytest.param("deploy:\n  provider: script\n  script: {ours}\n", id="a lost condition"),
        pytest.param("deploy:\n  provider: script\n  script: {ours}\n  on:\n    tags: false\n", id="another condition"),
        pytest.param("deploy:\n  provider: script\n  script: other\n  on:\n    tags: true\n", id="another script"),
        pytest.param(
            "before_deploy: make\ndeploy:\n  provider: script\n  script: {ours}\n  on:\n    tags: true\n",
            id="a command",
        ),
    ],
)
def test_a_change_of_a_condition_or_of_commands_is_an_error(after: str) -> None:
    before = parse("deploy:\n  provider: pypi\n  on:\n    tags: true\n")
    with pytest.raises(UsageError):
        verify(before, parse(after.format(ours=OURS)), ())


@pytest.mark.parametrize(
    ("steps", "added"),
    [
        pytest.param("&steps [make]", "make, pip install travis-pypi-deploy", id="flow"),
        pytest.param("&steps\n- make", "make\n- pip install travis-pypi-deploy", id="block"),
    ],
)
def test_the_step_in_a_list_that_another_key_uses_is_an_error(steps: str, added: str) -> None:
    text = f"before_deploy: {steps}\nafter_deploy: *steps\n"
    with pytest.raises(UsageError, match="the migration would change this part"):
        verify(parse(text), parse(text.replace("make", added)), ())


def test_another_command_or_more_than_another_image_is_an_error() -> None:
    with pytest.raises(UsageError):
        verify(parse("before_deploy: a\n"), parse("before_deploy: b\n"), ())
    before = parse("script: a\ndist: xenial\n")
    verify_modern_jobs(before, parse("script: a\ndist: jammy\n"))
    with pytest.raises(UsageError):
        verify_modern_jobs(before, parse("script: b\ndist: jammy\n"))
