"""A token typed where it does not belong is refused before anything happens, and repeated nowhere."""

from __future__ import annotations

import pytest

from tests.support import command
from tests.support.canary import PASSWORD, TOKEN, TRACES, WHEEL, holds
from travis_pypi_deploy.options import OPTIONS

COMMAND_LINES = {
    "DIST, a path": [f"dist/{TOKEN}/*.whl"],
    "behind a switch": ["--narrow-token", TOKEN],
    "short": [f"-p{TOKEN}"],
    "passwd": ["--passwd", TOKEN],
    "passwdTOKEN": [f"--passwd{TOKEN}"],
    "an option": [f"--{TOKEN}"],
    "help's": [f"--help={TOKEN}"],
    "in a URL": ["--server", f"https://__token__:{TOKEN}@registry.example/"],
    "in a URL's query": ["--index-url", f"https://registry.example/simple/?token={TOKEN}"],
    "in an expanded condition": ["--condition", f"-n {TOKEN}"],
    "password": ["--password", TOKEN],
    "token=": [f"--token={TOKEN}"],
    **{f"{option.flags[0]}=": [f"{option.flags[0]}={TOKEN}"] for option in OPTIONS},
}


def is_shown(ended: command.Ended) -> bool:
    return holds((ended.out + ended.err).encode(), TRACES)


@pytest.mark.parametrize("argv", COMMAND_LINES.values(), ids=COMMAND_LINES)
def test_a_token_on_the_command_line_is_refused_and_not_repeated(argv: list[str]) -> None:
    ended = command.deploy(WHEEL, *argv, environ=command.job(TEST_PYPI_TOKEN=TOKEN))
    assert (ended.code, ended.out, is_shown(ended)) == (2, "", False)


@pytest.mark.parametrize("variable", [option.variable for option in OPTIONS])
def test_a_token_in_an_options_variable_is_refused_and_not_repeated(variable: str) -> None:
    ended = command.deploy(WHEEL, environ=command.job(**{variable: TOKEN}))
    assert (ended.code, ended.out, is_shown(ended)) == (2, "", False)
    assert variable in ended.err


PASSWORDS = {
    "--password": ["--password", PASSWORD],
    "--passwd=": [f"--passwd={PASSWORD}"],
    "--jobs": ["--jobs", PASSWORD],
    "--password-env": ["--password-env", PASSWORD],
    "--server": ["--server", f"https://alice:{PASSWORD}@registry.example/"],
    "DIST": [PASSWORD],
}


@pytest.mark.parametrize("argv", PASSWORDS.values(), ids=PASSWORDS)
def test_a_password_that_the_job_knows_is_not_repeated_either(argv: list[str]) -> None:
    ended = command.deploy("--all-branches", *argv, environ=command.job(PYPI_PASSWORD=PASSWORD, TEST_PYPI_TOKEN=TOKEN))
    assert ended.code in (2, 3)
    assert not is_shown(ended)


def test_an_unknown_option_whose_value_holds_a_space_is_no_file_and_not_repeated() -> None:
    ended = command.deploy("--passwd=a password that no variable holds", environ=command.job())
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
