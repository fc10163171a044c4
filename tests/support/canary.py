"""A token and a password that must turn up nowhere, a job that has both, and the hunt for them.

Whoever finds 12 characters of a secret in a row has found it. That holds for a token's beginning too, which tells
no more than the index that made it and is the same in all of its tokens: no log, file or other host needs it. The
server itself is sent a narrowed token, which goes on where the owner's ends: of that one it may not see the
signature, the last 32 bytes, without which the rest is worth nothing.
"""

from __future__ import annotations

import base64
import html
import json
import os
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal
from urllib.parse import quote, urlsplit

from tests.support import command, factories, invented_tokens, sample_projects
from tests.support.interception import Interception
from tests.support.loopback_index import LoopbackIndex
from tests.support.misbehaviours import Answer, rejected, rejected_by_a_page
from tests.support.pypi_answers import basic_credentials
from travis_pypi_deploy.servers import SERVERS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from typing_extensions import Self

    from tests.support.command import Ended
    from tests.support.loopback_http import Request
    from tests.support.misbehaviours import Turn

TOKEN = invented_tokens.token()
PASSWORD = 'correct "horse" & <b\u00e4ttery>\\st%ple'
RUN = 12
SIGNATURE_CHARACTERS = 42  # 32 bytes, in base64

USERNAME = "alice"
WHEEL, BROKEN = "demo-1.0-py3-none-any.whl", "broken-1.0-py3-none-any.whl"
TESTPYPI = next(server for server in SERVERS if server.name == "testpypi")
UPLOAD_HOST = urlsplit(TESTPYPI.upload_url).hostname or ""
GIT = """\
#!/bin/sh
{ echo "$0" "$@"; env; } > "$WITNESS/git.txt"
echo 1700000000
"""
SABOTAGE = """\
import urllib3

urlopen = urllib3.HTTPConnectionPool.urlopen


def tell_and_fail(self, method, url, **means):
    if method == "POST":
        raise LookupError(f"cannot send {means['headers']}")
    return urlopen(self, method, url, **means)


urllib3.HTTPConnectionPool.urlopen = tell_and_fail
"""

Place = Literal["testpypi", "private"]


def runs(text: str) -> frozenset[bytes]:
    """Return every 12 characters in a row of a text."""
    return frozenset(text[start : start + RUN].encode() for start in range(len(text) - RUN + 1))


def forms(secret: str) -> Iterator[str]:
    """Yield a secret as it is, quoted as formats do it, and its base64 wherever in another text it stands."""
    yield from (secret, quote(secret, safe=""), html.escape(secret))
    yield from (json.dumps(secret), json.dumps(secret, ensure_ascii=False))
    for before in range(3):
        encoded = base64.b64encode(b" " * before + secret.encode()).decode()
        yield encoded[4 if before else 0 : -4]


def traces_of(secret: str) -> frozenset[bytes]:
    """Return what must not turn up: every 12 characters in a row of a secret's forms."""
    return frozenset().union(*(runs(form) for form in forms(secret)))


TRACES = traces_of(TOKEN) | traces_of(PASSWORD)
OWNERS_SIGNATURE = runs(TOKEN[-SIGNATURE_CHARACTERS:])


def holds(text: bytes, traces: frozenset[bytes]) -> bool:
    """Return whether any of the traces is in the text."""
    return any(each in text for each in traces)


@dataclass(frozen=True)
class Echo:
    """Answer with all that came along as credentials, and with the secrets that they were made of."""

    form: Literal["json", "html", "reason", "text", "location"]
    status: int = 403

    def play(self, turn: Turn) -> None:
        turn.take()
        request = turn.exchange.request
        pair = ":".join(basic_credentials(request) or ("", ""))
        tellings = {
            "json": rejected(self.status, f"You sent {request.headers.get('authorization')}, that is {pair}"),
            "html": rejected_by_a_page(self.status, f"You sent {html.escape(pair)}"),
            "text": Answer(
                self.status, headers={"Content-Type": "text/plain"}, body=f"You sent {TOKEN} {PASSWORD}".encode()
            ),
            "reason": Answer(self.status, f"No: {pair}", {"Retry-After": "0"}),
            "location": Answer(self.status, headers={"Location": f"https://elsewhere.example/?{quote(pair)}"}),
        }
        tellings[self.form].play(turn)


class CanaryJob:
    """A job on a machine of its own, in ``folder``, that knows both secrets; a context manager.

    ``index`` plays testpypi, behind ``proxy``, and is a private index for those who ask it themselves.
    """

    def __init__(self, folder: Path, place: Place = "testpypi") -> None:
        self.index = LoopbackIndex()
        self.proxy = Interception({UPLOAD_HOST: self.index}, folder)
        self._folder = folder
        self._place = place
        self._folders = {name: folder / name for name in ("home", "temporary", "records", "bin", "sabotage")}
        for each in self._folders.values():
            each.mkdir()
        (self._folders["bin"] / "git").write_text(GIT)
        (self._folders["bin"] / "git").chmod(0o755)
        (self._folders["sabotage"] / "sitecustomize.py").write_text(SABOTAGE)
        self.project = sample_projects.copy("witness", folder)
        factories.wheel(self.project)
        (self.project / BROKEN).write_bytes(b"PK")

    def environ(self, **changes: str | None) -> dict[str, str]:
        """Return the job's environment: both secrets, its own home, and witnesses among the programs."""
        witnessed = {
            "HOME": str(self._folders["home"]),
            "TMPDIR": str(self._folders["temporary"]),
            "WITNESS": str(self._folders["records"]),
            "PATH": os.pathsep.join([str(self._folders["bin"]), os.environ["PATH"]]),
            "TEST_PYPI_TOKEN": TOKEN,
            "PYPI_PASSWORD": PASSWORD,
        }
        return command.job(**{**witnessed, **self.proxy.variables, **changes})

    def run(self, *argv: str, **changes: str | None) -> Ended:
        """Run the command in the project, on the place, with a report and with tracebacks."""
        return command.run(*self._arguments(*argv), environ=self.environ(**changes), folder=self.project)

    def start(self, *argv: str) -> subprocess.Popen[bytes]:
        """Start what ``run`` runs."""
        return subprocess.Popen(
            command.module(*self._arguments(*argv)),
            env=self.environ(),
            cwd=self.project,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def _arguments(self, *argv: str) -> tuple[str, ...]:
        own = ("--server", self.index.upload_url, "--index-url", self.index.simple_url, "--username", USERNAME)
        to_place = own if self._place == "private" else ()
        return ("--branch=staging", "--verbose", "--report=report.json", *to_place, *argv)

    def sabotage(self) -> dict[str, str]:
        """Return the variables that let every upload fail with an error that holds the whole request."""
        return {"PYTHONPATH": str(self._folders["sabotage"])}

    def leaks(self, ended: Ended) -> list[str]:
        """Return where a secret turned up: in the log, a file or its name, on the way, in a wrong part of a request."""
        texts = {"log": (ended.out + ended.err).encode(), "proxy": "".join(self.proxy.heads).encode()}
        for path in self._folder.rglob("*"):
            name = str(path.relative_to(self._folder))
            texts[name] = name.encode() + (path.read_bytes() if path.is_file() else b"")
        for number, request in enumerate(self.index.requests):
            texts[f"request {number}"] = _in_the_clear(request)
        for number, upload in enumerate(self.index.uploads):
            texts[f"body {number}"] = upload.body
        wrong = [name for name, text in texts.items() if holds(text, TRACES)]
        return wrong + [f"credentials {request.path}" for request in self.index.requests if not self._may_have(request)]

    def _may_have(self, request: Request) -> bool:
        """Return whether the index may have these credentials: its own, never the owner's token, never another's."""
        pair = basic_credentials(request)
        if self._place == "private":
            return pair == (USERNAME, PASSWORD)
        return pair is None if request.method == "GET" else pair is not None and is_narrowed(*pair)

    def __enter__(self) -> Self:
        self.index.__enter__()
        self.proxy.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self.proxy.__exit__()
        self.index.__exit__()


def is_narrowed(username: str, password: str) -> bool:
    """Return whether this is the token, good for the project only, and without its owner's signature."""
    return (
        username == "__token__"
        and invented_tokens.accepts(password, "demo")
        and not invented_tokens.accepts(password, "another")
        and not holds(password.encode(), OWNERS_SIGNATURE)
    )


def _in_the_clear(request: Request) -> bytes:
    headers = {name: value for name, value in request.headers.items() if name != "authorization"}
    return f"{request.path} {headers}".encode()
