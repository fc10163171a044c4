"""The chart of the results, for the project's README."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib as mpl
from matplotlib.figure import Figure

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from matplotlib.axes import Axes

    from .cases import Case
    from .measure import Figures

OURS_COLOUR, OTHERS_COLOUR = "#2a6fb0", "#b8bec6"
PANELS = (("small", "seconds"), ("big", "seconds"), ("big", "peak_mib"), ("forty", "seconds"))
UNITS = {"seconds": "seconds", "peak_mib": "MiB of memory"}
INCHES_WIDE, INCHES_A_PANEL = 7.2, 1.35


def write(path: Path, results: Sequence[tuple[Case, Sequence[Figures]]]) -> None:
    """Draw the panels as SVG, one below the other; the same figures give the same bytes."""
    by_name = {case.name: (case, figures) for case, figures in results}
    with mpl.rc_context({"svg.hashsalt": "travis-pypi-deploy", "svg.fonttype": "none", "font.size": 9}):
        figure = Figure(figsize=(INCHES_WIDE, INCHES_A_PANEL * len(PANELS)), layout="constrained")
        axes = figure.subplots(len(PANELS), squeeze=False)[:, 0]
        for (name, quantity), panel in zip(PANELS, axes):
            _draw(panel, *by_name[name], quantity)
        figure.savefig(path, metadata={"Date": None})


def _draw(panel: Axes, case: Case, figures: Sequence[Figures], quantity: str) -> None:
    shown = [each for each in figures if not each.complaint]
    values = [each.seconds if quantity == "seconds" else each.peak_mib for each in shown]
    colours = [OURS_COLOUR if each is figures[0] else OTHERS_COLOUR for each in shown]
    bars = panel.barh([each.label for each in shown], values, color=colours)
    panel.bar_label(bars, fmt="%.2f" if quantity == "seconds" else "%.0f", padding=3)
    panel.margins(x=0.12)
    panel.invert_yaxis()
    panel.set_title(f"{case.title}: {UNITS[quantity]}", loc="left", fontsize=10)
    panel.spines[["top", "right", "bottom"]].set_visible(False)
    panel.tick_params(axis="x", bottom=False, labelbottom=False)
    panel.tick_params(axis="y", length=0)
