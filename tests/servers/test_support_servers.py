"""The servers that the other tests rely on do what they say."""

from __future__ import annotations

import hashlib
import os
import socket
from typing import TYPE_CHECKING

import pytest
import requests

from tests.support import factories
from tests.support.loopback_index import LoopbackIndex

if TYPE_CHECKING:
    from pathlib import Path


def post(url: str, path: Path, *, accept: str = "application/json") -> requests.Response:
    content = path.read_bytes()
    fields = {":action": "file_upload", "sha256_digest": hashlib.sha256(content).hexdigest()}
    with requests.Session() as session:
        return session.post(url, data=fields, files={"content": (path.name, content)}, headers={"Accept": accept})


def test_the_identical_file_is_taken_again_and_other_content_is_not(tmp_path: Path) -> None:
    wheel = factories.wheel(tmp_path)
    with LoopbackIndex() as index:
        first = post(index.upload_url, wheel)
        again = post(index.upload_url, wheel)
        factories.wheel(tmp_path, files={"other.py": b""})
        other = post(index.upload_url, wheel)
        page = post(index.upload_url, wheel, accept="*/*")
    assert [answer.status_code for answer in (first, again, other, page)] == [200, 200, 400, 400]
    assert other.reason.startswith(f"File already exists ('{wheel.name}', with blake2_256 hash '")
    assert other.json()["code"] == f"400 {other.reason}"
    assert other.json()["title"] == "Bad Request"
    assert page.text.startswith("<html>")


@pytest.mark.parametrize("address", [("192.0.2.1", 80), ("elsewhere.example", 443)], ids=["address", "name"])
def test_nothing_outside_can_be_reached(address: tuple[str, int]) -> None:
    with pytest.raises(RuntimeError, match="only loopback is allowed"):
        socket.create_connection(address, timeout=1)


@pytest.mark.parametrize("variable", ["TRAVIS", "TRAVIS_BRANCH", "CI", "PYPI_TOKEN", "HTTPS_PROXY", "NO_COLOR"])
def test_the_environment_says_nothing_of_the_machine(variable: str) -> None:
    assert variable not in os.environ
