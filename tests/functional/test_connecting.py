"""Connecting has a limit of its own, in total: for every address, the answer of a proxy, and TLS."""

from __future__ import annotations

import base64
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.support import command, factories
from tests.support.interception import Interception
from tests.support.loopback_http import LoopbackServer, handler_for
from tests.support.publishing import WHEEL, environment, outcomes
from travis_pypi_deploy.builder import child_environment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from http.server import BaseHTTPRequestHandler
    from pathlib import Path

    from tests.support.loopback_index import LoopbackIndex

GIVEN_UP_SECONDS = 60  # --timeout is 300


@contextmanager
def full_queue(host: str = "127.0.0.1", port: int = 0) -> Iterator[int]:
    """Yield a port whose queue is full, so that a connection to it hangs, as to an address that nobody answers."""
    with ExitStack() as stack:
        full = stack.enter_context(socket.socket())
        full.bind((host, port))
        full.listen(0)
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        yield full.getsockname()[1]


@contextmanager
def silent() -> Iterator[int]:
    """Yield a port that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


@contextmanager
def trickling() -> Iterator[int]:
    """Yield a port that answers with one byte now and then, for ever."""
    closing = threading.Event()

    def answer(connection: socket.socket) -> None:
        with connection:
            connection.sendall(b"HTTP/1.1 200 OK\r\n")
            while not closing.wait(0.2):
                try:
                    connection.sendall(b"A: b\r\n")
                except OSError:
                    return

    def serve(listening: socket.socket) -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            answer(connection)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve, args=[listening])
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            closing.set()
            listening.shutdown(socket.SHUT_RDWR)
            thread.join()


@contextmanager
def uploading(folder: Path, server: str, *options: str, **variables: str) -> Iterator[subprocess.Popen[bytes]]:
    """Upload a wheel from a process of its own, whose report goes into the folder."""
    arguments = ["--server", server, "--retries", "0", "--report", str(folder / "report.json"), *options]
    with subprocess.Popen(
        command.module(*arguments, str(factories.wheel(folder))),
        env=environment(**variables),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


WAYS: dict[str, tuple[Callable[[], AbstractContextManager[int]], bool]] = {
    "an address that nobody answers": (full_queue, False),
    "a handshake that never ends": (silent, False),
    "a proxy that nobody answers": (full_queue, True),
    "a proxy that never answers": (silent, True),
    "a proxy whose answer never ends": (trickling, True),
}


def upload_through(
    folder: Path, port: int, *options: str, is_proxy: bool
) -> AbstractContextManager[subprocess.Popen[bytes]]:
    if not is_proxy:
        return uploading(folder, f"https://127.0.0.1:{port}/", *options)
    proxy = f"http://127.0.0.1:{port}"
    return uploading(folder, "https://a.example/", *options, HTTPS_PROXY=proxy, https_proxy=proxy)


@pytest.mark.parametrize(("way", "is_proxy"), WAYS.values(), ids=WAYS)
def test_a_connection_that_is_never_made_is_given_up(
    tmp_path: Path, way: Callable[[], AbstractContextManager[int]], is_proxy: bool
) -> None:
    with way() as port, upload_through(tmp_path, port, "--timeout", "1", is_proxy=is_proxy) as process:
        err = process.communicate(timeout=GIVEN_UP_SECONDS)[1].decode()

    assert (process.returncode, outcomes(tmp_path)) == (1, {WHEEL: ("failed", 1)})
    assert "no connection to https://" in err
    assert "/ within 1 s. Check the URL in --server, or run this job again later" in err


@pytest.mark.slow
def test_connecting_takes_fifteen_seconds_at_most_whatever_the_timeout(tmp_path: Path) -> None:
    with ExitStack() as stack:
        processes = []
        for number, (way, is_proxy) in enumerate(WAYS.values()):
            (folder := tmp_path / str(number)).mkdir()
            port = stack.enter_context(way())
            processes.append(stack.enter_context(upload_through(folder, port, is_proxy=is_proxy)))
        errors = [process.communicate(timeout=GIVEN_UP_SECONDS)[1].decode() for process in processes]

    assert [process.returncode for process in processes] == [1] * len(WAYS)
    assert ["/ within 15 s. " in each for each in errors] == [True] * len(WAYS), errors


HANGING = ["127.0.0.2", "127.0.0.3", "127.0.0.4"]
several_addresses = pytest.mark.skipif(sys.platform != "linux", reason="other systems have 127.0.0.1 only")


def resolve_localhost(monkeypatch: pytest.MonkeyPatch, addresses: list[str]) -> None:
    """Let the system's resolver give ``localhost`` these addresses."""
    real = socket.getaddrinfo

    def resolve(host: str, port: int, *rest: int, **named: int) -> list[object]:
        return [
            found
            for each in (addresses if host == "localhost" else [host])
            for found in real(each, port, *rest, **named)
        ]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)


@contextmanager
def hanging(port: int) -> Iterator[None]:
    """Let connections to this port of three addresses hang."""
    with ExitStack() as stack:
        for address in HANGING:
            stack.enter_context(full_queue(address, port))
        yield


@several_addresses
def test_every_address_of_a_host_is_tried(
    tmp_path: Path, index: LoopbackIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = int(index.url.rpartition(":")[2])
    resolve_localhost(monkeypatch, [*HANGING, "127.0.0.1"])
    server, wheel = f"http://localhost:{port}/legacy/", str(factories.wheel(tmp_path))

    with hanging(port):
        ended = command.deploy("--server", server, "--timeout", "4", "--retries", "0", wheel, environ=environment())

    assert (ended.code, ended.err, list(index.files)) == (0, "", [WHEEL])


@several_addresses
def test_addresses_that_refuse_leave_their_time_to_the_others(
    tmp_path: Path, index: LoopbackIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = int(index.url.rpartition(":")[2])
    resolve_localhost(monkeypatch, ["127.0.0.5", "127.0.0.6", "127.0.0.7", HANGING[0]])
    argv = ["--server", f"http://localhost:{port}/", "--timeout", "2", "--retries", "0", str(factories.wheel(tmp_path))]

    with hanging(port):
        started = time.monotonic()
        ended = command.deploy(*argv, environ=environment())

    assert (ended.code, time.monotonic() - started > 1.5) == (1, True)


@pytest.mark.slow
@several_addresses
def test_all_addresses_of_a_host_together_have_fifteen_seconds(
    tmp_path: Path, index: LoopbackIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = int(index.url.rpartition(":")[2])
    resolve_localhost(monkeypatch, HANGING)
    argv = ["--server", f"http://localhost:{port}/", "--retries", "0", str(factories.wheel(tmp_path))]

    with hanging(port), ThreadPoolExecutor() as threads:
        ended = threads.submit(command.deploy, *argv, environ=environment()).result(timeout=2 * 15)

    assert ended.code == 1
    assert "/ within 15 s. " in ended.err


def test_a_host_without_an_address_is_named_and_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def resolve(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    url, report = "https://a.example/", str(tmp_path / "report.json")
    argv = ["--server", url, "--retries", "1", "--report", report, str(factories.wheel(tmp_path))]

    ended = command.deploy(*argv, environ=environment())

    assert (ended.code, outcomes(tmp_path)) == (1, {WHEEL: ("failed", 2)})
    assert ended.err.splitlines()[-1] == (
        f"Error: {WHEEL}: cannot connect to {url}: Name or service not known. Check the URL in --server, or "
        "run this job again later"
    )


@pytest.mark.parametrize(
    ("is_listening", "why"),
    [(True, "Tunnel connection failed: 502 nobody plays a.example"), (False, "Connection refused")],
    ids=["it refuses", "it is down"],
)
def test_a_proxy_that_does_not_connect_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_listening: bool, why: str
) -> None:
    url, report = "https://a.example/", str(tmp_path / "report.json")
    argv = ["--server", url, "--retries", "0", "--report", report, str(factories.wheel(tmp_path))]
    with Interception({}, tmp_path) as proxy, socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        nowhere = f"http://127.0.0.1:{closed.getsockname()[1]}"
        for name in ("HTTPS_PROXY", "https_proxy"):
            monkeypatch.setenv(name, proxy.variables[name] if is_listening else nowhere)
        ended = command.deploy(*argv, environ=environment())

    assert (ended.code, outcomes(tmp_path)) == (1, {WHEEL: ("failed", 1)})
    assert f"cannot connect to {url} through the proxy (HTTPS_PROXY, HTTP_PROXY, ALL_PROXY): {why}. " in ended.err


@pytest.mark.parametrize("value", ["http://", "http://:9", "http://[", "socks5://127.0.0.1:9"])
def test_a_proxy_whose_url_is_not_valid_is_final(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    url, report = "https://a.example/", str(tmp_path / "report.json")
    argv = ["--server", url, "--retries", "1", "--report", report, str(factories.wheel(tmp_path))]
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, value)

    ended = command.deploy(*argv, environ=environment())

    assert (ended.code, outcomes(tmp_path)) == (1, {WHEEL: ("failed", 1)})
    assert ended.err == (
        f"Error: {WHEEL}: cannot connect to {url}: its host, or the http(s) URL of the proxy (HTTPS_PROXY, HTTP_PROXY, "
        "ALL_PROXY), is not valid\n"
    )


USER, PASSWORD = "bob", "pr0xy-p%40ss"
PROXY_SECRETS = ["pr0xy-p", "p@ss", base64.b64encode(b"bob:pr0xy-p@ss").decode()]


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("form", ["answers", "malformed", "refused"])
def test_a_proxy_s_password_is_never_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str, scheme: str
) -> None:
    report = tmp_path / "report.json"
    argv = ["--server", f"{scheme}://a.example/", "--retries=0", f"--report={report}", str(factories.wheel(tmp_path))]
    with echoing() as port, socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        ports = {"answers": str(port), "malformed": "port", "refused": str(closed.getsockname()[1])}
        for variable in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
            monkeypatch.setenv(variable, f"http://{USER}:{PASSWORD}@127.0.0.1:{ports[form]}")
        ended = command.deploy(*argv, environ=environment())

    shown = ended.out + ended.err + report.read_text("utf-8")
    assert ended.code == 1
    assert form != "answers" or "you sent Basic ***, that is ***" in shown
    assert not [secret for secret in PROXY_SECRETS if secret in shown], shown


@contextmanager
def echoing() -> Iterator[int]:
    """Run a proxy that rejects every request with the credentials that it got; yields its port."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        text = f"you sent {handler.headers['Proxy-Authorization']}, that is bob:pr0xy-p@ss and {PASSWORD}"
        handler.send_response(407, text)
        handler.send_header("Content-Type", "text/plain")
        handler.end_headers()
        handler.wfile.write(text.encode())
        handler.close_connection = True

    handler = handler_for(lambda exchange: answer(exchange._handler))
    handler.do_CONNECT = answer  # type: ignore[attr-defined]
    with LoopbackServer(handler) as server:
        yield server.port


def test_a_build_gets_the_proxies_with_their_passwords() -> None:
    proxies = dict.fromkeys(("HTTPS_PROXY", "http_proxy", "ALL_PROXY"), f"http://{USER}:{PASSWORD}@127.0.0.1:9")

    assert proxies.items() <= child_environment(proxies, password_env=()).items()
