"""The results as Markdown."""

from __future__ import annotations

import os
import platform
from datetime import datetime, timezone
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .cases import Case, Goal
    from .measure import Figures

BEGIN, END = "<!-- results -->\n", "<!-- end of results -->\n"
HEAD = "| case | command | wall s | ours / it | processor s | peak MiB | requests |\n|---|---|--:|--:|--:|--:|---|\n"
TOOLS = ("travis-pypi-deploy", "requests", "twine", "uv")


def markdown(results: Sequence[tuple[Case, Sequence[Figures]]]) -> str:
    """Return the table of all figures, and below it the goals."""
    rows = [row for case, figures in results for row in _rows(case, figures)]
    goals = [line for case, figures in results for goal in case.goals for line in _results(case, goal, figures)]
    return HEAD + "".join(rows) + "\n" + "| goal | aim | reached |\n|---|--:|--:|\n" + "".join(goals)


def inserted(page: str, results: str) -> str:
    """Return ``page`` with new ``results``; raises ValueError where it has no place for them."""
    before, _, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not end:
        raise ValueError(f"the page lacks the lines {BEGIN!r} and {END!r}")
    return f"{before}{BEGIN}\n{results}\n{END}{after}"


def machine() -> str:
    """Return one line that says what ran where and when."""
    gibibytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    versions = ", ".join(f"{tool} {metadata.version(tool)}" for tool in TOOLS)
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return (
        f"{datetime.now(timezone.utc):%Y-%m-%d}: {_processor()}, {os.cpu_count()} cores, "
        f"{gibibytes:.0f} GiB, {platform.system()}; {python}; {versions}.\n"
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.machine()
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.machine()


def _rows(case: Case, figures: Sequence[Figures]) -> Iterator[str]:
    first = figures[0]
    for each in figures:
        title = case.title if each is first else ""
        if each.complaint:
            yield f"| {title} | {each.label} | {each.complaint} | | | | |\n"
            continue
        ratio = "" if each is first or first.complaint else f"{first.seconds / each.seconds:.2f}"
        numbers = f"{each.seconds:.3f} | {ratio} | {each.cpu_seconds:.3f} | {each.peak_mib:.1f}"
        yield f"| {title} | {each.label} | {numbers} | {each.requests} |\n"
        for part, seconds in each.parts.items():
            yield f"| | … {part} | {seconds:.3f} | | | | |\n"


def _results(case: Case, goal: Goal, figures: Sequence[Figures]) -> Iterator[str]:
    by_label = {each.label: each for each in figures}
    ours, other = figures[0], by_label[goal.against]
    known = not ours.complaint and not other.complaint
    ratio = f"{getattr(ours, goal.quantity) / getattr(other, goal.quantity):.2f}" if known else "not measured"
    what = "processor time, " if goal.quantity == "cpu_seconds" else ""
    yield f"| {case.title}: {what}ours / {goal.against} | {goal.ratio} | {ratio} |\n"
    if goal.peak_mib:
        peak = "not measured" if ours.complaint else f"{ours.peak_mib:.1f}"
        yield f"| {case.title}: peak MiB | {goal.peak_mib:.0f} | {peak} |\n"
