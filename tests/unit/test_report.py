"""The report as JSON, as lines of the log, and its file."""

from __future__ import annotations

import hashlib
import json
import stat
from typing import TYPE_CHECKING

import pytest

from tests.support import factories, travis_job
from travis_pypi_deploy import distributions
from travis_pypi_deploy.checks import Problem
from travis_pypi_deploy.errors import UsageError
from travis_pypi_deploy.job import Job
from travis_pypi_deploy.report import (
    Report,
    check_writable,
    dumps,
    files,
    install_command,
    listed,
    problem_lines,
    size,
    table,
    write,
)
from travis_pypi_deploy.servers import SERVERS, Server
from travis_pypi_deploy.upload import FileResult, Outcome

if TYPE_CHECKING:
    from pathlib import Path

TESTPYPI, PYPI = SERVERS
JOB = Job.from_environment(travis_job.job())


def mask(text: str) -> str:
    return text.replace("s3cret", "***")


def test_a_report_has_every_fact_of_schema_2(tmp_path: Path) -> None:
    wheel, sdist = factories.wheel(tmp_path), factories.sdist(tmp_path)
    report = Report(
        "failed",
        JOB,
        TESTPYPI,
        reasons=("the index said s3cret",),
        distributions=(distributions.read(wheel), distributions.read(sdist)),
        results=(FileResult(wheel.name, Outcome.REJECTED, attempts=2, seconds=1.23456, detail="s3cret?"),),
        problems=(Problem(wheel.name, "description-type", "warning", "no s3cret"),),
    )
    assert json.loads(dumps(report, seconds=12.34567, mask=mask)) == {
        "schema": 2,
        "result": "failed",
        "reasons": ["the index said ***"],
        "server": "testpypi",
        "name": "demo",
        "version": "1.0",
        "url": (TESTPYPI.release_url or "").format(name="demo", version="1.0"),
        "files": [
            {**entry(wheel), "outcome": "rejected", "attempts": 2, "seconds": 1.235, "detail": "***?"},
            {**entry(sdist), "outcome": "not attempted", "attempts": 0, "seconds": 0.0, "detail": ""},
        ],
        "problems": [
            {"file": wheel.name, "rule": "description-type", "severity": "warning", "message": "no ***"},
        ],
        "job": {
            "slug": "octocat/demo",
            "branch": "staging",
            "tag": "",
            "build_url": JOB.build_url,
            "job_url": JOB.job_url,
        },
        "seconds": 12.346,
    }


def entry(path: Path) -> dict[str, object]:
    content = path.read_bytes()
    return {"filename": path.name, "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def test_a_report_without_files_has_no_release() -> None:
    found = json.loads(dumps(Report("skipped", JOB, TESTPYPI, reasons=("a",)), seconds=0, mask=mask))
    assert (found["name"], found["version"], found["url"], found["files"]) == (None, None, None, [])
    assert (found["result"], found["reasons"]) == ("skipped", ["a"])


def test_the_table_has_a_line_for_each_file(tmp_path: Path) -> None:
    paths = [
        factories.wheel(tmp_path),
        factories.wheel(tmp_path, tag="cp312-cp312-win_amd64"),
        factories.big_wheel(tmp_path, 1, version="10.0"),
        factories.sdist(tmp_path),
    ]
    results = {
        paths[0].name: FileResult(paths[0].name, Outcome.UPLOADED, attempts=1, seconds=0.26),
        paths[1].name: FileResult(paths[1].name, Outcome.IDENTICAL),
        paths[2].name: FileResult(paths[2].name, Outcome.UNKNOWN, attempts=3, seconds=61.04),
    }
    small, windows = (size(paths[number].stat().st_size) for number in (0, 1))
    assert list(table(results, [distributions.read(path) for path in paths])) == [
        f"  demo-1.0-py3-none-any.whl           {small:>9}  uploaded (0.3 s)",
        f"  demo-1.0-cp312-cp312-win_amd64.whl  {windows:>9}  identical",
        "  demo-10.0-py3-none-any.whl             1.0 MB  unknown (61.0 s, 3 attempts)",
        f"  demo-1.0.tar.gz                     {size(paths[3].stat().st_size):>9}  not attempted",
    ]


def test_files_that_were_not_attempted_share_a_line(tmp_path: Path) -> None:
    found = [distributions.read(path) for path in (factories.wheel(tmp_path), factories.sdist(tmp_path))]
    (line,) = table({}, found)
    assert line.strip() == "2 files not attempted: demo-1.0-py3-none-any.whl, demo-1.0.tar.gz"


@pytest.mark.parametrize(
    ("names", "which"),
    [("a", "a"), ("ab", "both files"), ("abc", "all 3 files"), ("abd", "a, b, d")],
    ids=["one file", "both", "all", "some"],
)
def test_a_problem_that_files_share_is_one_line(names: str, which: str) -> None:
    problems = [Problem(name, "platform-tag", "error", "PyPI does not accept it: repair it.") for name in names]
    count = 4 if "d" in names else len(names)
    assert problem_lines(problems, count=count) == [f"{which}: PyPI does not accept it: repair it (platform-tag)"]


SIZES = {
    0: "0 B",
    999: "999 B",
    1000: "1.0 kB",
    1550: "1.6 kB",
    999_949: "999.9 kB",
    999_950: "1.0 MB",
    300 * 1024 * 1024: "314.6 MB",
    12_345_678_901: "12345.7 MB",
}


@pytest.mark.parametrize(("count", "text"), SIZES.items(), ids=SIZES.values())
def test_a_size_is_in_decimal_units(count: int, text: str) -> None:
    assert size(count) == text


def test_numbers_and_names_are_written_as_words() -> None:
    assert [files(0), files(1), files(2)] == ["0 files", "1 file", "2 files"]
    assert listed(["a", "b", "c"]) == "a, b, c"
    assert listed(["a", "b", "c", "d"]) == "a, b, c and 1 more"


def test_the_command_that_installs_a_release_names_its_index(tmp_path: Path) -> None:
    release = distributions.read(factories.wheel(tmp_path))
    private = Server("https://index.example/", "https://index.example/")
    assert install_command(PYPI, PYPI.index_url, release) == "pip install demo==1.0"
    assert install_command(private, None, release) is None
    for server, index_url in ((TESTPYPI, TESTPYPI.index_url), (private, "https://index.example/simple/")):
        assert install_command(server, index_url, release) == f"pip install --index-url {index_url} demo==1.0"


@pytest.mark.parametrize("name", ["missing/report.json", "folder", "file/report.json", "x" * 5000])
def test_a_report_that_cannot_be_written_is_an_error_before_anything_is_published(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match=r"^PYPI_REPORT: a report cannot be written to "):
        check_writable(str(tmp_path / name), source="PYPI_REPORT")


def test_a_report_is_written_whole_and_readable_by_all(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_text("of an earlier job")
    check_writable(str(path), source="--report")
    write('"caf\udce9"', str(path))
    assert json.loads(path.read_text("utf-8")) == "caf\udce9"
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert [each.name for each in tmp_path.iterdir()] == ["report.json"]


def test_a_report_that_fails_leaves_no_temporary_file(tmp_path: Path) -> None:
    (tmp_path / "report.json").mkdir()
    with pytest.raises(OSError, match=r"report\.json"):
        write("{}", str(tmp_path / "report.json"))
    assert [each.name for each in tmp_path.iterdir()] == ["report.json"]
