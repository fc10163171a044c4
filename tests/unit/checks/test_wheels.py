"""Rules for what is inside a wheel: the records of the zip archive and the ``.dist-info`` folder."""

from __future__ import annotations

import re
import struct
import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Callable

import pytest

from tests.support import factories
from tests.support.cases import Case, Make, problems, rules
from tests.support.handmade_zip import DATA_DESCRIPTOR_FLAG, ENCRYPTED_FLAG, UTF8_FLAG, ZIP64, End, rewrite
from travis_pypi_deploy import distributions
from travis_pypi_deploy.checks.rules import Policy
from travis_pypi_deploy.checks.validation import validate
from travis_pypi_deploy.errors import InvalidReleaseError

if TYPE_CHECKING:
    from pathlib import Path

    from travis_pypi_deploy.distributions.zip_records import Fault

MODULE = "demo/__init__.py"
RECORD = "demo-1.0.dist-info/RECORD"
MEBIBYTE = 1024 * 1024
MALFORMED = "records: 'demo/__init__.py' has a malformed {} field"
OTHER_SIZES = "records: 'demo/__init__.py' has other sizes in its header than in the directory"
FILES = {MODULE: b"x = 1\n", "demo/data.txt": b"data"}


def rewritten(*, of: str = MODULE, **options: Any) -> Make:
    return lambda folder: rewrite(factories.wheel(folder, files=FILES), of=of, **options)


def ending(**fields: Any) -> Make:
    return rewritten(end=End(**fields))


def made(**options: Any) -> Make:
    return lambda folder: factories.wheel(folder, **options)


def rezipped(change: Callable[[dict[str, bytes]], dict[str, bytes]], *, method: int = zipfile.ZIP_DEFLATED) -> Make:
    """Return what makes a wheel whose members are changed; its module alone is compressed by ``method``."""

    def make(folder: Path) -> Path:
        path = factories.wheel(folder)
        with zipfile.ZipFile(path) as archive:
            contents = {info.filename: archive.read(info) for info in archive.infolist()}
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in change(contents).items():
                archive.writestr(name, content, method if name == MODULE else zipfile.ZIP_DEFLATED)
        return path

    return make


def zeros(size: int) -> Make:
    return made(files={MODULE: bytes(size)})


def compressed(method: int) -> Make:
    return rezipped(lambda contents: contents, method=method)


def without(name: str) -> Make:
    """Return what makes a wheel of which one member is missing, and missing in RECORD too."""

    def change(contents: dict[str, bytes]) -> dict[str, bytes]:
        lines = contents[RECORD].splitlines(keepends=True)
        contents[RECORD] = b"".join(line for line in lines if not line.startswith(name.encode()))
        return {each: content for each, content in contents.items() if each != name}

    return rezipped(change)


def recording(change: Callable[[bytes], bytes]) -> Make:
    """Return what makes a wheel with another RECORD."""
    return rezipped(lambda contents: {**contents, RECORD: change(contents[RECORD])})


def scripts(text: str) -> Make:
    return made(dist_info={"entry_points.txt": text.encode()})


CASES = (
    Case("dist-info", without("demo-1.0.dist-info/WHEEL"), factories.wheel, says='no "demo-1.0.dist-info/WHEEL"'),
    Case("record", without(RECORD), factories.wheel, says=RECORD),
    Case(
        "record-contents",
        broken=recording(lambda record: record + b"demo/lost.py,,\n"),
        neighbour=recording(lambda record: record.replace(b"demo/__init__.py", b"demo\\__init__.py")),
        says='RECORD lists "demo/lost.py"',
    ),
    Case(
        "record-hash",
        broken=recording(lambda record: record.replace(b"demo/__init__.py,sha256=", b"demo/__init__.py,sha256=x")),
        neighbour=recording(lambda record: re.sub(rb"sha256=[^,]*", b"", record)),
        says='"demo/__init__.py" does not match its hash in RECORD',
    ),
    Case(
        "entry-points",
        broken=scripts("[console_scripts]\n../demo = demo:main\n"),
        neighbour=scripts("[console_scripts]\nde.mo-2 = demo:main\n[any.group]\n../x = demo:main\n"),
        says='"../demo" in console_scripts',
    ),
    Case("zip-compression", compressed(zipfile.ZIP_BZIP2), compressed(zipfile.ZIP_STORED), says="zip method 12"),
    Case("zip-ratio", zeros(65 * MEBIBYTE), zeros(63 * MEBIBYTE), says="times its size"),
    Case("zip-surroundings", rewritten(before=b"#!"), rewritten(), says="before the first member"),
    Case(
        "zip-names",
        broken=made(files={"demo/\x01.py": b""}),
        neighbour=made(files={"demo/é.py": b"", "demo/漢字 .py": b""}),
        says=r"'demo/\x01.py' is not printable",
    ),
    Case("zip-comments", rewritten(comment=b"hello"), ending(comment=b"hello"), says=f"'{MODULE}' has a comment"),
    Case(
        "zip-data-descriptors",
        broken=rewritten(flags=DATA_DESCRIPTOR_FLAG, local_sizes=(0, 0), descriptor=bytes(16)),
        neighbour=rewritten(flags=0),
        says="'demo/__init__.py' has its sizes in a data descriptor",
    ),
    Case("zip-contents", rewritten(crc=1), rewritten(flags=0), says=f"'{MODULE}' does not match its checksum"),
    Case("zip-records", ending(zip64=True, more_locator_offset=1), ending(zip64=True), says="ZIP64"),
)


def extra(*values: int, layout: str) -> bytes:
    return struct.pack(f"<HH{layout}", *values)


def with_extra(*values: int, layout: str, **fields: Any) -> Make:
    """Return what makes a wheel whose module has this extra field in its local header."""
    return rewritten(local_extra=extra(*values, layout=layout), **fields)


WIDE = {"local_sizes": (ZIP64, ZIP64)}
LYING: dict[str, tuple[Make, str]] = {
    "data behind": (rewritten(after=b"\0"), "surroundings: there is data after the end of the archive"),
    "Latin-1": (rewritten(name=b"demo/\xe9.py", flags=0), r"names: 'demo/\\xe9.py' is not printable UTF-8"),
    "no flag": (rewritten(name="demo/é.py".encode(), flags=0), "names: 'demo/é.py' is not flagged as UTF-8"),
    "Unicode path that is not UTF-8": (
        rewritten(local_extra=extra(0x7075, 6, 1, 0, layout="BL") + b"\xff"),
        "names: 'demo/__init__.py' has an unreadable Unicode path",
    ),
    "other name in the directory": (
        rewritten(name=b"demo/other.py", local_name=MODULE.encode()),
        "records: 'demo/__init__.py' is 'demo/other.py' in the directory",
    ),
    "not in the directory": (
        rewritten(in_directory=False),
        "records: the directory has no member that begins at byte 0",
    ),
    "the last one is not in the directory": (
        rewritten(in_directory=False, of=RECORD),
        "records: an unexpected record begins at byte",
    ),
    "other compressed size": (rewritten(local_sizes=(7, 6)), OTHER_SIZES),
    "other unpacked size": (rewritten(local_sizes=(6, 7)), OTHER_SIZES),
    "data in the ZIP64 end": (ending(zip64=True, zip64_size=60), "records: the ZIP64 end record has data of its own"),
    "other number of members": (ending(more_members=1), "records: the end record does not describe the central"),
    "extra field of three bytes": (rewritten(local_extra=b"\1\0\10"), MALFORMED.format("extra")),
    "extra field cut short": (rewritten(local_extra=b"\1\0\10\0"), MALFORMED.format("extra")),
    "extra field twice": (
        with_extra(1, 0, 1, 0, layout="HH"),
        "records: 'demo/__init__.py' has the extra field 0x0001 twice",
    ),
    "ZIP64 field of two bytes": (with_extra(1, 2, 0, layout="H"), MALFORMED.format("ZIP64")),
    "ZIP64 field without sizes": (with_extra(1, 0, layout="", **WIDE), MALFORMED.format("ZIP64")),
    "ZIP64 field with other sizes": (with_extra(1, 16, 20, 2**64 - 1, layout="QQ", **WIDE), OTHER_SIZES),
}


@pytest.mark.parametrize(("make", "fault"), LYING.values(), ids=LYING)
def test_a_zip_archive_whose_records_lie_is_found(make: Make, fault: str, tmp_path: Path) -> None:
    assert any(f"{each.kind}: {each.reason}".startswith(fault) for each in faults(make(tmp_path)))


UNUSUAL: dict[str, Make] = {
    "ZIP64 field without use": with_extra(1, 0, layout=""),
    "ZIP64 field with one size for a stored member": with_extra(1, 8, 6, layout="Q", **WIDE),
    "ZIP64 field with both sizes": with_extra(1, 16, 6, 6, layout="QQ", **WIDE),
    "ZIP64 field with a size that the header has": with_extra(1, 16, 99, 6, layout="QQ"),
    "other fields twice": with_extra(7, 0, 7, 0, layout="HH"),
    "ZIP64 and an archive comment": ending(zip64=True, comment=b"hello"),
}


@pytest.mark.parametrize("make", UNUSUAL.values(), ids=UNUSUAL)
def test_a_zip_archive_with_unusual_but_honest_records_passes(make: Make, tmp_path: Path) -> None:
    assert faults(make(tmp_path)) == ()


@pytest.mark.parametrize("of", [MODULE, "demo/data.txt"])
def test_an_encrypted_member_is_found(of: str, tmp_path: Path) -> None:
    (problem,) = problems(rewritten(flags=UTF8_FLAG | ENCRYPTED_FLAG, of=of)(tmp_path))
    assert (problem.rule, problem.severity) == ("zip-contents", "error")
    assert problem.message == f"'{of}' is encrypted: build the wheel again."


def test_a_deflated_source_file_that_cannot_be_unpacked_is_found(tmp_path: Path) -> None:
    path = factories.wheel(tmp_path, files={MODULE: b" ".join(b"%d" % number for number in range(5000))})
    contents = bytearray(path.read_bytes())
    contents[1000:1100] = bytes(100)
    path.write_bytes(contents)
    assert rules(path) == ["zip-contents"]


@pytest.mark.parametrize(("damaged", "expected"), [("demo/m1.so", ["zip-contents"]), ("demo/m2.so", [])])
def test_members_are_unpacked_up_to_32_mebibytes(damaged: str, expected: list[str], tmp_path: Path) -> None:
    files = {f"demo/m{number}.so": bytes(16 * MEBIBYTE) for number in range(3)}
    path = factories.wheel(tmp_path, files=files, compression=zipfile.ZIP_STORED)
    assert rules(rewrite(path, crc=1, of=damaged)) == expected


def test_a_member_that_is_there_twice_is_found(tmp_path: Path) -> None:
    path = factories.wheel(tmp_path)
    with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr(MODULE, '__version__ = "1.0"\n', zipfile.ZIP_DEFLATED)
    assert rules(path) == ["zip-names"]


def test_of_many_problems_of_one_kind_the_first_ten_are_shown(tmp_path: Path) -> None:
    found = problems(factories.wheel(tmp_path, files={f"demo/\x01{n:02}.py": b"" for n in range(25)}))
    assert len(found) == 11
    assert found[9].message.startswith(r"'demo/\x0109.py' is not printable UTF-8")
    assert found[10].message == "and 15 more of the same kind."


ENTRY_POINTS = {
    "colon": (b"[console_scripts]\ndemo: demo:main\n", "cannot be read"),
    "no section": (b"demo = demo:main\n", "cannot be read"),
    "section twice": (b"[a]\nx = y\n[a]\n", "cannot be read"),
    "Latin-1": ("[console_scripts]\ndemo = dé:main\n".encode("latin-1"), "cannot be read"),
    "backslash": (b"[gui_scripts]\nC\\demo = demo:main\n", r'"C\demo" in gui_scripts'),
    "space": (b"[console_scripts]\nmy demo = demo:main\n", '"my demo" in console_scripts'),
}


@pytest.mark.parametrize(("text", "says"), ENTRY_POINTS.values(), ids=ENTRY_POINTS)
def test_entry_points_that_installers_cannot_use_are_found(text: bytes, says: str, tmp_path: Path) -> None:
    (problem,) = problems(factories.wheel(tmp_path, dist_info={"entry_points.txt": text}))
    assert problem.rule == "entry-points"
    assert says in problem.message


def test_entry_points_in_any_language_and_with_percent_signs_pass(tmp_path: Path) -> None:
    text = "[console_scripts]\nÄpfel = demo:main [extra]\n[x]\na = %(nothing)s\n".encode()
    assert rules(factories.wheel(tmp_path, dist_info={"entry_points.txt": text})) == []


RECORDS = {
    "not UTF-8": (b"\xff,,\n", "record"),
    "empty line": (b"demo/__init__.py,,\n\ndemo/other.py,,\n", "record"),
    "too many lines, whatever ends them": (b"a,,\f" * 500_001, "record"),
    "empty": (b"", "record-contents"),
    "folder": (b"demo/,,\n", "record-contents"),
}


@pytest.mark.parametrize(("record", "rule"), RECORDS.values(), ids=RECORDS)
def test_a_record_that_cannot_be_right_is_found(record: bytes, rule: str, tmp_path: Path) -> None:
    assert set(rules(recording(lambda _: record)(tmp_path))) == {rule}


def test_signatures_need_not_be_in_the_record(tmp_path: Path) -> None:
    path = factories.wheel(tmp_path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("demo-1.0.dist-info/RECORD.jws", "{}")
    assert rules(path) == []
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("demo/added.py", "")
    assert rules(path) == ["record-contents"]


def test_a_wheel_compressed_in_another_way_throughout_is_rejected(tmp_path: Path) -> None:
    path = factories.wheel(tmp_path, compression=zipfile.ZIP_LZMA)
    with pytest.raises(InvalidReleaseError, match="METADATA is neither stored nor deflated"):
        distributions.read(path)


def faults(path: Path) -> tuple[Fault, ...]:
    archive = distributions.read(path).archive
    assert isinstance(archive, distributions.Wheel)
    return archive.faults


UNPACKED = {
    "64 MiB of any size": (64 * MEBIBYTE, 1, True),
    "more than 64 MiB": (64 * MEBIBYTE + 1, 1, False),
    "50 times the size": (100 * MEBIBYTE, 2 * MEBIBYTE, True),
    "more than 50 times": (100 * MEBIBYTE + 1, 2 * MEBIBYTE, False),
}


@pytest.mark.parametrize(("unpacked", "size", "is_accepted"), UNPACKED.values(), ids=UNPACKED)
def test_a_wheel_may_unpack_to_64_mebibytes_or_50_times_its_size(
    unpacked: int, size: int, is_accepted: bool, tmp_path: Path
) -> None:
    wheel = distributions.read(factories.wheel(tmp_path))
    assert isinstance(wheel.archive, distributions.Wheel)
    large = replace(wheel, size=size, archive=replace(wheel.archive, unpacked=unpacked))
    found = [each.rule for each in validate([large], Policy(is_pypi=True))]
    assert ("zip-ratio" not in found) is is_accepted
