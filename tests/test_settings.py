"""Every option: where its value comes from, what it may be, and what a wrong one is told."""

from __future__ import annotations

import pytest

from travis_pypi_deploy.errors import UsageError
from travis_pypi_deploy.settings import Settings, command_line, resolve


def settings(*argv: str, **environ: str) -> Settings:
    """Return what the command line and the environment mean."""
    return resolve(command_line.read(argv), environ)


def complaint(*argv: str, **environ: str) -> str:
    """Return what is said about a wrong command line or environment."""
    with pytest.raises(UsageError) as raised:
        settings(*argv, **environ)
    return str(raised.value)


FILES = {
    "alone": (["a.whl", "b.tar.gz"], ("a.whl", "b.tar.gz")),
    "after options": (["--jobs", "2", "a.whl", "b.tar.gz"], ("a.whl", "b.tar.gz")),
    "around an option": (["a.whl", "--dry-run", "b.tar.gz"], ("a.whl", "b.tar.gz")),
    "between options": (["--dry-run", "a.whl", "--jobs=2", "b.tar.gz", "--strict"], ("a.whl", "b.tar.gz")),
    "like an option": (["--dry-run", "--", "-a.whl", "--b_c.tar.gz"], ("-a.whl", "--b_c.tar.gz")),
}


@pytest.mark.parametrize(("argv", "files"), FILES.values(), ids=FILES)
def test_files_stand_anywhere_on_the_command_line(argv: list[str], files: tuple[str, ...]) -> None:
    assert settings(*argv).dist == files


MISUSED = {
    "no value": (["--jobs"], "--jobs needs a value; if that begins with a hyphen, write --jobs=VALUE"),
    "hyphen": (
        ["--condition", "-n"],
        "--condition needs a value; if that begins with a hyphen, write --condition=VALUE",
    ),
    "a switch's value": (["--dry-run=pypi-AgEx"], "--dry-run takes no value: leave out what stands behind its ="),
    "help's value": (["--help=jobs"], "--help takes no value: leave out what stands behind its ="),
    "abbreviated": (["--serv", "pypi"], "unknown option --serv (did you mean --server?)"),
    "nothing like it": (["--zzz"], "unknown option --zzz (see --help)"),
    "one letter": (["-ppypi-AgEx"], "an unknown option that begins with -p (see --help)"),
    "a token": (["--pypi-AgEx"], "an unknown option that begins with -- (see --help)"),
    "a token's value": (["--key=pypi-AgEx"], "unknown option --key (see --help)"),
}


@pytest.mark.parametrize(("argv", "sentence"), MISUSED.values(), ids=MISUSED)
def test_a_misused_option_is_told_without_its_value(argv: list[str], sentence: str) -> None:
    assert complaint(*argv) == sentence
