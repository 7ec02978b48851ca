"""Figures of a classifier on labelled photos. Pure: arrays in, numbers out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support, roc_auc_score

from engine.calibration import calibration_error, decide
from engine.evaluation.resampling import with_interval

Floats = NDArray[np.float32]
Indices = NDArray[np.intp]  # positions in the labels
WEAK_RECALL = 0.75


def summarise(
    truth: Indices,
    probabilities: Floats,
    labels: Sequence[str],
    thresholds: Mapping[str, float],
    *,
    groups: Indices | None = None,
    seed: int = 0,
) -> dict[str, Any]:
    """All figures of N photos with labels `truth` (N,), probabilities (N, C) and the card's thresholds.

    Intervals are 5-95 % bootstraps over `groups` (N,), photos of one meter drawn together; over photos where None.
    """
    groups = np.arange(len(truth)) if groups is None else groups
    guessed = decide(probabilities, thresholds)
    correct = guessed == truth
    sure, top_right = probabilities.max(1), probabilities.argmax(1) == truth
    figures: dict[str, Any] = {
        "photos": len(truth),
        "independent": len(np.unique(groups)),
        **with_interval("accuracy", lambda rows: float(correct[rows].mean()), groups, seed),
        **with_interval("macro_f1", lambda rows: _macro_f1(truth[rows], guessed[rows]), groups, seed),
        **with_interval("calibration_error", lambda rows: calibration_error(sure[rows], top_right[rows]), groups, seed),
        "per_label": per_label(truth, guessed, labels),
        "most_confused": [list(pair) for pair in most_confused(truth, guessed, labels)],
    }
    if len(labels) == 2 and len(np.unique(truth)) == 2:
        figures |= with_interval("auc", lambda rows: auc(truth[rows] == 0, probabilities[rows, 0]), groups, seed)
    return figures


def per_label(truth: Indices, guessed: Indices, labels: Sequence[str]) -> dict[str, dict[str, float]]:
    """Precision, recall, F1 and number of photos of each label."""
    every = list(range(len(labels)))
    columns = precision_recall_fscore_support(truth, guessed, labels=every, zero_division=0.0)
    names = ("precision", "recall", "f1")
    return {
        label: {name: round(float(column[i]), 4) for name, column in zip(names, columns, strict=False)}
        | {"photos": int(columns[3][i])}
        for i, label in enumerate(labels)
    }


def most_confused(truth: Indices, guessed: Indices, labels: Sequence[str], at_most: int = 10) -> list[tuple[str, str, int]]:
    """(true label, taken for, photos), the most frequent first."""
    table = confusion_matrix(truth, guessed, labels=list(range(len(labels))))
    np.fill_diagonal(table, 0)
    order = np.argsort(-table, axis=None, kind="stable")[:at_most]
    pairs = [tuple(map(int, np.unravel_index(place, table.shape))) for place in order]
    return [(labels[row], labels[column], int(table[row, column])) for row, column in pairs if table[row, column]]


def auc(positive: NDArray[np.bool_], scores: Floats) -> float:
    """Area under the ROC curve; nan where one side is empty."""
    if positive.all() or not positive.any():
        return float("nan")
    return float(roc_auc_score(positive, scores))


def open_set(known: Floats, unknown: Floats, *, groups: Indices | None = None, seed: int = 0) -> dict[str, Any]:
    """AUROC of a score that should be higher for photos of known types (N,) than for others (M,); `groups` (N + M,)."""
    positive = np.concatenate([np.ones(len(known), bool), np.zeros(len(unknown), bool)])
    scores = np.concatenate([known, unknown])
    groups = np.arange(len(scores)) if groups is None else groups
    return with_interval("auroc", lambda rows: auc(positive[rows], scores[rows]), groups, seed)


def known_failures(figures: dict[str, Any]) -> tuple[str, ...]:
    """What the card must warn of: labels that are found too rarely, and what they are taken for."""
    weak = [
        f"{label}: recall {row['recall']:.2f} on {row['photos']} test photos"
        for label, row in figures["per_label"].items()
        if row["photos"] and row["recall"] < WEAK_RECALL
    ]
    taken = [f"{true} taken for {guess} ({count} test photos)" for true, guess, count in figures["most_confused"] if count > 1]
    return (*weak, *taken)


def _macro_f1(truth: Indices, guessed: Indices) -> float:
    """Over the labels that occur, since a label without photos says nothing. By counting: it runs once per resample."""
    size = int(max(truth.max(), guessed.max())) + 1
    hits, true, said = (np.bincount(values, minlength=size) for values in (truth[truth == guessed], truth, guessed))
    return float((2 * hits[true > 0] / (true + said)[true > 0]).mean())
