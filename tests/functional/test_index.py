"""What the index already holds: its page in whatever form, and what it predicts before anything is sent."""

from __future__ import annotations

import hashlib
import json
import socket
from datetime import datetime, timezone
from typing import TYPE_CHECKING

import pytest

from tests.support import command, factories, misbehaviours
from tests.support.loopback_index import LoopbackIndex
from tests.support.publishing import environment, publish, publish_at_pypi
from tests.support.simple_pages import JSON_PAGE, Style

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.misbehaviours import Misbehaviour
    from tests.support.real_servers import RealServer


def other_content(path: Path) -> Path:
    """Publishes as the same file, with other content in it."""
    return factories.wheel(path.parent, files={"demo.py": b"print('other')\n"})


def hexdigest(path: Path, algorithm: str = "sha256") -> str:
    return hashlib.new(algorithm, path.read_bytes()).hexdigest()


@pytest.mark.parametrize("style", [Style("json"), Style("html"), Style("html", ("md5",))], ids=str)
def test_a_published_file_is_not_sent_again_whatever_the_page(tmp_path: Path, style: Style) -> None:
    wheel, sdist = factories.wheel(tmp_path), factories.sdist(tmp_path)
    with LoopbackIndex(style=style) as index:
        index.preload(wheel, sdist)

        published = publish(index, [wheel, sdist])

    assert (published.code, published.err) == (0, "")
    assert published.files == {wheel.name: ("identical", 0), sdist.name: ("identical", 0)}
    assert (index.asked("GET"), index.asked("POST")) == (1, 0)
    assert "already has every file of demo 1.0" in published.out


def test_the_page_is_asked_for_once_by_the_normalized_name_as_json(tmp_path: Path, index: LoopbackIndex) -> None:
    publish(index, [factories.wheel(tmp_path, "My_.Demo"), factories.sdist(tmp_path, "My_.Demo")])

    (lookup,) = [each for each in index.requests if each.method == "GET"]
    assert lookup.path == "/simple/my-demo/"
    assert lookup.headers["accept"].startswith(JSON_PAGE)
    assert lookup.headers["cache-control"] == "no-cache"


def test_other_content_is_an_error_before_anything_is_sent(tmp_path: Path, index: LoopbackIndex) -> None:
    wheel, sdist = factories.wheel(tmp_path), factories.sdist(tmp_path)
    theirs = hexdigest(wheel)
    index.preload(wheel)
    other_content(wheel)

    published = publish(index, [wheel, sdist])

    assert published.code == 1
    assert published.files == {wheel.name: ("rejected", 0), sdist.name: ("not attempted", 0)}
    assert index.asked("POST") == 0
    assert (
        f"{wheel.name}: the index has other content under this name: sha256 {theirs} there, {hexdigest(wheel)} here"
    ) in published.err


def test_other_content_is_kept_on_request_with_a_warning(tmp_path: Path) -> None:
    wheel, sdist = factories.wheel(tmp_path), factories.sdist(tmp_path)
    theirs = hexdigest(wheel, "md5")
    with LoopbackIndex(style=Style("html", ("md5",))) as index:
        index.preload(wheel)
        other_content(wheel)

        published = publish(index, [wheel, sdist], "--skip-existing")

    assert published.code == 0
    assert published.files == {wheel.name: ("kept", 0), sdist.name: ("uploaded", 1)}
    assert f"md5 {theirs} there, {hexdigest(wheel, 'md5')} here" in published.err


@pytest.mark.parametrize("style", [Style("html", ()), Style("json", ("sha512_256",))], ids=["no hash", "strange"])
def test_a_file_that_cannot_be_compared_is_sent_and_the_answer_decides(tmp_path: Path, style: Style) -> None:
    wheel = factories.wheel(tmp_path)
    with LoopbackIndex(style=style) as index:
        index.preload(wheel)

        published = publish(index, [wheel])

    assert (published.code, published.files) == (0, {wheel.name: ("uploaded", 1)})


@pytest.mark.parametrize(
    ("how", "why"),
    [
        (misbehaviours.Answer(500), "status 500 Internal Server Error"),
        (misbehaviours.Answer(403, "Not for you"), "status 403 Not for you"),
        (misbehaviours.Answer(200, body=b"hello"), 'not a page of a simple index: its Content-Type is ""'),
        (
            misbehaviours.Answer(200, headers={"Content-Type": JSON_PAGE}, body=b"{}"),
            "not a page of a simple index: a part of PEP 691 is missing ('files')",
        ),
        (
            misbehaviours.Answer(200, headers={"Content-Type": JSON_PAGE}, body=b'{"files": [{}'),
            "not a page of a simple index: Expecting ",
        ),
        (misbehaviours.GARBAGE, "220 mail.example ESMTP ready"),
        (misbehaviours.TRUNCATED, "IncompleteRead(6 bytes read, 94 more expected)"),
        (misbehaviours.CLOSED, "Remote end closed connection without response"),
        (misbehaviours.Reset(0), "Connection reset by peer"),
    ],
    ids=["500", "403", "text", "JSON of something else", "cut JSON", "no HTTP", "truncated", "closed", "reset"],
)
def test_a_failed_lookup_is_a_warning_and_the_upload_goes_on(
    tmp_path: Path, index: LoopbackIndex, how: Misbehaviour, why: str
) -> None:
    wheel = factories.wheel(tmp_path)
    index.on_page(how, how, how)  # a lookup is tried three times

    published = publish(index, [wheel])

    assert (published.code, published.files) == (0, {wheel.name: ("uploaded", 1)})
    assert published.err.startswith("Warning: cannot read ")
    assert why in published.err
    assert published.err.count("\n") == 1


def test_a_page_that_never_comes_is_given_up(tmp_path: Path, index: LoopbackIndex) -> None:
    wheel = factories.wheel(tmp_path)
    index.on_page(*[misbehaviours.Hang()] * 3)

    published = publish(index, [wheel], "--timeout", "1")

    assert (published.code, published.files) == (0, {wheel.name: ("uploaded", 1)})
    assert f"no answer from {index.simple_url}demo/ for 1 s" in published.err


def test_an_index_that_nobody_serves_is_a_warning(tmp_path: Path, index: LoopbackIndex) -> None:
    wheel = factories.wheel(tmp_path)

    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/simple/"
        published = publish(index, [wheel], "--index-url", url)

    assert (published.code, published.files) == (0, {wheel.name: ("uploaded", 1)})
    assert f"cannot read the index page of demo: cannot connect to {url}demo/: Connection refused. " in published.err


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
    assert "more than 3 redirects" in published.err


def test_a_redirect_to_another_index_means_that_this_one_has_nothing(tmp_path: Path, index: LoopbackIndex) -> None:
    wheel = factories.wheel(tmp_path)
    with LoopbackIndex() as elsewhere:
        elsewhere.preload(wheel)
        index.on_page(misbehaviours.redirect(303, f"{elsewhere.simple_url}demo/"))

        published = publish(index, [wheel], PYPI_PASSWORD="a password")

    assert (published.code, published.files) == (0, {wheel.name: ("uploaded", 1)})
    assert elsewhere.requests == []


def test_credentials_stay_away_from_an_index_elsewhere(tmp_path: Path, index: LoopbackIndex) -> None:
    with LoopbackIndex() as elsewhere:
        publish(index, [factories.wheel(tmp_path)], "--index-url", elsewhere.simple_url, PYPI_PASSWORD="a password")

    assert ["authorization" in each.headers for each in elsewhere.requests] == [False]
    assert ["authorization" in each.headers for each in index.requests] == [True]


@pytest.mark.parametrize(
    ("password", "sent"), [("a password", "Basic X190b2tlbl9fOmEgcGFzc3dvcmQ="), (None, None)], ids=["used", "none"]
)
def test_no_credential_is_ever_taken_from_a_netrc_file(
    tmp_path: Path, index: LoopbackIndex, monkeypatch: pytest.MonkeyPatch, password: str | None, sent: str | None
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1\nlogin somebody\npassword else\ndefault login netrc password else\n")
    monkeypatch.setenv("NETRC", str(netrc))

    publish(index, [factories.wheel(tmp_path)], PYPI_PASSWORD=password)

    assert [each.headers.get("authorization") for each in index.requests] == [sent, sent]


def test_kept_files_are_unchanged_and_said_to_have_other_content(tmp_path: Path, index: LoopbackIndex) -> None:
    wheels = [factories.wheel(tmp_path, tag=tag) for tag in ("py2-none-any", "py3-none-any")]
    index.preload(*wheels)
    for tag in ("py2-none-any", "py3-none-any"):
        factories.wheel(tmp_path, tag=tag, files={"demo.py": b"print('other')\n"})

    published = publish(index, wheels, "--skip-existing")

    assert json.loads((tmp_path / "report.json").read_text("utf-8"))["result"] == "unchanged"
    assert "2 files kept as they are" in published.out
    assert "Deployed" not in published.out
    assert index.asked("POST") == 0


def test_a_yanked_release_is_a_warning(tmp_path: Path, index: LoopbackIndex) -> None:
    wheel = factories.wheel(tmp_path)
    files = [{"filename": wheel.name, "hashes": {"sha256": hexdigest(wheel)}, "yanked": "broken"}]
    page = json.dumps({"files": files}).encode()
    index.on_page(misbehaviours.Answer(200, headers={"Content-Type": JSON_PAGE}, body=page))

    published = publish(index, [wheel])

    assert published.code == 0
    assert "the release demo 1.0 is yanked on the index" in published.err


@pytest.mark.parametrize("name", ["//evil.example:9/x", "http://evil.example/x", "..", "a/b", "a b", "a@b"])
def test_a_name_that_is_an_address_reaches_no_other_host(tmp_path: Path, index: LoopbackIndex, name: str) -> None:
    wheel = factories.wheel(tmp_path, metadata=factories.metadata(name))
    published = publish(index, [wheel], "--no-check", "--wait", "1", PYPI_PASSWORD="pass-word-1", PYPI_USERNAME="me")

    assert {each.path for each in index.requests} <= {"/legacy/", "/simple/demo/"}
    assert "evil" not in "".join(each.path for each in index.requests)
    assert "defect" not in published.err


@pytest.mark.parametrize(
    ("options", "code"), [((), 0), (("--strict",), 1), (("--strict", "--ignore", "second-sdist"), 0)]
)
def test_a_second_sdist_is_a_warning_at_a_private_index(
    tmp_path: Path, index: LoopbackIndex, options: tuple[str, ...], code: int
) -> None:
    index.preload(factories.sdist(tmp_path, "Demo", filename="Demo-1.0.tar.gz"))

    published = publish(index, [factories.sdist(tmp_path)], *options)

    assert (published.code, index.asked("POST")) == (code, 1 - code)
    assert "already has an sdist, Demo-1.0.tar.gz; it can have only one (second-sdist)" in published.err


@pytest.mark.parametrize(
    ("options", "code"), [((), 1), (("--skip-existing",), 1), (("--ignore", "second-sdist"), 0)], ids=str
)
def test_a_second_sdist_is_an_error_at_pypi(
    tmp_path: Path, index: LoopbackIndex, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...], code: int
) -> None:
    now = datetime.now(timezone.utc).isoformat()
    index.preload(factories.sdist(tmp_path, "Demo", filename="Demo-1.0.tar.gz"), uploaded_at=now)

    ended = publish_at_pypi(index, [factories.sdist(tmp_path)], *options, monkeypatch=monkeypatch)

    assert (ended.code, index.asked("POST")) == (code, 1 - code)
    assert "already has an sdist, Demo-1.0.tar.gz; it can have only one (second-sdist)" in ended.err


def test_an_archived_project_is_an_error_at_pypi_and_a_warning_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel = factories.wheel(tmp_path)
    with LoopbackIndex(statuses={"demo": "archived"}) as index:
        ended = publish_at_pypi(index, [wheel], monkeypatch=monkeypatch)
        asked = index.asked("POST")
        published = publish(index, [wheel])

    assert (ended.code, asked, published.code) == (1, 0, 0)
    sentence = f"{wheel.name}: the project demo is archived: unarchive it in its settings (archived-project)"
    assert ended.err == f"Error: {sentence}; nothing was uploaded\n"
    assert published.err == f"Warning: {sentence}\n"


def test_an_index_that_is_looked_for_and_not_found_is_no_reason_to_stop(tmp_path: Path, index: LoopbackIndex) -> None:
    ended = command.deploy("--server", index.upload_url, str(factories.wheel(tmp_path)), environ=environment())

    assert (ended.code, ended.err) == (0, "")
    pages = ["/legacy/simple/demo/", "/legacy/+simple/demo/"]
    assert [each.path for each in index.requests] == [*pages, "/legacy/"]


def test_identical_files_are_recognized_without_an_index_url(tmp_path: Path, pypiserver: RealServer) -> None:
    files = [str(factories.wheel(tmp_path)), str(factories.sdist(tmp_path))]

    ended = [command.deploy("--server", pypiserver.upload_url, *files, environ=environment()) for _ in range(2)]

    assert [each.code for each in ended] == [0, 0]
    assert "already has every file of demo 1.0" in ended[1].out


@pytest.mark.parametrize("files", [("w", "s"), ("s",)], ids=["one is identical", "all are different"])
def test_a_release_with_other_content_is_not_said_to_be_incomplete(
    tmp_path: Path, pypiserver: RealServer, files: tuple[str, ...]
) -> None:
    first = {"w": factories.wheel(tmp_path), "s": factories.sdist(tmp_path)}
    command.deploy("--server", pypiserver.upload_url, *map(str, first.values()), environ=environment())
    (tmp_path / "again").mkdir()
    again = {**first, "s": factories.sdist(tmp_path / "again", files={"other.py": b""})}

    ended = command.deploy(
        "--server", pypiserver.upload_url, *(str(again[each]) for each in files), environ=environment()
    )

    assert ended.code == 1
    assert "incomplete" not in ended.out
    assert ("1 of the 2 files is on " if "w" in files else "Nothing was uploaded.") in ended.out


def test_identical_files_are_recognized_at_devpi(tmp_path: Path, devpi: RealServer) -> None:
    files = [str(factories.wheel(tmp_path)), str(factories.sdist(tmp_path))]
    options = ["--server", devpi.upload_url, "--username", devpi.username]
    environ = environment(PYPI_PASSWORD=devpi.password)

    ended = [command.deploy(*options, *files, environ=environ) for _ in range(2)]

    assert [each.code for each in ended] == [0, 0]
    assert "already has every file of demo 1.0" in ended[1].out
