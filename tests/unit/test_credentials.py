"""Which secret goes where, and what is said where it cannot."""

from __future__ import annotations

import base64
import time
from typing import TYPE_CHECKING

import pytest

from tests.support import invented_tokens, travis_job
from travis_pypi_deploy.errors import MissingCredentialsError, UsageError
from travis_pypi_deploy.job import Job
from travis_pypi_deploy.settings import command_line, credentials, resolve, secret_sources

if TYPE_CHECKING:
    from travis_pypi_deploy.settings.credentials import Credentials

PRIVATE, LOOPBACK, PLAIN = "https://index.example/", "http://127.0.0.1:8080/", "http://index.example/"
TESTPYPI_TOKEN, PYPI_TOKEN = invented_tokens.token("testpypi"), invented_tokens.token("pypi")
NO_SECRETS = (
    "Travis gave this job no encrypted variables (TRAVIS_SECURE_ENV_VARS is false): it builds a fork, or none are "
    "defined for this branch in the repository's settings"
)


def find(*argv: str, **variables: str) -> Credentials | None:
    """Return the credentials that a job with these variables has."""
    environ = {**travis_job.job(), **variables}
    settings = resolve(command_line.read(argv), environ)
    found = secret_sources.find(settings, environ, Job.from_environment(environ))
    return found and credentials.for_server(settings, found[0], source=found[1], now=time.time())


def found(*argv: str, **variables: str) -> tuple[str, str, str]:
    """Return the user name, the secret and its source."""
    there = find(*argv, **variables)
    assert there is not None
    return there.username, there.secret.reveal(), there.source


def complaint(*argv: str, **variables: str) -> str:
    """Return what is said about credentials that cannot be used."""
    with pytest.raises(UsageError) as raised:
        find(*argv, **variables)
    return str(raised.value)


EVERYWHERE = {"TEST_PYPI_TOKEN": TESTPYPI_TOKEN, "PYPI_TOKEN": PYPI_TOKEN}
PLACES: dict[str, tuple[list[str], dict[str, str], tuple[str, str, str]]] = {
    "testpypi": ([], EVERYWHERE, ("__token__", TESTPYPI_TOKEN, "TEST_PYPI_TOKEN")),
    "pypi": (["--server=pypi"], EVERYWHERE, ("__token__", PYPI_TOKEN, "PYPI_TOKEN")),
    "testpypi over any": (
        [],
        {"TEST_PYPI_TOKEN": TESTPYPI_TOKEN, "PYPI_PASSWORD": "other"},
        ("__token__", TESTPYPI_TOKEN, "TEST_PYPI_TOKEN"),
    ),
    "any for testpypi": (
        [],
        {"TEST_PYPI_TOKEN": "", "PYPI_PASSWORD": TESTPYPI_TOKEN},
        ("__token__", TESTPYPI_TOKEN, "PYPI_PASSWORD"),
    ),
    "any for pypi": (
        ["--server=pypi"],
        {"PYPI_PASSWORD": PYPI_TOKEN},
        ("__token__", PYPI_TOKEN, "PYPI_PASSWORD"),
    ),
    "named": (
        ["--password-env=DEPLOY"],
        {"TEST_PYPI_TOKEN": "other", "DEPLOY": TESTPYPI_TOKEN},
        ("__token__", TESTPYPI_TOKEN, "DEPLOY"),
    ),
    "joined": (
        ["--password-env=A", "--password-env=B"],
        {"A": TESTPYPI_TOKEN[:100], "B": TESTPYPI_TOKEN[100:]},
        ("__token__", TESTPYPI_TOKEN, "A + B"),
    ),
    "another server": (
        [f"--server={PRIVATE}", "--username=alice"],
        {**EVERYWHERE, "PYPI_PASSWORD": "correct horse"},
        ("alice", "correct horse", "PYPI_PASSWORD"),
    ),
    "plain http on loopback": (
        [f"--server={LOOPBACK}"],
        {"PYPI_PASSWORD": "s3cret"},
        ("__token__", "s3cret", "PYPI_PASSWORD"),
    ),
    "plain http allowed": (
        [f"--server={PLAIN}", "--allow-plain-http"],
        {"PYPI_PASSWORD": "s3cret"},
        ("__token__", "s3cret", "PYPI_PASSWORD"),
    ),
}


@pytest.mark.parametrize(("argv", "variables", "expected"), PLACES.values(), ids=PLACES)
def test_a_secret_is_found_in_its_variable(
    argv: list[str], variables: dict[str, str], expected: tuple[str, str, str]
) -> None:
    assert found(*argv, **variables) == expected


@pytest.mark.parametrize("url", [PRIVATE, PLAIN, LOOPBACK])
def test_another_server_may_do_without_credentials(url: str) -> None:
    assert find("--server", url, **EVERYWHERE) is None


TO_DO = (
    "Create an API token on {server}, and store it in the repository's settings on Travis as {variable}, with display "
    "in the log off, for this branch or all"
)
MISSING = {
    "unset": (
        [],
        {},
        "no token for testpypi: TEST_PYPI_TOKEN and PYPI_PASSWORD are not set. "
        + TO_DO.format(server="testpypi", variable="TEST_PYPI_TOKEN"),
    ),
    "empty": (
        ["--server", "pypi"],
        {"PYPI_TOKEN": "", "PYPI_PASSWORD": ""},
        "no token for pypi: PYPI_TOKEN and PYPI_PASSWORD are not set. "
        + TO_DO.format(server="pypi", variable="PYPI_TOKEN"),
    ),
    "fork": (
        [],
        {"TRAVIS_SECURE_ENV_VARS": "false"},
        f"no token for testpypi: TEST_PYPI_TOKEN and PYPI_PASSWORD are not set. {NO_SECRETS}",
    ),
    "for pypi only": (
        [],
        {"PYPI_TOKEN": PYPI_TOKEN},
        (
            "no token for testpypi: TEST_PYPI_TOKEN and PYPI_PASSWORD are not set. "
            "PYPI_TOKEN is set: did you mean --server pypi?"
        ),
    ),
    "for testpypi only": (
        ["--server", "pypi"],
        {"TEST_PYPI_TOKEN": TESTPYPI_TOKEN},
        (
            "no token for pypi: PYPI_TOKEN and PYPI_PASSWORD are not set. "
            "TEST_PYPI_TOKEN is set: did you mean --server testpypi?"
        ),
    ),
    "named, unset": (
        ["--password-env", "DEPLOY"],
        EVERYWHERE,
        (
            "the variable DEPLOY, which --password-env names, is not set. Store it in the repository's settings "
            "on Travis as DEPLOY"
        ),
    ),
    "named, empty": (
        [],
        {"PYPI_PASSWORD_ENV": "A\nDEPLOY", "A": "pypi-", "DEPLOY": ""},
        (
            "the variable DEPLOY, which PYPI_PASSWORD_ENV names, is empty. Store it in the repository's settings "
            "on Travis as DEPLOY"
        ),
    ),
    "named, fork": (
        ["--password-env", "DEPLOY", "--server", PRIVATE],
        {"TRAVIS_SECURE_ENV_VARS": "false"},
        f"the variable DEPLOY, which --password-env names, is not set. {NO_SECRETS}",
    ),
}


@pytest.mark.parametrize(("argv", "variables", "sentence"), MISSING.values(), ids=MISSING)
def test_missing_credentials_are_told_with_what_to_do(
    argv: list[str], variables: dict[str, str], sentence: str
) -> None:
    with pytest.raises(MissingCredentialsError) as raised:
        find(*argv, **variables)
    assert str(raised.value) == sentence


WRONG = {
    "a user name at pypi": (
        ["--server=pypi", "--username=alice"],
        EVERYWHERE,
        'pypi takes API tokens only: leave out --username "alice" and put a token into PYPI_TOKEN',
    ),
    "a token for a user name": (
        ["--username=pypi-AgEx"],
        EVERYWHERE,
        "testpypi takes API tokens only: leave out --username and put a token into TEST_PYPI_TOKEN",
    ),
    "a user name without a password": (
        [f"--server={PRIVATE}"],
        {"PYPI_USERNAME": "alice"},
        (
            'there is no password for PYPI_USERNAME "alice": PYPI_PASSWORD is not set. Put it there, or name its '
            "variable with --password-env"
        ),
    ),
    "plain http": (
        [f"--server={PLAIN}"],
        {"PYPI_PASSWORD": "s3cret"},
        (
            "PYPI_PASSWORD is not sent to http://index.example/: over plain http everybody on the way can read it. "
            "Use https, or --allow-plain-http in a network that you trust"
        ),
    ),
    "a token of pypi at a private index": (
        [f"--server={PRIVATE}"],
        {"PYPI_PASSWORD": PYPI_TOKEN},
        (
            "PYPI_PASSWORD holds a token of pypi, which must not go to https://index.example/: give that server's own "
            "password, or use --server pypi"
        ),
    ),
    "a quoted token at a private index": (
        [f"--server={PRIVATE}"],
        {"PYPI_PASSWORD": f' "{TESTPYPI_TOKEN}"'},
        (
            "PYPI_PASSWORD holds a token of testpypi, which must not go to https://index.example/: give that server's "
            "own password, or use --server testpypi"
        ),
    ),
    "a token of pypi at testpypi": (
        [],
        {"TEST_PYPI_TOKEN": PYPI_TOKEN},
        (
            "The token in TEST_PYPI_TOKEN is one of pypi, and the server is testpypi: store one of testpypi, or "
            "give --server pypi."
        ),
    ),
    "an expired token": (
        [],
        {"TEST_PYPI_TOKEN": invented_tokens.token(expired=True)},
        (
            "The token in TEST_PYPI_TOKEN has expired (it was good until 1970-01-01 00:00:02 UTC): make a new one and "
            "store it there."
        ),
    ),
    "a password": (
        [],
        {"TEST_PYPI_TOKEN": "correcthorse"},
        (
            'The token in TEST_PYPI_TOKEN does not begin with "pypi-", so it is no API token of the index: '
            'store it anew, alone, from "pypi-" to its last character.'
        ),
    ),
    "a line break": (
        [],
        {"TEST_PYPI_TOKEN": f"{TESTPYPI_TOKEN}\n"},
        'The token in TEST_PYPI_TOKEN holds a line break: store it anew, alone, from "pypi-" to its last character.',
    ),
    "cut short": (
        [],
        {"TEST_PYPI_TOKEN": TESTPYPI_TOKEN[:60]},
        (
            "The token in TEST_PYPI_TOKEN is cut short, damaged or more than one token: store it anew, alone, "
            'from "pypi-" to its last character.'
        ),
    ),
}


@pytest.mark.parametrize(("argv", "variables", "sentence"), WRONG.values(), ids=WRONG)
def test_wrong_credentials_are_told_in_one_sentence(argv: list[str], variables: dict[str, str], sentence: str) -> None:
    assert complaint(*argv, **variables) == sentence


def test_a_token_for_other_projects_is_refused_once_the_project_is_known() -> None:
    there = find(TEST_PYPI_TOKEN=invented_tokens.token(projects=("spam", "eggs")))
    assert there is not None
    assert there.token is not None
    server = resolve(command_line.read([]), {}).server
    with pytest.raises(UsageError) as raised:
        credentials.judge_token(there.token, server, source=there.source, project="Demo", now=time.time())
    assert str(raised.value) == (
        'The token in TEST_PYPI_TOKEN is not good for "demo" but for "eggs", "spam": store one for "demo", or one for '
        "the whole account as long as that project does not exist."
    )


@pytest.mark.parametrize("server", ["testpypi", LOOPBACK])
def test_a_token_is_narrowed_to_the_project_and_an_hour(server: str) -> None:
    password = sent("--server", server, TEST_PYPI_TOKEN=TESTPYPI_TOKEN, PYPI_PASSWORD=TESTPYPI_TOKEN)
    assert invented_tokens.accepts(password, "demo")
    assert not invented_tokens.accepts(password, "spam")
    assert not invented_tokens.accepts(password, "demo", seconds_from_now=3700)


def test_a_token_is_sent_as_it_is_if_that_is_asked_for() -> None:
    assert sent("--no-narrow-token", TEST_PYPI_TOKEN=TESTPYPI_TOKEN) == TESTPYPI_TOKEN


@pytest.mark.parametrize("password", ["correct horse", "pässwörd:1", "pypi-of-my-own"])
def test_a_password_is_sent_as_it_is(password: str) -> None:
    assert sent("--server", PRIVATE, PYPI_PASSWORD=password) == password


def sent(*argv: str, **variables: str) -> str:
    """Return the password that goes over the wire for an upload of the project demo."""
    there = find(*argv, **variables)
    assert there is not None
    narrow = resolve(command_line.read(argv), {}).narrow_token
    header = there.authorization(project="demo", now=time.time(), narrow=narrow)
    username, _, password = base64.b64decode(header.removeprefix("Basic ")).decode().partition(":")
    assert username == "__token__"
    return password


@pytest.mark.parametrize("server", ["testpypi", PRIVATE])
def test_nothing_shows_credentials_by_accident(server: str) -> None:
    secret = TESTPYPI_TOKEN if server == "testpypi" else "correct horse"
    there = find("--server", server, PYPI_PASSWORD=secret)
    assert secret not in repr(there)
    assert "Secret(***)" in repr(there)
