"""Every option: where its value comes from, what it may be, and what a wrong one is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from travis_pypi_deploy.errors import UsageError
from travis_pypi_deploy.servers import SERVERS, Server
from travis_pypi_deploy.settings import Settings, command_line, resolve
from travis_pypi_deploy.settings.options import NOT_OPTIONS, OPTIONS

if TYPE_CHECKING:
    from collections.abc import Callable

TESTPYPI, PYPI = SERVERS
OTHER = "https://index.example/legacy/"


def settings(*argv: str, **environ: str) -> Settings:
    """Return what the command line and the environment mean."""
    return resolve(command_line.read(argv), environ)


def complaint(*argv: str, **environ: str) -> str:
    """Return what is said about a wrong command line or environment."""
    with pytest.raises(UsageError) as raised:
        settings(*argv, **environ)
    return str(raised.value)


DEFAULTS = Settings(
    dist=(),
    branch=("master", "main"),
    all_branches=False,
    tags=None,
    repo=None,
    python=(),
    condition=(),
    server=TESTPYPI,
    index_url=None,
    username="__token__",
    password_env=(),
    distributions=("sdist", "bdist_wheel"),
    project_dir=".",
    dist_dir="dist",
    check=True,
    strict=False,
    match_tag=True,
    skip_existing=False,
    jobs=4,
    retries=5,
    timeout=300,
    wait=0,
    allow_plain_http=False,
    dry_run=False,
    check_only=False,
    narrow_token=True,
    report=None,
    verbose=False,
    sources={option.attribute: option.flag for option in OPTIONS},
    warnings=(),
)


def test_a_bare_command_means_the_defaults() -> None:
    assert settings() == DEFAULTS
    assert (TESTPYPI.name, PYPI.name) == ("testpypi", "pypi")


# Option: a value on the command line and what it means; another in its variable and what that means.
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
    "distributions": (("--distributions", "wheel"), ("bdist_wheel",), "bdist_wheel,sdist", ("sdist", "bdist_wheel")),
    "project-dir": (("--project-dir", "src"), "src", "a b", "a b"),
    "dist-dir": (("--dist-dir", "out"), "out", "wheels", "wheels"),
    "check": (("--no-check",), False, "yes", True),
    "strict": (("--strict",), True, "0", False),
    "match-tag": (("--no-match-tag",), False, "on", True),
    "skip-existing": (("--skip-existing",), True, "no", False),
    "jobs": (("--jobs", "1"), 1, "16", 16),
    "retries": (("--retries", "0"), 0, "9", 9),
    "timeout": (("--timeout", "1"), 1, "60", 60),
    "wait": (("--wait", "600"), 600, "0", 0),
    "allow-plain-http": (("--allow-plain-http",), True, "off", False),
    "dry-run": (("--dry-run",), True, "false", False),
    "check-only": (("--check-only",), True, "false", False),
    "narrow-token": (("--no-narrow-token",), False, "true", True),
    "report": (("--report", "deployed.json"), "deployed.json", "other.json", "other.json"),
    "verbose": (("--verbose",), True, "no", False),
}
BY_NAME = {option.name: option for option in OPTIONS}


def test_every_option_is_tested_here() -> None:
    assert list(VALUES) == list(BY_NAME)


@pytest.mark.parametrize("name", VALUES)
def test_the_command_line_wins_over_the_variable_and_that_over_the_default(name: str) -> None:
    option, (argv, on_command_line, text, in_variable) = BY_NAME[name], VALUES[name]
    field, environ = option.attribute, {option.variable: text}
    from_variable = {field: in_variable, "sources": {**DEFAULTS.sources, field: option.variable}}
    from_command_line = {field: on_command_line, "sources": {**DEFAULTS.sources, field: argv[0].partition("=")[0]}}
    assert settings(**environ)._asdict() == {**DEFAULTS._asdict(), **from_variable}
    assert (
        settings(*argv, **environ)._asdict() == settings(*argv)._asdict() == {**DEFAULTS._asdict(), **from_command_line}
    )


@pytest.mark.parametrize("name", VALUES)
def test_an_empty_variable_is_an_unset_one(name: str) -> None:
    assert settings(**{BY_NAME[name].variable: " \n "}) == settings(**{BY_NAME[name].variable: ""}) == DEFAULTS


@pytest.mark.parametrize("name", [name for name, option in BY_NAME.items() if option.metavar])
def test_an_empty_value_on_the_command_line_is_told(name: str) -> None:
    assert complaint(f"--{name}", " ") == f"--{name} is empty: give it a value, or leave it out"


@pytest.mark.parametrize("name", VALUES)
def test_an_option_is_never_abbreviated(name: str) -> None:
    assert complaint(f"--{name[:-1]}=x").startswith(f"unknown option --{name[:-1]} (did you mean --")


@pytest.mark.parametrize("name", [name for name in VALUES if "-" in name])
def test_the_spelling_of_dpl_is_understood(name: str) -> None:
    argv, *_ = VALUES[name]
    assert settings(*(word.replace("-", "_").replace("__", "--", 1) for word in argv)) == settings(*argv)


def test_an_underscore_in_a_value_stays() -> None:
    given = settings("--branch=a_b", "--dist_dir=c_d", "--dist-dir", "e_f", "g_h.whl")
    assert (given.branch, given.dist_dir, given.dist) == (("a_b",), "e_f", ("g_h.whl",))


SWITCHES = {
    **dict.fromkeys(("1", "true", "TRUE", "True", "yes", "Yes", "on", "ON", " true "), True),
    **dict.fromkeys(("0", "false", "FALSE", "False", "no", "No", "off", "OFF", "off\n"), False),
}


@pytest.mark.parametrize(("text", "is_on"), SWITCHES.items(), ids=map(repr, SWITCHES))
@pytest.mark.parametrize("name", ["skip-existing", "check", "tags"])
def test_a_switch_reads_yes_and_no_in_any_case(name: str, text: str, is_on: bool) -> None:
    given = settings(**{BY_NAME[name].variable: text})
    assert {"skip-existing": given.skip_existing, "check": given.check, "tags": given.tags}[name] is is_on


@pytest.mark.parametrize("name", [name for name, option in BY_NAME.items() if not option.metavar])
def test_a_switch_takes_nothing_else(name: str) -> None:
    variable = BY_NAME[name].variable
    assert complaint(**{variable: "maybe"}) == f'{variable}: "maybe" is neither yes nor no: use true or false'


def test_the_last_of_two_switches_wins_and_is_the_one_that_is_named() -> None:
    no_tags, check = settings("--tags", "--no-tags"), settings("--no-check", "--check")
    assert (no_tags.tags, no_tags.sources["tags"]) == (False, "--no-tags")
    assert (check.check, check.sources["check"]) == (True, "--check")


def test_a_repeatable_variable_has_a_value_on_each_line_that_is_not_empty() -> None:
    assert settings(PYPI_BRANCH="\n a b \r\n\n c\n").branch == ("a b", "c")


@pytest.mark.parametrize("name", ["VERSION", "HELP", "NO_CHECK", "DIST"])
def test_these_have_no_variable(name: str) -> None:
    assert settings(**{f"PYPI_{name}": "true"}) == DEFAULTS


def test_help_and_version_are_wishes() -> None:
    wishes = [
        (line.asks_for_help, line.asks_for_version) for line in map(command_line.read, (["--help"], ["--version"]))
    ]
    assert wishes == [(True, False), (False, True)]


def test_the_help_tells_every_option_and_no_value_of_a_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYPI_TOKEN", "pypi-canary")
    monkeypatch.setenv("PYPI_USERNAME", "canary")
    text = command_line.help_text()
    assert "canary" not in text
    assert [name for name in VALUES if f"--{name}" not in text] == []


@pytest.mark.parametrize("spelling", [str, lambda name: name.replace("-", "_")], ids=["ours", "dpl's"])
@pytest.mark.parametrize("name", NOT_OPTIONS)
def test_an_option_of_dpl_without_a_role_is_told_what_replaces_it(name: str, spelling: Callable[[str], str]) -> None:
    sentence = f"--{name} is no option: {NOT_OPTIONS[name]}"
    assert complaint(f"--{spelling(name)}", "pypi-AgEx") == sentence
    assert complaint(f"--{spelling(name)}=pypi-AgEx") == sentence


@pytest.mark.parametrize("name", ["password", "token"])
def test_a_secret_is_never_an_option(name: str) -> None:
    assert complaint(f"--{name}", "s3cret", "--server", "pypi") == (
        f"--{name} is no option: secrets are read from variables: --password-env NAME"
    )


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


def test_a_variable_that_is_set_is_a_name_whatever_else_holds_it() -> None:
    assert settings("--password-env", "DEPLOY", DEPLOY="s3cret", NAME_OF_IT="DEPLOY").password_env == ("DEPLOY",)


def test_no_format_at_all_is_told() -> None:
    assert complaint(PYPI_DISTRIBUTIONS=",") == (
        'PYPI_DISTRIBUTIONS: "," is not made of sdist and bdist_wheel: it names neither'
    )


LIVING = {"testpypi": TESTPYPI, "pypi": PYPI, **{server.upload_url: server for server in SERVERS}}


@pytest.mark.parametrize(("value", "server"), LIVING.items(), ids=LIVING)
def test_a_server_is_known_by_its_name_and_its_upload_url(value: str, server: Server) -> None:
    given = settings("--server", value)
    assert (given.server, given.warnings) == (server, ())


DEAD = {
    **{f"{server.name}, no slash": (server, server.upload_url.rstrip("/")) for server in SERVERS},
    **{f"{server.name}, before 2018": (server, f"https://{server.hosts[-1]}/pypi") for server in SERVERS},
    **{f"{server.name}, plain": (server, server.upload_url.replace("https", "http")) for server in SERVERS},
    **{f"{server.name}, capitals": (server, server.upload_url.upper()) for server in SERVERS},
    **{f"{server.name}, its index": (server, server.index_url or "") for server in SERVERS},
}


@pytest.mark.parametrize(("server", "url"), DEAD.values(), ids=DEAD)
def test_a_dead_address_is_taken_for_the_living_one_with_a_warning(server: Server, url: str) -> None:
    given = settings(PYPI_SERVER=url)
    assert given.server == server
    (warning,) = given.warnings
    assert warning == (
        f"PYPI_SERVER: {url} takes no uploads: using {server.upload_url} instead. Write {server.name}, "
        "which is always up to date."
    )


@pytest.mark.parametrize("url", [OTHER, "http://127.0.0.1:8080", "https://user-name.example:444/root/dev/"])
def test_any_other_url_is_a_server_as_it_is(url: str) -> None:
    given = settings("--server", url)
    assert (given.server, given.warnings) == (Server(name=url, upload_url=url), ())


LOOPBACK = {
    "http://127.0.0.1:8080/": True,
    "http://127.9.9.9/": True,
    "https://localhost/": True,
    "http://[::1]:80/": True,
    "http://localhost.example/": False,
    "http://192.0.2.1/": False,
}


@pytest.mark.parametrize(("url", "is_loopback"), LOOPBACK.items(), ids=LOOPBACK)
def test_loopback_is_this_machine_only(url: str, is_loopback: bool) -> None:
    assert settings("--server", url).server.is_loopback is is_loopback


@pytest.mark.parametrize("option", ["--server", "--index-url"])
@pytest.mark.parametrize("user", ["alice", "alice:s3cret", ":s3cret", "__token__:pypi-AgEx"])
def test_a_password_in_a_url_is_refused_and_not_repeated(option: str, user: str) -> None:
    assert complaint(option, f"https://{user}@index.example/") == (
        f"{option}: take the user name and password out of the URL, where every log shows them: "
        "use --username and --password-env"
    )


NUMBERS = {"jobs": 1, "retries": 0, "timeout": 1, "wait": 0}


@pytest.mark.parametrize("text", ["-1", "1.5", "1e3", "four", "1_000", "+3", "0x10", "9999999999", "\u0663"])
@pytest.mark.parametrize(("name", "least"), NUMBERS.items(), ids=NUMBERS)
def test_a_number_is_a_whole_one(name: str, least: int, text: str) -> None:
    assert complaint(f"--{name}={text}") == f'--{name}: "{text}" is not a whole number of at least {least}'


@pytest.mark.parametrize("name", ["jobs", "timeout"])
def test_no_jobs_and_no_time_are_too_little(name: str) -> None:
    assert complaint(f"--{name}", "0") == f'--{name}: "0" is not a whole number of at least 1'


@pytest.mark.parametrize("text", ["demo", "octocat/demo/more", "/demo", "octocat/", "a b/c", "https://x/octocat/demo"])
def test_a_repository_is_owner_and_name(text: str) -> None:
    assert complaint("--repo", text) == f'--repo: "{text}" is not of the form OWNER/NAME'


@pytest.mark.parametrize(
    "text", ["3.6", "3.10", "nightly", "pypy3", "pypy3.10-7.3.15", "3.13-dev", ">=3.10,<4", "!=3.9"]
)
def test_a_python_is_a_text_or_a_specifier(text: str) -> None:
    assert settings("--python", text).python == (text,)


@pytest.mark.parametrize("text", ["=3.6", ">3.x", "~=3", "==", "<three"])
def test_what_is_no_specifier_is_told(text: str) -> None:
    assert complaint("--python", "3.6", "--python", text) == (
        f'--python: "{text}" is no version specifier (PEP 440): try ">=3.10"'
    )


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


@pytest.mark.parametrize("text", ["bdist_egg", "sdist bdist_wininst", "bdist", "SDIST", "sdist;bdist_wheel"])
def test_other_formats_are_refused(text: str) -> None:
    assert complaint("--distributions", text) == (
        f'--distributions: "{text}" is not made of sdist and bdist_wheel: an index takes sdists and wheels only'
    )


def test_arguments_of_a_format_are_refused() -> None:
    assert complaint("--distributions", "sdist --formats=zip") == (
        '--distributions: "sdist --formats=zip" takes only formats, not arguments (--formats=zip): '
        "put those into setup.cfg"
    )


@pytest.mark.parametrize("argv", [["--password-env"], []], ids=["option", "variable"])
def test_a_password_in_place_of_its_variables_name_is_not_repeated(argv: list[str]) -> None:
    source = argv[0] if argv else "PYPI_PASSWORD_ENV"
    environ = {"TEST_PYPI_TOKEN": "s3cret"} if argv else {"TEST_PYPI_TOKEN": "s3cret", source: "s3cret"}
    assert complaint(*argv, *(["s3cret"] if argv else []), **environ) == (
        f"{source} got the value of TEST_PYPI_TOKEN: write its name, without the $"
    )


@pytest.mark.parametrize("text", ["pypi-AgEx", "correct horse", "$TOKEN", "1TOKEN", "TÖKEN"])
def test_what_cannot_be_a_variables_name_is_not_repeated(text: str) -> None:
    assert complaint("--password-env", text) == (
        "--password-env takes the name of a variable, such as PYPI_TOKEN, and got something else "
        "(not shown: it may be a secret; if it is one, revoke it, since the command line is in the log)"
    )


TOKENS_IN_THE_WRONG_PLACE = {
    "repo": "is not of the form OWNER/NAME",
    "jobs": "is not a whole number of at least 1",
    "distributions": "is not made of sdist and bdist_wheel: an index takes sdists and wheels only",
}


@pytest.mark.parametrize(("name", "why"), TOKENS_IN_THE_WRONG_PLACE.items(), ids=TOKENS_IN_THE_WRONG_PLACE)
def test_a_token_in_the_wrong_place_is_not_repeated(name: str, why: str) -> None:
    assert complaint(f"--{name}", "pypi-AgEx") == f"--{name}: that value {why}"
    variable = BY_NAME[name].variable
    assert complaint(**{variable: "pypi-AgEx"}) == f"{variable}: that value {why}"
