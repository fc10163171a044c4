"""tarfile, with which PyPI reads sdists, is the oracle for what is a member and where an archive ends."""

from __future__ import annotations

import gzip
import io
import tarfile
from typing import TYPE_CHECKING, Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from travis_pypi_deploy.distributions import tars
from travis_pypi_deploy.distributions.tars import Gunzip

if TYPE_CHECKING:
    from collections.abc import Sequence

FORMATS = (tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT)
KINDS = (tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, b"7")

parts = st.text(st.characters(exclude_characters="/\0", codec="utf-8"), min_size=1, max_size=60)
names = st.lists(parts, min_size=1, max_size=6).map("/".join)
entries = st.tuples(names, st.sampled_from(KINDS), st.binary(max_size=1200))


@given(st.lists(entries, min_size=1, max_size=6), st.sampled_from(FORMATS))
@settings(max_examples=300, deadline=None)
def test_members_are_those_of_tarfile(given_entries: Sequence[tuple[str, bytes, bytes]], tar_format: int) -> None:
    archive = packed([("first", b"0", b""), *given_entries], tar_format)
    assert ours(archive) == theirs(archive)


@given(st.data())
@settings(max_examples=400, deadline=None)
def test_a_broken_archive_has_no_members_that_tarfile_does_not_see(data: st.DataObject) -> None:
    archive = bytearray(
        packed([(f"demo-1.0/{'long' * 30}{n}", b"0", b"x" * 600) for n in range(3)], tarfile.PAX_FORMAT)
    )
    for at in data.draw(st.lists(st.integers(0, len(archive) - 1), min_size=1, max_size=4)):
        archive[at] = data.draw(st.integers(0, 255))
    archive = archive[: data.draw(st.integers(1, len(archive)))]
    expected = theirs(bytes(archive))
    found = ours(bytes(archive))
    assert found == expected or found is None


def test_a_header_that_tarfile_takes_for_the_end_ends_the_archive() -> None:
    whole = packed([("a", b"0", b""), ("b", b"0", b"")], tarfile.USTAR_FORMAT)
    broken = whole[:512] + b"!" + whole[513:]
    assert ours(broken) == theirs(broken) == [("a", 0)]


def test_global_headers_and_sizes_in_pax_headers_count() -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", pax_headers={"path": "for-all", "comment": "x"}) as archive:
        archive.addfile(tarfile.TarInfo("a"))
        info = tarfile.TarInfo("b" * 200)
        info.size, info.pax_headers = 3, {"size": "3"}
        archive.addfile(info, io.BytesIO(b"xyz"))
    assert ours(buffer.getvalue()) == theirs(buffer.getvalue())


def test_sparse_members_are_known_as_such_and_passed_over() -> None:
    header = tarfile.TarInfo("holes")
    header.size, header.type = 512, tarfile.GNUTYPE_SPARSE
    block = bytearray(header.tobuf(tarfile.GNU_FORMAT))
    block[482] = 1
    block[148:156] = b"%06o\0 " % tarfile.calc_chksums(bytes(block))[0]  # type: ignore[attr-defined]  # undocumented
    more = bytearray(512)
    more[504] = 1
    archive = bytes(block) + bytes(more) + bytes(512) + b"x" * 512 + packed([("after", b"0", b"")], tarfile.GNU_FORMAT)
    stream = Gunzip(io.BytesIO(gzip.compress(archive)), limit=10**6)
    assert [(member.name, member.is_sparse) for member in tars.members(stream)] == [("holes", True), ("after", False)]


@pytest.mark.parametrize(
    "content",
    [b"99 path=short\n", b"14 path=short", b"8 path\n", b"path=a\n", b"x path=a\n", b"0 path=a\n", b"9 path=a\n9"],
)
def test_a_malformed_extended_header_is_rejected_as_by_the_newest_tarfile(content: bytes) -> None:
    stream = Gunzip(io.BytesIO(gzip.compress(extended(content))), limit=10**6)
    with pytest.raises(tarfile.TarError, match="its tar archive has a malformed extended header"):
        list(tars.members(stream))


def test_an_extended_header_ends_with_a_zero() -> None:
    assert ours(extended(b"9 path=b\n\0\0")) == [("b", 0)]


@pytest.mark.parametrize(
    "archive",
    [
        pytest.param(lambda: extended(b"x" * (16 * 1024 * 1024 + 1)), id="one large header"),
        pytest.param(lambda: extended(b"6 a=b\n" * 1000) * 3000, id="many small headers"),
        pytest.param(lambda: (extended(b"")[:512] + extended(b"")) * 150_000, id="many empty headers"),
    ],
)
def test_extended_headers_are_limited(archive: Callable[[], bytes]) -> None:
    stream = Gunzip(io.BytesIO(gzip.compress(archive(), 1)), limit=10**9)
    with pytest.raises(tarfile.TarError, match="its extended headers take more than 16777216 bytes"):
        list(tars.members(stream))


def extended(content: bytes) -> bytes:
    """Return a member behind an extended header, without an end of the archive."""
    header = tarfile.TarInfo("pax")
    header.type, header.size = tarfile.XHDTYPE, len(content)
    return header.tobuf() + content + bytes(-len(content) % 512) + tarfile.TarInfo("a").tobuf()


def packed(given_entries: Sequence[tuple[str, bytes, bytes]], tar_format: int) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tar_format, encoding="utf-8") as archive:
        for name, kind, content in given_entries:
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "elsewhere"
            info.size = len(content) if kind in (b"0", b"\0", b"7") else 0
            try:
                archive.addfile(info, io.BytesIO(content))
            except ValueError:  # a name that the oldest format has no room for
                continue
    return buffer.getvalue()


def ours(archive: bytes) -> list[tuple[str, int]] | None:
    """Return the members' names and sizes; None where the archive is rejected."""
    stream = Gunzip(io.BytesIO(gzip.compress(archive, 1)), limit=10**8)
    try:
        return [(member.name, member.size) for member in tars.members(stream)]
    except tarfile.TarError:
        return None


def theirs(archive: bytes) -> list[tuple[str, int]] | None:
    try:
        with tarfile.open(fileobj=io.BytesIO(archive), mode="r:", encoding="utf-8") as opened:
            return [(member.name.rstrip("/"), member.size) for member in opened.getmembers()]
    except (tarfile.TarError, ValueError, OverflowError, EOFError):
        return None
