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
from travis_pypi_deploy.checks.rules import Policy
from travis_pypi_deploy.index import Plan, Published, plan, possible_index_urls, published
from travis_pypi_deploy.simple_pages import ListedFile, Listing, parse

if TYPE_CHECKING:
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


def planned(here: distributions.Distribution, page: Listing, *, is_pypi: bool = True, is_certain: bool = True) -> Plan:
    return plan([here], page, Policy(is_pypi), is_certain=is_certain, now=NOW)


WHEEL, SDIST = "demo-1.0-py3-none-any.whl", "demo-1.0.tar.gz"


ARCHIVED = listing("demo-0.9.tar.gz", status="archived")
PREDICTIONS: dict[str, tuple[str, Listing, bool, str]] = {
    "nothing published yet": (WHEEL, Listing(), True, ""),
    "an old release of another version": (WHEEL, listing("demo-0.9.tar.gz", age_days=99), True, ""),
    "an open release": (WHEEL, listing(SDIST, age_days=13.9), True, ""),
    "a closed release": (WHEEL, listing(SDIST, age_days=15), True, "closed-release"),
    "an index that never closes one": (WHEEL, listing(SDIST, age_days=15), False, ""),
    "another spelling": (WHEEL, listing("demo-1.0.0-py2-none-any.whl", age_days=15), True, "closed-release"),
    "a shorter spelling": (WHEEL, listing("demo-1.tar.gz", age_days=15), True, "closed-release"),
    "a file of the past": (WHEEL, listing("demo-1.0.win32.exe", age_days=15), True, ""),
    "an archived project": (WHEEL, ARCHIVED, False, "archived-project"),
    "a quarantined project": (WHEEL, listing("demo-0.9.tar.gz", status="quarantined"), True, ""),
    "an archived project and nothing new": (WHEEL, listing(WHEEL, status="archived", age_days=99), True, ""),
    "a second sdist": (SDIST, listing("Demo-1.0.zip", WHEEL), False, "second-sdist"),
    "another version's sdist": (SDIST, listing("demo-1.1.tar.gz", WHEEL), False, ""),
    "the sdist itself": (SDIST, listing(SDIST), False, ""),
}


@pytest.mark.parametrize(("filename", "page", "is_pypi", "rule"), PREDICTIONS.values(), ids=PREDICTIONS)
def test_the_page_predicts_what_the_index_will_reject(
    tmp_path: Path, filename: str, page: Listing, is_pypi: bool, rule: str
) -> None:
    found = planned(distribution(tmp_path, filename), page, is_pypi=is_pypi).problems

    assert [(each.rule, each.filename) for each in found] == ([(rule, filename)] if rule else [])
    assert {each.severity for each in found} <= {"error" if is_pypi else "warning"}


@pytest.mark.parametrize(
    ("hashes", "expected"),
    [
        (None, "absent"),
        ({}, "unknown"),
        ({"shake_128": "00", "of our own": "00"}, "unknown"),
        ({"md5": "right"}, "identical"),
        ({"md5": "wrong"}, "different"),
        ({"of our own": "00", "md5": "wrong", "sha256": "right"}, "identical"),
        ({"md5": "right", "sha1": "wrong"}, "different"),
    ],
    ids=["not listed", "no hash", "strange hashes", "right", "wrong", "the best decides", "even against a weaker"],
)
def test_the_best_hash_that_is_known_decides(tmp_path: Path, hashes: dict[str, str] | None, expected: str) -> None:
    here = distribution(tmp_path)
    known = {
        name: hexdigest(here.path, name).upper() if value == "right" else "00" for name, value in (hashes or {}).items()
    }
    files = {} if hashes is None else {here.filename: ListedFile(known)}

    assert published(here, Listing(files)) is Published(expected)


def test_a_file_that_has_vanished_cannot_be_compared_by_other_hashes(tmp_path: Path) -> None:
    here = distribution(tmp_path)
    here.path.unlink()

    assert published(here, Listing({here.filename: ListedFile({"md5": "00"})})) is Published.UNKNOWN


def test_an_html_page_is_read() -> None:
    page = b"""<!DOCTYPE html><html><head><meta name="pypi:repository-version" content="1.1">
    <meta charset></head><body>
    <a href="../../files/demo-1.0%2Blocal.tar.gz?x=1#sha256=ABCDEF" data-yanked="">demo-1.0+local.tar.gz</a>
    <a href="\n demo-2.0.tar.gz ">demo</a> <a name="top">top</a> <a href="">empty</a>
    </body></html>"""

    assert parse(page, content_type=HTML_PAGE) == Listing(
        {"demo-1.0+local.tar.gz": ListedFile({"sha256": "ABCDEF"}, is_yanked=True), "demo-2.0.tar.gz": ListedFile({})},
    )


def test_a_json_page_is_read_with_what_it_may_leave_out() -> None:
    page = b"""{"meta": {"api-version": "1.4"}, "project-status": {}, "files": [
        {"filename": "a", "hashes": {"sha256": "AB"}, "upload-time": "2026-08-01T12:00:00.123456Z"},
        {"filename": "b", "hashes": {}, "upload-time": null, "yanked": null},
        {"filename": "c", "hashes": {}}]}"""

    assert parse(page, content_type=JSON_PAGE) == Listing(
        {
            "a": ListedFile({"sha256": "AB"}, datetime(2026, 8, 1, 12, tzinfo=timezone.utc)),
            "b": ListedFile({}),
            "c": ListedFile({}),
        },
        "active",
    )


def test_a_page_without_a_content_type_is_not_read() -> None:
    with pytest.raises(ValueError, match="its Content-Type is"):
        parse(b"<html></html>", content_type="application/octet-stream")


@pytest.mark.parametrize(
    "page",
    [
        b"<!--" * 200_000,
        b"<a " * 200_000,
        b"<a href='" * 100_000,
        b"<a " + b"x=" * 400_000 + b">",
        b"<a\t" + b" " * 800_000,
    ],
    ids=["comments", "tags", "quotes", "names", "spaces"],
)
def test_a_malicious_html_page_is_read_in_no_time(page: bytes) -> None:
    good = b'<a href="x/demo-1.0.tar.gz#sha256=00">demo</a>'

    assert list(parse(good + page, content_type=HTML_PAGE).files)[:1] == ["demo-1.0.tar.gz"]


def test_only_links_to_follow_are_files() -> None:
    page = (
        b'<link href="style-1.0.tar.gz" rel="x"><meta href="meta-1.0.tar.gz">'
        b'<!-- <a href="old-1.0.tar.gz"> --><A HREF=new-1.0.tar.gz >x</A>'
    )

    assert list(parse(page, content_type=HTML_PAGE).files) == ["new-1.0.tar.gz"]


@pytest.mark.parametrize(
    "entry",
    [
        b'{"filename": null, "hashes": {}}',
        b'{"filename": "a", "hashes": []}',
        b'{"filename": "a"}',
        b"null",
        b"9" * 5000,
    ],
)
def test_a_json_page_of_another_shape_is_an_error(entry: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse(b'{"files": [' + entry + b"]}", content_type=JSON_PAGE)


@pytest.mark.parametrize("name", [f"demo-{'9' * 5000}.tar.gz", f"demo-1.{'9' * 150}.tar.gz", "demo-", "-.whl", "a.whl"])
def test_a_listed_version_may_be_anything(tmp_path: Path, name: str) -> None:
    assert planned(distribution(tmp_path), listing(name, age_days=99)).problems == ()


def test_a_yanked_release_is_noticed(tmp_path: Path) -> None:
    here = distribution(tmp_path)
    yanked = ListedFile({"sha256": here.sha256}, is_yanked=True)

    assert planned(here, Listing({here.filename: yanked})) == Plan((), (here.filename,), is_yanked=True)


def test_a_page_that_may_be_that_of_several_repositories_settles_only_identical_files(tmp_path: Path) -> None:
    here = distribution(tmp_path)
    other = planned(here, listing(here.filename), is_certain=False)
    same = planned(here, Listing({here.filename: ListedFile({"sha256": here.sha256})}), is_certain=False)

    assert (other.upload, [each.filename for each in other.doubtful]) == ((here,), [here.filename])
    assert same == Plan((), (here.filename,))


@pytest.mark.parametrize(
    ("upload_url", "paths"),
    [
        ("https://index.example/", ["/simple/", "/+simple/"]),
        ("https://index.example/internal", ["/internal/simple/", "/internal/+simple/"]),
        ("https://index.example/feed/pypi/upload/", ["/feed/pypi/simple/", "/feed/pypi/upload/simple/"]),
    ],
    ids=["pypiserver", "without a slash", "beside it"],
)
def test_the_index_is_looked_for_below_the_upload_url_and_beside_it(upload_url: str, paths: list[str]) -> None:
    found = possible_index_urls(upload_url)

    assert [url.partition("index.example")[2] for url in found][: len(paths)] == paths


def test_a_page_with_a_form_and_no_files_is_no_page_of_an_index() -> None:
    with pytest.raises(ValueError, match="form"):
        parse(b'<form action="/login"></form><a href="/help">x</a>', content_type=HTML_PAGE)
    refresh = b'<form action="refresh"></form><a href="demo-1.0.tar.gz">x</a>'  # devpi, to others than installers
    assert list(parse(refresh, content_type=HTML_PAGE).files) == ["demo-1.0.tar.gz"]


def test_what_is_no_hash_is_left_out() -> None:
    page = b'<a href="demo-1.0.tar.gz#sha256=Correct-Horse">x</a>'

    assert parse(page, content_type=HTML_PAGE) == Listing({"demo-1.0.tar.gz": ListedFile({})})


COMPARE = """
import sys
sys.modules["_md5"] = sys.modules["_hashlib"] = None  # as in a FIPS build of Python
from pathlib import Path
from travis_pypi_deploy import distributions, index, simple_pages
here = distributions.read(Path(sys.argv[1]))
print(index.published(here, simple_pages.Listing({here.filename: simple_pages.ListedFile({"md5": "00"})})))
"""


def test_a_python_without_md5_compares_nothing_by_it(tmp_path: Path) -> None:
    argv = [sys.executable, "-c", COMPARE, str(factories.wheel(tmp_path))]

    assert subprocess.run(argv, check=True, capture_output=True, text=True).stdout == "Published.UNKNOWN\n"
