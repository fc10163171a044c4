"""A token typed where it does not belong is refused before anything happens, and repeated nowhere."""

from __future__ import annotations

import pytest

from tests.support import command
from tests.support.canary import TOKEN, TRACES, WHEEL, holds

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
}


@pytest.mark.parametrize("argv", COMMAND_LINES.values(), ids=COMMAND_LINES)
def test_a_token_on_the_command_line_is_refused_and_not_repeated(argv: list[str]) -> None:
    ended = command.deploy(WHEEL, *argv, environ=command.job(TEST_PYPI_TOKEN=TOKEN))
    assert (ended.code, ended.out) == (2, "")
    assert not holds(ended.err.encode(), TRACES)


def test_an_unknown_option_whose_value_holds_a_space_is_no_file_and_not_repeated() -> None:
    ended = command.deploy("--passwd=a password that no variable holds", environ=command.job())
    assert (ended.code, ended.err) == (2, "Error: unknown option --passwd (did you mean --password-env?)\n")


def test_a_project_that_is_called_like_a_token_is_none() -> None:
    ended = command.deploy("--repo=me/pypi-AgE", "pypi-MDAnalysis-1.0.tar.gz", environ=command.job())
    assert (ended.code, ended.err) == (0, "")
