"""The servers that the other tests rely on do what they say."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest
import requests
from requests_toolbelt import MultipartEncoder

from . import factories, misbehaviours
from .loopback_index import LoopbackIndex
from .multipart import Part
from .simple_pages import JSON_PAGE, Style

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from .misbehaviours import Misbehaviour


def post(
    url: str, path: Path, headers: Mapping[str, str] | None = None, timeout: float = 5
) -> requests.Response:
    content = path.read_bytes()
    form = MultipartEncoder(
        [
            (":action", "file_upload"),
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


def test_an_upload_is_recorded_exactly(tmp_path: Path) -> None:
    wheel = factories.wheel(tmp_path)
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    with LoopbackIndex() as index:
        answer = post(index.upload_url, wheel)
    (upload,) = index.uploads
    boundary = upload.request.headers["content-type"].partition("boundary=")[2].encode()
    assert answer.status_code == 200
    assert (upload.request.method, upload.request.path) == ("POST", "/legacy/")
    assert upload.fields == ((":action", "file_upload"), ("sha256_digest", digest))
    assert upload.file == Part("content", wheel.read_bytes(), wheel.name, "application/octet-stream")
    assert upload.body.startswith(
        b"--" + boundary + b'\r\nContent-Disposition: form-data; name=":action"\r\n\r\n'
    )
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


REFUSED = misbehaviours.refused(403, "No")
ANSWERS: dict[str, tuple[Misbehaviour, int, str, bool]] = {
    "json": (REFUSED, 403, "No", False),
    "page": (misbehaviours.refused_by_a_page(403, "No"), 403, "Forbidden", False),
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
        right = post(
            index.upload_url, wheel, {"Authorization": requests.auth._basic_auth_str("__token__", "right")}
        )
        wrong = post(
            index.upload_url, wheel, {"Authorization": requests.auth._basic_auth_str("__token__", "wrong")}
        )
        none = post(index.upload_url, wheel)
    assert [answer.status_code for answer in (right, wrong, none)] == [200, 403, 403]
    assert none.reason.startswith("Invalid or non-existent authentication information.")
