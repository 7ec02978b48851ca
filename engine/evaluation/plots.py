"""The report's pictures, drawn without a display."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter
from numpy.typing import NDArray

from engine.evaluation.curves import Coverage

Floats = NDArray[np.float64]
INK, SOFT, SECOND = "#1f5f99", "#a9c7e3", "#c05a1c"  # told apart without colour vision, and in grey
ROOMY = 30  # labels up to which a confusion matrix has full-size numbers


def plot_confusion(table: NDArray[np.intp], labels: Sequence[str], path: Path) -> None:
    """Counts (C, C), true labels down, guesses across; coloured by the share of the true label, errors in orange."""
    count = len(labels)
    cell = 0.45 if count <= ROOMY else 0.34  # inches
    side = max(4.5, cell * count + 2.5)
    figure = Figure(figsize=(side, side), layout="constrained")
    axes = figure.add_subplot()
    share = table / np.maximum(table.sum(1, keepdims=True), 1)
    right = np.eye(count, dtype=bool)
    axes.imshow(np.ma.masked_array(share, ~right), cmap="Blues", vmin=0, vmax=1)
    axes.imshow(np.ma.masked_array(share, right | (table == 0)), cmap="Oranges", vmin=0, vmax=1)
    axes.set_xticks(range(count), labels, rotation=90)
    axes.set_yticks(range(count), labels)
    axes.set_xticks(np.arange(count - 1) + 0.5, minor=True)
    axes.set_yticks(np.arange(count - 1) + 0.5, minor=True)
    axes.grid(which="minor", color="#e6e6e6", linewidth=0.6)
    axes.tick_params(which="minor", length=0)
    for row, column in zip(*np.nonzero(table), strict=True):
        colour = "white" if share[row, column] > 0.5 else "black"
        axes.text(
            column, row, str(table[row, column]), ha="center", va="center", color=colour, fontsize=10 if count <= ROOMY else 8
        )
    axes.set(xlabel="guess", ylabel="true label", title="Confusions (photos; errors orange)")
    _save(figure, path)


def plot_calibration(rows: Floats, error: float, path: Path) -> None:
    """Share of right guesses over the confidence claimed for them (rows as `curves.reliability` gives them); below, how many."""
    figure = Figure(figsize=(5.5, 6.5), layout="constrained")
    upper, lower = figure.subplots(2, 1, height_ratios=[4, 1], sharex=True)
    claimed, found, low, high, photos = rows.T
    upper.plot([0, 1], [0, 1], color="grey", linestyle="--", label="honest: as often right as claimed")
    spread = np.abs(np.stack([found - low, high - found]))
    upper.errorbar(claimed, found, yerr=spread, fmt="o", color=INK, ecolor=SOFT, capsize=3, label="found, with 5-95 % interval")
    upper.set(ylabel="share right", xlim=(0, 1.02), ylim=(0, 1.02), title=f"Calibration: mean gap (ECE) {error:.3f}")
    upper.legend(loc="upper left")
    lower.bar(claimed, photos, width=0.06, color=SOFT)
    lower.set(xlabel="confidence claimed", ylabel="photos", yscale="symlog", ylim=(0, photos.max() * 2))
    for axes in (upper, lower):
        axes.xaxis.set_major_formatter(PercentFormatter(1))
    upper.yaxis.set_major_formatter(PercentFormatter(1))
    _save(figure, path)


def plot_coverage(curves: Mapping[str, Coverage], working_point: tuple[float, float] | None, path: Path) -> None:
    """Accuracy of the accepted photos over their share, a line per score; `working_point` (share, accuracy): the product's."""
    figure = Figure(figsize=(7, 4.5), layout="constrained")
    axes = figure.add_subplot()
    lowest = 1.0
    for (name, curve), colour in zip(curves.items(), (INK, SECOND), strict=False):
        axes.fill_between(curve.share, curve.low, curve.high, color=colour, alpha=0.15, linewidth=0)
        axes.plot(curve.share, curve.accuracy, color=colour, label=f"surest first by {name}")
        lowest = min(lowest, float(curve.accuracy.min()), float(np.nanpercentile(curve.low, 10)))
    if working_point:
        axes.plot(*working_point, "D", color="black", markersize=7, label="the product's own threshold")
        lowest = min(lowest, working_point[1])
    bottom = max(0.0, lowest - 0.05)
    axes.set(xlabel="share of photos accepted", ylabel="accuracy of the accepted", xlim=(0, 1.01), ylim=(bottom, 1.005))
    axes.set_title("Coverage: what fewer but surer answers buy (bands: 5-95 %)")
    axes.xaxis.set_major_formatter(PercentFormatter(1))
    axes.yaxis.set_major_formatter(PercentFormatter(1))
    axes.grid(color="#e6e6e6")
    axes.legend(loc="lower left")
    _save(figure, path)


@dataclass(frozen=True, kw_only=True, slots=True)
class RocWords:
    """What a ROC plot is about."""

    title: str
    let_through: str  # along the bottom
    kept: str  # up the side


def plot_roc(curves: Mapping[str, tuple[Floats, float]], working_point: tuple[float, float], words: RocWords, path: Path) -> None:
    """Wanted photos kept over unwanted ones let through; by score the rows of `curves.roc` and the area under them."""
    figure = Figure(figsize=(5.5, 5.5), layout="constrained")
    axes = figure.add_subplot()
    axes.plot([0, 1], [0, 1], color="grey", linestyle="--", label="guessing")
    for (name, (rows, area)), colour in zip(curves.items(), (INK, SECOND), strict=False):
        axes.plot(rows[:, 0], rows[:, 1], color=colour, label=f"{name}: area {area:.3f}")
    axes.plot(*working_point, "D", color="black", markersize=7, label="the product's own threshold")
    axes.set(xlabel=words.let_through, ylabel=words.kept, xlim=(-0.01, 1.01), ylim=(-0.01, 1.01), title=words.title)
    axes.xaxis.set_major_formatter(PercentFormatter(1))
    axes.yaxis.set_major_formatter(PercentFormatter(1))
    axes.grid(color="#e6e6e6")
    axes.legend(loc="lower right")
    _save(figure, path)


def _save(figure: Figure, path: Path) -> None:
    FigureCanvasAgg(figure).print_png(str(path))  # type: ignore[no-untyped-call]
