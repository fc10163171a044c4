"""Connections that are never made, refused, or ended by the server: how long they may take, and what is said."""

from __future__ import annotations

import base64
import socket
import ssl
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.support import command, factories
from tests.support.interception import Interception, trusted
from tests.support.loopback_http import LoopbackServer, handler_for
from tests.support.loopback_index import LoopbackIndex
from tests.support.misbehaviours import Raw
from tests.support.publishing import WHEEL, environment, outcomes, publish, publish_at_pypi
from travis_pypi_deploy import http
from travis_pypi_deploy.builder import child_environment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from http.server import BaseHTTPRequestHandler
    from pathlib import Path


@contextmanager
def full_queue() -> Iterator[int]:
    """Yield a port whose queue is full, so that a connection to it hangs, as to an address that nobody answers."""
    with ExitStack() as stack:
        full = stack.enter_context(socket.socket())
        full.bind(("127.0.0.1", 0))
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


WAYS: dict[str, tuple[Callable[[], AbstractContextManager[int]], bool]] = {
    "an address that nobody answers": (full_queue, False),
    "a handshake that never ends": (silent, False),
    "a proxy that nobody answers": (full_queue, True),
    "a proxy that never answers": (silent, True),
}


@pytest.mark.parametrize(("way", "is_proxy"), WAYS.values(), ids=WAYS)
def test_a_connection_that_is_never_made_is_given_up(
    monkeypatch: pytest.MonkeyPatch, way: Callable[[], AbstractContextManager[int]], is_proxy: bool
) -> None:
    with way() as port:
        url = "https://a.example/" if is_proxy else f"https://127.0.0.1:{port}/"
        for name in ("HTTPS_PROXY", "https_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{port}")

        with pytest.raises(http.NoResponseError, match=f"no connection to {url} within 0.5 s") as error:
            http.Client(url, connect_seconds=0.5).request(url, headers={}, limit_bytes=1, timeout=300)

    assert not error.value.is_final


def test_a_server_that_asks_for_a_client_certificate_is_named_at_the_first_attempt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tls = trusted(tmp_path, monkeypatch)
    tls.verify_mode = ssl.CERT_REQUIRED
    with LoopbackIndex(tls=tls) as index:
        published = publish(index, [factories.wheel(tmp_path)], PYPI_PASSWORD="a password")
        with pytest.raises(http.NoResponseError) as error:
            http.Client(index.upload_url).request(index.upload_url, headers={}, limit_bytes=1, timeout=30)

    assert (error.value.is_final, error.value.is_refused) == (True, True)
    assert (published.code, published.files, index.requests) == (1, {WHEEL: ("failed", 1)}, [])
    assert published.err.splitlines()[-1].endswith(
        "asks for a client certificate, which travis-pypi-deploy cannot send: upload with twine --client-cert"
    )


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


def test_an_answer_that_is_lost_behind_a_proxy_is_not_a_fault_of_the_proxy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, index: LoopbackIndex
) -> None:
    index.on_upload(Raw(b""))

    published = publish_at_pypi(index, [factories.wheel(tmp_path)], "--retries", "0", monkeypatch=monkeypatch)

    assert (published.code, published.files) == (1, {WHEEL: ("unknown", 1)})
    assert "was lost before the answer came: " in published.err
    assert "cannot connect" not in published.err


@pytest.mark.parametrize("value", ["http://", "http://[", "socks5://127.0.0.1:9"])
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
