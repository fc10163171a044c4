"""The simple index: its pages in every form, and how a release compares with them."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest

from tests.support import factories
from tests.support.simple_pages import HTML_PAGE, JSON_PAGE
from travis_pypi_deploy import distributions
from travis_pypi_deploy.index import compare, is_listed
from travis_pypi_deploy.simple_pages import ListedFile, Listing, parse

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

NOW = datetime(2026, 8, 20, tzinfo=timezone.utc)


def hexdigest(path: Path, algorithm: str = "sha256") -> str:
    return hashlib.new(algorithm, path.read_bytes()).hexdigest()


def distribution(folder: Path, filename: str = "demo-1.0-py3-none-any.whl") -> distributions.Distribution:
    if filename.endswith(".whl"):
        return distributions.read(factories.wheel(folder, filename=filename))
    return distributions.read(factories.sdist(folder, filename=filename))


def listing(*filenames: str, age_days: float = 0, status: str = "active") -> Listing:
    uploaded = NOW - timedelta(days=age_days)
    return Listing({name: ListedFile({"sha256": "0" * 64}, uploaded) for name in filenames}, status)


WHEEL, SDIST = "demo-1.0-py3-none-any.whl", "demo-1.0.tar.gz"


@pytest.mark.parametrize(
    ("filename", "page", "is_pypi", "problems"),
    [
        (WHEEL, Listing(), True, ()),
        (WHEEL, listing("demo-0.9.tar.gz", age_days=99), True, ()),
        (WHEEL, listing(SDIST, age_days=13.9), True, ()),
        (WHEEL, listing(SDIST, age_days=15), True, (("closed-release", WHEEL),)),
        (WHEEL, listing(SDIST, age_days=15), False, ()),
        (WHEEL, listing("demo-1.0.0-py2-none-any.whl", age_days=15), True, (("closed-release", WHEEL),)),
        (WHEEL, listing("demo-1.tar.gz", age_days=15), True, (("closed-release", WHEEL),)),
        (WHEEL, listing("demo-1.0.win32.exe", age_days=15), True, ()),
        (
            WHEEL,
            listing("demo-0.9.tar.gz", status="archived"),
            False,
            (("archived-project", WHEEL),),
        ),
        (WHEEL, listing("demo-0.9.tar.gz", status="quarantined"), True, ()),
        (WHEEL, listing(WHEEL, status="archived", age_days=99), True, ()),
        (
            SDIST,
            listing("Demo-1.0.zip", WHEEL),
            False,
            (("second-sdist", SDIST),),
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
        "a quarantined project",
        "an archived project and nothing new",
        "a second sdist",
        "another version's sdist",
        "the sdist itself",
    ],
)
def test_the_page_predicts_what_the_index_will_reject(
    tmp_path: Path, filename: str, page: Listing, is_pypi: bool, problems: Sequence[tuple[str, str]]
) -> None:
    compared = compare([distribution(tmp_path, filename)], page, is_pypi=is_pypi, now=NOW)

    assert [(each.rule, each.filename) for each in compared.problems] == list(problems)


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

    assert is_listed(here, Listing(files)) is expected


def test_a_file_that_has_vanished_cannot_be_compared_by_other_hashes(tmp_path: Path) -> None:
    here = distribution(tmp_path)
    here.path.unlink()

    assert is_listed(here, Listing({here.filename: ListedFile({"md5": "00"})})) is None


def test_an_html_page_is_read() -> None:
    page = b"""<!DOCTYPE html><html><head><meta name="pypi:repository-version" content="1.1">
    <meta charset></head><body>
    <a href="../../files/demo-1.0%2Blocal.tar.gz?x=1#sha256=ABCDEF" data-yanked="">demo-1.0+local.tar.gz</a>
    <a href="demo-2.0.tar.gz">demo</a> <a name="top">top</a> <a href="">empty</a>
    </body></html>"""

    assert parse(page, content_type=HTML_PAGE) == Listing(
        {"demo-1.0+local.tar.gz": ListedFile({"sha256": "abcdef"}, is_yanked=True), "demo-2.0.tar.gz": ListedFile({})},
    )


def test_a_json_page_is_read_with_what_it_may_leave_out() -> None:
    page = b"""{"meta": {"api-version": "1.4"}, "project-status": {}, "files": [
        {"filename": "a", "hashes": {"sha256": "AB"}, "upload-time": "2026-08-01T12:00:00.123456Z"},
        {"filename": "b", "hashes": {}, "upload-time": null},
        {"filename": "c", "hashes": {}}]}"""

    assert parse(page, content_type=JSON_PAGE) == Listing(
        {
            "a": ListedFile({"sha256": "ab"}, datetime(2026, 8, 1, 12, tzinfo=timezone.utc)),
            "b": ListedFile({}),
            "c": ListedFile({}),
        },
        "active",
    )


def test_an_html_page_may_list_60_000_files_and_no_more() -> None:
    page = b"".join(b"<a href=demo-%d.tar.gz>" % number for number in range(60_000))

    assert len(parse(page, content_type=HTML_PAGE).files) == 60_000
    with pytest.raises(ValueError, match="too many files"):
        parse(page + b"<a href=x>", content_type=HTML_PAGE)


def test_a_json_page_may_list_20_000_files_with_all_that_pypi_says_of_them() -> None:
    entry = (
        '{"core-metadata":{"sha256":"ab"},"data-dist-info-metadata":{"sha256":"ab"},"filename":"demo-%d.tar.gz",'
        '"hashes":{"sha256":"ab"},"provenance":null,"requires-python":">=3.9,!=3.10","size":1,'
        '"upload-time":"2026-08-01T12:00:00.123456Z","url":"https://files.example/demo","yanked":false}'
    )
    page = f'{{"files": [{",".join(entry % number for number in range(20_000))}]}}'.encode()

    assert len(parse(page, content_type=JSON_PAGE).files) == 20_000


@pytest.mark.parametrize("text", [r"\u00e9", r"\\u0041", r"\\\u0041", r"\ud83d\ude00", "\u00e9", "\U0001f600", r"\/u"])
def test_a_json_page_may_hold_any_characters(text: str) -> None:
    page = f'{{"files": [{{"filename": "a", "hashes": {{}}, "yanked": "{text}"}}]}}'.encode()

    assert parse(page, content_type=JSON_PAGE).files == {"a": ListedFile({}, is_yanked=True)}


def test_a_page_without_a_content_type_is_not_read() -> None:
    with pytest.raises(ValueError, match="its Content-Type is"):
        parse(b"<html></html>", content_type="application/octet-stream")


@pytest.mark.parametrize(
    "page",
    [
        b"<!--" * 200_000,
        b"<a " * 200_000,
        b"<a href='" * 100_000,
        b'<a x="' * 100_000,
        b"<![<!" * 1000,
        b"<a " + b"x" * 800_000 + b">",
        b"<a " + b"x=" * 400_000 + b">",
        b"<a\t" + b" " * 800_000,
        b"&" * 800_000,
        b"</" * 400_000,
    ],
    ids=["comments", "tags", "quotes", "double quotes", "marked sections", "a name", "names", "spaces", "&", "ends"],
)
def test_a_malicious_html_page_is_read_in_no_time(page: bytes) -> None:
    good = b'<a href="x/demo-1.0.tar.gz#sha256=00">demo</a>'

    assert list(parse(good + page, content_type=HTML_PAGE).files)[:1] == ["demo-1.0.tar.gz"]


def test_spaces_and_line_breaks_around_a_link_are_no_part_of_it() -> None:
    page = b'<a href="\n  ../demo-1.0.tar.gz#sha256=AB\n">x</a> <a href=" ">y</a>'

    assert parse(page, content_type=HTML_PAGE) == Listing({"demo-1.0.tar.gz": ListedFile({"sha256": "ab"})})


def test_only_links_to_follow_are_files() -> None:
    page = (
        b'<link href="style-1.0.tar.gz" rel="x"><meta href="meta-1.0.tar.gz">'
        b'<!-- <a href="old-1.0.tar.gz"> --><A HREF=new-1.0.tar.gz >x</A>'
    )

    assert list(parse(page, content_type=HTML_PAGE).files) == ["new-1.0.tar.gz"]


@pytest.mark.parametrize(
    "entry",
    [
        b'{"filename": 7, "hashes": {}}',
        b'{"filename": null, "hashes": {}}',
        b'{"filename": "a", "hashes": []}',
        b'{"filename": "a"}',
        b"[]",
        b"null",
        b"9" * 5000,
    ],
)
def test_a_json_page_of_another_shape_is_an_error(entry: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse(b'{"files": [' + entry + b"]}", content_type=JSON_PAGE)


@pytest.mark.parametrize("name", [f"demo-{'9' * 5000}.tar.gz", f"demo-1.{'9' * 150}.tar.gz", "demo-", "-.whl", "a.whl"])
def test_a_listed_version_may_be_anything(tmp_path: Path, name: str) -> None:
    compared = compare([distribution(tmp_path)], listing(name, age_days=99), is_pypi=True, now=NOW)

    assert compared.problems == ()


def test_a_yanked_release_is_a_warning(tmp_path: Path) -> None:
    here = distribution(tmp_path)
    yanked = ListedFile({"sha256": here.sha256}, is_yanked=True)

    assert compare([here], Listing({here.filename: yanked}), is_pypi=True, now=NOW).warnings == (
        "the release demo 1.0 is yanked on the index: pip installs it only if it is pinned",
    )


COMPARE = """
import sys
sys.modules["_md5"] = sys.modules["_hashlib"] = None  # as in a Python that was built without md5
from pathlib import Path
from travis_pypi_deploy import distributions
from travis_pypi_deploy.index import is_listed
from travis_pypi_deploy.simple_pages import ListedFile, Listing
here = distributions.read(Path(sys.argv[1]))
for hashes in ({"md5": "00"}, {"md5": "00", "sha256": here.sha256}):
    print(is_listed(here, Listing({here.filename: ListedFile(hashes)})))
"""


def test_a_python_without_md5_compares_by_what_it_has(tmp_path: Path) -> None:
    wheel = factories.wheel(tmp_path)

    ended = subprocess.run([sys.executable, "-c", COMPARE, wheel], check=True, capture_output=True, text=True)

    assert ended.stdout.split() == ["None", "True"]
