"""A token typed where it does not belong is refused before anything happens, and repeated nowhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support import command
from tests.support.canary import PASSWORD, TOKEN, WHEEL, CanaryJob
from travis_pypi_deploy.options import OPTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

COMMAND_LINES = {
    "DIST": [TOKEN],
    "DIST, a path": [f"dist/{TOKEN}/*.whl"],
    "behind a switch": ["--narrow-token", TOKEN],
    "short": [f"-p{TOKEN}"],
    "short, apart": ["-p", TOKEN],
    "passwd": ["--passwd", TOKEN],
    "passwd=": [f"--passwd={TOKEN}"],
    "passwdTOKEN": [f"--passwd{TOKEN}"],
    "an option": [f"--{TOKEN}"],
    "help's": [f"--help={TOKEN}"],
    "in a URL": ["--server", f"https://__token__:{TOKEN}@registry.example/"],
    "in a URL, cut": ["--server", f"https://__token__:{TOKEN}"],
    "in a URL's path": ["--server", f"https://registry.example/{TOKEN}/"],
    "in a URL's query": ["--index-url", f"https://registry.example/simple/?token={TOKEN}"],
    "in an expanded condition": ["--condition", f"-n {TOKEN}"],
    "in a pattern": ["--branch", f"*{TOKEN}*"],
    "password": ["--password", TOKEN],
    "password=": [f"--password={TOKEN}"],
    "token": ["--token", TOKEN],
    "token=": [f"--token={TOKEN}"],
    **{option.flags[0]: [option.flags[0], TOKEN] for option in OPTIONS},
    **{f"{option.flags[0]}=": [f"{option.flags[0]}={TOKEN}"] for option in OPTIONS},
}


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CanaryJob]:
    """Return a job in which nothing may ever happen, so that all tests can share it."""
    with CanaryJob(tmp_path_factory.mktemp("misplaced")) as shared:
        yield shared


@pytest.mark.parametrize("argv", COMMAND_LINES.values(), ids=COMMAND_LINES)
def test_a_token_on_the_command_line_is_refused_and_not_repeated(job: CanaryJob, argv: list[str]) -> None:
    ended = job.run_bare(WHEEL, *argv)
    assert (ended.code, ended.out) == (2, "")
    assert (job.leaks(ended), job.proxy.hosts) == ([], [])


@pytest.mark.parametrize("variable", [option.variable for option in OPTIONS])
def test_a_token_in_an_options_variable_is_refused_and_not_repeated(job: CanaryJob, variable: str) -> None:
    ended = job.run_bare(WHEEL, **{variable: TOKEN, "TEST_PYPI_TOKEN": None})
    assert (ended.code, ended.out) == (2, "")
    assert variable in ended.err
    assert (job.leaks(ended), job.proxy.hosts) == ([], [])


PASSWORDS = {
    "--password": ["--password", PASSWORD],
    "--password=": [f"--password={PASSWORD}"],
    "--passwd=": [f"--passwd={PASSWORD}"],
    "--username": ["--username", PASSWORD],
    "--jobs": ["--jobs", PASSWORD],
    "--password-env": ["--password-env", PASSWORD],
    "--server": ["--server", f"https://alice:{PASSWORD}@registry.example/"],
    "DIST": [PASSWORD],
}


@pytest.mark.parametrize("argv", PASSWORDS.values(), ids=PASSWORDS)
def test_a_password_that_the_job_knows_is_not_repeated_either(job: CanaryJob, argv: list[str]) -> None:
    ended = job.run_bare("--all-branches", *argv)
    assert ended.code in (2, 3)
    assert (job.leaks(ended), job.proxy.hosts) == ([], [])


def test_an_unknown_option_whose_value_holds_a_space_is_no_file_and_not_repeated(job: CanaryJob) -> None:
    ended = job.run_bare("--passwd=a password that no variable holds")
    assert (ended.code, ended.err) == (2, "Error: unknown option --passwd (did you mean --password-env?)\n")


@pytest.mark.parametrize(
    ("argv", "variables", "source"),
    [
        (["--branch", TOKEN], {}, "--branch"),
        ([], {"PYPI_CONDITION": f"-n {TOKEN}"}, "PYPI_CONDITION"),
        ([TOKEN], {}, "DIST"),
    ],
    ids=["option", "variable", "file"],
)
def test_what_to_do_about_a_misplaced_token_is_said(argv: list[str], variables: dict[str, str], source: str) -> None:
    ended = command.deploy(*argv, environ=command.job(**variables))
    assert ended.code == 2
    assert ended.err.startswith(f"Error: {source} contains an API token")
    assert "Revoke it" in ended.err


def test_a_project_that_is_called_like_a_token_is_none() -> None:
    ended = command.deploy("--repo=me/pypi-AgE", "pypi-MDAnalysis-1.0.tar.gz", environ=command.job())
    assert (ended.code, ended.err) == (0, "")
