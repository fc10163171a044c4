"""The servers that the other tests rely on do what they say."""

from __future__ import annotations

import base64
import hashlib
import os
import socket
from typing import TYPE_CHECKING

import pytest
import requests
from requests_toolbelt import MultipartEncoder

from tests.support import factories, misbehaviours
from tests.support.interception import Interception
from tests.support.loopback_index import LoopbackIndex
from tests.support.multipart import Part
from tests.support.real_servers import pip_download

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.support.real_servers import RealServer


def post(url: str, path: Path, headers: Mapping[str, str] | None = None, timeout: float = 5) -> requests.Response:
    content = path.read_bytes()
    form = MultipartEncoder(
        [
            (":action", "file_upload"),
            ("name", "demo"),
            ("version", "1.0"),
            ("sha256_digest", hashlib.sha256(content).hexdigest()),
            ("content", (path.name, content, "application/octet-stream")),
        ]
    )
    accept = {"Accept": "application/json", **(headers or {})}
    with requests.Session() as session:
        return session.post(
            url,
            data=form,
            headers={**accept, "Content-Type": form.content_type},
            allow_redirects=False,
            timeout=timeout,
        )


def basic(username: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()}


def test_an_upload_is_recorded_exactly(tmp_path: Path) -> None:
    wheel = factories.wheel(tmp_path)
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    with LoopbackIndex() as index:
        answer = post(index.upload_url, wheel)
    (upload,) = index.uploads
    boundary = upload.request.headers["content-type"].partition("boundary=")[2].encode()
    assert answer.status_code == 200
    assert (upload.request.method, upload.request.path) == ("POST", "/legacy/")
    assert upload.fields == (
        (":action", "file_upload"),
        ("name", "demo"),
        ("version", "1.0"),
        ("sha256_digest", digest),
    )
    assert upload.file == Part("content", wheel.read_bytes(), wheel.name, "application/octet-stream")
    assert upload.body.startswith(b"--" + boundary + b'\r\nContent-Disposition: form-data; name=":action"\r\n\r\n')
    assert len(upload.body) == int(upload.request.headers["content-length"])
    assert index.files == {wheel.name: wheel.read_bytes()}


def test_the_identical_file_is_taken_again_and_other_content_is_not(tmp_path: Path) -> None:
    wheel = factories.wheel(tmp_path)
    with LoopbackIndex() as index:
        first = post(index.upload_url, wheel)
        again = post(index.upload_url, wheel)
        factories.wheel(tmp_path, files={"other.py": b""})
        other = post(index.upload_url, wheel)
        page = post(index.upload_url, wheel, {"Accept": "*/*"})
    assert [answer.status_code for answer in (first, again, other, page)] == [200, 200, 400, 400]
    assert other.reason.startswith(f"File already exists ('{wheel.name}', with blake2_256 hash '")
    assert other.json()["code"] == f"400 {other.reason}"
    assert other.json()["title"] == "Bad Request"
    assert page.text.startswith("<html>")


def test_misbehaviour_for_one_file_waits_for_that_file(tmp_path: Path) -> None:
    wheel, sdist = factories.wheel(tmp_path), factories.sdist(tmp_path)
    with LoopbackIndex() as index:
        index.on_upload(misbehaviours.UNAVAILABLE, filename=sdist.name)
        answers = [post(index.upload_url, path).status_code for path in (wheel, sdist, sdist)]
    assert answers == [200, 503, 200]
    assert list(index.files) == [wheel.name, sdist.name]


@pytest.mark.parametrize("name", ["pypiserver", "pypiserver_with_password", "devpi"])
def test_a_real_server_takes_files_that_pip_reads_back(
    tmp_path: Path, name: str, request: pytest.FixtureRequest
) -> None:
    server: RealServer = request.getfixturevalue(name)
    wheel, sdist = factories.wheel(tmp_path), factories.sdist(tmp_path)
    auth = basic(server.username, server.password) if server.username else {}
    assert [post(server.upload_url, path, auth).status_code for path in (wheel, sdist)] == [200, 200]
    binary = pip_download(server.simple_url, "demo==1.0", tmp_path / "binary", only="binary")
    source = pip_download(server.simple_url, "demo==1.0", tmp_path / "source", only="source")
    assert (binary.name, binary.read_bytes()) == (wheel.name, wheel.read_bytes())
    assert (source.name, source.read_bytes()) == (sdist.name, sdist.read_bytes())


def test_a_client_behind_the_proxy_finds_the_index_in_place_of_the_host(
    tmp_path: Path, index: LoopbackIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel = factories.wheel(tmp_path)
    with Interception({"upload.example": index}, tmp_path) as proxy:
        for variable, value in proxy.variables.items():
            monkeypatch.setenv(variable, value)
        answer = post("https://upload.example/legacy/", wheel)
        with pytest.raises(requests.exceptions.ProxyError):
            post("https://elsewhere.example/legacy/", wheel)
    assert answer.status_code == 200
    assert "elsewhere.example" in proxy.hosts[1:]
    assert proxy.hosts[0] == "upload.example"
    assert index.uploads[0].request.headers["host"] == "upload.example"


@pytest.mark.parametrize("address", [("192.0.2.1", 80), ("elsewhere.example", 443)], ids=["address", "name"])
def test_nothing_outside_can_be_reached(address: tuple[str, int]) -> None:
    with pytest.raises(RuntimeError, match="only loopback is allowed"):
        socket.create_connection(address, timeout=1)


@pytest.mark.parametrize("variable", ["TRAVIS", "TRAVIS_BRANCH", "CI", "PYPI_TOKEN", "HTTPS_PROXY", "NO_COLOR"])
def test_the_environment_says_nothing_of_the_machine(variable: str) -> None:
    assert variable not in os.environ
