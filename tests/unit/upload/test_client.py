"""One attempt to upload a file, against an index on loopback."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.support import factories, misbehaviours
from tests.support.interception import trusted
from tests.support.loopback_index import LoopbackIndex
from tests.support.misbehaviours import Answer, Early
from tests.unit.upload.test_response import context
from travis_pypi_deploy import distributions, http
from travis_pypi_deploy.servers import Server
from travis_pypi_deploy.upload.client import StoppedError, Transfer
from travis_pypi_deploy.upload.client import attempt as client_attempt
from travis_pypi_deploy.upload.response import Response

if TYPE_CHECKING:
    from pathlib import Path


def attempt(folder: Path, index: LoopbackIndex, *, megabytes: int = 0) -> Response:
    wheel = factories.big_wheel(folder, megabytes) if megabytes else factories.wheel(folder)
    client = http.Client(index.url, connect_seconds=2)
    where = replace(context(Server("", index.upload_url)), client=client)
    return client_attempt(Transfer(distributions.read(wheel)), where)


@pytest.mark.parametrize(
    ("size", "words"), [(16 * 1024, "No"), (16 * 1024 + 1, "Bad Request")], ids=["16 KiB", "one byte more"]
)
def test_of_an_answer_no_more_than_16_kibibytes_are_read(
    tmp_path: Path, index: LoopbackIndex, size: int, words: str
) -> None:
    padding = "x" * (size - len(json.dumps({"message": "No", "padding": ""})))
    body = json.dumps({"message": "No", "padding": padding}).encode()  # valid only if it is whole
    index.on_upload(Answer(400, "Bad Request", {"Content-Type": "application/json"}, body))

    response = attempt(tmp_path, index)

    assert response.words == words


@pytest.mark.parametrize("status", [307, 308])
@pytest.mark.parametrize(("times", "is_followed"), [(3, True), (4, False)])
def test_three_redirects_are_followed(
    tmp_path: Path, index: LoopbackIndex, status: int, times: int, is_followed: bool
) -> None:
    index.on_upload(*[misbehaviours.redirect(status, "/legacy/")] * times)

    response = attempt(tmp_path, index)

    assert (response.status == 200) is is_followed
    assert index.asked("POST") == 4


@pytest.mark.parametrize("status", [200, 201, 299, 400, 500])
def test_a_status_is_passed_on(tmp_path: Path, index: LoopbackIndex, status: int) -> None:
    index.on_upload(Answer(status, "Words", {"Retry-After": "7"}))

    assert attempt(tmp_path, index) == Response(status, "Words", retry_after=7.0, text="words ")


@pytest.mark.parametrize("status", [300, 301, 302, 303, 304, 399])
def test_no_other_redirect_is_followed(tmp_path: Path, index: LoopbackIndex, status: int) -> None:
    index.on_upload(misbehaviours.redirect(status, "/legacy/"))

    response = attempt(tmp_path, index)

    assert response == Response(status, "a redirect to /legacy/, which is not followed")
    assert index.asked("POST") == 1


def test_a_success_before_the_whole_file_was_sent_is_none(tmp_path: Path, index: LoopbackIndex) -> None:
    index.on_upload(Early(200, "OK"))

    response = attempt(tmp_path, index, megabytes=12)

    words = f"{index.upload_url} answered 200 before the whole file was uploaded"
    assert response == Response(0, words, is_sent=False)


@pytest.mark.parametrize("with_tls", [False, True], ids=["plain", "TLS"])
@pytest.mark.parametrize("stays_open", [False, True], ids=["closed", "open"])
def test_an_answer_before_the_whole_file_was_sent_is_the_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, with_tls: bool, stays_open: bool
) -> None:
    with LoopbackIndex(tls=trusted(tmp_path, monkeypatch) if with_tls else None) as index:
        index.on_upload(Early(413, "Too Large", stays_open=stays_open))

        response = attempt(tmp_path, index, megabytes=12)

    assert (response.status, response.words, response.is_sent) == (413, "Too Large", False)


@pytest.fixture
def transfer(tmp_path: Path) -> Transfer:
    return Transfer(distributions.read(factories.wheel(tmp_path)))


def test_a_file_is_handed_over_with_its_last_block_and_not_again_by_a_new_attempt(transfer: Transfer) -> None:
    with transfer.opened():
        transfer.read(transfer.len - 1)
        assert (transfer.sent_bytes, transfer.handed_over_at) == (transfer.len - 1, None)
        transfer.read(1)
        assert (transfer.sent_bytes, transfer.handed_over_at is None, transfer.is_sent) == (transfer.len, False, False)
        assert (transfer.read(1), transfer.is_sent) == (b"", True)
        transfer.rewind()
        assert (transfer.sent_bytes, transfer.handed_over_at, transfer.is_sent) == (0, None, False)


def test_after_a_stop_no_block_is_handed_over(transfer: Transfer) -> None:
    transfer.stop()

    with transfer.opened(), pytest.raises(StoppedError):
        transfer.read(transfer.len)

    assert (transfer.sent_bytes, transfer.handed_over_at) == (0, None)
