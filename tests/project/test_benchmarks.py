"""The benchmarks measure what they say, on material that is quick to make."""

from __future__ import annotations

import contextlib
import json
import sys
from typing import TYPE_CHECKING

import pytest
import requests

from benchmarks import bench, cases, material, measure, phase, table
from benchmarks.cases import Case, Goal
from benchmarks.measure import Command, Figures
from benchmarks.relay import Direction
from tests.support import factories

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("linked", [False, True], ids=["direct", "through the relay"])
def test_the_sink_accepts_uploads_and_counts_them(tmp_path: Path, linked: bool) -> None:
    published = tmp_path / "published"
    published.mkdir()
    wheel = factories.wheel(published)
    with contextlib.ExitStack() as stack:
        port = stack.enter_context(bench.serving("sink", "--publish", str(published)))
        if linked:
            port = stack.enter_context(bench.serving("relay", str(port), "--round-trip", "0", "--megabits", "10000"))
        url = f"http://127.0.0.1:{port}"
        with requests.Session() as session:
            statuses = [session.post(f"{url}/legacy/", data=bytes(3_000_000)).status_code for _ in range(2)]
            page = session.get(f"{url}/simple/demo/").json()
            counts = [session.get(f"{url}/counts").json() for _ in range(2)]
    assert statuses == [200, 200]
    assert [file["filename"] for file in page["files"]] == [wheel.name]
    assert counts == [{"POST": 2, "GET": 1}, {}]


def test_a_block_leaves_the_link_after_the_blocks_before_it() -> None:
    direction = Direction(bytes_per_second=1000, delay_seconds=0.03)
    assert direction.leave(500, ready_at=10.0) == 10.5
    assert direction.leave(500, ready_at=10.1) == 11.0
    assert direction.leave(500, ready_at=20.0) == 20.5


def test_the_parts_of_a_phase_are_measured_in_a_fresh_folder(tmp_path: Path) -> None:
    make = [sys.executable, "-c", "import pathlib; pathlib.Path('fresh').mkdir()"]
    steps = json.dumps({"venv": make, "upload": [sys.executable, "-c", "pass"]})
    command = Command("ours", [sys.executable, phase.__file__, str(tmp_path / measure.PARTS), steps], {})
    (figures,) = measure.compare([command], rounds=2, warm_up=0, counts=dict, folder=tmp_path)
    assert list(figures.parts) == ["venv", "upload"]
    assert sum(figures.parts.values()) < figures.seconds


@pytest.mark.parametrize("name", ["small", "pair", "release", "forty", "project"])
def test_each_kind_of_material_is_made_once(tmp_path: Path, name: str) -> None:
    first = sorted(material.folder(tmp_path, name).iterdir())
    assert first
    assert sorted(material.folder(tmp_path, name).iterdir()) == first


def test_each_goal_names_a_contender(tmp_path: Path) -> None:
    for name in material.MAKERS:
        (tmp_path / name).mkdir()
    for case in cases.CASES:
        labels = {command.label for command in case.commands(cases.Place(tmp_path, "http://127.0.0.1:9"))}
        assert {goal.against for goal in case.goals} <= labels - {cases.OURS}


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
    case = Case(
        "one",
        "One wheel",
        1,
        lambda _: [],
        goals=(Goal("theirs", 0.5, peak_mib=48), Goal("theirs", 0.4, quantity="cpu_seconds")),
    )
    figures = [
        Figures("ours", 1.0, 0.5, 30.0, "1 POST"),
        Figures("theirs", 4.0, 2.0, 60.0, "1 POST", parts={"build": 3.0}),
    ]
    assert table.markdown([(case, figures)]).splitlines() == [
        "| case | command | wall s | ours / it | processor s | peak MiB | requests |",
        "|---|---|--:|--:|--:|--:|---|",
        "| One wheel | ours | 1.000 |  | 0.500 | 30.0 | 1 POST |",
        "|  | theirs | 4.000 | 0.25 | 2.000 | 60.0 | 1 POST |",
        "| | … build | 3.000 | | | | |",
        "",
        "| goal | aim | reached |",
        "|---|--:|--:|",
        "| One wheel: ours / theirs | 0.5 | 0.25 |",
        "| One wheel: peak MiB | 48 | 30.0 |",
        "| One wheel: processor time, ours / theirs | 0.4 | 0.25 |",
    ]


def test_results_take_the_place_of_older_ones() -> None:
    page = f"before\n{table.BEGIN}old\n{table.END}after\n"
    assert table.inserted(page, "new") == f"before\n{table.BEGIN}\nnew\n{table.END}after\n"
    with pytest.raises(ValueError, match="the page lacks"):
        table.inserted("no place for results\n", "new")
