"""The servers that the other tests rely on do what they say."""

from __future__ import annotations

import base64
import hashlib
import os
import socket
from typing import TYPE_CHECKING

import pytest
import requests
import trustme
from requests_toolbelt import MultipartEncoder

from tests.support import factories, misbehaviours, travis_job
from tests.support.interception import Interception, certified
from tests.support.loopback_index import LoopbackIndex
from tests.support.multipart import Part
from tests.support.real_servers import pip_download
from tests.support.simple_pages import JSON_PAGE, Style

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.support.misbehaviours import Misbehaviour
    from tests.support.real_servers import Devpi, RealServer


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


REFUSED = misbehaviours.rejected(403, "No")
ANSWERS: dict[str, tuple[Misbehaviour, int, str, bool]] = {
    "json": (REFUSED, 403, "No", False),
    "page": (misbehaviours.rejected_by_a_page(403, "No"), 403, "Forbidden", False),
    "unavailable": (misbehaviours.UNAVAILABLE, 503, "Service Unavailable", False),
    "busy": (misbehaviours.busy("7"), 429, "Too Many Requests", False),
    "redirect": (misbehaviours.redirect(307, "/elsewhere/"), 307, "Temporary Redirect", False),
    "chunked": (misbehaviours.CHUNKED, 200, "OK", True),
    "late": (misbehaviours.Delay(0.01), 200, "OK", True),
}


@pytest.mark.parametrize(("how", "status", "reason", "stored"), ANSWERS.values(), ids=ANSWERS)
def test_an_index_answers_what_it_is_told_to_once(
    tmp_path: Path, how: Misbehaviour, status: int, reason: str, stored: bool
) -> None:
    wheel = factories.wheel(tmp_path)
    with LoopbackIndex() as index:
        index.on_upload(how)
        answer = post(index.upload_url, wheel)
        was_stored = wheel.name in index.files
        again = post(index.upload_url, wheel)
    assert (answer.status_code, answer.reason, was_stored) == (status, reason, stored)
    assert again.status_code == 200
    assert len(index.uploads) == index.asked("POST") == 2


FAILURES: dict[str, tuple[Misbehaviour, bool]] = {
    "closed": (misbehaviours.CLOSED, False),
    "lost": (misbehaviours.LOST_ANSWER, True),
    "garbage": (misbehaviours.GARBAGE, False),
    "truncated": (misbehaviours.TRUNCATED, True),
    "reset": (misbehaviours.Reset(after_bytes=1000), False),
}


@pytest.mark.parametrize(("how", "stored"), FAILURES.values(), ids=FAILURES)
def test_a_connection_fails_as_it_is_told_to(tmp_path: Path, how: Misbehaviour, stored: bool) -> None:
    wheel = factories.big_wheel(tmp_path, 1)
    with LoopbackIndex() as index:
        index.on_upload(how)
        with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
            post(index.upload_url, wheel)
    assert (wheel.name in index.files) is stored


@pytest.mark.parametrize("how", [misbehaviours.Hang(), misbehaviours.Trickle()], ids=["hang", "trickle"])
def test_an_index_that_never_answers_ends_when_it_is_closed(tmp_path: Path, how: Misbehaviour) -> None:
    wheel = factories.big_wheel(tmp_path, 12)
    with LoopbackIndex() as index:
        index.on_upload(how)
        with pytest.raises((requests.Timeout, requests.ConnectionError)):
            post(index.upload_url, wheel, timeout=0.2)
    assert index.files == {}


def test_misbehaviour_for_one_file_waits_for_that_file(tmp_path: Path) -> None:
    wheel, sdist = factories.wheel(tmp_path), factories.sdist(tmp_path)
    with LoopbackIndex() as index:
        index.on_upload(misbehaviours.UNAVAILABLE, filename=sdist.name)
        answers = [post(index.upload_url, path).status_code for path in (wheel, sdist, sdist)]
    assert answers == [200, 503, 200]
    assert list(index.files) == [wheel.name, sdist.name]


@pytest.mark.parametrize("form", ["json", "html"])
def test_a_simple_page_lists_what_was_uploaded(tmp_path: Path, form: str) -> None:
    wheel, sdist = factories.wheel(tmp_path), factories.sdist(tmp_path)
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    with (
        LoopbackIndex(style=Style("json" if form == "json" else "html")) as index,
        requests.Session() as session,
    ):
        index.preload(wheel, sdist)
        page = session.get(f"{index.simple_url}demo/", headers={"Accept": JSON_PAGE})
        unknown = session.get(f"{index.simple_url}other/")
        file = session.get(f"{index.url}/files/{wheel.name}")
    if form == "json":
        assert page.json()["files"][0] == {
            "filename": wheel.name,
            "url": f"/files/{wheel.name}",
            "hashes": {"sha256": digest},
            "size": wheel.stat().st_size,
            "upload-time": "2026-08-01T12:00:00.000000Z",
        }
    else:
        assert f'<a href="/files/{wheel.name}#sha256={digest}">{wheel.name}</a>' in page.text
    assert (unknown.status_code, file.content) == (404, wheel.read_bytes())


def test_a_simple_page_misbehaves_once() -> None:
    with LoopbackIndex(statuses={"demo": "archived"}) as index, requests.Session() as session:
        index.on_page(misbehaviours.Answer(500), misbehaviours.redirect(302, f"{index.url}/away/"))
        answers = [
            session.get(f"{index.simple_url}demo/", headers={"Accept": JSON_PAGE}, allow_redirects=False)
            for _ in range(3)
        ]
    assert [answer.status_code for answer in answers] == [500, 302, 200]
    assert answers[2].json()["project-status"] == {"status": "archived"}


def test_uploads_without_the_right_token_are_refused(tmp_path: Path) -> None:
    wheel = factories.wheel(tmp_path)
    with LoopbackIndex(authorized=lambda user, password: (user, password) == ("__token__", "right")) as index:
        right = post(index.upload_url, wheel, basic("__token__", "right"))
        wrong = post(index.upload_url, wheel, basic("__token__", "wrong"))
        none = post(index.upload_url, wheel)
    assert [answer.status_code for answer in (right, wrong, none)] == [200, 403, 403]
    assert none.reason.startswith("Invalid or non-existent authentication information.")


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


@pytest.mark.parametrize("name", ["pypiserver_with_password", "devpi"])
def test_a_real_server_refuses_a_wrong_password(tmp_path: Path, name: str, request: pytest.FixtureRequest) -> None:
    server: RealServer = request.getfixturevalue(name)
    answer = post(server.upload_url, factories.wheel(tmp_path), basic(server.username, "wrong"))
    assert answer.status_code in (401, 403)


def test_each_devpi_index_starts_empty(tmp_path: Path, devpi_server: Devpi) -> None:
    wheel = factories.wheel(tmp_path)
    first, second = devpi_server.new_index(), devpi_server.new_index()
    post(first.upload_url, wheel, basic(first.username, first.password))
    with requests.Session() as session:
        pages = [session.get(f"{server.simple_url}demo/").status_code for server in (first, second)]
    assert pages == [200, 404]


def test_pip_reads_back_from_the_loopback_index(tmp_path: Path, index: LoopbackIndex) -> None:
    wheel = factories.wheel(tmp_path)
    index.preload(wheel)
    downloaded = pip_download(index.simple_url, "demo", tmp_path / "downloaded")
    assert downloaded.read_bytes() == wheel.read_bytes()


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


def test_an_index_speaks_tls_to_those_who_trust_it(tmp_path: Path) -> None:
    authority = trustme.CA()
    bundle = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(bundle))
    with LoopbackIndex(tls=certified(authority, "127.0.0.1")) as index, requests.Session() as session:
        trusted = session.get(f"{index.simple_url}demo/", verify=str(bundle))
        with pytest.raises(requests.exceptions.SSLError):
            session.get(f"{index.simple_url}demo/", verify=True)
    assert trusted.status_code == 404


@pytest.mark.parametrize("address", [("192.0.2.1", 80), ("elsewhere.example", 443)], ids=["address", "name"])
def test_nothing_outside_can_be_reached(address: tuple[str, int]) -> None:
    with pytest.raises(RuntimeError, match="only loopback is allowed"):
        socket.create_connection(address, timeout=1)


@pytest.mark.parametrize("variable", ["TRAVIS", "TRAVIS_BRANCH", "CI", "PYPI_TOKEN", "HTTPS_PROXY", "NO_COLOR"])
def test_the_environment_says_nothing_of_the_machine(variable: str) -> None:
    assert variable not in os.environ


def test_a_job_can_be_changed_and_can_lack_a_variable() -> None:
    changed = travis_job.job(TRAVIS_TAG="v1.0", TRAVIS_BRANCH=None)
    plain = travis_job.job()
    assert set(plain) - set(changed) == {"TRAVIS_BRANCH"}
    assert (plain["TRAVIS_TAG"], changed["TRAVIS_TAG"]) == ("", "v1.0")


def test_a_hanging_index_behind_the_proxy_ends_with_it(
    tmp_path: Path, index: LoopbackIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    index.on_upload(misbehaviours.Hang(stored=True))
    wheel = factories.wheel(tmp_path)
    with Interception({"upload.example": index}, tmp_path) as proxy:
        for variable, value in proxy.variables.items():
            monkeypatch.setenv(variable, value)
        with pytest.raises(requests.Timeout):
            post("https://upload.example/legacy/", wheel, timeout=0.5)
    assert list(index.files) == [wheel.name]
