"""What ``--report`` writes, as a whole, for every way a run can end."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import pytest

from tests.support import factories, misbehaviours, sample_projects
from tests.support.command import NOBODY, off_travis, on_staging
from travis_pypi_deploy.servers import SERVERS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from tests.support.loopback_index import LoopbackIndex
    from travis_pypi_deploy.servers import Server

JOB = {
    "slug": "octocat/demo",
    "branch": "staging",
    "tag": "",
    "build_url": "https://app.travis-ci.com/octocat/demo/builds/263000000",
    "job_url": "https://app.travis-ci.com/octocat/demo/jobs/600000001",
}
NOTHING = {
    "schema": 2,
    "reasons": [],
    "name": None,
    "version": None,
    "url": None,
    "files": [],
    "problems": [],
    "job": JOB,
}
RELEASE = {**NOTHING, "name": "demo", "version": "1.0"}


def reported(folder: Path, *argv: str, **variables: str | None) -> tuple[int, object]:
    """Run the command; return its exit code and its report, whose seconds, which nobody can foretell, are left out."""
    path = folder / "report.json"
    ended = on_staging("--report", str(path), *argv, **variables)
    report = json.loads(path.read_text("utf-8"))
    assert report.pop("seconds") >= sum(each.pop("seconds") for each in report["files"])
    return ended.code, report


def entry(path: Path, outcome: str = "not attempted", attempts: int = 0, detail: str = "") -> Mapping[str, object]:
    """Return what the report has to say about a file."""
    content = path.read_bytes()
    return {
        "filename": path.name,
        "size": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "outcome": outcome,
        "attempts": attempts,
        "detail": detail,
    }


def test_skipped(tmp_path: Path) -> None:
    code, report = reported(tmp_path, "--python=3.12", TRAVIS_BRANCH="v1.0", TRAVIS_TAG="v1.0", PYPI_SERVER="")
    assert (code, report) == (
        0,
        {
            **NOTHING,
            "result": "skipped",
            "reasons": [
                (
                    'Skipping the deployment: the branch is "v1.0", not one of: staging (PYPI_BRANCH). On builds of '
                    "tags, TRAVIS_BRANCH is the tag; use --tags to deploy them"
                ),
                'Skipping the deployment: TRAVIS_PYTHON_VERSION is "3.6", not one of: 3.12 (--python)',
            ],
            "server": "testpypi",
            "job": {**JOB, "branch": "v1.0", "tag": "v1.0"},
        },
    )


def test_dry_run(tmp_path: Path) -> None:
    wheel, sdist = factories.wheel(tmp_path), factories.sdist(tmp_path)
    nowhere = {"slug": "", "branch": "", "tag": "", "build_url": "", "job_url": ""}
    code, report = reported(tmp_path, "--dry-run", str(wheel), str(sdist), **off_travis())
    assert (code, report) == (
        0,
        {**RELEASE, "result": "dry-run", "server": NOBODY, "files": [entry(wheel), entry(sdist)], "job": nowhere},
    )


@pytest.mark.parametrize("server", SERVERS, ids=lambda server: server.name)
def test_checked(tmp_path: Path, server: Server) -> None:
    wheel = factories.wheel(tmp_path, metadata=factories.metadata(description_content_type=()))
    code, report = reported(tmp_path, "--check-only", f"--server={server.name}", str(wheel))
    problem = {
        "file": wheel.name,
        "rule": "description-type",
        "severity": "warning",
        "message": "its description has no content type and is read as reStructuredText: set "
        "long_description_content_type (readme in pyproject.toml).",
    }
    assert (code, report) == (
        0,
        {
            **RELEASE,
            "result": "checked",
            "server": server.name,
            "url": (server.release_url or "").format(name="demo", version="1.0"),
            "files": [entry(wheel)],
            "problems": [problem],
        },
    )


def test_deployed(tmp_path: Path, index: LoopbackIndex) -> None:
    wheel, sdist, there = (
        factories.wheel(tmp_path),
        factories.sdist(tmp_path),
        factories.wheel(tmp_path, tag="cp312-none-any"),
    )
    index.preload(there)
    index.on_upload(misbehaviours.busy("0"), filename=wheel.name)
    code, report = reported(
        tmp_path,
        f"--index-url={index.simple_url}",
        *map(str, (wheel, sdist, there)),
        PYPI_SERVER=index.upload_url,
    )
    assert (code, report) == (
        0,
        {
            **RELEASE,
            "result": "deployed",
            "server": index.upload_url,
            "files": [
                entry(wheel, "uploaded", 2),
                entry(sdist, "uploaded", 1),
                entry(there, "identical"),
            ],
        },
    )


def test_rejected(tmp_path: Path, index: LoopbackIndex) -> None:
    wheel, sdist = factories.wheel(tmp_path), factories.sdist(tmp_path)
    index.on_upload(misbehaviours.rejected(400, "Too ugly."))
    code, report = reported(tmp_path, str(wheel), str(sdist), PYPI_SERVER=index.upload_url)
    assert (code, report) == (
        1,
        {
            **RELEASE,
            "result": "failed",
            "reasons": [f"{wheel.name}: rejected with status 400: Too ugly"],
            "server": index.upload_url,
            "files": [entry(wheel, "rejected", 1, "rejected with status 400: Too ugly"), entry(sdist)],
        },
    )


def test_a_failed_build(tmp_path: Path) -> None:
    project = sample_projects.copy("fails", tmp_path)
    code, report = reported(tmp_path, f"--project-dir={project}")
    reason = "The build failed: f\ufffdhler: cannot find demo.h (the full output is above)"
    assert (code, report) == (3, {**NOTHING, "result": "failed", "reasons": [reason], "server": NOBODY})


def test_an_unreadable_file_among_others(tmp_path: Path) -> None:
    wheel, broken = factories.wheel(tmp_path), tmp_path / "demo-1.0.tar.gz"
    broken.write_text("nothing")
    code, report = reported(tmp_path, str(wheel), str(broken))
    fault = "not a readable gzip-compressed tar archive: Not a gzipped file (b'no')"
    fault += ". Build the sdist again, and copy all of it"
    assert (code, report) == (
        3,
        {
            **RELEASE,
            "result": "failed",
            "reasons": [f"demo-1.0.tar.gz: {fault} (unreadable); nothing was uploaded"],
            "server": NOBODY,
            "files": [entry(wheel)],
            "problems": [{"file": broken.name, "rule": "unreadable", "severity": "error", "message": fault}],
        },
    )


@pytest.mark.parametrize("argv", [["--jobs=0"], ["--server=testpypi", "a.whl"], ["a.whl", "--condition=(("]], ids=str)
def test_nothing_is_written_on_a_usage_error(tmp_path: Path, argv: Sequence[str]) -> None:
    report = tmp_path / "report.json"
    report.write_text("of an earlier job")
    ended = on_staging(f"--report={report}", *argv)
    assert ended.code == 2
    assert report.read_text() == "of an earlier job"


def test_a_report_that_cannot_be_written_in_the_end_is_a_warning(tmp_path: Path) -> None:
    folder = tmp_path / "reports"
    folder.mkdir()
    ended = on_staging(
        "--dry-run",
        str(factories.wheel(tmp_path)),
        f"--condition=$(rmdir {folder}; echo yes) = yes",
        f"--report={folder}/r",
    )
    assert (ended.code, ended.err) == (
        0,
        f"Warning: the report could not be written to {folder}/r: No such file or directory\n",
    )
