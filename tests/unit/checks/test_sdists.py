"""Rules for what is inside an sdist."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
from typing import TYPE_CHECKING, Callable

import pytest

from tests.support import factories
from tests.support.cases import Case, Make, problems, rules

if TYPE_CHECKING:
    from pathlib import Path


def repacked(change: Callable[[tarfile.TarInfo], tarfile.TarInfo]) -> Make:
    """Return what makes an sdist whose members' headers have been changed."""

    def make(folder: Path) -> Path:
        path = factories.sdist(folder)
        with tarfile.open(path) as archive:
            members = [(member, archive.extractfile(member)) for member in archive]
            contents = [(member, file.read() if file else b"") for member, file in members]
        with tarfile.open(path, "w:gz") as archive:
            for member, content in contents:
                archive.addfile(change(member), io.BytesIO(content))
        return path

    return make


def moved(old: str, new: str) -> Callable[[tarfile.TarInfo], tarfile.TarInfo]:
    """Return a change that replaces the first letters of the names that begin with ``old``."""

    def change(member: tarfile.TarInfo) -> tarfile.TarInfo:
        if member.name.startswith(old):
            member.name = new + member.name[len(old) :]
        return member

    return change


def with_zip_at_its_end(compresslevel: int) -> Make:
    """Return what makes an sdist whose last member is a zip archive."""

    def make(folder: Path) -> Path:
        inner = io.BytesIO()
        with zipfile.ZipFile(inner, "w") as archive:
            archive.writestr("a.txt", "a")
        path = factories.sdist(folder, files={"data.zip": inner.getvalue()})
        contents = gzip.decompress(path.read_bytes()).rstrip(b"\0")
        path.write_bytes(gzip.compress(contents + bytes(-len(contents) % 512), compresslevel))
        return path

    return make


def sparse(folder: Path) -> Path:
    """Write an sdist with a file of one hole, as "tar --sparse" of GNU does (format 1.0)."""
    path = factories.sdist(folder)
    inside = gzip.decompress(path.read_bytes()).rstrip(b"\0")
    member = tarfile.TarInfo("demo-1.0/zeros")
    hole_map = b"1\n4096\n0\n".ljust(512, b"\0")
    member.size = len(hole_map)
    member.pax_headers = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": "4096"}
    padding = bytes(-len(inside) % 512)
    path.write_bytes(gzip.compress(inside + padding + member.tobuf(tarfile.PAX_FORMAT) + hole_map + bytes(1024)))
    return path


CASES = (
    Case("sdist-zip", with_zip_at_its_end(0), with_zip_at_its_end(9), says="both a zip and a tar file"),
    Case(
        "sdist-folder",
        broken=repacked(moved("demo-1.0/demo", "demo")),
        neighbour=repacked(moved("demo-1.0", "another-name")),
        says='in "demo", "demo-1.0"',
    ),
    Case(
        "sdist-metadata",
        broken=repacked(moved("demo-1.0/PKG-INFO", "demo-1.0/src/PKG-INFO")),
        neighbour=repacked(moved("demo-1.0/", "demo-1.0/src/")),
        says='must be "demo-1.0/PKG-INFO"',
    ),
    Case(
        "sdist-members",
        broken=repacked(moved("demo-1.0/demo", "./demo-1.0/demo")),
        neighbour=repacked(moved("demo-1.0/demo", "demo-1.0/./demo")),
        says='"./demo-1.0/demo/__init__.py" begins with "./"',
    ),
    Case(
        "sdist-sparse",
        broken=sparse,
        neighbour=factories.sdist,
        says='"demo-1.0/zeros" is stored sparsely',
    ),
)


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE], ids=["symbolic link", "hard link"])
def test_links_inside_an_sdist_pass(kind: bytes, tmp_path: Path) -> None:
    def link(member: tarfile.TarInfo) -> tarfile.TarInfo:
        if member.name.endswith("__init__.py"):
            member.type, member.linkname, member.size = kind, "../PKG-INFO", 0
        return member

    assert rules(repacked(link)(tmp_path)) == []


NAMES = {
    "absolute names": ("demo", "/demo", {"sdist-members"}),
    "made by tar in its own folder": ("demo", "./demo", {"sdist-metadata", "sdist-members"}),
    "absolute names beside relative ones": ("demo-1.0/demo", "/demo-1.0/demo", {"sdist-folder", "sdist-members"}),
}


@pytest.mark.parametrize(("old", "new", "found"), NAMES.values(), ids=NAMES)
def test_names_that_begin_elsewhere_are_found(old: str, new: str, found: set[str], tmp_path: Path) -> None:
    assert set(rules(repacked(moved(old, new))(tmp_path))) == found


def archive_of(folder: Path, *members: str) -> Path:
    """Write an sdist of empty folders and PKG-INFO."""
    path = folder / "demo-1.0.tar.gz"
    metadata = factories.metadata()
    with tarfile.open(path, "w:gz") as archive:
        for name in members:
            entry = tarfile.TarInfo(name)
            is_metadata = name.endswith("PKG-INFO")
            entry.type, entry.size = (tarfile.REGTYPE, len(metadata)) if is_metadata else (tarfile.DIRTYPE, 0)
            archive.addfile(entry, io.BytesIO(metadata))
    return path


@pytest.mark.parametrize("name", ["PKG-INFO", "demo-1.0/PKG-INFO"])
def test_an_sdist_of_its_metadata_alone_is_rejected(name: str, tmp_path: Path) -> None:
    (problem,) = problems(archive_of(tmp_path, name))
    assert (problem.rule, problem.severity) == ("sdist-metadata", "error")
    assert problem.message.startswith("it contains only a PKG-INFO")


def test_an_sdist_of_a_folder_with_its_metadata_passes(tmp_path: Path) -> None:
    assert rules(archive_of(tmp_path, "demo-1.0", "demo-1.0/PKG-INFO")) == []
