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


WRONG_URLS = {
    "server, a word": (["--server", "mypi"], '--server: "mypi" is neither testpypi nor pypi nor a URL'),
    "server, another case": (["--server=PyPI"], '--server: "PyPI" is neither testpypi nor pypi nor a URL'),
    "server, a path": (["--server", "/srv/mypi"], '--server: "/srv/mypi" is neither testpypi nor pypi nor a URL'),
    "server, no scheme": (
        ["--server", "index.example/legacy/"],
        '--server: "index.example/legacy/" is neither testpypi nor pypi nor a URL',
    ),
    "server, other scheme": (
        ["--server", "ftp://index.example/"],
        '--server: "ftp://index.example/" is neither testpypi nor pypi nor a URL',
    ),
    "server, no host": (["--server=https:///x"], '--server: "https:///x" is neither testpypi nor pypi nor a URL'),
    "server, a space": (
        ["--server", "https://index.example/a b"],
        '--server: "https://index.example/a b" is neither testpypi nor pypi nor a URL',
    ),
    "server, a token": (["--server", "pypi-AgEx"], "--server: that value is neither testpypi nor pypi nor a URL"),
    "index, a word": (["--index-url", "pypi"], '--index-url: "pypi" is not a URL'),
    "index, other scheme": (["--index-url", "file:///srv/"], '--index-url: "file:///srv/" is not a URL'),
}


@pytest.mark.parametrize(("argv", "opening"), WRONG_URLS.values(), ids=WRONG_URLS)
def test_what_is_no_url_is_told_what_it_may_be(argv: list[str], opening: str) -> None:
    assert complaint(*argv) == f"{opening} that begins with https:// or http://"


UNREADABLE_URLS = {
    "port": ("https://index.example:port/", '"https://index.example:port/"'),
    "host": ("https://[index.example/", '"https://[index.example/"'),
    "a token for a port": ("https://index.example:pypi-AgEx/", "that value"),
}


@pytest.mark.parametrize(("url", "shown"), UNREADABLE_URLS.values(), ids=UNREADABLE_URLS)
def test_a_url_that_cannot_be_read_is_told_without_a_token(url: str, shown: str) -> None:
    assert complaint("--server", url) == f"--server: {shown} is not a URL: its host or port cannot be read"


def test_a_variable_that_is_not_set_is_no_value_of_the_variable_that_names_it() -> None:
    assert settings(PYPI_PASSWORD_ENV="DEPLOY_TOKEN").password_env == ("DEPLOY_TOKEN",)


def test_no_format_at_all_is_told() -> None:
    assert complaint(PYPI_DISTRIBUTIONS=",") == (
        'PYPI_DISTRIBUTIONS: "," is not made of sdist and bdist_wheel: it names neither'
    )
