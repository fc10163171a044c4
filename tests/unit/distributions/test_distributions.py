"""A file becomes a Distribution."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import random
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Callable

import pytest
from packaging.metadata import parse_email

from tests.support import factories
from travis_pypi_deploy import distributions
from travis_pypi_deploy.distributions import Sdist, Wheel, metadata
from travis_pypi_deploy.errors import InvalidReleaseError

if TYPE_CHECKING:
    from collections.abc import Mapping


def test_a_wheel_is_read_whole(tmp_path: Path) -> None:
    path = factories.wheel(
        tmp_path, tag="cp311-abi3-win_amd64", dist_info={"entry_points.txt": b"[x]\n", "notes.txt": b""}
    )
    read = distributions.read(path)
    contents = path.read_bytes()
    assert (read.path, read.filename, read.filetype, read.pyversion) == (path, path.name, "bdist_wheel", "cp311")
    assert (read.name, read.version, read.metadata) == ("demo", "1.0", factories.metadata())
    assert (read.size, read.sha256) == (len(contents), hashlib.sha256(contents).hexdigest())
    assert read.stamp == distributions.stamp(path.stat())
    assert isinstance(read.archive, Wheel)
    assert read.archive.folder == "demo-1.0.dist-info"
    assert read.archive.members == {
        "demo/__init__.py",
        "demo-1.0.dist-info/METADATA",
        "demo-1.0.dist-info/WHEEL",
        "demo-1.0.dist-info/RECORD",
        "demo-1.0.dist-info/entry_points.txt",
        "demo-1.0.dist-info/notes.txt",
    }
    assert sorted(read.archive.dist_info) == ["RECORD", "WHEEL", "entry_points.txt"]
    assert read.archive.dist_info["entry_points.txt"] == b"[x]\n"
    assert read.archive.methods == {zipfile.ZIP_DEFLATED}
    assert read.archive.faults == ()


def test_an_sdist_is_read_whole(tmp_path: Path) -> None:
    path = factories.sdist(tmp_path, top="elsewhere", files={"src/demo.py": b"x" * 5000, "src/PKG-INFO": b"no"})
    read = distributions.read(path)
    contents = path.read_bytes()
    assert (read.filetype, read.pyversion, read.name, read.version) == ("sdist", "source", "demo", "1.0")
    assert (read.metadata, read.sha256) == (factories.metadata(), hashlib.sha256(contents).hexdigest())
    assert isinstance(read.archive, Sdist)
    assert (read.archive.top, read.archive.metadata_member) == ("elsewhere", "elsewhere/PKG-INFO")
    assert read.archive.members == {
        "elsewhere/PKG-INFO",
        "elsewhere/pyproject.toml",
        "elsewhere/backend.py",
        "elsewhere/src/demo.py",
        "elsewhere/src/PKG-INFO",
    }


def test_a_stamp_changes_with_every_write(tmp_path: Path) -> None:
    path = factories.sdist(tmp_path)
    before = distributions.read(path).stamp
    os.utime(path, ns=(0, 0))
    assert distributions.stamp(path.stat()) != before


def test_the_metadata_of_a_wheel_is_found_in_a_folder_of_another_name(tmp_path: Path) -> None:
    path = factories.wheel(tmp_path)
    renamed = path.rename(tmp_path / "other-2.0-py3-none-any.whl")
    assert distributions.read(renamed).name == "demo"


@pytest.mark.parametrize("filename", ["demo-1.0.zip", "demo-1.0.tar.bz2", "demo-1.0.WHL", "demo.tar.gz.asc", "demo"])
def test_files_that_no_index_takes_are_rejected_by_name(filename: str, tmp_path: Path) -> None:
    assert rejection(tmp_path / filename) == "neither a wheel (.whl) nor an sdist (.tar.gz)"


def rejection(path: Path) -> str:
    """Return why a file is not read."""
    with pytest.raises(InvalidReleaseError) as caught:
        distributions.read(path)
    str(caught.value).encode()
    return str(caught.value)


NOT_REGULAR: dict[str, Callable[[Path], object]] = {
    "FIFO": os.mkfifo,
    "folder": os.mkdir,
    "device": lambda path: path.symlink_to("/dev/zero"),
}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no FIFOs and devices in the file system")
@pytest.mark.parametrize("make", NOT_REGULAR.values(), ids=NOT_REGULAR)
def test_a_file_that_is_not_regular_is_rejected(make: Callable[[Path], object], tmp_path: Path) -> None:
    path = tmp_path / "demo-1.0-py3-none-any.whl"
    make(path)
    assert rejection(path) == "not a regular file"


UNREADABLE = {
    "missing": ("lost.whl", "cannot be read: No such file or directory"),
    "name too long": ("x" * 300 + ".whl", "cannot be read: File name too long"),
    "escape": ("demo-1.0\x1b[2J.whl", "its name has characters that are not printable or not UTF-8"),
    "not UTF-8": ("demo-\udcff.whl", "its name has characters that are not printable or not UTF-8"),
}


@pytest.mark.parametrize(("name", "reason"), UNREADABLE.values(), ids=UNREADABLE)
def test_a_file_that_cannot_be_read_is_a_sentence(name: str, reason: str, tmp_path: Path) -> None:
    assert rejection(tmp_path / name).startswith(reason)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read every file")
def test_a_folder_that_may_not_be_read_is_a_sentence(tmp_path: Path) -> None:
    path = factories.sdist(tmp_path)
    tmp_path.chmod(0)
    try:
        assert rejection(path) == "cannot be read: Permission denied"
    finally:
        tmp_path.chmod(0o700)


@pytest.mark.parametrize("content", [b"", b"hello", b"PK\3\4"], ids=["empty", "text", "magic"])
def test_what_is_no_zip_archive_is_rejected(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "demo-1.0-py3-none-any.whl"
    path.write_bytes(content)
    assert rejection(path).startswith("not a readable zip archive: ")


def damaged(contents: bytes) -> bytes:
    middle = len(contents) // 2
    return contents[:middle] + bytes([contents[middle] ^ 1]) + contents[middle + 1 :]


NOT_SDISTS: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda _: b"",
    "text": lambda _: b"hello",
    "an unknown method": lambda _: b"\x1f\x8b\x09" + bytes(20),
    "text inside": lambda _: gzip.compress(b"x" * 512),
    "nothing inside": lambda _: gzip.compress(b""),
    "one byte is missing": lambda whole: whole[:-1],
    "the checksum is missing": lambda whole: whole[:-8],
    "many bytes are missing": lambda whole: whole[:-200],
    "cut inside whole gzip data": lambda whole: gzip.compress(gzip.decompress(whole)[:-15_000]),
    "a damaged byte": damaged,
}


@pytest.mark.parametrize("change", NOT_SDISTS.values(), ids=NOT_SDISTS)
def test_what_is_no_whole_gzip_compressed_tar_archive_is_rejected(
    change: Callable[[bytes], bytes], tmp_path: Path
) -> None:
    path = factories.sdist(tmp_path, files={"large.py": random.Random(1).randbytes(20_000)})
    path.write_bytes(change(path.read_bytes()))
    reason = rejection(path)
    assert reason.startswith("not a readable gzip-compressed tar archive: ")
    assert reason.endswith(". Build the sdist again, and copy all of it")


LIMITS = {
    "200,001 members": (200_000, 0, "member"),
    "1 GiB": (1, 2**30, "member"),
    "long names": (75_000, 0, "member" * 40),
}


@pytest.mark.parametrize(("count", "size", "name"), LIMITS.values(), ids=LIMITS)
def test_an_sdist_has_limits(count: int, size: int, name: str, tmp_path: Path) -> None:
    path = tmp_path / "demo-1.0.tar.gz"
    info, member = tarfile.TarInfo("demo-1.0/PKG-INFO"), tarfile.TarInfo(f"demo-1.0/{name}")
    info.size, member.size = len(factories.metadata()), size
    with gzip.open(path, "wb", 1) as archive:
        archive.write(info.tobuf() + factories.metadata().ljust(512, b"\0"))
        archive.write(member.tobuf() * count)
    assert "it has more than 200000 members, or unpacks to more than" in rejection(path)


def test_several_gzip_members_and_whatever_follows_them_pass(tmp_path: Path) -> None:
    path = factories.sdist(tmp_path)
    inside = gzip.decompress(path.read_bytes())
    path.write_bytes(gzip.compress(inside[:700]) + gzip.compress(inside[700:]) + b"trailing")
    read = distributions.read(path)
    assert read.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert read.name == "demo"


def test_a_wheel_without_metadata_is_rejected(tmp_path: Path) -> None:
    path = tmp_path / "demo-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("METADATA", factories.metadata())
        archive.writestr("a/demo-1.0.dist-info/METADATA", factories.metadata())
    assert rejection(path) == "it has no METADATA in a .dist-info folder. Build the wheel again"


def test_an_sdist_without_metadata_is_rejected(tmp_path: Path) -> None:
    path = tmp_path / "demo-1.0.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        link = tarfile.TarInfo("demo-1.0/PKG-INFO")
        link.type, link.linkname = tarfile.SYMTYPE, "elsewhere"
        archive.addfile(link)
        archive.addfile(tarfile.TarInfo("demo-1.0/MY-PKG-INFO"), io.BytesIO())
    assert rejection(path) == "it has no PKG-INFO. Build the sdist again"


NAMELESS = {
    "no name": (b"Metadata-Version: 2.1\nVersion: 1.0\n", "Name"),
    "no version": (b"Metadata-Version: 2.1\nName: demo\n", "Version"),
    "unknown name": (b"Metadata-Version: 2.1\nName: UNKNOWN\nVersion: 1.0\n", "Name"),
    "empty": (b"", "Name"),
    "binary": (b"\0\xff" * 500, "Name"),
}


@pytest.mark.parametrize(("metadata", "missing"), NAMELESS.values(), ids=NAMELESS)
def test_metadata_without_a_name_or_version_is_rejected(metadata: bytes, missing: str, tmp_path: Path) -> None:
    path = factories.sdist(tmp_path, metadata=metadata)
    assert rejection(path) == f"its metadata has no {missing}. Build it again"


def metadata_fields(text: bytes) -> dict[str, tuple[str, ...]]:
    return metadata.metadata_fields(*metadata.parse(text))


def test_fields_are_all_present_values_in_order() -> None:
    metadata = factories.metadata(
        metadata_version="2.4",
        platform=["UNKNOWN", "linux", "win"],
        home_page="",
        license_file=["LICENSE", "NOTICE"],
        requires_dist=["b", "a"],
        keywords="x,y",
        license="UNKNOWN",
        description="Words.\n",
    )
    assert metadata_fields(metadata) == {
        "metadata_version": ("2.4",),
        "name": ("demo",),
        "version": ("1.0",),
        "summary": ("A demonstration",),
        "description_content_type": ("text/markdown",),
        "platforms": ("linux", "win"),
        "license_file": ("LICENSE", "NOTICE"),
        "requires_dist": ("b", "a"),
        "keywords": ("x,y",),
        "description": ("Words.\n",),
    }


@pytest.mark.parametrize("version", ["9.9", "1.3", "none of ours"])
def test_the_fields_of_an_unknown_metadata_version_are_those_of_the_newest(version: str) -> None:
    fields = metadata_fields(factories.metadata(metadata_version=version, import_name="demo"))
    assert (fields["metadata_version"], fields["name"], fields["import_names"]) == ((version,), ("demo",), ("demo",))


def test_the_body_is_the_description_whatever_content_type_it_claims() -> None:
    headers = b'Metadata-Version: 2.1\nName: demo\nContent-Type: multipart/mixed; boundary="x"\n'
    assert metadata_fields(headers + b"\n--x\n\nWords.\n--x--\n") == {
        "metadata_version": ("2.1",),
        "name": ("demo",),
        "description": ("--x\n\nWords.\n--x--\n",),
    }


SEVERAL_LINES: Mapping[str, tuple[str, str]] = {
    "license": ("license", "MIT License\n        Permission is hereby granted\n\t\n        free of charge"),
    "author": ("author", "Ann,\n  Bob"),
    "not ASCII": ("maintainer", "Žofie\n        Łukasz"),
    "CR LF": ("license", "MIT\r\n        second line"),
    "e-mail": ("author_email", "Ann <ann@x.org>,\n  Bob <bob@x.org>"),
}


@pytest.mark.parametrize(("attribute", "value"), SEVERAL_LINES.values(), ids=list(SEVERAL_LINES))
def test_a_value_over_several_lines_keeps_its_line_breaks(attribute: str, value: str) -> None:
    metadata = factories.metadata(**{attribute: value})
    twine_stores, _ = parse_email(metadata.replace(b"\r\n", b"\n"))
    assert metadata_fields(metadata)[attribute] == (twine_stores[attribute],)  # type: ignore[literal-required]


def test_a_folded_line_of_a_field_without_line_breaks_is_unfolded() -> None:
    metadata = factories.metadata(summary="A long\n  summary", requires_dist='a;\n python_version<"4"')
    fields = metadata_fields(metadata)
    assert (fields["summary"], fields["requires_dist"]) == (("A long summary",), ('a; python_version<"4"',))


def test_of_a_header_that_stands_twice_the_first_value_counts() -> None:
    assert metadata_fields(factories.metadata(license=["MIT", "BSD"]))["license"] == ("MIT",)


def test_the_description_may_be_a_header_as_in_old_metadata() -> None:
    metadata = b"Metadata-Version: 1.0\nName: demo\nDescription: Title\n        =====\n        \n        Words.\n"
    assert metadata_fields(metadata)["description"] == ("Title\n=====\n\nWords.",)


@pytest.mark.parametrize("order", [1, -1], ids=["expected first", "expected last"])
def test_of_two_metadata_in_a_wheel_the_one_that_the_name_asks_for_counts(order: int, tmp_path: Path) -> None:
    path = tmp_path / "demo-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("demo", "other")[::order]:
            archive.writestr(f"{name}-1.0.dist-info/METADATA", factories.metadata(name))
    assert distributions.read(path).name == "demo"


def test_any_hash_can_be_had(tmp_path: Path) -> None:
    read = distributions.read(factories.sdist(tmp_path))
    assert distributions.digest(read.path, "sha256") == read.sha256
    assert distributions.digest(read.path, "md5") == hashlib.md5(read.path.read_bytes()).hexdigest()


def test_metadata_larger_than_16_mebibytes_is_rejected(tmp_path: Path) -> None:
    metadata = factories.metadata(description="x" * 16 * 1024 * 1024)
    for path in (factories.wheel(tmp_path, metadata=metadata), factories.sdist(tmp_path, metadata=metadata)):
        assert "is larger than 16777216 bytes" in rejection(path)
