"""Arguments, the help, and the errors that a wrong command line gets before anything else happens."""

from __future__ import annotations

import io
import os
import sys

import pytest

from tests.support import invented_tokens, travis_job
from travis_pypi_deploy import cli, importing
from travis_pypi_deploy.arguments import HELP_WIDTH, help_text, read_arguments
from travis_pypi_deploy.errors import UsageError
from travis_pypi_deploy.options import OPTIONS

TOKEN = invented_tokens.token()


def complaint(*argv: str) -> str:
    """Return the error for a wrong command line."""
    with pytest.raises(UsageError) as raised:
        read_arguments(argv)
    return str(raised.value)


FILES = {
    "alone": (["a.whl", "b.tar.gz"], ("a.whl", "b.tar.gz")),
    "after options": (["--jobs", "2", "a.whl", "b.tar.gz"], ("a.whl", "b.tar.gz")),
    "around an option": (["a.whl", "--dry-run", "b.tar.gz"], ("a.whl", "b.tar.gz")),
    "between options": (["--dry-run", "a.whl", "--jobs=2", "b.tar.gz", "--strict"], ("a.whl", "b.tar.gz")),
    "like an option": (["--dry-run", "--", "-a.whl", "--b_c.tar.gz"], ("-a.whl", "--b_c.tar.gz")),
    "none": (["--dry-run"], ()),
}


@pytest.mark.parametrize(("argv", "files"), FILES.values(), ids=FILES)
def test_files_stand_anywhere_on_the_command_line(argv: list[str], files: tuple[str, ...]) -> None:
    assert read_arguments(argv)["dist"] == files


def test_every_text_of_an_option_is_kept_and_a_switch_has_its_last_value_as_text() -> None:
    found = read_arguments(["--branch", "a", "--branch=b", "--tags", "--no-tags", "--condition=-n $A"])
    assert found == {"dist": (), "branch": ("a", "b"), "tags": ("false",), "condition": ("-n $A",)}


def test_help_and_version_are_asked_for() -> None:
    for argv in (["--help"], ["-h"], ["--help", "--jobs", "x"]):
        assert {"help", "version"}.intersection(read_arguments(argv)) == {"help"}
    assert "version" in read_arguments(["--version"])


MISUSED = {
    "no value": (["--jobs"], ("--jobs needs a value", "--jobs=VALUE")),
    "hyphen": (["--condition", "-n"], ("--condition needs a value", "--condition=VALUE")),
    "a value for a switch": (["--dry-run=hunter2"], ("--dry-run takes no value",)),
    "a value for help": (["--help=hunter2"], ("--help takes no value",)),
    "abbreviated": (["--serv", "hunter2"], ("unknown option --serv ", "did you mean --server?")),
    "typing error": (["--skip_existng"], ("did you mean --skip-existing?",)),
    "not similar to any": (["--zzz=hunter2"], ("unknown option --zzz ", "--help")),
    "one hyphen": (["-phunter2"], ("begins with -p ",)),
    "a value behind -h": (["-hhunter2"], ("-",)),
}


@pytest.mark.parametrize(("argv", "facts"), MISUSED.values(), ids=MISUSED)
def test_a_misused_option_is_an_error_without_its_value(argv: list[str], facts: tuple[str, ...]) -> None:
    sentence = complaint(*argv)
    assert [fact for fact in facts if fact not in sentence] == []
    assert "hunter2" not in sentence


@pytest.mark.parametrize("name", [option.flags[0][2:] for option in OPTIONS])
def test_an_option_is_never_abbreviated(name: str) -> None:
    assert complaint(f"--{name[:-1]}=x").startswith(f"unknown option --{name[:-1]} (did you mean --")


def test_the_help_has_every_option_in_its_group_and_fits_80_columns() -> None:
    text = help_text()
    assert HELP_WIDTH == 80
    assert max(map(len, text.splitlines())) <= HELP_WIDTH
    at = 0
    for title in dict.fromkeys(option.group for option in OPTIONS):
        at = text.index(f"\n{title}:\n", at)
        for option in OPTIONS:
            assert option.group != title or text.index(f"\n  {option.flags[0]}", at) > at
    assert "exit codes:" in text


def test_the_help_shows_no_value_of_a_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    for option in OPTIONS:
        monkeypatch.setenv(option.variable, "canary")
    assert "canary" not in help_text()


SECRET = "correct-horse-7"
MISPLACED = {
    "server": ["--server", SECRET],
    "jobs": ["--jobs", SECRET],
    "an option": [f"--{SECRET}"],
    "an option with underscores": [f"--{SECRET.replace('-', '_')}"],
    "an option's value": [f"--zzz={SECRET}"],
    "DIST and an error": [SECRET, "--jobs=0"],
    "repo": ["--repo", SECRET],
    "ignore": ["--python", f">{SECRET}"],
}


@pytest.mark.parametrize("secret", [SECRET, "horse-7"], ids=["long", "short"])
@pytest.mark.parametrize("argv", MISPLACED.values(), ids=MISPLACED)
def test_a_misplaced_value_of_a_password_variable_is_masked_before_the_first_message(
    argv: list[str], secret: str
) -> None:
    out, err = io.StringIO(), io.StringIO()
    environ = travis_job.job(DPW=secret)
    words = [word.replace(SECRET, secret) for word in argv]
    assert cli.main(["--password-env", "DPW", *words], environ, out=out, err=err) == 2
    assert secret not in out.getvalue() + err.getvalue()


def test_a_token_anywhere_on_the_command_line_is_masked() -> None:
    for argv in ([f"--{TOKEN}"], ["--jobs", TOKEN], [f"--password={TOKEN}"], [TOKEN, "--jobs=0"]):
        out, err = io.StringIO(), io.StringIO()
        assert cli.main(argv, travis_job.job(), out=out, err=err) == 2
        assert TOKEN[:20] not in out.getvalue() + err.getvalue()


@pytest.mark.parametrize("entry", ["", ".", "{here}", "{here}/", "{here}/sub/.."])
def test_the_working_directory_is_removed_from_the_import_path(
    entry: str, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, other = tmp_path_factory.mktemp("here"), tmp_path_factory.mktemp("other")
    (here / "sub").mkdir()
    monkeypatch.chdir(here)
    before = [*sys.path]
    monkeypatch.setattr(sys, "path", [entry.format(here=here), str(other), *before, entry.format(here=here)])
    importing.drop_working_directory()
    assert sys.path[0] == str(other)
    assert not any(os.path.realpath(each or os.curdir) == str(here.resolve()) for each in sys.path)
