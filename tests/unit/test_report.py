"""The report as JSON, and its file."""

from __future__ import annotations

import hashlib
import json
import stat
from typing import TYPE_CHECKING

import pytest

from tests.support import factories, travis_job
from travis_pypi_deploy import distributions
from travis_pypi_deploy.checks.rules import Problem
from travis_pypi_deploy.errors import UsageError
from travis_pypi_deploy.job import Job
from travis_pypi_deploy.report import Report, check_writable, dumps, write
from travis_pypi_deploy.servers import SERVERS
from travis_pypi_deploy.upload.results import FileResult, Outcome

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
        distributions=(distributions.read(wheel), distributions.read(sdist)),
        results=(FileResult(wheel.name, Outcome.REJECTED, attempts=2, seconds=1.23456, detail="s3cret?"),),
        problems=(Problem("description-type", "no s3cret", wheel.name, "warning"),),
    )
    assert json.loads(dumps(report, reasons=("the index said s3cret",), seconds=12.34567, mask=mask)) == {
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
    found = json.loads(dumps(Report("skipped", JOB, TESTPYPI), reasons=("a",), seconds=0, mask=mask))
    assert (found["name"], found["version"], found["url"], found["files"]) == (None, None, None, [])
    assert (found["result"], found["reasons"]) == ("skipped", ["a"])


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
