"""Rules for what is inside an sdist."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
from typing import TYPE_CHECKING

import pytest

from tests.support import factories
from tests.support.cases import Case, Make, problems, rules

if TYPE_CHECKING:
    from pathlib import Path


def of(*names: str, kind: bytes = tarfile.REGTYPE) -> Make:
    """Return what makes an sdist of members with these names: PKG-INFO, folders if they end in a slash, and others."""

    def make(folder: Path) -> Path:
        path = folder / "demo-1.0.tar.gz"
        with tarfile.open(path, "w:gz") as archive:
            for name in names:
                member = tarfile.TarInfo(name.rstrip("/"))
                content = factories.metadata() if name.endswith("PKG-INFO") else b""
                member.size, member.linkname = len(content), "PKG-INFO"
                member.type = tarfile.REGTYPE if content else tarfile.DIRTYPE if name.endswith("/") else kind
                archive.addfile(member, io.BytesIO(content))
        return path

    return make


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
        broken=of("demo-1.0/PKG-INFO", "demo/x.py"),
        neighbour=of("other/PKG-INFO", "other/x.py"),
        says='in "demo", "demo-1.0"',
    ),
    Case(
        "sdist-metadata",
        broken=of("demo-1.0/src/PKG-INFO", "demo-1.0/x.py"),
        neighbour=of("demo-1.0/src/PKG-INFO", "demo-1.0/src/x.py"),
        says='must be "demo-1.0/PKG-INFO"',
    ),
    Case(
        "sdist-members",
        broken=of("demo-1.0/PKG-INFO", "./demo-1.0/x.py"),
        neighbour=of("demo-1.0/PKG-INFO", "demo-1.0/./x.py"),
        says='"./demo-1.0/x.py" begins with "./"',
    ),
    Case("sdist-sparse", sparse, factories.sdist, says='"demo-1.0/zeros" is stored sparsely'),
)

OTHERS: dict[str, tuple[Make, set[str]]] = {
    "absolute names": (of("/demo-1.0/PKG-INFO", "/demo-1.0/x.py"), {"sdist-members"}),
    "made by tar in its own folder": (of("./PKG-INFO", "./x.py"), {"sdist-folder", "sdist-members"}),
    "made by tar above its folder": (of("./d/PKG-INFO", "./d/x.py"), {"sdist-metadata", "sdist-members"}),
    "absolute names beside relative ones": (of("d/PKG-INFO", "/d/x.py"), {"sdist-folder", "sdist-members"}),
    "symbolic link": (of("d/PKG-INFO", "d/x.py", kind=tarfile.SYMTYPE), set()),
    "hard link": (of("d/PKG-INFO", "d/x.py", kind=tarfile.LNKTYPE), set()),
    "folder with its metadata": (of("d/", "d/PKG-INFO"), set()),
}


@pytest.mark.parametrize(("make", "found"), OTHERS.values(), ids=OTHERS)
def test_the_members_of_an_sdist_are_judged_by_their_names(make: Make, found: set[str], tmp_path: Path) -> None:
    assert set(rules(make(tmp_path))) == found


@pytest.mark.parametrize("name", ["PKG-INFO", "demo-1.0/PKG-INFO"])
def test_an_sdist_of_its_metadata_alone_is_rejected(name: str, tmp_path: Path) -> None:
    (problem,) = problems(of(name)(tmp_path))
    assert problem.rule == "sdist-metadata"
    assert problem.message.startswith("it contains only a PKG-INFO")
