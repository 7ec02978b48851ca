"""The report's pictures, drawn without a display."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def plot_confusion(table: NDArray[np.intp], labels: Sequence[str], path: Path) -> None:
    """Counts (C, C), true labels down, guesses across; coloured by the share of the true label."""
    side = max(4.0, 0.45 * len(labels) + 2.5)  # inches
    figure = Figure(figsize=(side, side), layout="constrained")
    axes = figure.add_subplot()
    axes.imshow(table / np.maximum(table.sum(1, keepdims=True), 1), cmap="Blues", vmin=0, vmax=1)
    axes.set_xticks(range(len(labels)), labels, rotation=90)
    axes.set_yticks(range(len(labels)), labels)
    for row, column in zip(*np.nonzero(table), strict=True):
        dark = table[row, column] > 0.5 * table[row].sum()
        axes.text(column, row, str(table[row, column]), ha="center", va="center", color="white" if dark else "black")
    axes.set(xlabel="guess", ylabel="true label", title="Confusion matrix (photos)")
    _save(figure, path)


def plot_calibration(confidences: Floats, correct: NDArray[np.bool_], path: Path, bins: int = 10) -> None:
    """Share of right guesses over the confidence that was claimed for them; the diagonal is honest."""
    edges = np.minimum((confidences * bins).astype(int), bins - 1)
    filled = np.unique(edges)
    claimed = [confidences[edges == b].mean() for b in filled]
    found = [correct[edges == b].mean() for b in filled]
    sizes = [20 + 400 * (edges == b).mean() for b in filled]
    figure = Figure(figsize=(5, 5), layout="constrained")
    axes = figure.add_subplot()
    axes.plot([0, 1], [0, 1], color="grey", linestyle="--")
    axes.scatter(claimed, found, s=sizes)
    axes.set(xlabel="confidence", ylabel="share correct", xlim=(0, 1.02), ylim=(0, 1.02), title="Calibration")
    _save(figure, path)


def plot_coverage(rows: Floats, path: Path) -> None:
    """Share of photos kept and accuracy among them, over the threshold; `rows` (N, 3) as `metrics.coverage` gives them."""
    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = figure.add_subplot()
    axes.plot(rows[:, 0], rows[:, 1], label="share of photos kept")
    axes.plot(rows[:, 0], rows[:, 2], label="accuracy of those")
    axes.set(xlabel="least confidence", xlim=(0, 1), ylim=(0, 1.02), title="Coverage")
    axes.legend()
    _save(figure, path)


def _save(figure: Figure, path: Path) -> None:
    FigureCanvasAgg(figure).print_png(str(path))  # type: ignore[no-untyped-call]
