"""A published file is the one that was checked, whatever happens to it on the disk meanwhile."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support import factories, misbehaviours
from tests.support.misbehaviours import Meanwhile
from tests.support.publishing import WHEEL, publish

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.loopback_index import LoopbackIndex


def rewrite(path: Path) -> None:
    """Change the last bytes of a file in place, and nothing that a directory shows of it."""
    before = path.stat()
    with path.open("r+b") as file:
        file.seek(-20, os.SEEK_END)
        file.write(b"~" * 20)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def replace(path: Path) -> None:
    """Put another file in the place of this one."""
    path.unlink()
    factories.wheel(path.parent, files={"other.py": b""})


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def grow(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"~" * 100)


GONE = "the file cannot be read any more (No such file or directory)"


@pytest.mark.parametrize(
    ("happens", "why"),
    [
        (lambda path: path.write_bytes(b""), "the file was changed after the check"),
        (replace, "the file was changed after the check"),
        (rewrite, "the file was changed after the check"),
        (lambda path: path.unlink(), GONE),
    ],
    ids=["emptied", "replaced", "rewritten in secret", "vanished"],
)
def test_a_file_that_changes_after_it_was_checked_is_not_published(
    tmp_path: Path, index: LoopbackIndex, happens: Callable[[Path], None], why: str
) -> None:
    first, wheel, sdist = (
        factories.wheel(tmp_path, tag="cp312-none-any"),
        factories.wheel(tmp_path),
        factories.sdist(tmp_path),
    )
    index.on_upload(Meanwhile(lambda: happens(wheel)), filename=first.name)

    published = publish(index, [first, wheel, sdist])

    assert (published.code, list(index.files)) == (3, [first.name])
    assert published.files == {first.name: ("uploaded", 1), WHEEL: ("failed", 1), sdist.name: ("not attempted", 0)}
    assert f"{WHEEL}: {why}, so it was not uploaded" in published.err


@pytest.mark.parametrize("happens", [rewrite, cut, grow, Path.unlink], ids=["rewritten", "cut", "grown", "deleted"])
def test_a_file_that_changes_while_it_is_sent_is_not_published(
    tmp_path: Path, index: LoopbackIndex, happens: Callable[[Path], None]
) -> None:
    wheel = factories.big_wheel(tmp_path, 24)
    index.on_upload(Meanwhile(lambda: happens(wheel), after_bytes=1000))

    published = publish(index, [wheel])

    assert (published.code, published.files) == (3, {WHEEL: ("failed", 1)})
    assert (index.asked("POST"), index.uploads, index.files) == (1, [], {})
    assert f"{WHEEL}: the file was changed during the upload, so it was not uploaded" in published.err


def test_a_file_that_vanishes_before_a_retry_may_have_arrived_before(tmp_path: Path, index: LoopbackIndex) -> None:
    wheel = factories.wheel(tmp_path)
    index.on_upload(Meanwhile(wheel.unlink, after_bytes=wheel.stat().st_size, then=misbehaviours.CLOSED))

    published = publish(index, [wheel])

    assert (published.code, published.files) == (3, {WHEEL: ("unknown", 2)})
    assert f"{GONE}, so it was not uploaded" in published.err
    assert "The index may have the checked file" in published.err
