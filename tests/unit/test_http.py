"""The HTTP client: what gets a connection, what is never shown, and where it stops."""

from __future__ import annotations

import contextlib
import gzip
import threading
from typing import TYPE_CHECKING

import pytest

from tests.support import misbehaviours
from tests.support.interception import trusted
from tests.support.loopback_http import LoopbackServer, handler_for
from tests.support.loopback_index import LoopbackIndex
from tests.support.misbehaviours import Answer, Delay, Drip, Flood
from travis_pypi_deploy import http
from travis_pypi_deploy.errors import RejectedError
from travis_pypi_deploy.index import Index
from travis_pypi_deploy.servers import Server
from travis_pypi_deploy.simple_pages import Listing

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.misbehaviours import Misbehaviour

INDEX = "http://127.0.0.1:8080/simple/demo/"
FOLLOWED = {
    "/simple/other/": "http://127.0.0.1:8080/simple/other/",
    "../other/": "http://127.0.0.1:8080/simple/other/",
    "?again": "http://127.0.0.1:8080/simple/demo/?again",
    "//127.0.0.1:8080/x": "http://127.0.0.1:8080/x",
    "http://127.0.0.1:8080/x?to=http://evil.example/": "http://127.0.0.1:8080/x?to=http://evil.example/",
    "/@evil.example/": "http://127.0.0.1:8080/@evil.example/",
}
NOT_FOLLOWED = [
    "",
    "http://evil.example/",
    "//evil.example/",
    "https://127.0.0.1:8080/",
    "http://127.0.0.1:8081/",
    "http://127.0.0.1/",
    "http://127.0.0.1:99999/",
    "http://localhost:8080/",
    "http://2130706433:8080/",
    "http://user:password@127.0.0.1:8080/",
    "http://evil.example\\@127.0.0.1:8080/x",
    "http://127.0.0.1:8080\\@evil.example/",
    "/\\evil.example/",
    "http://evil.example#@127.0.0.1:8080/",
    "http://evil.example%00@127.0.0.1:8080/",
    "http://evil.example @127.0.0.1:8080/",
    "//\tevil.example/",
    "http://127.0.0.1:8080\xa0@evil.example/",
    "http://[::1/",
    "http://127.0.0.1:8080%2eevil.example/",
    "file:///etc/passwd",
    "javascript:alert(1)",
]


@pytest.mark.parametrize("location", [*FOLLOWED, *NOT_FOLLOWED])
def test_a_redirect_leads_to_the_same_origin_or_nowhere(location: str) -> None:
    assert http.redirect_target(INDEX, location) == FOLLOWED.get(location)


def lookup(url: str, name: str = "demo", *, timeout: float = 20) -> Listing:
    index = Index(Server("", url), url, http.Client(url), credentials=None, timeout=timeout)
    return index.start_lookup(name).result() or Listing()


@pytest.mark.parametrize("name", ["//evil.example/x", "..", "http:x", "a b", "", "\u00e9", "a\n"])
def test_a_name_that_is_none_is_not_looked_up(index: LoopbackIndex, name: str) -> None:
    with pytest.raises(RejectedError, match="not a valid project name"):
        lookup(index.simple_url, name)

    assert index.connections == 0


def test_an_index_url_may_lack_its_last_slash(index: LoopbackIndex) -> None:
    url = index.simple_url.rstrip("/")

    assert lookup(url).files == {}

    assert [each.path for each in index.requests] == ["/simple/demo/"]


JSON = {"Content-Type": "application/vnd.pypi.simple.v1+json"}
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"


@pytest.mark.parametrize("head", [HEAD, b"HTTP/1.1 302 Found\r\nLocation: /simple/demo/\r\n"], ids=["page", "redirect"])
def test_the_body_of_a_page_has_a_total_time(index: LoopbackIndex, head: bytes) -> None:
    index.on_page(*[Drip(head + b"\r\n", b"x")] * 3)

    with contextlib.suppress(RejectedError):
        assert lookup(index.simple_url, timeout=1).files == {}

    assert len(index.requests) in (3, 4)  # a page is tried three times, three redirects are followed


LARGE: dict[str, Misbehaviour] = {
    "body": misbehaviours.Flood(b"x" * 1024, beginning=HEAD + b"\r\n"),
    "compressed body": Answer(
        200, headers={**JSON, "Content-Encoding": "gzip"}, body=gzip.compress(bytes(100 * 1024 * 1024), 1)
    ),
}


@pytest.mark.parametrize("how", LARGE.values(), ids=LARGE)
def test_a_page_has_a_size(index: LoopbackIndex, how: Misbehaviour) -> None:
    index.on_page(how, how, how)

    with pytest.raises(RejectedError, match="larger than"):
        lookup(index.simple_url)


def test_the_body_of_a_redirect_is_not_read_to_its_end(index: LoopbackIndex) -> None:
    index.on_page(Flood(b"x" * 1024, beginning=b"HTTP/1.1 302 Found\r\nLocation: /simple/demo/\r\n\r\n"))

    assert lookup(index.simple_url).files == {}


def test_tls_on_a_plain_port_is_final_and_says_so(index: LoopbackIndex) -> None:
    url = index.url.replace("http:", "https:") + "/"

    with pytest.raises(http.NoResponseError, match="does not answer with TLS") as error:
        http.Client(url).request(url, headers={}, limit_bytes=1, timeout=1)

    assert error.value.is_final


def test_the_certificates_are_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with LoopbackIndex(tls=trusted(tmp_path, monkeypatch)) as index:
        for _ in range(2):
            client = http.Client(index.url)
            assert client.request(f"{index.simple_url}x/", headers={}, limit_bytes=9, timeout=5).status == 404
            (tmp_path / "ca.pem").unlink(missing_ok=True)


@pytest.mark.parametrize(("unasked", "connections"), [(b"", 1), (b"HTTP/1.1 202 A\r\n\r\n", 2)], ids=["none", "one"])
def test_a_connection_that_was_expensive_is_used_again_unless_it_has_unread_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, unasked: bytes, connections: int
) -> None:
    """The answer that nobody asked for is in the same TLS record as the first one, and not read with it."""
    padding = b"a" * 8000
    answers = [
        b"HTTP/1.1 201 A\r\nA: %s\r\nContent-Length: 0\r\n\r\n%s" % (padding, unasked + padding if unasked else b""),
        b"HTTP/1.1 203 A\r\nContent-Length: 0\r\n\r\n",
    ]

    class SlowServer(LoopbackServer):
        def finish_request(self, request: object, client_address: object) -> None:
            self.closing.wait(2 * http.EXPENSIVE_CONNECTION_SECONDS)
            super().finish_request(request, client_address)

    handler = handler_for(lambda exchange: exchange.send_more(answers.pop(0)))
    with SlowServer(handler, trusted(tmp_path, monkeypatch)) as server:
        url = f"https://127.0.0.1:{server.port}/"
        client = http.Client(url)
        statuses = [client.request(url, headers={}, limit_bytes=9, timeout=5).status for _ in range(2)]

    assert (statuses, server.accepted) == ([201, 203], connections)


def test_a_server_may_take_its_time_for_an_answer(index: LoopbackIndex) -> None:
    index.on_page(Delay(1.5))
    client = http.Client(index.url, connect_seconds=1)
    assert client.request(f"{index.simple_url}demo/", headers={}, limit_bytes=1024, timeout=20).status in (200, 404)


def test_threads_may_share_a_client(index: LoopbackIndex) -> None:
    client = http.Client(index.url)
    statuses: list[int] = []

    def get() -> None:
        statuses.extend(
            client.request(f"{index.simple_url}x/", headers={}, limit_bytes=9, timeout=5).status for _ in range(5)
        )

    threads = [threading.Thread(target=get) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert statuses == [404] * 20
