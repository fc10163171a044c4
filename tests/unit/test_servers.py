"""What an address stands for: PyPI, another server, this machine, an origin."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from requests import Request
from urllib3.util import parse_url

from travis_pypi_deploy.errors import UsageError
from travis_pypi_deploy.servers import DEFAULT_PORTS, SERVERS, URL, Server, check_url, find, is_loopback, origin

PYPI = next(server for server in SERVERS if server.name == "pypi")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://a.example/", ("http", "a.example", 80)),
        ("https://a.example/", ("https", "a.example", 443)),
        ("HTTPS://A.Example:443/x", ("https", "a.example", 443)),
        ("http://a.example:443/", ("http", "a.example", 443)),
        ("https://a.example:80/", ("https", "a.example", 80)),
        ("https://[::1]/", ("https", "[::1]", 443)),
    ],
)
def test_an_origin_is_scheme_host_and_port(url: str, expected: tuple[str, str, int]) -> None:
    assert origin(url) == expected


@given(st.from_regex(URL, fullmatch=True) | st.ip_addresses(v=6).map("http://[{}]:81/x".format))
@example("http://0x7f.1:80/")
@example("HTTPS://A.example:00443/legacy/../")
@example("http://a..b/@c")
@example("http://[::ffff:127.0.0.1]/?#@b")
def test_an_address_is_read_as_the_http_library_reads_it(url: str) -> None:
    try:
        found = origin(url)
    except ValueError:
        return
    parts, prepared = parse_url(url), Request("GET", url).prepare().url or ""
    assert parts.scheme is not None
    assert found == (parts.scheme, parts.host, parts.port or DEFAULT_PORTS[parts.scheme])
    assert origin(prepared) == found
    assert parts.auth is None


@pytest.mark.parametrize(
    "url",
    ["ftp://a.example/", "a.example", "http://", "http://a:b/", "http://[::g]/", "http://[x::1]/", "//a.example/", ""],
)
def test_other_text_has_no_origin(url: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        origin(url)


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("localhost", True),
        ("LOCALHOST", True),
        ("[::1]", True),
        ("127.0.0.1.nip.example", False),
        ("localhost.example", False),
        ("notlocalhost", False),
        ("0.0.0.0", False),
        ("[::2]", False),
        ("128.0.0.1", False),
    ],
)
def test_loopback_is_an_address_or_localhost_and_nothing_that_looks_like_it(host: str, expected: bool) -> None:
    assert is_loopback(f"http://{host}:8080/") is expected
    assert Server(name="", upload_url=f"http://{host}/").is_loopback is expected


@pytest.mark.parametrize(("url", "expected"), [("http://a.example/", True), ("HTTP://a", True), ("https://a", False)])
def test_plain_http_is_recognised_in_capitals_too(url: str, expected: bool) -> None:
    assert Server(name="", upload_url=url).is_plain_http is expected


@pytest.mark.parametrize("host", PYPI.hosts)
@pytest.mark.parametrize("form", ["https://{}/legacy/", "HTTP://{}/legacy", "https://{}:443/", "https://{}./legacy/"])
def test_every_address_of_pypi_stands_for_pypi(host: str, form: str) -> None:
    for spelling in (host, host.upper()):
        server, _ = find(form.format(spelling), source="--server")
        assert server is PYPI


@pytest.mark.parametrize("server", SERVERS, ids=lambda each: each.name)
def test_an_address_that_takes_no_uploads_is_replaced_with_a_warning(server: Server) -> None:
    assert find(server.name, source="--server") == (server, None)
    assert find(server.upload_url, source="--server") == (server, None)
    for dead in (server.upload_url.rstrip("/"), *(f"https://{host}/" for host in server.hosts)):
        found, warning = find(dead, source="--server")
        assert found is server
        assert f"--server: {dead} does not accept uploads; using {server.upload_url} instead" in str(warning)


@pytest.mark.parametrize("form", ["https://evil{}/", "https://{}.evil.example/", "https://not-{}/", "https://x.{}/"])
@pytest.mark.parametrize("host", PYPI.hosts)
def test_a_host_that_only_contains_one_of_pypi_does_not(host: str, form: str) -> None:
    url = form.format(host)
    assert find(url, source="--server") == (Server(name=url, upload_url=url), None)


@pytest.mark.parametrize(
    "value",
    [
        "https://user@a.example/",
        "https://user:s3cret@a.example/",
        "https://s3cret\\@a.example/",
        "https://a.example\\@s3cret/",
        "user:s3cret@a.example",
        "PyPI-AgEIs3cret",
        "https://pypi-AgEIs3cret:x/",
        "https://a.example/ path",
        "https://a.example/\npath",
        " https://a.example/",
        "https:/a.example",
        "https://a.example:port/",
        "https://a.example:99999/",
        "https://[::1/",
        "https://",
        "file:///etc/passwd",
    ],
)
def test_an_address_that_could_be_read_in_two_ways_is_an_error_without_its_secret(value: str) -> None:
    for check in (check_url, find):
        with pytest.raises(UsageError) as error:
            check(value, source="--server")
        assert "s3cret" not in str(error.value)
