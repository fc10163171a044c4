"""Random deployments to servers of every kind: exit code, log and report against what the server really has.

A seed is one scenario: a server, what it has before, what goes wrong, the files, and the options. The checks know
nothing of how the command decides. RANDOM_SCENARIOS=2000 runs so many seeds instead of 200.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING

import pytest

from tests.support import command, factories, invented_tokens, multipart
from tests.support.interception import Interception
from tests.support.loopback_http import LoopbackServer, handler_for
from tests.support.publishing import environment
from tests.support.simple_pages import HTML_PAGE, Stored, Style, page
from travis_pypi_deploy.servers import SERVERS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from http.server import BaseHTTPRequestHandler
    from pathlib import Path

    from tests.support.loopback_http import Exchange

COUNT = int(os.environ.get("RANDOM_SCENARIOS", "200"))
BLOCKS = 8
THREADS = 12  # a scenario is mostly pauses
PYPI = next(each for each in SERVERS if each.name == "pypi")
PASSWORD = "an-invented-password"
PROMISE, BEFORE_A_RESTART = "restart this job; it uploads only what is missing", "or add --skip-existing"


def answer(status: int, reason: str = "", content_type: str = "text/plain", body: str = "", extra: str = "") -> bytes:
    """Return an answer as it goes over the wire; ``extra`` are more headers."""
    head = f"HTTP/1.1 {status} {reason}\r\nContent-Type: {content_type}\r\nContent-Length: {len(body.encode())}\r\n"
    return f"{head}{extra}\r\n{body}".encode()


def explained(status: int, **fields: object) -> bytes:
    return answer(status, "", "application/json", json.dumps(fields))


JSON, WITHOUT_HASHES = Style(), Style("html", ())


@dataclass(frozen=True)
class Kind:
    """A kind of server: its answer to a name that it has, and where its index is, seen from the upload URL.

    ``takes_identical``: it answers 200 to the same bytes again.
    """

    duplicate: bytes
    simple: str = ""
    takes_identical: bool = False
    style: Style | None = JSON


KINDS = {
    "pypi": Kind(explained(400, code="400 File already exists ('X')."), "/simple/", takes_identical=True),
    "pypiserver": Kind(answer(409, "Conflict", HTML_PAGE, "<h1>Conflict</h1>"), "simple/", style=Style("html")),
    "devpi": Kind(explained(409, message="X already exists in non-volatile index"), "+simple/", takes_identical=True),
    "nexus": Kind(answer(400, "", HTML_PAGE, "<html><h1>Bad Request</h1><p>X cannot be updated</p></html>"), "simple/"),
    "artifactory": Kind(explained(403, errors=[{"message": "Not enough permissions to delete/overwrite"}]), "simple/"),
    "gitlab": Kind(explained(400, message="Validation failed: File name has already been taken"), style=None),
    "codeartifact": Kind(explained(409, message="A conflict occurred while publishing"), "simple/"),
    "azure": Kind(answer(409, "The feed already contains file 'X'."), "../simple/"),
    "google": Kind(answer(400, "", "text/plain", "Requested entity already exists"), style=None),
    "gitea": Kind(answer(409, "", "text/plain", "package file already exists"), "simple/"),
    "no hashes": Kind(answer(409, "Conflict"), "simple/", style=WITHOUT_HASHES),
    "no index": Kind(answer(409), style=None),
}


@dataclass(frozen=True)
class Fault:
    """What a server does once in place of its ordinary answer; nothing is sent for ``data`` None.

    ``stores``: it takes the file all the same. ``is_early``: it does not read the body. ``is_ordinary``: it
    answers as always. ``is_passing``: the next attempt may succeed.
    """

    data: bytes = b""
    stores: bool = False
    is_early: bool = False
    is_ordinary: bool = False
    is_passing: bool = False


SIGN_IN = "<!DOCTYPE html><html><head><title>Sign in</title></head><body><form></form></body></html>"
AGAIN = "Retry-After: 0\r\n"
FAULTS = {
    "lost": Fault(is_passing=True),
    "lost, stored": Fault(stores=True, is_passing=True),
    "garbage": Fault(b"220 mail.example ESMTP ready\r\n", is_passing=True),
    **{
        f"{status}{', stored' if stores else ''}": Fault(answer(status, "Oops", extra=AGAIN), stores, is_passing=True)
        for status in (500, 502, 503, 504)
        for stores in (False, True)
    },
    "408": Fault(answer(408, "Request Timeout", extra=AGAIN), is_passing=True),
    "429": Fault(answer(429, "Too Many Requests", extra=AGAIN), is_passing=True),
    "a Retry-After of control characters": Fault(answer(503, extra="Retry-After: \x01\x1f\r\n"), is_passing=True),
    "a Retry-After too far ahead": Fault(answer(503, extra="Retry-After: 4000\r\n")),
    "too many projects": Fault(explained(429, message="Too many new projects created")),
    "507, stored": Fault(answer(507, "Full"), stores=True),
    "a proxy's page, stored": Fault(
        answer(502, "", HTML_PAGE, "<html><h1>502 Bad Gateway</h1></html>", AGAIN), stores=True, is_passing=True
    ),
    "103": Fault(answer(103)),
    "303": Fault(answer(303, extra="Location: /elsewhere\r\n")),
    "303, stored": Fault(answer(303, extra="Location: /elsewhere\r\n"), stores=True),
    "a page": Fault(answer(200, "OK", HTML_PAGE, SIGN_IN)),
    "a page, stored": Fault(answer(200, "OK", HTML_PAGE, SIGN_IN), stores=True),
    "a sign-in page": Fault(answer(203, "", HTML_PAGE, SIGN_IN)),
    "cut short": Fault(answer(200, "OK", body="fine")[:-2], stores=True),
    "413 early": Fault(answer(413, "Too Large"), is_early=True),
    "401 early": Fault(answer(401, "Unauthorized"), is_early=True),
    "400": Fault(explained(400, message="Invalid value for classifiers")),
    "403": Fault(explained(403, error="Not for you")),
    "409 upstream": Fault(answer(409, "X cannot be published, because it exists in an upstream source")),
    "409 deleted": Fault(explained(409, message="The version was deleted and stays reserved")),
    "409 without a word": Fault(answer(409)),
    "409 on a page": Fault(answer(409, "", HTML_PAGE, "<h1>409 Conflict</h1><p>Uploads are not allowed</p>")),
    "race": Fault(explained(400, message="This filename was previously used by a file that has since been deleted.")),
    "another job, same": Fault(is_ordinary=True),
    "another job, other": Fault(is_ordinary=True),
    "two answers": Fault(is_ordinary=True),
}


@dataclass
class Scenario:
    """One deployment. ``stored`` is what the server has; ``listed`` is only on its page, from an upstream of it."""

    seed: int
    kind_name: str
    is_named: bool
    local: Mapping[str, bytes] = field(repr=False)
    stored: dict[str, bytes] = field(repr=False)
    listed: Mapping[str, bytes]
    faults: dict[str, list[str]]
    bad_pages: int
    options: tuple[str, ...]
    by_us: set[str] = field(default_factory=set, repr=False)
    lock: threading.RLock = field(default_factory=threading.RLock, repr=False)

    @property
    def project(self) -> str:
        return f"demo{self.seed}"

    @property
    def kind(self) -> Kind:
        return KINDS[self.kind_name]

    @property
    def has_hashes(self) -> bool:
        """Whether the command can find a page that has hashes."""
        return self.kind.style not in (None, WITHOUT_HASHES) and (self.is_named or bool(self.kind.simple))

    @property
    def may_skip(self) -> bool:
        return "--skip-existing" in self.options


def scenario(seed: int, folder: Path) -> Scenario:
    """Return the scenario of a seed, whose files are in ``folder``."""
    chance = random.Random(seed)
    name = f"demo{seed}"
    paths = [factories.wheel(folder, name), factories.wheel(folder, name, tag="cp312-none-any")]
    paths.append(factories.sdist(folder, name))
    chosen = chance.sample(paths, chance.choice([1, 2, 2, 3]))
    for path in set(paths) - set(chosen):
        path.unlink()
    local = {path.name: path.read_bytes() for path in chosen}

    kind_name = chance.choice(sorted(KINDS))
    contents = {each: chance.choice([None, None, None, "identical", "other"]) for each in local}
    stored = {each: local[each] if how == "identical" else b"other" for each, how in contents.items() if how}
    is_named = kind_name == "pypi" or (KINDS[kind_name].style is not None and chance.random() < 0.4)
    has_upstream = not is_named and chance.random() < 0.15
    faults = {each: chance.choices(sorted(FAULTS), k=chance.choice([0, 0, 1, 1, 2])) for each in local}
    options = [f"--retries={chance.choice([0, 1, 2])}", f"--jobs={chance.choice([1, 4])}"]
    if chance.random() < 0.4:
        options.append("--skip-existing")
    return Scenario(
        seed,
        kind_name,
        is_named,
        local,
        stored,
        {each: b"upstream" for each in local if has_upstream},
        faults,
        chance.choice([0, 0, 0, 0, 1, 3]),
        tuple(options),
    )


class Servers:
    """One server on loopback that plays the server of every scenario, below a path of its own; pypi by its host."""

    def __init__(self) -> None:
        self.scenarios: dict[str, Scenario] = {}
        self.variables: Mapping[str, str] = {}  # those that lead the hosts of pypi here
        self.handler: type[BaseHTTPRequestHandler] = handler_for(self._serve)
        self.server = LoopbackServer(self.handler)

    def upload_url(self, played: Scenario) -> str:
        return f"http://127.0.0.1:{self.server.port}/{played.project}/upload/"

    def index_url(self, played: Scenario) -> str:
        return f"http://127.0.0.1:{self.server.port}/{played.project}/pages/"

    def _serve(self, exchange: Exchange) -> None:
        if exchange.request.method == "POST":
            self._upload(exchange)
            return
        path = exchange.request.path
        project = path.strip("/").rpartition("/")[2]
        played = self.scenarios[project]
        base = "" if played.kind_name == "pypi" else f"/{project}"
        simple = {"/simple/": "/simple/", "../simple/": "/simple/"}.get(
            played.kind.simple, f"/upload/{played.kind.simple}"
        )
        places = {f"{base}/pages/{project}/"} | ({f"{base}{simple}{project}/"} if played.kind.simple else set())
        if path not in places or played.kind.style is None:
            exchange.answer(404)
            return
        with played.lock:
            if played.bad_pages:
                played.bad_pages -= 1
                exchange.answer(500)
                return
            now = datetime.now(timezone.utc).isoformat()
            files = [Stored(name, content, now) for name, content in {**played.listed, **played.stored}.items()]
        accept = exchange.request.headers.get("accept", "")
        content_type, body = page(project, files, style=played.kind.style, accept=accept)
        exchange.answer(200 if files else 404, headers={"Content-Type": content_type}, body=body)

    def _upload(self, exchange: Exchange) -> None:
        while not (found := multipart.FILENAME.search(exchange.received)) and exchange.read_some():
            pass
        assert found is not None
        name = found[1].decode()
        played = self.scenarios[name.partition("-")[0]]
        with played.lock:
            fault_name = played.faults[name].pop(0) if played.faults.get(name) else ""
            fault = FAULTS.get(fault_name, Fault(is_ordinary=True))
            if fault.is_early:
                exchange.send_and_close(fault.data)
                return
            form = multipart.parts(exchange.request.headers.get("content-type", ""), exchange.read_body())
            content = next(each.value for each in form if each.filename)
            if fault_name.startswith("another job"):
                played.stored.setdefault(name, content if "same" in fault_name else b"other job")
            there = played.stored.get(name)
            if there is None and (fault.stores or fault.is_ordinary):
                played.stored[name] = content
                played.by_us.add(name)
        is_taken = there is not None and (there != content or not played.kind.takes_identical)
        if is_taken and (fault.stores or fault.is_ordinary):
            data = played.kind.duplicate
        else:
            data = answer(200, "OK") if fault.is_ordinary else fault.data
        if not fault.is_ordinary:
            exchange.send_and_close(data.replace(b"\r\n", b"\r\nConnection: close\r\n", 1))
        else:
            exchange.send_more(data + answer(200, "OK") if fault_name == "two answers" else data)


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """Return the running servers; the hosts of pypi lead to them."""
    servers = Servers()
    proxy = Interception(dict.fromkeys(PYPI.hosts, servers), tmp_path_factory.mktemp("proxy"))  # type: ignore[arg-type]
    with servers.server, proxy:
        servers.variables = proxy.variables
        yield servers


@pytest.mark.parametrize("block", range(BLOCKS))
def test_what_is_said_is_what_the_index_has(
    tmp_path: Path, servers: Servers, monkeypatch: pytest.MonkeyPatch, block: int
) -> None:
    for name, value in servers.variables.items():
        monkeypatch.setenv(name, value)

    def play(seed: int) -> list[str]:
        (folder := tmp_path / str(seed)).mkdir()
        played = scenario(seed, folder)
        return [f"{each}\n{described}" for each in lies(played, servers, folder)] if (described := str(played)) else []

    with ThreadPoolExecutor(THREADS) as threads:
        found = [lie for each in threads.map(play, range(block, COUNT, BLOCKS)) for lie in each]

    assert not found, "\n\n".join(found[:10])


def lies(played: Scenario, servers: Servers, folder: Path) -> Iterator[str]:
    """Play a scenario; yield each thing that is said and not true, and each that should have succeeded."""
    servers.scenarios[played.project] = played
    before, faults, bad_pages = dict(played.stored), {k: list(v) for k, v in played.faults.items()}, played.bad_pages
    ended = deploy(played, servers, folder)
    report = json.loads((folder / "report.json").read_text("utf-8"))
    outcomes = {each["filename"]: each["outcome"] for each in report["files"]}
    log, stored = f"{ended.out}\n{ended.err}", dict(played.stored)

    def shown(lie: str) -> str:
        return (
            f"seed {played.seed}: {lie}\n{outcomes}, exit {ended.code}, stored {summary(stored, played.local)}\n{log}"
        )

    for name, outcome in outcomes.items():
        there, ours = stored.get(name), played.local[name]
        if outcome in ("uploaded", "identical") and there != ours:
            yield shown(f"{name} is said to be {outcome}, and is not there")
        cannot_know = not played.is_named and "409 without a word" in faults[name]
        if outcome == "kept" and not (played.may_skip and (there or cannot_know)):
            yield shown(f"{name} is said to be kept")
        if outcome == "rejected" and name in played.by_us:
            yield shown(f"{name} is said to be rejected, and is there")
        if outcome in ("failed", "not attempted") and there != before.get(name) and there != b"other job":
            yield shown(f"{name} is said to be {outcome}, and is there")
    yield from (shown(each) for each in untrue_sentences(played, outcomes, ended, report, before))

    should_succeed = all(is_recoverable(played, each, faults[each], before) for each in played.local)
    if should_succeed and not bad_pages and ended.code:
        yield shown("it should have succeeded")
    if ended.code and all(stored.get(name, ours) == ours for name, ours in played.local.items()):
        yield from (shown(each) for each in broken_promises(played, servers, folder, log))


def untrue_sentences(  # noqa: C901 - a list of what can be untrue
    played: Scenario,
    outcomes: Mapping[str, str],
    ended: command.Ended,
    report: Mapping[str, object],
    before: Mapping[str, bytes],
) -> Iterator[str]:
    """Yield what the log or the report says beyond the outcomes, and is not so."""
    log, last = f"{ended.out}\n{ended.err}", (ended.err.splitlines() or [""])[-1]
    good = [each for each in outcomes.values() if each in ("uploaded", "identical", "kept")]
    if ended.code != (0 if len(good) == len(outcomes) else 1):
        yield "the exit code does not fit the outcomes"
    if report["result"] == "unchanged" and any(outcomes[name] != "kept" for name in played.by_us):
        yield "the result is unchanged"
    # One that is identical after several attempts may come from the first of them.
    if (
        report["result"] == "deployed"
        and "uploaded" not in good
        and not ("identical" in good and "trying" in ended.err)
    ):
        yield "the result is deployed"
    if bool(ended.code) is not last.startswith("Error: "):
        yield "the last line does not fit the exit code"
    if ended.code and not (
        last.startswith("Error: ") and (" under th" in last or any(each in last for each in outcomes))
    ):
        yield "the last line is not the cause"
    if "othing was uploaded" in log and played.by_us:
        yield "nothing was uploaded is not so"
    found = re.search(r"incomplete: (\d+) of (\d+) file", ended.out)
    if found and (int(found[1]), int(found[2])) != (len(good), len(outcomes)):
        yield "the number of files is not right"
    if PASSWORD in log or ".." in last:
        yield "a secret or two full stops"
    has_compared = played.has_hashes or played.kind_name == "pypi"
    others = [*before.items(), *played.listed.items(), *played.stored.items()]
    is_different = has_compared and any(content != played.local[name] for name, content in others)
    if ("other content under" in log or "with other content" in log) and not is_different:
        yield "other content is said where nothing was compared"
    if played.is_named and "with --index-url" in log:
        yield "the remedy is an option that is given"


def is_recoverable(played: Scenario, name: str, faults: list[str], before: Mapping[str, bytes]) -> bool:
    """Return whether a deployment has to end well for this file, whatever happened on the way."""
    retries = int(played.options[0].partition("=")[2])
    settles = played.kind.takes_identical or played.has_hashes
    return (
        name not in before
        and name not in played.listed
        and len(faults) <= retries
        and all(FAULTS[each].is_passing and (settles or not FAULTS[each].stores) for each in faults)
    )


def broken_promises(played: Scenario, servers: Servers, folder: Path, log: str) -> Iterator[str]:
    """Restart the job as the log says, without faults; yield it if that fails."""
    played.faults, played.bad_pages = {}, 0
    options: tuple[str, ...] = () if PROMISE in log else ("--skip-existing",)
    if PROMISE not in log and BEFORE_A_RESTART not in log:
        return
    again = deploy(played, servers, folder, *options)
    if again.code:
        yield f"the restart has failed, as it was advised with {options}:\n{again.out}\n{again.err}\nThe first run:"


def deploy(played: Scenario, servers: Servers, folder: Path, *more: str) -> command.Ended:
    """Deploy the files of a scenario."""
    argv = [*played.options, *more, f"--report={folder / 'report.json'}"]
    if played.kind_name == "pypi":
        environ = environment(PYPI_TOKEN=invented_tokens.token("pypi"))
        argv.append("--server=pypi")
    else:
        environ = environment(PYPI_PASSWORD=PASSWORD)
        argv += [f"--server={servers.upload_url(played)}"]
        argv += [f"--index-url={servers.index_url(played)}"] if played.is_named else []
    with suppress(FileNotFoundError):
        (folder / "report.json").unlink()
    return command.deploy(*argv, *(str(folder / each) for each in sorted(played.local)), environ=environ)


def summary(stored: Mapping[str, bytes], local: Mapping[str, bytes]) -> str:
    """Return what the server has, for a message."""
    return str(
        {
            name: "identical" if stored[name] == local.get(name) else hashlib.sha256(stored[name]).hexdigest()[:8]
            for name in sorted(stored)
        }
    )
