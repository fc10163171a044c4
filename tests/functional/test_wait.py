"""After the upload: waiting until the index lists the release, with a sign of life now and then."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support import command, factories
from tests.support.loopback_index import LoopbackIndex
from tests.support.misbehaviours import Answer, Delay, Hang
from tests.support.publishing import WHEEL, environment, publish
from tests.support.simple_pages import Style

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.misbehaviours import Misbehaviour
    from tests.support.real_servers import RealServer

NOT_YET = Answer(404)


@pytest.mark.parametrize(
    ("hows", "asked"),
    [
        ([], 2),
        ([NOT_YET, NOT_YET], 3),
        ([NOT_YET, NOT_YET, Answer(500)], 4),
    ],
    ids=["listed at once", "listed a little later", "not answered meanwhile"],
)
def test_it_is_waited_until_the_index_lists_every_file(
    tmp_path: Path, index: LoopbackIndex, hows: list[Misbehaviour], asked: int
) -> None:
    index.on_page(*hows)

    published = publish(index, [factories.wheel(tmp_path), factories.sdist(tmp_path)], "--wait", "30")

    assert (published.code, published.err) == (0, "")
    assert "Waiting up to 30 s until the index lists the release\n" in published.out
    assert index.asked("GET") == asked


def test_over_time_is_a_failure_that_says_that_all_is_published(tmp_path: Path, index: LoopbackIndex) -> None:
    wheel, sdist = factories.wheel(tmp_path), factories.sdist(tmp_path)
    index.on_page(*[NOT_YET] * 9)

    published = publish(index, [wheel, sdist], "--wait", "1")

    assert published.code == 1
    assert published.files == {wheel.name: ("uploaded", 1), sdist.name: ("uploaded", 1)}
    assert f"the index does not list {wheel.name}, {sdist.name}" in published.err
    assert "--wait" in published.err


def test_a_file_that_is_listed_with_another_hash_is_not_the_one(tmp_path: Path, index: LoopbackIndex) -> None:
    wheel = factories.wheel(tmp_path)
    (tmp_path / "other").mkdir()
    index.preload(factories.wheel(tmp_path / "other", files={"other.py": b""}))
    index.on_page(NOT_YET)
    index.on_upload(Answer(200))  # as an index does that says yes and publishes something else

    published = publish(index, [wheel], "--wait", "1")

    assert (published.code, published.files) == (1, {WHEEL: ("uploaded", 1)})


def test_kept_files_are_waited_for_by_name(tmp_path: Path, index: LoopbackIndex) -> None:
    wheel, sdist = factories.wheel(tmp_path), factories.sdist(tmp_path)
    index.preload(wheel)
    factories.wheel(tmp_path, files={"other.py": b""})

    published = publish(index, [wheel, sdist], "--skip-existing", "--wait", "30")

    assert published.code == 0
    assert published.files == {wheel.name: ("kept", 0), sdist.name: ("uploaded", 1)}


def test_at_an_index_without_hashes_the_names_are_waited_for(tmp_path: Path) -> None:
    with LoopbackIndex(style=Style(hash_names=())) as index:
        published = publish(index, [factories.wheel(tmp_path)], "--wait", "10")

    assert (published.code, published.files) == (0, {WHEEL: ("uploaded", 1)})


def test_the_index_of_a_private_server_is_found_and_waited_for(tmp_path: Path, pypiserver: RealServer) -> None:
    wheel = str(factories.wheel(tmp_path))

    ended = command.deploy("--server", pypiserver.upload_url, wheel, environ=environment(PYPI_WAIT="10"))

    assert ended.code == 0
    assert f"Install it with: pip install --index-url {pypiserver.simple_url} demo==1.0" in ended.out


def test_an_index_that_was_found_and_cannot_be_read_later_is_not_said_to_lack_the_file(
    tmp_path: Path, index: LoopbackIndex
) -> None:
    index.preload(factories.sdist(tmp_path))
    index.on_page(Delay(0), *[Answer(503)] * 30)
    index.on_upload(Answer(200))
    wheel = str(factories.wheel(tmp_path))

    ended = command.deploy("--server", f"{index.url}/upload/", wheel, environ=environment(PYPI_WAIT="1"))

    assert ended.code == 1
    assert f"every file is on {index.url}/upload/, but cannot read the index page of demo: " in ended.err


def test_an_index_that_is_not_found_cannot_be_waited_for(tmp_path: Path, index: LoopbackIndex) -> None:
    wheel = str(factories.wheel(tmp_path))

    ended = command.deploy("--server", index.upload_url, wheel, environ=environment(PYPI_WAIT="1"))

    assert (ended.code, list(index.files)) == (1, [WHEEL])
    sentence = f"every file is on {index.upload_url}, but its index was not found: name it with --index-url"
    assert ended.err == f"Error: {sentence}\n"


@pytest.mark.parametrize(
    ("how", "why"),
    [(Answer(503), "cannot read the index page of demo: "), (Hang(), "the index does not answer. ")],
    ids=["busy", "silent"],
)
def test_an_index_that_cannot_be_read_is_waited_for_no_longer_than_asked(
    tmp_path: Path, index: LoopbackIndex, how: Misbehaviour, why: str
) -> None:
    index.on_page(NOT_YET, *[how] * 30)

    published = publish(index, [factories.wheel(tmp_path)], "--wait", "1")

    assert (published.code, published.files) == (1, {WHEEL: ("uploaded", 1)})
    assert f"every file is on {index.upload_url}, but {why}" in published.err
