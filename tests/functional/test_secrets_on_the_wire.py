"""What arrives where: a narrowed token at its own index, a password at its own server, and nothing anywhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from tests.support import factories, misbehaviours
from tests.support.canary import PASSWORD, TOKEN, USERNAME, WHEEL, CanaryJob, is_narrowed
from tests.support.loopback_index import LoopbackIndex
from tests.support.misbehaviours import Raw
from tests.support.publishing import publish
from tests.support.pypi_answers import basic_credentials
from travis_pypi_deploy.credentials import read as read_token
from travis_pypi_deploy.macaroon import Macaroon

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.misbehaviours import Misbehaviour

FOREIGN = "registry.example"


def credentials(index: LoopbackIndex, method: str) -> list[tuple[str, str] | None]:
    """Return user name and password of each request of this method, in order."""
    return [basic_credentials(request) for request in index.requests if request.method == method]


def arrived(job: CanaryJob) -> list[Macaroon]:
    """Return the token of each upload, in order."""
    pairs = [pair for pair in credentials(job.index, "POST") if pair]
    assert all(is_narrowed(*pair) for pair in pairs)
    read = [read_token(password, source="the request") for _, password in pairs]
    return [each for each in read if each]


def test_every_attempt_gets_a_fresh_token(tmp_path: Path) -> None:
    with CanaryJob(tmp_path) as job:
        job.index.on_upload(misbehaviours.Answer(503, headers={"Retry-After": "1"}))
        ended = job.run(WHEEL)
    first, second = (token.expires_at for token in arrived(job))
    assert ended.code == 0
    assert first is not None
    assert second is not None
    assert first < second


@pytest.mark.parametrize("token", [TOKEN, f'"{TOKEN[:-9]}'], ids=["whole", "quoted and cut"])
def test_a_token_of_testpypi_is_not_sent_to_a_foreign_server(tmp_path: Path, token: str) -> None:
    server = f"http://{FOREIGN}/legacy/"
    with CanaryJob(tmp_path) as job, LoopbackIndex() as proxy:
        ended = job.run(WHEEL, "--server", server, "--allow-plain-http", PYPI_PASSWORD=token, HTTP_PROXY=proxy.url)
        leaks = job.leaks(ended)
    assert (ended.code, job.proxy.hosts, proxy.requests, leaks) == (2, [], [], [])
    assert f"PYPI_PASSWORD contains a token of testpypi, which is never sent to {server}" in ended.err


def test_a_server_on_loopback_gets_the_token_narrowed(tmp_path: Path) -> None:
    with CanaryJob(tmp_path) as job:
        own = ("--server", job.index.upload_url, "--index-url", job.index.simple_url)
        ended = job.run(WHEEL, *own, PYPI_PASSWORD=TOKEN)
    pairs = [*credentials(job.index, "GET"), *credentials(job.index, "POST")]
    assert (ended.code, len(pairs)) == (0, 2)
    assert all(pair and is_narrowed(*pair) for pair in pairs)


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_what_is_meant_for_loopback_passes_no_proxy(tmp_path: Path, variable: str) -> None:
    with CanaryJob(tmp_path, "private") as job, LoopbackIndex() as proxy:
        ended = job.run(WHEEL, **{variable: proxy.url})
        leaks = job.leaks(ended)
    assert (ended.code, len(job.index.requests), leaks) == (0, 2, [])
    assert proxy.requests == []


def test_a_password_passes_a_plain_proxy_only_if_that_is_allowed(tmp_path: Path) -> None:
    plain = ("--server", f"http://{FOREIGN}/legacy/", "--username", USERNAME)
    with CanaryJob(tmp_path) as job, LoopbackIndex() as proxy:
        rejected = job.run(WHEEL, *plain, HTTP_PROXY=proxy.url)
        before = len(proxy.requests)
        allowed = job.run(WHEEL, *plain, "--allow-plain-http", HTTP_PROXY=proxy.url)
    assert (rejected.code, before, allowed.code) == (2, 0, 0)
    assert credentials(proxy, "POST") == [(USERNAME, PASSWORD)]


SECRET = "correct  horse/battery"
ECHOES: dict[str, tuple[Misbehaviour, str]] = {
    "a redirect that is followed": (misbehaviours.redirect(307, f"/legacy/{quote(SECRET)}"), "more than 3 redirects"),
    "a status line that is none": (
        Raw(f"XYZ {SECRET}\r\n\r\n".replace(" ", "\xa0").encode()),
        "before the answer came: XYZ",
    ),
    "where the answer is cut": (
        misbehaviours.Answer(
            400,
            "No",
            {"Content-Type": "text/html"},
            b"<b>" * 5459 + SECRET.replace(" ", "&#32;").encode() + b"<b>" * 999,
        ),
        "rejected with status 400",
    ),
    "tags in the middle": (
        misbehaviours.rejected_by_a_page(400, "no correct <b>horse</b>/bat<wbr>tery"),
        "rejected with status 400: no ***",
    ),
}


@pytest.mark.parametrize(("answer", "says"), ECHOES.values(), ids=ECHOES)
def test_an_answer_to_an_upload_shows_no_password(
    tmp_path: Path, index: LoopbackIndex, answer: Misbehaviour, says: str
) -> None:
    index.on_upload(*[answer] * 4)

    published = publish(index, [factories.wheel(tmp_path)], "--retries=0", PYPI_PASSWORD=SECRET)

    assert published.code == 1
    assert says in published.err
    shown = published.out + published.err + (tmp_path / "report.json").read_text()
    assert "correct" not in shown
    assert "battery" not in shown


PAGES: dict[str, tuple[Misbehaviour, str]] = {
    "a redirect that is followed": (misbehaviours.redirect(302, f"/simple/{quote(SECRET)}/"), "more than 3 redirects"),
    "a long Content-Type": (
        misbehaviours.Answer(200, headers={"Content-Type": f"{'x' * 80}{quote(SECRET)}"}, body=b"?"),
        "x***",
    ),
    "a file of another name": (
        misbehaviours.Answer(
            200, headers={"Content-Type": "text/html"}, body=f'<a href="{quote(SECRET, safe="")}-1.0.zip">'.encode()
        ),
        "",
    ),
}


@pytest.mark.parametrize(("answer", "says"), PAGES.values(), ids=PAGES)
def test_a_page_shows_no_password(tmp_path: Path, index: LoopbackIndex, answer: Misbehaviour, says: str) -> None:
    index.on_page(*[answer] * 4)

    published = publish(index, [factories.sdist(tmp_path)], PYPI_PASSWORD=SECRET)

    assert published.code == 0
    assert says in published.err
    assert "horse" not in published.out + published.err


@pytest.mark.parametrize(
    ("password", "before"),
    [("hunter2", "no "), ("correct horse battery staple", "x" * 480 + " "), ("quo\"te's", "no ")],
    ids=["short", "where the words are cut", "with quotes"],
)
def test_the_words_of_an_index_show_no_password(
    tmp_path: Path, index: LoopbackIndex, password: str, before: str
) -> None:
    index.on_upload(misbehaviours.rejected(400, f"{before}{password}"))

    published = publish(index, [factories.wheel(tmp_path)], PYPI_PASSWORD=password)

    assert published.code == 1
    assert f"{before}***" in published.err
    assert password[:8] not in published.err
