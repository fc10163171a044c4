"""The benchmarks measure what they say, on material that is quick to make."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import requests

from benchmarks import measure, table
from benchmarks.cases import Case, Goal
from benchmarks.measure import Command, Figures
from tests.support import factories

if TYPE_CHECKING:
    from pathlib import Path


def test_the_sink_swallows_uploads_and_counts_them(tmp_path: Path) -> None:
    published = tmp_path / "published"
    published.mkdir()
    wheel = factories.wheel(published)
    command = [sys.executable, "-m", "benchmarks.sink", "--publish", str(published)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as sink:
        assert sink.stdout is not None
        url = f"http://127.0.0.1:{int(sink.stdout.readline())}"
        with requests.Session() as session:
            statuses = [session.post(f"{url}/legacy/", data=bytes(3_000_000)).status_code for _ in range(2)]
            page = session.get(f"{url}/simple/demo/").json()
            counts = [session.get(f"{url}/counts").json() for _ in range(2)]
        sink.communicate()
    assert statuses == [200, 200]
    assert [file["filename"] for file in page["files"]] == [wheel.name]
    assert counts == [{"POST": 2, "GET": 1}, {}]


def test_a_command_that_fails_is_not_measured(tmp_path: Path) -> None:
    commands = [
        Command("fine", [sys.executable, "-c", "pass"], {}),
        Command("absent", [sys.executable, "-c", "raise SystemExit(2)"], {}),
    ]
    fine, absent = measure.compare(commands, rounds=1, warm_up=0, counts=lambda: {"POST": 1}, folder=tmp_path)
    assert (fine.label, fine.requests, fine.complaint) == ("fine", "1 POST", "")
    assert fine.cpu_seconds > 0
    assert 1 < fine.peak_mib < 100
    assert absent == Figures("absent", complaint="not available yet")


def test_the_table_shows_medians_ratios_and_goals() -> None:
    case = Case("one", "One wheel", 1, lambda _: [], goals=(Goal("theirs", 0.5, peak_mib=48),))
    figures = [Figures("ours", 1.0, 0.5, 30.0, "1 POST"), Figures("theirs", 4.0, 2.0, 60.0, "1 POST")]
    assert table.markdown([(case, figures)]).splitlines() == [
        "| case | command | wall s | ours / it | processor s | peak MiB | requests |",
        "|---|---|--:|--:|--:|--:|---|",
        "| One wheel | ours | 1.000 |  | 0.500 | 30.0 | 1 POST |",
        "|  | theirs | 4.000 | 0.25 | 2.000 | 60.0 | 1 POST |",
        "",
        "| goal | aim | reached |",
        "|---|--:|--:|",
        "| One wheel: ours / theirs | 0.5 | 0.25 |",
        "| One wheel: peak MiB | 48 | 30.0 |",
    ]


def test_results_take_the_place_of_older_ones() -> None:
    page = f"before\n{table.BEGIN}old\n{table.END}after\n"
    assert table.inserted(page, "new") == f"before\n{table.BEGIN}\nnew\n{table.END}after\n"
    with pytest.raises(ValueError, match="the page lacks"):
        table.inserted("no place for results\n", "new")
