"""What the index already holds: its page in whatever form, and what it foretells before anything is sent."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest

from tests.support import command, factories, misbehaviours
from tests.support.loopback_index import LoopbackIndex
from tests.support.publishing import environment, publish
from tests.support.simple_pages import HTML_PAGE, JSON_PAGE, Style
from travis_pypi_deploy import distributions
from travis_pypi_deploy.index import ListedFile, Listing, forecast, is_listed
from travis_pypi_deploy.index.pages import parse

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.support.misbehaviours import Misbehaviour

NOW = datetime(2026, 8, 20, tzinfo=timezone.utc)
ALGORITHMS = ("sha256", "sha512", "sha384", "sha224", "sha3_256", "blake2b", "blake2s", "sha1", "md5")
LIKELY_CAUSE = (
    "Most likely another job of this build has published it: publish from one job only (--python, or a deploy stage), "
    "or go on with what is there with --skip-existing. A published file can never be replaced: if the content has to "
    "change, raise the version"
)


def other_content(path: Path) -> Path:
    """Publishes as the same file, with other content in it."""
    return factories.wheel(path.parent, files={"demo.py": b"print('other')\n"})


def hexdigest(path: Path, algorithm: str = "sha256") -> str:
    return hashlib.new(algorithm, path.read_bytes()).hexdigest()


@pytest.mark.parametrize("form", ["json", "html"])
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_published_file_is_not_sent_again_whatever_the_page(tmp_path: Path, form: str, algorithm: str) -> None:
    wheel, sdist = factories.wheel(tmp_path), factories.sdist(tmp_path)
    with LoopbackIndex(style=Style("json" if form == "json" else "html", (algorithm,))) as index:
        index.preload(wheel, sdist)

        published = publish(index, [wheel, sdist])

    assert (published.code, published.err) == (0, "")
    assert published.files == {wheel.name: ("identical", 0), sdist.name: ("identical", 0)}
    assert (index.asked("GET"), index.asked("POST")) == (1, 0)
    assert "Deployed demo 1.0" in published.out


def test_only_what_is_missing_is_sent(tmp_path: Path, index: LoopbackIndex) -> None:
    wheel, sdist = factories.wheel(tmp_path), factories.sdist(tmp_path)
    index.preload(sdist)

    published = publish(index, [sdist, wheel])

    assert published.files == {sdist.name: ("identical", 0), wheel.name: ("uploaded", 1)}
    assert [upload.filename for upload in index.uploads] == [wheel.name]


def test_the_page_is_asked_for_once_by_the_normalized_name_as_json(tmp_path: Path, index: LoopbackIndex) -> None:
    publish(index, [factories.wheel(tmp_path, "My_.Demo"), factories.sdist(tmp_path, "My_.Demo")])

    (look,) = [each for each in index.requests if each.method == "GET"]
    assert look.path == "/simple/my-demo/"
    assert look.headers["accept"].startswith(JSON_PAGE)
    assert look.headers["cache-control"] == "no-cache"


def test_other_content_is_an_error_before_anything_is_sent(tmp_path: Path, index: LoopbackIndex) -> None:
    wheel, sdist = factories.wheel(tmp_path), factories.sdist(tmp_path)
    theirs = hexdigest(wheel)
    index.preload(wheel)
    other_content(wheel)

    published = publish(index, [wheel, sdist])

    assert published.code == 1
    assert published.files == {wheel.name: ("not attempted", 0), sdist.name: ("not attempted", 0)}
    assert index.asked("POST") == 0
    assert published.err == (
        f"Error: {wheel.name}: the index has other content under this name: sha256 {theirs} there, "
        f"{hexdigest(wheel)} here\n"
        f"Error: {index.upload_url} would refuse this release. Nothing was sent. {LIKELY_CAUSE}\n"
    )


def test_other_content_is_kept_on_request_with_a_warning(tmp_path: Path) -> None:
    wheel, sdist = factories.wheel(tmp_path), factories.sdist(tmp_path)
    theirs = hexdigest(wheel, "md5")
    with LoopbackIndex(style=Style("html", ("md5",))) as index:
        index.preload(wheel)
        other_content(wheel)

        published = publish(index, [wheel, sdist], "--skip-existing")

    assert published.code == 0
    assert published.files == {wheel.name: ("kept", 0), sdist.name: ("uploaded", 1)}
    assert published.err == (
        f"Warning: {wheel.name}: kept as it is: the index has other content under this name: "
        f"md5 {theirs} there, {hexdigest(wheel, 'md5')} here\n"
    )


@pytest.mark.parametrize("hash_names", [(), ("sha512_256",)], ids=["no hash", "a strange one"])
@pytest.mark.parametrize("form", ["json", "html"])
def test_a_file_that_cannot_be_compared_is_sent_and_the_answer_decides(
    tmp_path: Path, form: str, hash_names: tuple[str, ...]
) -> None:
    wheel = factories.wheel(tmp_path)
    with LoopbackIndex(style=Style("json" if form == "json" else "html", hash_names)) as index:
        index.preload(wheel)

        published = publish(index, [wheel])

    assert (published.code, published.files) == (0, {wheel.name: ("uploaded", 1)})


WARNED = "Going on: the upload's own answer decides\n"


@pytest.mark.parametrize(
    ("how", "why"),
    [
        (misbehaviours.Answer(500), "it answers 500 Internal Server Error"),
        (misbehaviours.Answer(403, "Not for you"), "it answers 403 Not for you"),
        (misbehaviours.Answer(200, body=b"hello"), 'not a page of a simple index: its Content-Type is ""'),
        (
            misbehaviours.Answer(200, headers={"Content-Type": JSON_PAGE}, body=b"{}"),
            "not a page of a simple index: a part of PEP 691 is missing ('files')",
        ),
        (
            misbehaviours.Answer(200, headers={"Content-Type": JSON_PAGE}, body=b'{"files": [{}'),
            "not a page of a simple index: Expecting ",
        ),
        (
            misbehaviours.Answer(200, headers={"Content-Type": JSON_PAGE}, body=b"[" * 100_000),
            "not a page of a simple index: a part of PEP 691 is missing (maximum recursion depth exceeded",
        ),
        (
            misbehaviours.Answer(
                200, headers={"Content-Type": JSON_PAGE}, body=b'{"files": [{"hashes": {}, "filename": []}]}'
            ),
            "not a page of a simple index: a part of PEP 691 is missing (unhashable type: 'list')",
        ),
        (misbehaviours.GARBAGE, "220 mail.example ESMTP ready"),
        (misbehaviours.TRUNCATED, "IncompleteRead(6 bytes read, 94 more expected)"),
        (misbehaviours.CLOSED, "Remote end closed connection without response"),
        (misbehaviours.Reset(0), "Connection reset by peer"),
        (misbehaviours.redirect(302, "http://[bad/"), "Invalid IPv6 URL"),
    ],
    ids=[
        "500",
        "403",
        "text",
        "JSON of something else",
        "cut JSON",
        "bottomless JSON",
        "a list for a name",
        "no HTTP",
        "truncated",
        "closed",
        "reset",
        "redirect to what is no URL",
    ],
)
def test_a_failed_look_is_a_warning_and_the_upload_goes_on(
    tmp_path: Path, index: LoopbackIndex, how: Misbehaviour, why: str
) -> None:
    wheel = factories.wheel(tmp_path)
    index.on_page(how)

    published = publish(index, [wheel])

    assert (published.code, published.files) == (0, {wheel.name: ("uploaded", 1)})
    assert published.err.startswith(f"Warning: cannot look at {index.simple_url}demo/: {why}")
    assert published.err.endswith(WARNED)
    assert published.err.count("\n") == 1


def test_a_page_that_never_comes_is_given_up(tmp_path: Path, index: LoopbackIndex) -> None:
    wheel = factories.wheel(tmp_path)
    index.on_page(misbehaviours.Hang())

    published = publish(index, [wheel], "--timeout", "1")

    assert (published.code, published.files) == (0, {wheel.name: ("uploaded", 1)})
    assert published.err == f"Warning: cannot look at {index.simple_url}demo/: timed out. {WARNED}"


def test_a_page_that_comes_in_drops_is_given_up(tmp_path: Path, index: LoopbackIndex) -> None:
    wheel = factories.wheel(tmp_path)
    index.on_page(misbehaviours.Drip(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<a>", b"." * 4096))

    published = publish(index, [wheel], "--timeout", "1")

    assert (published.code, published.files) == (0, {wheel.name: ("uploaded", 1)})
    assert published.err == f"Warning: cannot look at {index.simple_url}demo/: the page comes too slowly. {WARNED}"


def test_an_index_that_nobody_serves_is_a_warning(tmp_path: Path, index: LoopbackIndex) -> None:
    wheel = factories.wheel(tmp_path)

    published = publish(index, [wheel], "--index-url", "http://127.0.0.1:9/simple/")

    assert (published.code, published.files) == (0, {wheel.name: ("uploaded", 1)})
    assert published.err == f"Warning: cannot look at http://127.0.0.1:9/simple/demo/: Connection refused. {WARNED}"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_within_the_index_is_followed(tmp_path: Path, index: LoopbackIndex, status: int) -> None:
    wheel = factories.wheel(tmp_path)
    index.preload(wheel)
    index.on_page(misbehaviours.redirect(status, "../demo/"))

    published = publish(index, [wheel])

    assert (published.files, index.asked("GET")) == ({wheel.name: ("identical", 0)}, 2)


def test_a_loop_of_redirects_is_a_warning(tmp_path: Path, index: LoopbackIndex) -> None:
    wheel = factories.wheel(tmp_path)
    index.on_page(*[misbehaviours.redirect(302, "/simple/demo/")] * 4)

    published = publish(index, [wheel])

    assert (published.code, index.asked("GET")) == (0, 4)
    assert published.err == f"Warning: cannot look at {index.simple_url}demo/: more than 3 redirects. {WARNED}"


def test_a_redirect_to_another_index_means_that_this_one_has_nothing(tmp_path: Path, index: LoopbackIndex) -> None:
    wheel = factories.wheel(tmp_path)
    with LoopbackIndex() as elsewhere:
        elsewhere.preload(wheel)
        index.on_page(misbehaviours.redirect(303, f"{elsewhere.simple_url}demo/"))

        published = publish(index, [wheel], PYPI_PASSWORD="a password")

    assert (published.code, published.files) == (0, {wheel.name: ("uploaded", 1)})
    assert elsewhere.requests == []


def test_credentials_go_to_the_server_s_own_index(tmp_path: Path, index: LoopbackIndex) -> None:
    publish(index, [factories.wheel(tmp_path)], PYPI_PASSWORD="a password")

    sent = [each.headers.get("authorization") for each in index.requests]
    assert sent == ["Basic X190b2tlbl9fOmEgcGFzc3dvcmQ="] * 2


def test_credentials_stay_away_from_an_index_elsewhere(tmp_path: Path, index: LoopbackIndex) -> None:
    with LoopbackIndex() as elsewhere:
        publish(index, [factories.wheel(tmp_path)], "--index-url", elsewhere.simple_url, PYPI_PASSWORD="a password")

    assert ["authorization" in each.headers for each in elsewhere.requests] == [False]
    assert ["authorization" in each.headers for each in index.requests] == [True]


def test_no_credential_is_ever_taken_from_a_netrc_file(
    tmp_path: Path, index: LoopbackIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1\nlogin somebody\npassword else\n")
    monkeypatch.setenv("NETRC", str(netrc))

    publish(index, [factories.wheel(tmp_path)])

    assert [each.headers.get("authorization") for each in index.requests] == [None, None]


def test_without_an_index_url_nothing_is_asked(tmp_path: Path, index: LoopbackIndex) -> None:
    wheel = factories.wheel(tmp_path)

    ended = command.deploy("--server", index.upload_url, str(wheel), environ=environment())

    assert (ended.code, ended.err) == (0, "")
    assert [each.method for each in index.requests] == ["POST"]


def distribution(folder: Path, filename: str = "demo-1.0-py3-none-any.whl") -> distributions.Distribution:
    if filename.endswith(".whl"):
        return distributions.read(factories.wheel(folder, filename=filename))
    return distributions.read(factories.sdist(folder, filename=filename))


def listing(*filenames: str, age_days: float = 0, status: str = "active") -> Listing:
    uploaded = NOW - timedelta(days=age_days)
    return Listing(True, {name: ListedFile({"sha256": "0" * 64}, uploaded) for name in filenames}, status)


WHEEL, SDIST = "demo-1.0-py3-none-any.whl", "demo-1.0.tar.gz"
CLOSED = (
    "the release demo 1.0 is closed: its first file was uploaded on 2026-08-05, and 14 days later a release takes no "
    "new files (demo-1.0-py3-none-any.whl). Raise the version"
)


@pytest.mark.parametrize(
    ("filename", "page", "closes", "refusals"),
    [
        (WHEEL, Listing(exists=False), True, ()),
        (WHEEL, listing("demo-0.9.tar.gz", age_days=99), True, ()),
        (WHEEL, listing(SDIST, age_days=13.9), True, ()),
        (WHEEL, listing(SDIST, age_days=15), True, (CLOSED,)),
        (WHEEL, listing(SDIST, age_days=15), False, ()),
        (WHEEL, listing("demo-1.0.0-py2-none-any.whl", age_days=15), True, (CLOSED,)),
        (WHEEL, listing("demo-1.tar.gz", age_days=15), True, (CLOSED,)),
        (WHEEL, listing("demo-1.0.win32.exe", age_days=15), True, ()),
        (
            WHEEL,
            listing("demo-0.9.tar.gz", status="archived"),
            False,
            ("the project demo is archived, and takes no uploads: its owner can change that on the index",),
        ),
        (WHEEL, listing(WHEEL, status="archived", age_days=99), True, ()),
        (
            SDIST,
            listing("Demo-1.0.zip", WHEEL),
            False,
            ("demo-1.0.tar.gz: the release demo 1.0 has an sdist already, Demo-1.0.zip: it can have one",),
        ),
        (SDIST, listing("demo-1.1.tar.gz", WHEEL), False, ()),
        (SDIST, listing(SDIST), False, ()),
    ],
    ids=[
        "nothing published yet",
        "an old release of another version",
        "an open release",
        "a closed release",
        "an index that never closes one",
        "the version in another spelling",
        "the version in a shorter spelling",
        "a file of the past",
        "an archived project",
        "an archived project and nothing new",
        "a second sdist",
        "another version's sdist",
        "the sdist itself",
    ],
)
def test_the_page_foretells_what_the_index_will_refuse(
    tmp_path: Path, filename: str, page: Listing, closes: bool, refusals: Sequence[str]
) -> None:
    assert forecast([distribution(tmp_path, filename)], page, closes=closes, now=NOW).refusals == tuple(refusals)


def test_a_foretold_refusal_ends_the_deployment_before_anything_is_sent(tmp_path: Path) -> None:
    wheel = factories.wheel(tmp_path)
    with LoopbackIndex(statuses={"demo": "archived"}) as index:
        published = publish(index, [wheel])

    assert (published.code, published.files, index.asked("POST")) == (1, {wheel.name: ("not attempted", 0)}, 0)
    assert published.err == (
        "Error: the project demo is archived, and takes no uploads: its owner can change that on the index\n"
        f"Error: {index.upload_url} would refuse this release. Nothing was sent\n"
    )


@pytest.mark.parametrize(
    ("hashes", "expected"),
    [
        (None, None),
        ({}, None),
        ({"shake_128": "00", "of our own": "00"}, None),
        ({"md5": "right"}, True),
        ({"md5": "wrong"}, False),
        ({"of our own": "00", "md5": "wrong", "sha256": "right"}, True),
        ({"md5": "right", "sha1": "wrong"}, False),
    ],
    ids=["not listed", "no hash", "strange hashes", "right", "wrong", "the best decides", "even against a weaker"],
)
def test_the_best_hash_that_is_known_decides(
    tmp_path: Path, hashes: dict[str, str] | None, expected: bool | None
) -> None:
    here = distribution(tmp_path)
    known = {name: hexdigest(here.path, name) if value == "right" else "00" for name, value in (hashes or {}).items()}
    files = {} if hashes is None else {here.filename: ListedFile(known)}

    assert is_listed(here, Listing(True, files)) is expected


def test_a_file_that_has_vanished_cannot_be_compared_by_other_hashes(tmp_path: Path) -> None:
    here = distribution(tmp_path)
    here.path.unlink()

    assert is_listed(here, Listing(True, {here.filename: ListedFile({"md5": "00"})})) is None


def test_an_html_page_is_read_as_browsers_do() -> None:
    page = b"""<!DOCTYPE html><html><head><meta name="pypi:repository-version" content="1.1">
    <meta name="pypi:project-status" content="quarantined"><meta charset></head><body>
    <a href="../../files/demo-1.0%2Blocal.tar.gz?x=1#sha256=ABCDEF" data-yanked="">demo-1.0+local.tar.gz</a>
    <a href="demo-2.0.tar.gz">demo</a> <a name="top">top</a> <a href="">empty</a>
    </body></html>"""

    assert parse(page, content_type=HTML_PAGE) == Listing(
        True,
        {"demo-1.0+local.tar.gz": ListedFile({"sha256": "abcdef"}), "demo-2.0.tar.gz": ListedFile({})},
        "quarantined",
    )


def test_a_json_page_is_read_with_what_it_may_leave_out() -> None:
    page = b"""{"meta": {"api-version": "1.4"}, "project-status": {}, "files": [
        {"filename": "a", "hashes": {"sha256": "AB"}, "upload-time": "2026-08-01T12:00:00.123456Z"},
        {"filename": "b", "hashes": {}, "upload-time": null},
        {"filename": "c", "hashes": {}}]}"""

    assert parse(page, content_type=JSON_PAGE) == Listing(
        True,
        {
            "a": ListedFile({"sha256": "ab"}, datetime(2026, 8, 1, 12, tzinfo=timezone.utc)),
            "b": ListedFile({}),
            "c": ListedFile({}),
        },
        "active",
    )


def test_a_page_that_says_nothing_of_itself_is_none() -> None:
    with pytest.raises(ValueError, match="its Content-Type is"):
        parse(b"<html></html>", content_type="application/octet-stream")
