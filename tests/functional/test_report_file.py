"""The report's file: whole, valid JSON, wherever it is to stand and whatever the job is called."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from tests.support import command, factories

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("name", ["report.json", "reports/report.json", "./report.json", "{folder}/report.json"])
def test_a_report_may_be_named_as_seen_from_the_working_directory(tmp_path: Path, name: str) -> None:
    (tmp_path / "reports").mkdir()
    wheel = factories.wheel(tmp_path)
    filename = name.format(folder=tmp_path)
    ended = command.run("--check-only", "--report", filename, wheel.name, environ=command.job(), folder=tmp_path)
    assert (ended.code, ended.err) == (0, "")
    assert json.loads((tmp_path / filename).read_text("utf-8"))["result"] == "checked"
    assert sorted(path.name for path in tmp_path.rglob("*.json*")) == ["report.json"]


def test_a_name_that_is_no_utf_8_does_not_cost_the_report(tmp_path: Path) -> None:
    environ = {**command.job(), "TRAVIS_BRANCH": "caf\udce9"}
    ended = command.run("--report=report.json", environ=environ, folder=tmp_path)
    assert ended.code == 0
    assert json.loads((tmp_path / "report.json").read_text("utf-8"))["job"]["branch"] == "caf\udce9"


@pytest.mark.parametrize("password", ["demo-1.0", 'say "friend" & enter\\', "\u00fc" * 12])
def test_a_report_without_the_password_is_still_json(tmp_path: Path, password: str) -> None:
    wheel = factories.wheel(tmp_path)
    environ = command.job(PYPI_PASSWORD=password, TRAVIS_BUILD_WEB_URL=f"https://ci.example/{password}")
    command.run("--check-only", "--report=report.json", wheel.name, environ=environ, folder=tmp_path)
    report = json.loads((tmp_path / "report.json").read_text("utf-8"))
    assert report["job"]["build_url"] == "https://ci.example/***"
    assert report["files"][0]["size"] == wheel.stat().st_size


def test_a_pipe_is_no_place_for_a_report(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    wheel = factories.wheel(tmp_path)
    ended = command.run("--check-only", "--report=pipe", wheel.name, environ=command.job(), folder=tmp_path)
    assert ended.code == 2
    assert ended.err.startswith("Error: --report: a report cannot be written to pipe.")
