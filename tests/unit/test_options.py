"""Every option: where its value comes from, which values are valid, and the error for every other one."""

from __future__ import annotations

import pytest

from tests.support import given, invented_tokens
from travis_pypi_deploy.arguments import NOT_OPTIONS, password_variables
from travis_pypi_deploy.errors import UsageError
from travis_pypi_deploy.options import OPTIONS, Settings
from travis_pypi_deploy.servers import SERVERS, Server

TESTPYPI, PYPI = SERVERS
OTHER = "https://index.example/legacy/"
TOKEN = invented_tokens.token()
RULE, OTHER_RULE = "description-type", "wheel-name"


def settings(*argv: str, **environ: str) -> Settings:
    """Return what the command line and the environment mean."""
    return given.settings(*argv, environ=environ)


def complaint(*argv: str, **environ: str) -> str:
    """Return the error for a wrong command line or environment."""
    with pytest.raises(UsageError) as raised:
        settings(*argv, **environ)
    return str(raised.value)


def values(found: Settings) -> dict[str, object]:
    """Return every setting by its name."""
    named = {option.attribute: getattr(found, option.attribute) for option in OPTIONS}
    return {"dist": found.dist, **named, "sources": found.sources, "warnings": found.warnings}


SOURCES = {option.attribute: option.flags[0] for option in OPTIONS}
DEFAULTS = values(settings())


def test_without_options_nothing_but_testpypi_gets_files_of_master_and_main() -> None:
    found = settings()
    assert (found.server, found.branch, found.all_branches, found.tags) == (TESTPYPI, ("master", "main"), False, None)
    assert (found.check, found.match_tag, found.narrow_token, found.skip_existing) == (True, True, True, False)
    assert (found.sources, found.warnings) == (SOURCES, ())


# Option: a value on the command line and its meaning; another value in its variable and its meaning.
VALUES: dict[str, tuple[tuple[str, ...], object, str, object]] = {
    "branch": (("--branch", "a", "--branch=b"), ("a", "b"), "c\nd", ("c", "d")),
    "all-branches": (("--all-branches",), True, "off", False),
    "tags": (("--tags",), True, "false", False),
    "repo": (("--repo", "octocat/demo"), "octocat/demo", "octo.cat/de-mo_1", "octo.cat/de-mo_1"),
    "python": (("--python", "3.6", "--python", ">=3.10"), ("3.6", ">=3.10"), "pypy3\n==3.12.*", ("pypy3", "==3.12.*")),
    "condition": (("--condition", "-n $A"), ("-n $A",), "$A = b\n$C = d", ("$A = b", "$C = d")),
    "server": (("--server", "pypi"), PYPI, OTHER, Server(OTHER, OTHER)),
    "index-url": (("--index-url", "http://a.example"), "http://a.example", "https://b.example/", "https://b.example/"),
    "username": (("--username", "alice"), "alice", "bob", "bob"),
    "password-env": (("--password-env", "A", "--password-env", "B"), ("A", "B"), "C\nD", ("C", "D")),
    "narrow-token": (("--no-narrow-token",), False, "true", True),
    "allow-plain-http": (("--allow-plain-http",), True, "off", False),
    "distributions": (("--distributions", "wheel"), ("bdist_wheel",), "bdist_wheel,sdist", ("sdist", "bdist_wheel")),
    "project-dir": (("--project-dir", "src"), "src", "a b", "a b"),
    "dist-dir": (("--dist-dir", "out"), "out", "wheels", "wheels"),
    "check": (("--no-check",), False, "yes", True),
    "strict": (("--strict",), True, "0", False),
    "ignore": (
        ("--ignore", RULE, "--ignore", OTHER_RULE),
        (RULE, OTHER_RULE),
        f"{RULE}\n{OTHER_RULE}",
        (RULE, OTHER_RULE),
    ),
    "match-tag": (("--no-match-tag",), False, "on", True),
    "skip-existing": (("--skip-existing",), True, "no", False),
    "jobs": (("--jobs", "1"), 1, "16", 16),
    "retries": (("--retries", "0"), 0, "9", 9),
    "timeout": (("--timeout", "1"), 1, "60", 60),
    "wait": (("--wait", "600"), 600, "0", 0),
    "dry-run": (("--dry-run",), True, "false", False),
    "check-only": (("--check-only",), True, "false", False),
    "report": (("--report", "deployed.json"), "deployed.json", "other.json", "other.json"),
    "verbose": (("--verbose",), True, "no", False),
}
BY_NAME = {option.flags[0][2:]: option for option in OPTIONS}


def test_every_option_is_tested_here() -> None:
    assert list(VALUES) == list(BY_NAME)


@pytest.mark.parametrize("name", VALUES)
def test_the_command_line_wins_over_the_variable_and_that_over_the_default(name: str) -> None:
    option, (argv, on_command_line, text, in_variable) = BY_NAME[name], VALUES[name]
    field, environ = option.attribute, {option.variable: text}
    from_variable = {field: in_variable, "sources": {**SOURCES, field: option.variable}}
    from_command_line = {field: on_command_line, "sources": {**SOURCES, field: argv[0].partition("=")[0]}}
    assert values(settings(**environ)) == {**DEFAULTS, **from_variable}
    assert values(settings(*argv, **environ)) == values(settings(*argv)) == {**DEFAULTS, **from_command_line}


@pytest.mark.parametrize("name", VALUES)
def test_an_empty_variable_is_unset(name: str) -> None:
    for text in ("", " \n "):
        assert values(settings(**{BY_NAME[name].variable: text})) == DEFAULTS


@pytest.mark.parametrize("name", [name for name, option in BY_NAME.items() if option.metavar])
def test_an_empty_value_on_the_command_line_is_an_error(name: str) -> None:
    assert complaint(f"--{name}", " ").startswith(f"--{name} is empty")


@pytest.mark.parametrize("name", [name for name in VALUES if "-" in name])
def test_underscores_work_as_in_dpl(name: str) -> None:
    argv, *_ = VALUES[name]
    assert settings(*(_with_underscores(word) for word in argv)) == settings(*argv)


def _with_underscores(word: str) -> str:
    return "--" + word[2:].replace("-", "_") if word.startswith("--") else word


def test_an_underscore_in_a_value_stays() -> None:
    found = settings("--branch=a_b", "--dist_dir=c_d", "--dist-dir", "e_f", "g_h.whl")
    assert (found.branch, found.dist_dir, found.dist) == (("a_b",), "e_f", ("g_h.whl",))


SWITCHES = {
    **dict.fromkeys(("1", "true", "TRUE", "True", "yes", "Yes", "on", "ON", " true "), True),
    **dict.fromkeys(("0", "false", "FALSE", "False", "no", "No", "off", "OFF", "off\n"), False),
}


@pytest.mark.parametrize(("text", "is_on"), SWITCHES.items(), ids=map(repr, SWITCHES))
@pytest.mark.parametrize("name", ["skip-existing", "check", "tags"])
def test_a_switch_takes_yes_and_no_in_any_case(name: str, text: str, is_on: bool) -> None:
    option = BY_NAME[name]
    assert values(settings(**{option.variable: text}))[option.attribute] is is_on


@pytest.mark.parametrize("name", [name for name, option in BY_NAME.items() if not option.metavar])
def test_a_switch_takes_nothing_else(name: str) -> None:
    variable = BY_NAME[name].variable
    assert complaint(**{variable: "maybe"}).startswith(f'{variable}: "maybe" ')


def test_the_last_of_two_switches_wins_and_is_named_as_the_source() -> None:
    no_tags, check = settings("--tags", "--no-tags"), settings("--no-check", "--check")
    assert (no_tags.tags, no_tags.sources["tags"]) == (False, "--no-tags")
    assert (check.check, check.sources["check"]) == (True, "--check")


def test_a_repeatable_variable_has_a_value_on_each_line_that_is_not_empty() -> None:
    assert settings(PYPI_BRANCH="\n a b \r\n\n c\n").branch == ("a b", "c")


@pytest.mark.parametrize("name", ["VERSION", "HELP", "DIST"])
def test_these_have_no_variable(name: str) -> None:
    assert values(settings(**{f"PYPI_{name}": "true"})) == DEFAULTS


# Secrets in the wrong place


@pytest.mark.parametrize("spelling", ["--{}", "--{}=hunter2", "--{}=pypi-AgEx"])
@pytest.mark.parametrize("name", [*NOT_OPTIONS, *(name.replace("-", "_") for name in NOT_OPTIONS if "-" in name)])
def test_an_option_of_dpl_without_a_use_is_an_error_that_names_the_replacement(name: str, spelling: str) -> None:
    hyphenated = name.replace("_", "-")
    assert complaint(spelling.format(name), "hunter2") == f"--{hyphenated}: {NOT_OPTIONS[hyphenated]}"


@pytest.mark.parametrize("argv", [["--password", "hunter2"], ["--password=hunter2"], ["--token", "hunter2"]], ids=str)
def test_a_password_on_the_command_line_has_to_be_revoked(argv: list[str]) -> None:
    sentence = complaint(*argv, "--server", "pypi")
    assert "hunter2" not in sentence
    for fact in ("build log", "revoke", "--password-env"):
        assert fact in sentence


@pytest.mark.parametrize("name", [name for name, option in BY_NAME.items() if option.metavar] + ["DIST"])
def test_a_token_in_the_value_of_any_option_is_an_error_that_does_not_repeat_it(name: str) -> None:
    sources = {name: [TOKEN]} if name == "DIST" else {f"--{name}": [f"--{name}", f"x {TOKEN}"]}
    for source, argv in sources.items():
        sentence = complaint(*argv)
        assert sentence.startswith(f"{source} contains an API token")
        assert "evoke" in sentence
        assert TOKEN[:12] not in sentence


@pytest.mark.parametrize("name", [name for name, option in BY_NAME.items() if option.metavar])
def test_a_token_in_the_variable_of_any_option_is_an_error_that_does_not_repeat_it(name: str) -> None:
    variable = BY_NAME[name].variable
    sentence = complaint(**{variable: f'"{TOKEN}"'})
    assert sentence.startswith(f"{variable} contains an API token")
    assert TOKEN[:12] not in sentence


@pytest.mark.parametrize("in_variable", [False, True], ids=["option", "variable"])
def test_a_password_in_place_of_the_name_of_its_variable_is_not_repeated(in_variable: bool) -> None:
    source = "PYPI_PASSWORD_ENV" if in_variable else "--password-env"
    environ = {"TEST_PYPI_TOKEN": "s3cret", **({source: "s3cret"} if in_variable else {})}
    sentence = complaint(*([] if in_variable else ["--password-env", "s3cret"]), **environ)
    assert sentence.startswith(f"{source} contains the value of TEST_PYPI_TOKEN")
    assert "s3cret" not in sentence


@pytest.mark.parametrize("text", ["correct horse", "$TOKEN", "1TOKEN", "T\u00d6KEN", "a-b"])
def test_a_value_that_cannot_be_the_name_of_a_variable_is_not_repeated(text: str) -> None:
    sentence = complaint("--password-env", text)
    assert sentence.startswith("--password-env expects the name of a variable")
    assert text not in sentence


NAMES_OF_VARIABLES = {
    "not set": ({}, ("DEPLOY",)),
    "set": ({"DEPLOY": "s3cret"}, ("DEPLOY",)),
    "set, and another variable has its name": ({"DEPLOY": "s3cret", "NAME_OF_IT": "DEPLOY"}, ("DEPLOY",)),
}


@pytest.mark.parametrize(("environ", "names"), NAMES_OF_VARIABLES.values(), ids=NAMES_OF_VARIABLES)
def test_the_name_of_a_variable_is_taken_as_a_name(environ: dict[str, str], names: tuple[str, ...]) -> None:
    assert settings("--password-env", "DEPLOY", **environ).password_env == names
    assert settings(PYPI_PASSWORD_ENV="DEPLOY", **environ).password_env == names


PASSWORD_VARIABLES = {
    "two words": (["--password-env", "A"], {}, ("A",)),
    "one word": (["--password-env=A"], {}, ("A",)),
    "dpl's spelling": (["--password_env=A", "--password_env", "B"], {}, ("B", "A")),
    "lines of the variable": ([], {"PYPI_PASSWORD_ENV": " A \nB"}, ("A", "B")),
    "both": (["--password-env=A"], {"PYPI_PASSWORD_ENV": "B"}, ("A", "B")),
    "after an error": (["--zzz", "--jobs", "--password-env=A"], {}, ("A",)),
    "without a value": (["--password-env"], {}, ()),
    "none": (["--jobs", "1"], {}, ()),
}


@pytest.mark.parametrize(("argv", "environ", "names"), PASSWORD_VARIABLES.values(), ids=PASSWORD_VARIABLES)
def test_the_variables_of_secrets_are_known_before_anything_is_parsed(
    argv: list[str], environ: dict[str, str], names: tuple[str, ...]
) -> None:
    assert password_variables(argv, environ) == names


# Variables that are nearly those of an option

NEARLY = {
    "PYPI_SKIP_EXISTNG": "PYPI_SKIP_EXISTING",
    "PYPI_BRANCHES": "PYPI_BRANCH",
    "PYPI_SEVRER": "PYPI_SERVER",
    "PYPI_TOKENS": "PYPI_TOKEN",
    "PYPI_JO": "PYPI_JOBS",
    "PYPI_JOSB": "PYPI_JOBS",
    "PYPI_PASWORD": "PYPI_PASSWORD",
    "PYPI_JBOS": "PYPI_JOBS",
    "PYPI_WAITED": "PYPI_WAIT",
    "PYPI_IGNOER": "PYPI_IGNORE",
    "PYPI_DISTDIR": "PYPI_DIST_DIR",
}


@pytest.mark.parametrize(("name", "meant"), NEARLY.items(), ids=NEARLY)
def test_a_variable_one_or_two_letters_away_from_a_real_one_gets_a_warning(name: str, meant: str) -> None:
    found = settings(**{name: "a value that is not shown"})
    (warning,) = found.warnings
    assert name in warning
    assert warning.endswith(f"{meant}?")
    assert "not shown" not in warning
    assert {**values(found), "warnings": ()} == DEFAULTS


def test_a_variable_that_holds_a_part_of_the_password_gets_no_warning() -> None:
    assert settings("--password-env=PYPI_TOKENS", PYPI_TOKENS="secret").warnings == ()
    assert settings(PYPI_PASSWORD_ENV="PYPI_TOKENS", PYPI_TOKENS="secret").warnings == ()


@pytest.mark.parametrize("name", ["PYPI_TOKEN", "PYPI_PASSWORD", "TEST_PYPI_TOKEN", "PYPI_MIRROR", "PYPI_", "PYPY"])
def test_every_other_variable_gets_no_warning(name: str) -> None:
    assert settings(**{name: "anything"}).warnings == ()


@pytest.mark.parametrize("url", ["mypi", "ftp://index.example/"])
@pytest.mark.parametrize("option", ["--server", "--index-url"])
def test_a_text_that_is_not_a_url_is_an_error(option: str, url: str) -> None:
    assert complaint(option, url).startswith(f'{option}: "{url}" is ')


@pytest.mark.parametrize("option", ["--server", "--index-url"])
@pytest.mark.parametrize("user", ["alice:s3cret", ":s3cret"])
def test_a_password_in_a_url_is_an_error_that_does_not_repeat_it(option: str, user: str) -> None:
    sentence = complaint(option, f"https://{user}@index.example/")
    assert sentence.startswith(f"{option}: ")
    assert "--password-env" in sentence
    assert "s3cret" not in sentence


@pytest.mark.parametrize(
    ("server", "index_url"),
    [
        ("https://index.example/simple/", ""),
        ("https://index.example/Simple", ""),
        ("https://index.example/a/+simple", ""),
        ("https://index.example/simple/?a#b", ""),
        ("https://index.example/a", "https://index.example/a/"),
        ("HTTPS://Index.Example:443/a/", "https://index.example/a"),
    ],
)
def test_the_address_of_a_simple_index_accepts_no_uploads(server: str, index_url: str) -> None:
    sentence = complaint("--server", server, PYPI_INDEX_URL=index_url)
    assert sentence.startswith(f"--server: {server} is the address of a simple index, which accepts no uploads")


@pytest.mark.parametrize(
    ("server", "index_url"),
    [
        ("https://index.example/mysimple/", ""),
        ("https://index.example/simple/legacy/", ""),
        ("https://index.example/a/", "https://index.example/A/"),
        ("https://index.example/a/", "https://index.example:8443/a/"),
        ("https://index.example/a/", "https://index.example/a/simple/"),
    ],
)
def test_another_address_may_accept_uploads(server: str, index_url: str) -> None:
    assert settings("--server", server, PYPI_INDEX_URL=index_url).server.upload_url == server


@pytest.mark.parametrize("server", SERVERS, ids=lambda each: each.name)
def test_a_dead_address_is_replaced_by_the_living_one_with_a_warning(server: Server) -> None:
    dead = server.upload_url.rstrip("/")
    found = settings(PYPI_SERVER=dead)
    assert found.server == server
    (warning,) = found.warnings
    assert warning.startswith(f"PYPI_SERVER: {dead} ")
    assert settings(PYPI_SERVER=server.upload_url).warnings == ()


# Values

NUMBERS = {"jobs": "1", "retries": "0", "timeout": "1", "wait": "0"}


@pytest.mark.parametrize("text", ["-1", "1.5", "1e3", "four", "1_000", "+3", "0x10", "9999999999", "\u0663"])
@pytest.mark.parametrize(("name", "least"), NUMBERS.items(), ids=NUMBERS)
def test_a_number_is_a_whole_one(name: str, least: str, text: str) -> None:
    assert complaint(f"--{name}={text}").startswith(f'--{name}: "{text}" is not a whole number')
    settings(f"--{name}={least}")


@pytest.mark.parametrize("name", [name for name, least in NUMBERS.items() if least == "1"])
def test_zero_is_too_small_where_one_is_the_least(name: str) -> None:
    assert complaint(f"--{name}", "0") == f'--{name}: "0" is not a whole number of at least 1'


@pytest.mark.parametrize("text", ["demo", "octocat/demo/more", "/demo", "octocat/", "a b/c", "https://x/octocat/demo"])
def test_a_repository_is_owner_and_name(text: str) -> None:
    assert complaint("--repo", text) == f'--repo: "{text}" is not of the form OWNER/NAME'


@pytest.mark.parametrize("text", ["3.6", "nightly", "pypy3.10-7.3.15", "3.13-dev", ">=3.10,<4", "!=3.9"])
def test_a_python_is_a_text_or_a_specifier(text: str) -> None:
    assert settings("--python", text).python == (text,)


@pytest.mark.parametrize("text", ["=3.6", ">3.x", "~=3", "==", "<three"])
def test_an_invalid_specifier_is_an_error(text: str) -> None:
    assert complaint("--python", "3.6", "--python", text).startswith(f'--python: "{text}" ')


FORMATS = {
    "sdist bdist_wheel": ("sdist", "bdist_wheel"),
    "bdist_wheel sdist": ("sdist", "bdist_wheel"),
    "sdist": ("sdist",),
    "bdist_wheel": ("bdist_wheel",),
    "wheel": ("bdist_wheel",),
    "wheel bdist_wheel": ("bdist_wheel",),
    " sdist,  wheel ": ("sdist", "bdist_wheel"),
}


@pytest.mark.parametrize(("text", "formats"), FORMATS.items(), ids=FORMATS)
def test_sdists_and_wheels_are_built(text: str, formats: tuple[str, ...]) -> None:
    assert settings("--distributions", text).distributions == formats


@pytest.mark.parametrize("text", ["bdist_egg", "sdist bdist_wininst", "bdist", "SDIST", "sdist;bdist_wheel", ","])
def test_other_formats_are_an_error(text: str) -> None:
    assert complaint("--distributions", text).startswith(f'--distributions: "{text}" contains ')


def test_arguments_of_a_format_are_an_error() -> None:
    sentence = complaint("--distributions", "sdist --formats=zip")
    assert sentence.startswith('--distributions: "sdist --formats=zip" has an argument (--formats=zip)')
    assert "setup.cfg" in sentence
