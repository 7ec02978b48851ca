"""The pictures of the quality report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_ACROSS = 4  # panels side by side
_TITLE_WIDTH = 4.5  # inches


def plot_tag_curves(curves: Mapping[str, tuple[Floats, float, tuple[float, float]]], path: Path) -> None:
    """A ROC panel per tag: (M, 2) false alarms and recall, the AUC, and the point at which the tag is said."""
    across = min(_ACROSS, len(curves))
    down = ceil(len(curves) / across)
    figure = Figure(figsize=(max(_TITLE_WIDTH, 3 * across), 3.1 * down + 0.4), layout="constrained")
    panels = figure.subplots(down, across, squeeze=False).ravel()
    for axes, (tag, (rows, area, here)) in zip(panels, curves.items(), strict=False):
        axes.plot([0, 1], [0, 1], color="grey", linestyle="--", linewidth=0.8)
        axes.plot(rows[:, 0], rows[:, 1], color="#1f5f99")
        axes.plot(*here, "D", color="black", markersize=6)
        axes.set(title=f"{tag}: AUC {area:.3f}", xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
        axes.xaxis.set_major_formatter(PercentFormatter(1))
        axes.yaxis.set_major_formatter(PercentFormatter(1))
        axes.grid(color="#e6e6e6")
    for axes in panels[len(curves) :]:
        axes.set_axis_off()
    figure.supxlabel("photos without the tag that are given it", fontsize="medium")
    figure.supylabel("photos with the tag that are given it", fontsize="medium")
    figure.suptitle("Quality tags (diamond: where the tag is said)")
    _save(figure, path)


def plot_tag_confusion(shares: Floats, rows: Sequence[str], columns: Sequence[str], path: Path) -> None:
    """Shares (R, C), 0..1: what photos have, down; what they are given, across."""
    figure = Figure(figsize=(2.6 + 0.6 * len(columns), 2.2 + 0.42 * len(rows)), layout="constrained")
    axes = figure.add_subplot()
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    axes.set_xticks(range(len(columns)), columns, rotation=60, ha="right")
    axes.set_yticks(range(len(rows)), rows)
    for row, column in zip(*np.nonzero(shares > 0.005), strict=True):
        share = shares[row, column]
        axes.text(column, row, f"{share:.0%}", ha="center", va="center", fontsize=8, color="white" if share > 0.5 else "black")
    axes.set(xlabel="tag given", ylabel="photos that have", title="Which tags photos are given")
    _save(figure, path)


def plot_sensitivity(seen: Mapping[str, Mapping[str, float]], reach: float, path: Path) -> None:
    """Defect -> measure -> how far it moves, -reach..reach standard deviations, as a table of colours."""
    defects, measures = list(seen), list(next(iter(seen.values())))
    table = np.array([[seen[defect][measure] for measure in measures] for defect in defects])
    figure = Figure(figsize=(3.1 + 0.42 * len(measures), 2.6 + 0.4 * len(defects)), layout="constrained")
    axes = figure.add_subplot()
    picture = axes.imshow(table, cmap="RdBu", vmin=-reach, vmax=reach, aspect="auto")
    axes.set_xticks(range(len(measures)), measures, rotation=60, ha="right")
    axes.set_yticks(range(len(defects)), defects)
    for row, column in zip(*np.nonzero(np.abs(table) >= 0.5), strict=True):
        value = table[row, column]
        colour = "white" if abs(value) > 0.7 * reach else "black"
        axes.text(column, row, f"{value:+.1f}", ha="center", va="center", fontsize=7, color=colour)
    axes.set(xlabel="measure", ylabel="defect, from none to ruined", title="How far each defect moves each measure")
    figure.colorbar(picture, ax=axes, label=f"move, in standard deviations\nof the photos judged (at most {reach:g})", shrink=0.8)
    _save(figure, path)


def _save(figure: Figure, path: Path) -> None:
    FigureCanvasAgg(figure).print_png(str(path))  # type: ignore[no-untyped-call]
