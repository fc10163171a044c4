"""A file becomes a Distribution."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import struct
import tarfile
import zipfile
from typing import TYPE_CHECKING

import pytest
from packaging.metadata import parse_email

from tests.support import factories
from travis_pypi_deploy import distributions
from travis_pypi_deploy.distributions import Sdist, Wheel, metadata_fields
from travis_pypi_deploy.errors import InvalidReleaseError

if TYPE_CHECKING:
    from pathlib import Path


def test_a_wheel_is_read_whole(tmp_path: Path) -> None:
    path = factories.wheel(tmp_path, tag="cp311-abi3-win_amd64", dist_info={"entry_points.txt": b"[x]\n"})
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


@pytest.mark.parametrize(
    "filename", ["demo-1.0.zip", "demo-1.0.tar.bz2", "demo-1.0.egg", "demo-1.0.WHL", "demo.tar.gz.asc", "demo"]
)
def test_files_that_no_index_takes_are_refused_by_name(filename: str, tmp_path: Path) -> None:
    path = tmp_path / filename
    with pytest.raises(InvalidReleaseError) as caught:
        distributions.read(path)
    assert str(caught.value) == f"{filename}: neither a wheel (.whl) nor an sdist (.tar.gz): {path}"


def test_a_file_that_is_not_there_and_a_folder_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / "demo-1.0.tar.gz"
    folder.mkdir()
    for path, reason in ((folder, "Is a directory"), (tmp_path / "lost.whl", "No such file or directory")):
        with pytest.raises(InvalidReleaseError) as caught:
            distributions.read(path)
        assert str(caught.value) == f"{path.name}: cannot be read: {reason} ({path})"


@pytest.mark.parametrize("content", [b"", b"hello", b"PK\3\4", bytes(100_000)], ids=["empty", "text", "magic", "zeros"])
def test_what_is_no_zip_archive_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "demo-1.0-py3-none-any.whl"
    path.write_bytes(content)
    with pytest.raises(InvalidReleaseError, match=r"^demo-1.0-py3-none-any.whl: not a readable zip archive: "):
        distributions.read(path)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param(b"", "it is no gzip file", id="empty"),
        pytest.param(b"hello", "it is no gzip file", id="text"),
        pytest.param(b"\x1f\x8b", "it is cut short: the gzip data has no end", id="magic alone"),
        pytest.param(b"\x1f\x8b\x09" + bytes(20), "its gzip data is damaged", id="unknown method"),
        pytest.param(gzip.compress(b""), "its tar archive has its end at byte 0, not a header", id="nothing inside"),
        pytest.param(gzip.compress(b"x" * 512), "its tar archive has", id="text inside"),
        pytest.param(gzip.compress(bytes(1024)), "its tar archive has its end at byte 0", id="empty tar"),
    ],
)
def test_what_is_no_gzip_compressed_tar_archive_is_refused(content: bytes, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "demo-1.0.tar.gz"
    path.write_bytes(content)
    with pytest.raises(InvalidReleaseError) as caught:
        distributions.read(path)
    assert str(caught.value).startswith(f"demo-1.0.tar.gz: not a readable gzip-compressed tar archive: {reason}")


@pytest.mark.parametrize("missing", [1, 4, 8, 9, 30, 200])
def test_an_sdist_that_is_cut_short_anywhere_is_refused(missing: int, tmp_path: Path) -> None:
    path = factories.sdist(tmp_path)
    path.write_bytes(path.read_bytes()[:-missing])
    with pytest.raises(InvalidReleaseError, match="it is cut short: the gzip data has no end"):
        distributions.read(path)


def test_a_tar_archive_that_breaks_off_inside_whole_gzip_data_is_refused(tmp_path: Path) -> None:
    path = factories.sdist(tmp_path, files={"large.py": b"x" * 5000})
    inside = gzip.decompress(path.read_bytes())
    path.write_bytes(gzip.compress(inside[: inside.index(b"xxxx") + 1000]))
    with pytest.raises(InvalidReleaseError, match="it ends within a member"):
        distributions.read(path)


def test_a_damaged_byte_in_the_middle_of_an_sdist_is_found(tmp_path: Path) -> None:
    path = factories.sdist(tmp_path, files={"large.py": os.urandom(5000)})
    contents = bytearray(path.read_bytes())
    contents[len(contents) // 2] ^= 1
    path.write_bytes(contents)
    with pytest.raises(InvalidReleaseError, match="its gzip data is damaged"):
        distributions.read(path)


def test_several_gzip_members_and_whatever_follows_them_pass(tmp_path: Path) -> None:
    path = factories.sdist(tmp_path)
    inside = gzip.decompress(path.read_bytes())
    path.write_bytes(gzip.compress(inside[:700]) + gzip.compress(inside[700:]) + b"trailing")
    read = distributions.read(path)
    assert read.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert read.name == "demo"


def test_a_wheel_without_metadata_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "demo-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("METADATA", factories.metadata())
        archive.writestr("a/demo-1.0.dist-info/METADATA", factories.metadata())
    with pytest.raises(InvalidReleaseError) as caught:
        distributions.read(path)
    assert str(caught.value) == f"{path.name}: has no METADATA in a .dist-info folder: build the wheel anew"


def test_an_sdist_without_metadata_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "demo-1.0.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        link = tarfile.TarInfo("demo-1.0/PKG-INFO")
        link.type, link.linkname = tarfile.SYMTYPE, "elsewhere"
        archive.addfile(link)
        archive.addfile(tarfile.TarInfo("demo-1.0/MY-PKG-INFO"), io.BytesIO())
    with pytest.raises(InvalidReleaseError) as caught:
        distributions.read(path)
    assert str(caught.value) == "demo-1.0.tar.gz: has no PKG-INFO in its top folder: build the sdist anew"


@pytest.mark.parametrize(
    ("metadata", "missing"),
    [
        pytest.param(b"Metadata-Version: 2.1\nVersion: 1.0\n", "Name", id="no name"),
        pytest.param(b"Metadata-Version: 2.1\nName: demo\n", "Version", id="no version"),
        pytest.param(b"Metadata-Version: 2.1\nName: UNKNOWN\nVersion: 1.0\n", "Name", id="unknown name"),
        pytest.param(b"", "Name", id="empty"),
        pytest.param(b"\0\xff" * 500, "Name", id="binary"),
    ],
)
def test_metadata_without_a_name_or_version_is_refused(metadata: bytes, missing: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidReleaseError, match=rf"^demo-1.0.tar.gz: its metadata has no {missing}: build it anew$"):
        distributions.read(factories.sdist(tmp_path, metadata=metadata))


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


@pytest.mark.parametrize("version", ["9.9", "1.3", "none of ours", "2.x"])
def test_the_fields_of_an_unknown_metadata_version_are_those_of_the_newest(version: str) -> None:
    fields = metadata_fields(factories.metadata(metadata_version=version, import_name="demo"))
    assert (fields["metadata_version"], fields["name"], fields["import_names"]) == ((version,), ("demo",), ("demo",))


def test_a_content_type_that_makes_metadata_a_mail_with_parts_is_no_description() -> None:
    metadata = (
        b'Metadata-Version: 2.1\nName: demo\nContent-Type: multipart/mixed; boundary="x"\n\n--x\n\nWords.\n--x--\n'
    )
    assert metadata_fields(metadata) == {"metadata_version": ("2.1",), "name": ("demo",)}


def test_any_hash_can_be_had(tmp_path: Path) -> None:
    read = distributions.read(factories.sdist(tmp_path))
    assert distributions.digest(read, "sha256") == read.sha256
    assert distributions.digest(read, "md5") == hashlib.md5(read.path.read_bytes()).hexdigest()


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        pytest.param("A: " + "b" * 1024 * 1024, "its metadata has more than 1048576 bytes of headers", id="bytes"),
        pytest.param("A: b\n" * 20_000, "its metadata has more than 20000 lines of headers", id="lines"),
        pytest.param(
            "Requires-Dist: " + "a" * 100_001, "its requires_dist has more than 100000 characters", id="value"
        ),
    ],
)
def test_headers_that_nobody_can_mean_are_refused(more: str, reason: str, tmp_path: Path) -> None:
    metadata = f"Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n{more}\n\nWords.\n".encode()
    with pytest.raises(InvalidReleaseError, match=f"^demo-1.0.tar.gz: {reason}$"):
        distributions.read(factories.sdist(tmp_path, metadata=metadata))


def test_a_license_and_a_description_may_be_long(tmp_path: Path) -> None:
    metadata = factories.metadata(license="x" * 200_000, description="words " * 200_000)
    assert len(distributions.read(factories.sdist(tmp_path, metadata=metadata)).fields["license"][0]) == 200_000


def test_metadata_of_more_than_four_mebibytes_is_refused(tmp_path: Path) -> None:
    metadata = factories.metadata(description="x" * 4 * 1024 * 1024)
    for path in (factories.wheel(tmp_path, metadata=metadata), factories.sdist(tmp_path, metadata=metadata)):
        with pytest.raises(InvalidReleaseError, match="is larger than 4194304 bytes"):
            distributions.read(path)


def test_an_unreasonable_central_directory_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "demo-1.0-py3-none-any.whl"
    size = 33 * 1024 * 1024
    path.write_bytes(bytes(size) + b"PK\5\6" + struct.pack("<HHHHLLH", 0, 0, 1, 1, size, 0, 0))
    with pytest.raises(InvalidReleaseError, match=f"its central directory has {size} bytes, which no wheel needs"):
        distributions.read(path)


def test_of_a_release_s_file_only_what_is_judged_is_kept(tmp_path: Path) -> None:
    path = factories.wheel(tmp_path, dist_info={"entry_points.txt": b"#" * (1024 * 1024 + 1), "notes.txt": b"x"})
    archive = distributions.read(path).archive
    assert isinstance(archive, Wheel)
    assert sorted(archive.dist_info) == ["RECORD", "WHEEL"]


SEVERAL_LINES = {
    "license": "MIT License\n        Permission is hereby granted\n\t\n        free of charge",
    "author": "Ann,\n  Bob",
    "license with CR LF": "MIT\r\n        second line",
}


@pytest.mark.parametrize("field", SEVERAL_LINES)
def test_a_value_over_several_lines_keeps_its_line_breaks(tmp_path: Path, field: str) -> None:
    attribute = field.split()[0]
    metadata = factories.metadata(**{attribute: SEVERAL_LINES[field]})
    expected, _ = parse_email(metadata.replace(b"\r\n", b"\n"))  # what twine stores
    found = distributions.read(factories.wheel(tmp_path, metadata=metadata)).fields
    assert found[attribute] == (expected[attribute],)  # type: ignore[literal-required]


def test_of_a_header_that_stands_twice_the_first_value_counts(tmp_path: Path) -> None:
    metadata = factories.metadata(license=["MIT", "BSD"])
    assert distributions.read(factories.wheel(tmp_path, metadata=metadata)).fields["license"] == ("MIT",)
