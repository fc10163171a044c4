"""Which secret goes to which server, how tokens are read, validated and narrowed, and the error where one is wrong."""

from __future__ import annotations

import base64
import time
from contextlib import nullcontext
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from hypothesis import assume
from hypothesis import given as given_by
from hypothesis import settings as runs
from hypothesis import strategies as st

from tests.support import given, invented_tokens, travis_job, wire
from travis_pypi_deploy import credentials
from travis_pypi_deploy.credentials import Credentials, described
from travis_pypi_deploy.errors import MissingCredentialsError, UsageError
from travis_pypi_deploy.job import Job
from travis_pypi_deploy.masking import contains_token, server_of_token
from travis_pypi_deploy.servers import SERVERS, Server

if TYPE_CHECKING:
    from collections.abc import Callable


TESTPYPI, PYPI = SERVERS
PRIVATE, LOOPBACK, PLAIN = "https://index.example/", "http://127.0.0.1:8080/", "http://index.example/"
TESTPYPI_TOKEN, PYPI_TOKEN = invented_tokens.token("testpypi"), invented_tokens.token("pypi")
UNREADABLE = "pypi-" + base64.urlsafe_b64encode(b"\x07 a format of the future").decode().rstrip("=")
NOW, NOW_UTC = 1_700_000_000, "2023-11-14 22:13:20 UTC"


def find(*argv: str, **variables: str) -> Credentials | None:
    """Return the credentials that a job with these variables has."""
    environ = {**travis_job.job(), **variables}
    settings = given.settings(*argv, environ=environ)
    found = credentials.find(
        settings.server,
        environ,
        names=settings.password_env,
        username=settings.username,
        sources=settings.sources,
        has_secrets=Job.from_environment(environ).has_secrets,
        narrow=settings.narrow_token,
        now=time.time(),
    )
    if found and not settings.allow_plain_http:
        credentials.require_encryption(found, settings.server)
    return found


def complaint(*argv: str, **variables: str) -> str:
    """Return the error for credentials that cannot be used."""
    with pytest.raises(UsageError) as raised:
        find(*argv, **variables)
    return str(raised.value)


EVERYWHERE = {"TEST_PYPI_TOKEN": TESTPYPI_TOKEN, "PYPI_TOKEN": PYPI_TOKEN}
NO_TESTPYPI = {"TEST_PYPI_TOKEN": "", "PYPI_PASSWORD": TESTPYPI_TOKEN}
HALVES = {"A": TESTPYPI_TOKEN[:100], "B": TESTPYPI_TOKEN[100:]}
PASSWORD = {"PYPI_PASSWORD": "s3cret"}
# Options, variables, the secret that is found, and where.
PLACES: dict[str, tuple[list[str], dict[str, str], str, str]] = {
    "testpypi": ([], EVERYWHERE, TESTPYPI_TOKEN, "TEST_PYPI_TOKEN"),
    "pypi": (["--server=pypi"], EVERYWHERE, PYPI_TOKEN, "PYPI_TOKEN"),
    "the server's variable first": ([], {**EVERYWHERE, **PASSWORD}, TESTPYPI_TOKEN, "TEST_PYPI_TOKEN"),
    "then PYPI_PASSWORD": ([], NO_TESTPYPI, TESTPYPI_TOKEN, "PYPI_PASSWORD"),
    "named": (["--password-env=DEPLOY"], {**EVERYWHERE, "DEPLOY": TESTPYPI_TOKEN}, TESTPYPI_TOKEN, "DEPLOY"),
    "joined": (["--password-env=A", "--password-env=B"], HALVES, TESTPYPI_TOKEN, "A + B"),
    "another server": ([f"--server={PRIVATE}"], {**EVERYWHERE, **PASSWORD}, "s3cret", "PYPI_PASSWORD"),
    "plain http on loopback": ([f"--server={LOOPBACK}"], PASSWORD, "s3cret", "PYPI_PASSWORD"),
    "plain http allowed": ([f"--server={PLAIN}", "--allow-plain-http"], PASSWORD, "s3cret", "PYPI_PASSWORD"),
    "not narrowed": (["--no-narrow-token"], {"TEST_PYPI_TOKEN": UNREADABLE}, UNREADABLE, "TEST_PYPI_TOKEN"),
}


@pytest.mark.parametrize(("argv", "variables", "secret", "source"), PLACES.values(), ids=PLACES)
def test_a_secret_is_found_in_its_variable(
    argv: list[str], variables: dict[str, str], secret: str, source: str
) -> None:
    found = find(*argv, **variables)
    assert found is not None
    assert (found.username, found.secret, found.source) == ("__token__", secret, source)


def test_a_password_goes_with_its_user_name() -> None:
    found = find(f"--server={PRIVATE}", "--username=alice", PYPI_PASSWORD="correct horse")
    assert found is not None
    assert (found.username, found.secret) == ("alice", "correct horse")


@pytest.mark.parametrize("url", [PRIVATE, PLAIN, LOOPBACK])
def test_another_server_may_do_without_credentials(url: str) -> None:
    assert find("--server", url, **EVERYWHERE) is None


FORK = {"TRAVIS_SECURE_ENV_VARS": "false"}
MISSING: dict[str, tuple[list[str], dict[str, str], tuple[str, ...]]] = {
    "unset": ([], {}, ("testpypi", "TEST_PYPI_TOKEN and PYPI_PASSWORD are not set", TESTPYPI.token_url, "settings")),
    "empty": (["--server=pypi"], {"PYPI_TOKEN": ""}, ("PYPI_TOKEN and PYPI_PASSWORD are not set", PYPI.token_url)),
    "fork": ([], FORK, ("TEST_PYPI_TOKEN", "TRAVIS_SECURE_ENV_VARS is false", "fork")),
    "for pypi only": ([], {"PYPI_TOKEN": PYPI_TOKEN}, ("PYPI_TOKEN is set", "--server pypi")),
    "for testpypi only": (
        ["--server=pypi"],
        {"TEST_PYPI_TOKEN": TESTPYPI_TOKEN},
        ("TEST_PYPI_TOKEN is set", "--server testpypi"),
    ),
    "for twine": ([], {"TWINE_PASSWORD": "x"}, ("TWINE_PASSWORD is set", "--password-env TWINE_PASSWORD")),
    "for uv": ([], {"UV_PUBLISH_TOKEN": "x"}, ("UV_PUBLISH_TOKEN is set", "--password-env UV_PUBLISH_TOKEN")),
    "named, unset": (["--password-env=DEPLOY"], EVERYWHERE, ("DEPLOY", "--password-env", "not set", "settings")),
    "named, empty": (
        [],
        {"PYPI_PASSWORD_ENV": "A\nDEPLOY", "A": "pypi-", "DEPLOY": ""},
        ("DEPLOY", "PYPI_PASSWORD_ENV", "empty"),
    ),
    "a user name alone": (
        [f"--server={PRIVATE}"],
        {"PYPI_USERNAME": "alice"},
        ("PYPI_USERNAME", "PYPI_PASSWORD is not set"),
    ),
    "named, fork": (["--password-env=DEPLOY", f"--server={PRIVATE}"], FORK, ("DEPLOY", "fork")),
}


def test_what_is_not_utf_8_is_not_sent() -> None:
    private = (f"--server={PRIVATE}", "--username=alice")
    assert complaint(*private, PYPI_PASSWORD="p\udce4ss").startswith("the value of PYPI_PASSWORD is not UTF-8 text")
    odd = (f"--server={PRIVATE}", "--username=j\udcfcrgen")
    assert complaint(*odd, PYPI_PASSWORD="a password").startswith("the value of --username is not UTF-8 text")


WRONG: dict[str, tuple[list[str], dict[str, str], tuple[str, ...]]] = {
    "a user name at pypi": (["--server=pypi", "--username=alice"], EVERYWHERE, ("API tokens only", "--username")),
    "plain http": ([f"--server={PLAIN}"], {"PYPI_PASSWORD": "s3cret"}, ("PYPI_PASSWORD", "--allow-plain-http")),
    "of the other index": ([], {"TEST_PYPI_TOKEN": PYPI_TOKEN}, ("TEST_PYPI_TOKEN", "of pypi", "--server pypi")),
    "expired": (
        [],
        {"TEST_PYPI_TOKEN": invented_tokens.token(expired=True)},
        ("expired on 1970-01-01 00:00:02 UTC", "Create"),
    ),
    "unreadable": ([], {"TEST_PYPI_TOKEN": UNREADABLE}, ("TEST_PYPI_TOKEN", "cut short")),
}


ERRORS = {**MISSING, **WRONG}


@pytest.mark.parametrize("name", ERRORS)
def test_credentials_that_are_missing_or_wrong_are_an_error_with_the_reason(name: str) -> None:
    argv, variables, facts = ERRORS[name]
    with pytest.raises(UsageError) as raised:
        find(*argv, **variables)
    assert [fact for fact in facts if fact not in str(raised.value)] == []
    assert isinstance(raised.value, MissingCredentialsError) is (name in MISSING)


FAULTS = {
    "a line break at its end": (f"{TESTPYPI_TOKEN}\n", "line break"),
    "a line break within": (f"{TESTPYPI_TOKEN[:70]}\r\n{TESTPYPI_TOKEN[70:]}", "line break"),
    "a space": (f" {TESTPYPI_TOKEN}", "space"),
    "quotes": (f'"{TESTPYPI_TOKEN}"', "quotation mark"),
    "typographic quotes": (f"\u201c{TESTPYPI_TOKEN}\u201d", "quotation mark"),
    "a password": ("hunter2", 'begin with "pypi-"'),
    "its variable": (f"PYPI_TOKEN={TESTPYPI_TOKEN}", 'begin with "pypi-"'),
    "capitals": (TESTPYPI_TOKEN.replace("pypi", "PYPI"), 'begin with "pypi-"'),
}
UNREADABLES = {
    "another character": "pypi-AgE.IcA",
    "cut short": TESTPYPI_TOKEN[:60],
    "two": TESTPYPI_TOKEN * 2,
    "another format": UNREADABLE,
}


@pytest.mark.parametrize("unreadable_allowed", [False, True])
@pytest.mark.parametrize(("text", "fault"), FAULTS.values(), ids=FAULTS)
def test_a_text_that_is_no_token_is_an_error_that_does_not_repeat_it(
    text: str, fault: str, unreadable_allowed: bool
) -> None:
    with pytest.raises(UsageError) as caught:
        credentials.read(text, source="A + B", unreadable_allowed=unreadable_allowed)
    assert str(caught.value).startswith("the token in A + B ")
    assert fault in str(caught.value)
    assert not text.strip() or text.strip() not in str(caught.value)


@pytest.mark.parametrize("text", UNREADABLES.values(), ids=UNREADABLES)
def test_an_unreadable_token_is_an_error_unless_it_is_allowed(text: str) -> None:
    assert credentials.read(text, source="A", unreadable_allowed=True) is None
    with pytest.raises(UsageError, match="cut short") as caught:
        credentials.read(text, source="A")
    assert caught.value.__suppress_context__  # the cause can contain a part of the token


# Validation

HERE = Server("pypi", "https://index.example/", token_location="index.example")
EXPIRED, EARLY, OTHERS = "expired on", "is not valid before", "is scoped to"
LIMITS: dict[str, tuple[list[bytes], tuple[str, ...]]] = {
    "none": ([], ()),
    "in time": ([b"[0,1700000001,1700000000]"], ()),
    "expired": ([b"[0,1700000000,0]"], (EXPIRED, NOW_UTC)),
    "expired by one caveat": ([b"[0,1700000060,0]", b"[0,1699999940,0]"], (EXPIRED, "22:12:20")),
    "not yet": ([b'{"nbf":1700000001,"exp":1700000060}'], (EARLY, "22:13:21", NOW_UTC)),
    "never": ([b"[0,1" + b"0" * 40 + b",1" + b"0" * 30 + b"]"], (EARLY, "after 9999")),
    "the project": ([b'[1,["My-Demo","other"]]'], ()),
    "another project": ([b'[1,["other","Another"]]'], (OTHERS, "another, other", "my_.Demo")),
    "an intersection": ([b'[1,["a","b"]]', b'[1,["b","c"]]'], (OTHERS, " b.")),
    "no project": ([b'[1,["demo"]]', b'[1,["other"]]'], (OTHERS, "no project")),
    "unknown": ([b'[3,"me"]'], ()),
}


@pytest.mark.parametrize(("caveats", "facts"), LIMITS.values(), ids=LIMITS)
def test_a_token_is_valid_within_its_limits(caveats: list[bytes], facts: tuple[str, ...]) -> None:
    token = credentials.read(wire.token(wire.macaroon(caveats=caveats)), source="PYPI_TOKEN")
    assert token is not None
    with pytest.raises(UsageError) if facts else nullcontext() as raised:
        credentials.validate(token, HERE, source="PYPI_TOKEN", now=NOW)
        credentials.require_project(Credentials("__token__", "", "PYPI_TOKEN", token), "my_.Demo")
    assert [fact for fact in facts if fact not in str(raised and raised.value)] == []


# A token of PyPI or TestPyPI goes to no other server, however it is written

WRITTEN: dict[str, Callable[[str], str]] = {
    "whole": lambda token: token,
    "without its prefix": lambda token: token[5:],
    "capital prefix": lambda token: "PYPI-" + token[5:],
    "a quote behind the prefix": lambda token: "pypi-'" + token[5:],
    "a line break as two characters": lambda token: r"pypi-\n" + token[5:],
    "a real line break": lambda token: token[:12] + "\n" + token[12:],
    "an invisible character": lambda token: "pypi-\u200b" + token[5:],
    "percent-encoded": lambda token: "".join(f"%{ord(each):02X}" for each in token),
    "hyphen percent-encoded": lambda token: quote(token, safe="").replace("-", "%2D"),
    "base64": lambda token: base64.b64encode(token.encode()).decode(),
    "Basic": lambda token: "Basic " + base64.b64encode(f"__token__:{token}".encode()).decode(),
    "with its variable": lambda token: f"PYPI_TOKEN={token}",
}


@pytest.mark.parametrize("server", SERVERS, ids=lambda each: each.name)
@pytest.mark.parametrize("write", WRITTEN.values(), ids=WRITTEN)
def test_a_token_is_recognised_however_it_is_written(write: Callable[[str], str], server: Server) -> None:
    text = write(invented_tokens.token(server.name))
    assert server_of_token(text) is server
    assert contains_token(text)
    sentence = complaint("--server", PRIVATE, PYPI_PASSWORD=text)
    assert f"token of {server.name}" in sentence
    assert text[5:30] not in sentence


@pytest.mark.parametrize("how", WRITTEN)
def test_a_token_that_is_cut_short_is_recognised_too(how: str) -> None:
    text = WRITTEN[how](TESTPYPI_TOKEN)
    least = 140 if how == "percent-encoded" else 60  # the server's name has to be in it
    assert [length for length in range(least, len(text)) if server_of_token(text[:length]) is not TESTPYPI] == []


@runs(deadline=None)
@given_by(st.one_of(st.text(), st.text("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+/=-_% ")))
def test_a_password_is_not_taken_for_a_token(password: str) -> None:
    assume("pypi-AgE" not in password)
    for text in (password, f"pypi-{password}", base64.b64encode(password.encode("utf-8", "replace")).decode()):
        assert server_of_token(text) is None


def test_a_token_of_a_private_index_is_nobody_s() -> None:
    assert server_of_token(wire.token(wire.macaroon("private.example"))) is None
    assert server_of_token(wire.token(wire.macaroon("a." + (PYPI.token_location or "")))) is None


# What is sent


def sent(*argv: str, **variables: str) -> str:
    """Return the password that is sent for an upload of the project demo."""
    found = find(*argv, **variables)
    assert found is not None
    header = found.authorization(project="demo", now=time.time())
    username, _, password = base64.b64decode(header.removeprefix("Basic ")).decode().partition(":")
    assert username == "__token__"
    return password


@pytest.mark.parametrize("server", ["testpypi", LOOPBACK])
def test_a_token_is_narrowed_to_the_project_and_an_hour(server: str) -> None:
    password = sent("--server", server, TEST_PYPI_TOKEN=TESTPYPI_TOKEN, PYPI_PASSWORD=TESTPYPI_TOKEN)
    assert invented_tokens.accepts(password, "demo")
    assert not invented_tokens.accepts(password, "spam")
    assert not invented_tokens.accepts(password, "demo", seconds_from_now=3700)


@pytest.mark.parametrize("token", [TESTPYPI_TOKEN, UNREADABLE], ids=["readable", "unreadable"])
def test_a_token_is_sent_as_it_is_with_no_narrow_token(token: str) -> None:
    assert sent("--no-narrow-token", TEST_PYPI_TOKEN=token) == token


@pytest.mark.parametrize("password", ["correct horse", "p\u00e4ssw\u00f6rd:1", "pypi-of-my-own"])
def test_a_password_is_sent_as_it_is(password: str) -> None:
    assert sent("--server", PRIVATE, PYPI_PASSWORD=password) == password


HEADERS: dict[str, tuple[list[str], dict[str, str], str]] = {
    "account-wide": ([], EVERYWHERE, "token from TEST_PYPI_TOKEN (not limited to a project)"),
    "a project": (
        [],
        {"TEST_PYPI_TOKEN": invented_tokens.token(projects=("demo",))},
        "token from TEST_PYPI_TOKEN (project demo)",
    ),
    "projects": (
        [],
        {"TEST_PYPI_TOKEN": invented_tokens.token(projects=("spam", "eggs"))},
        "token from TEST_PYPI_TOKEN (projects eggs, spam)",
    ),
    "no project": (
        [],
        {"TEST_PYPI_TOKEN": wire.token(wire.macaroon(TESTPYPI.token_location or "", caveats=[b"[1,[]]"]))},
        "token from TEST_PYPI_TOKEN (not valid for any project)",
    ),
    "a password": (
        [f"--server={PRIVATE}", "--username=alice"],
        {"PYPI_PASSWORD": "s3cret"},
        "password from PYPI_PASSWORD",
    ),
    "not narrowed": (
        ["--no-narrow-token"],
        {"TEST_PYPI_TOKEN": invented_tokens.token(projects=("other",))},
        "token from TEST_PYPI_TOKEN (project other)",
    ),
    "unreadable": (["--no-narrow-token"], {"TEST_PYPI_TOKEN": UNREADABLE}, "token from TEST_PYPI_TOKEN"),
    "none": ([f"--server={PRIVATE}"], {}, "no credentials (PYPI_PASSWORD is not set)"),
}


@pytest.mark.parametrize(("argv", "variables", "text"), HEADERS.values(), ids=HEADERS)
def test_the_header_says_what_is_used_to_log_in(argv: list[str], variables: dict[str, str], text: str) -> None:
    assert described(find(*argv, **variables)) == text


@pytest.mark.parametrize("server", ["testpypi", PRIVATE])
def test_credentials_do_not_show_the_secret(server: str) -> None:
    secret = TESTPYPI_TOKEN if server == "testpypi" else "correct horse"
    found = find("--server", server, PYPI_PASSWORD=secret)
    assert secret[5:] not in repr(found)
