"""Who gets a file and a credential: the server itself, under the certificate that it should have."""

from __future__ import annotations

import ssl
from datetime import datetime, timezone
from typing import TYPE_CHECKING

import pytest
import trustme

from tests.support import command, factories, misbehaviours
from tests.support.interception import certified
from tests.support.loopback_index import LoopbackIndex
from tests.support.misbehaviours import Answer
from tests.support.publishing import WHEEL, environment, log, publish

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("status", [302, 307, 308])
def test_a_redirect_to_another_origin_gets_nothing(tmp_path: Path, index: LoopbackIndex, status: int) -> None:
    with LoopbackIndex() as elsewhere:
        index.on_upload(misbehaviours.redirect(status, f"{elsewhere.url}/legacy/"))

        published = publish(index, [factories.wheel(tmp_path)], PYPI_PASSWORD="a password")

    assert (published.code, published.files) == (1, {WHEEL: ("unknown", 1)})
    assert elsewhere.requests == []
    assert f"status {status}: a redirect to {elsewhere.url}/legacy/, which is not followed" in log(published, index)


@pytest.mark.parametrize("status", [307, 308])
def test_a_redirect_within_the_server_is_followed_with_credentials_and_the_whole_body(
    tmp_path: Path, index: LoopbackIndex, status: int
) -> None:
    wheel = factories.big_wheel(tmp_path, 1)
    index.on_upload(misbehaviours.redirect(status, "../legacy/?again"))

    published = publish(index, [wheel], PYPI_PASSWORD="a password")

    assert (published.code, published.files, published.err) == (0, {WHEEL: ("uploaded", 1)}, "")
    assert index.files == {WHEEL: wheel.read_bytes()}
    posts = [each for each in index.requests if each.method == "POST"]
    assert [each.path for each in posts] == ["/legacy/", "/legacy/?again"]
    assert len({each.headers["authorization"] for each in posts}) == 1


@pytest.mark.parametrize(
    ("how", "to"),
    [
        (Answer(307), "without a Location header"),
        (misbehaviours.redirect(307, "http://127.0.0.1:99999/"), "to http://127.0.0.1:99999/"),
    ],
    ids=["nowhere", "no port"],
)
def test_a_redirect_that_would_lose_the_file_is_not_followed(
    tmp_path: Path, index: LoopbackIndex, how: Answer, to: str
) -> None:
    index.on_upload(how)

    published = publish(index, [factories.wheel(tmp_path)])

    assert (published.code, published.files, index.asked("POST")) == (1, {WHEEL: ("unknown", 1)}, 1)
    assert f"status {how.status}: a redirect {to}, which is not followed" in log(published, index)


def test_an_address_without_its_last_slash_works(tmp_path: Path, index: LoopbackIndex) -> None:
    wheel = factories.wheel(tmp_path)

    ended = command.deploy("--server", index.upload_url.rstrip("/"), str(wheel), environ=environment())

    assert (ended.code, ended.err) == (0, "")
    assert index.files == {WHEEL: wheel.read_bytes()}


LONG_AGO = datetime(2020, 1, 1, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("hosts", "not_after", "is_known", "why"),
    [
        (("127.0.0.1",), None, True, ""),
        (("elsewhere.example",), None, True, "IP address mismatch, certificate is not valid for '127.0.0.1'"),
        (("127.0.0.1",), None, False, "unable to get local issuer certificate"),
        (("127.0.0.1",), LONG_AGO, True, "certificate has expired"),
    ],
    ids=["a good one", "of another host", "of an unknown authority", "expired"],
)
def test_a_server_s_certificate_is_verified_always(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    hosts: tuple[str, ...],
    not_after: datetime | None,
    is_known: bool,
    why: str,
) -> None:
    authority, wheel = trustme.CA(), factories.wheel(tmp_path)
    bundle = tmp_path / "ca.pem"
    (authority if is_known else trustme.CA()).cert_pem.write_to_path(str(bundle))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))
    with LoopbackIndex(tls=certified(authority, *hosts, not_after=not_after)) as index:
        published = publish(index, [wheel], PYPI_PASSWORD="a password")

    if not why:
        assert (published.code, index.files) == (0, {WHEEL: wheel.read_bytes()})
        return
    assert (published.code, published.files) == (1, {WHEEL: ("failed", 1)})
    assert (index.requests, index.connections) == ([], 2)
    assert f"the certificate of URL/ is not trusted: {why}. " in log(published, index)
    assert f" {bundle} (REQUESTS_CA_BUNDLE)" in published.err


def test_a_bundle_of_certificates_that_is_not_there_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/gone.pem")
    wheel = factories.wheel(tmp_path)

    ended = command.deploy("--server", "https://127.0.0.1:9/", str(wheel), environ=environment())

    assert ended.code == 1
    assert "/gone.pem does not exist (REQUESTS_CA_BUNDLE)" in ended.err


@pytest.mark.parametrize("chain", ["its own", "alone", "with the authority's"])
def test_a_server_of_a_private_authority_gets_nothing_and_the_remedy_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chain: str
) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    authority, pem, wheel = trustme.CA(), tmp_path / "server.pem", factories.wheel(tmp_path)
    issued = authority.issue_cert("127.0.0.1")
    parts = {
        "its own": (authority.private_key_pem, authority.cert_pem),
        "alone": (issued.private_key_pem, issued.cert_chain_pems[0]),
        "with the authority's": (issued.private_key_pem, issued.cert_chain_pems[0], authority.cert_pem),
    }
    pem.write_bytes(b"".join(part.bytes() for part in parts[chain]))
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(pem)
    with LoopbackIndex(tls=tls) as index:
        published = publish(index, [wheel], PYPI_PASSWORD="a password")

    assert (published.code, published.files) == (1, {WHEEL: ("failed", 1)})
    assert "For a private CA, set REQUESTS_CA_BUNDLE to the file with its certificate" in published.err
    assert index.requests == []
