"""Whatever an index answers: its pages and its answers to uploads never raise what is not ours."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support import factories
from tests.support.simple_pages import HTML_PAGE, JSON_PAGE
from tests.unit.upload.test_response import DEMO, answered
from travis_pypi_deploy import distributions
from travis_pypi_deploy.checks.rules import Policy
from travis_pypi_deploy.credentials import Credentials
from travis_pypi_deploy.http import Client, retry_after_seconds
from travis_pypi_deploy.index import Published, plan
from travis_pypi_deploy.servers import SERVERS
from travis_pypi_deploy.simple_pages import parse
from travis_pypi_deploy.upload.outcome import UploadContext, outcome_of
from travis_pypi_deploy.upload.results import Outcome

if TYPE_CHECKING:
    from travis_pypi_deploy.distributions import Distribution
    from travis_pypi_deploy.servers import Server

NOW = datetime(2026, 8, 20, tzinfo=timezone.utc)
# fmt: off
PIECES = [
    "<a ", "<meta ", "href=", "data-yanked", ">", "</a>", '"', "'", "<!--",
    "-->", "<![<!", "&#x110000;", "&#" + "9" * 5000 + ";", "&amp", "#sha256=", "http://[", "//", "%ff", "%00", "=",
    "demo-1.0.tar.gz", "demo-1!1.whl", "demo-" + "9" * 5000 + ".tar.gz", "\0", "\x85", "\ud800", "\u202e", " ",
]
# fmt: on
HTML_TEXTS = st.lists(st.sampled_from(PIECES) | st.text(max_size=5), max_size=40).map("".join)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.sampled_from(PIECES)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4)
)
ENTRIES = st.fixed_dictionaries(
    {"filename": SCALARS | st.just("demo-1.0-py3-none-any.whl"), "hashes": VALUES},
    optional={"upload-time": VALUES, "yanked": VALUES},
)
PAGES = st.fixed_dictionaries(
    {"files": st.lists(ENTRIES | VALUES, max_size=5) | VALUES}, optional={"project-status": VALUES, "name": VALUES}
)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Distribution:
    return distributions.read(factories.wheel(tmp_path_factory.mktemp("wheel")))


def read_and_compare(page: bytes, content_type: str, wheel: Distribution) -> None:
    """Do what a deployment does with a page; ValueError from ``parse`` is the error of a page that cannot be read."""
    try:
        listing = parse(page, content_type=content_type)
    except ValueError:
        return
    found = plan([wheel], listing, Policy(is_pypi=True), is_certain=True, now=NOW)
    assert all(each.theirs for each in found.different)


@settings(deadline=None, max_examples=30)
@given(page=PAGES | VALUES)
def test_any_json_page_is_read_or_an_error_of_ours(wheel: Distribution, page: object) -> None:
    read_and_compare(json.dumps(page).encode(), JSON_PAGE, wheel)


@settings(deadline=None, max_examples=30)
@given(page=HTML_TEXTS)
def test_any_html_page_is_read_or_an_error_of_ours(wheel: Distribution, page: str) -> None:
    read_and_compare(page.encode("utf-8", "surrogatepass"), HTML_PAGE, wheel)


@settings(deadline=None, max_examples=30)
@given(page=st.binary(), content_type=st.sampled_from([JSON_PAGE, HTML_PAGE, ""]))
def test_any_bytes_are_a_page_or_an_error_of_ours(wheel: Distribution, page: bytes, content_type: str) -> None:
    read_and_compare(page, content_type, wheel)


@settings(deadline=None, max_examples=30)
@given(
    status=st.integers(min_value=100, max_value=999),
    reason=HTML_TEXTS,
    content_type=st.sampled_from(["application/json", "text/html", "text/plain", ""]),
    body=st.binary()
    | HTML_TEXTS.map(lambda text: text.encode("utf-8", "replace"))
    | VALUES.map(json.dumps).map(str.encode),
    server=st.sampled_from(SERVERS),
)
def test_any_answer_to_an_upload_has_an_outcome_in_one_line(
    status: int, reason: str, content_type: str, body: bytes, server: Server
) -> None:
    context = UploadContext(
        server=server,
        credentials=Credentials("__token__", "pypi-AgEIsecret", "PYPI_TOKEN"),
        client=Client(server.upload_url),
        timeout=1,
        skip_existing=False,
        retries=0,
        published=lambda _: Published.IDENTICAL,
        warn=lambda _: None,
        is_certain=True,
    )
    found = outcome_of(answered(status, reason, content_type, body), context, DEMO)

    assert found.outcome is Outcome.UPLOADED or not 200 <= status < 300
    assert len(found.detail.splitlines()) <= 1


def test_a_reference_of_too_many_digits_is_only_text() -> None:
    response = answered(400, "", "text/html", b"<h1>&#" + b"9" * 5000 + b";</h1>")

    assert response.words.startswith("&#999")


@settings(deadline=None, max_examples=30)
@given(value=st.text() | st.from_regex(r"[0-9]{1,400}|[A-Z][a-z]{2}, \d+ [A-Z][a-z]{2} \d+ \d+:\d+:\d+ .*"))
def test_any_retry_after_is_seconds_or_none(value: str) -> None:
    seconds = retry_after_seconds(value)

    assert seconds is None or seconds >= 0
