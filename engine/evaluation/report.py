"""A model measured on labelled photos, as files that a person can read and check."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import confusion_matrix

from engine.bundle import Card
from engine.calibration import decide
from engine.errors import DataError
from engine.evaluation.curves import Coverage, coverage, reliability, roc
from engine.evaluation.judging import Judged
from engine.evaluation.metrics import open_set, summarise
from engine.evaluation.page import page
from engine.evaluation.plots import RocWords, plot_calibration, plot_confusion, plot_coverage, plot_roc
from engine.evaluation.resampling import Indices, group_numbers, with_interval
from engine.labelled import UNKNOWN_FOLDER
from engine.names import formula_safe, readable
from engine.runtime import Model
from engine.tables import open_table
from engine.verdict import UNKNOWN

AUDIT_COLUMNS = ("image", "true", "predicted", "confidence", "correct", "known_score", "answer", "group")
ACCURACIES, SHARES = (0.95, 0.98, 0.99), (0.5, 0.8, 0.9, 0.93, 1.0)  # points of the coverage curve that the summary names


def write_report(judged: Judged, model: Model, root: Path, out: Path) -> dict[str, Any]:
    """Write report.md, summary.json, CSVs and PNGs into `out` and return the summary. Photos are named relative to `root`."""
    labelled = judged.truth >= 0
    if not labelled.any():
        raise DataError("None of the photos has a label of this model.")
    card = model.card
    truth, confidences = judged.truth[labelled], judged.confidences[labelled]
    groups = group_numbers(judged.groups)
    rows = np.unique(groups[labelled], return_inverse=True)[1]
    curves = _curves(judged, labelled, rows)
    summary = {
        "task": card.task,
        "version": card.version,
        "unreadable": len(judged.unreadable),
        **summarise(truth, confidences, card.labels, card.thresholds, groups=rows),
        "coverage": {name: _points(curve) for name, curve in curves.items()},
        **_answers(judged, labelled, groups, open_set_task=card.task == "meter_type"),
        **_open_set(judged, labelled, groups),
    }
    out.mkdir(parents=True, exist_ok=True)
    (out / "summary.json").write_text(json.dumps(summary, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    guessed = decide(confidences, card.thresholds)
    table = confusion_matrix(truth, guessed, labels=list(range(len(card.labels))))
    _write_tables(out, summary, table, curves)
    _write_csv(out / "photos.csv", AUDIT_COLUMNS, _audit(judged, model, root))
    top_right = confidences.argmax(1) == truth
    plot_confusion(table, card.labels, out / "confusion_matrix.png")
    bins = reliability(confidences.max(1), top_right, rows)
    _write_csv(out / "calibration.csv", ["claimed", "found", "low", "high", "photos"], np.round(bins, 4).tolist())
    plot_calibration(bins, summary["calibration_error"], out / "calibration.png")
    accepted = summary.get("accepted")
    point = (accepted["share"], accepted["accuracy"]) if accepted and accepted["share"] else None
    plot_coverage(curves, point, out / "coverage.png")
    if "open_set" in summary:
        _draw_roc(judged, labelled, summary, out)
    elif "auc" in summary:
        _draw_two_label_roc(truth, confidences, card, summary["auc"], out)
    (out / "report.md").write_text(page(summary, card), encoding="utf-8")
    return summary


def _curves(judged: Judged, labelled: NDArray[np.bool_], rows: Indices) -> dict[str, Coverage]:
    """By the network's confidence, and by the known score where that is another number."""
    sure = judged.confidences[labelled].max(1)
    right = judged.confidences[labelled].argmax(1) == judged.truth[labelled]
    found = {"confidence": coverage(sure, right, rows)}
    if not np.allclose(judged.known[labelled], sure):
        said, true = np.array(judged.answers)[labelled], np.array([photo.label for photo in judged.photos])[labelled]
        found["known score"] = coverage(judged.known[labelled], np.where(said == UNKNOWN, right, said == true), rows)
    return found


def _points(curve: Coverage) -> dict[str, dict[str, float]]:
    return {
        "share_accepted_at_accuracy": {f"{wanted:.2f}": round(curve.share_at(wanted), 4) for wanted in ACCURACIES},
        "accuracy_at_share_accepted": {f"{wanted:.2f}": round(curve.accuracy_at(wanted), 4) for wanted in SHARES},
    }


def _answers(judged: Judged, labelled: NDArray[np.bool_], groups: Indices, *, open_set_task: bool) -> dict[str, Any]:
    """What the product's own rule makes of the photos, and beside it the plain rule that the replaced system had."""
    if not open_set_task:
        return {}
    rules = {"accepted": judged.answers, "accepted_by_plain_rule": judged.plain}
    return {name: _accepted(np.array(answers), judged, labelled, groups) for name, answers in rules.items()}


def _accepted(answer: NDArray[np.str_], judged: Judged, labelled: NDArray[np.bool_], groups: Indices) -> dict[str, Any]:
    """How many are accepted, how many of those are right, and how many of the photos of no type are let through."""
    true = np.array([photo.label or UNKNOWN for photo in judged.photos])
    taken, right = answer != UNKNOWN, answer == true
    figures = with_interval("share", lambda rows: float(taken[labelled][rows].mean()), _renumbered(groups[labelled]), 0)
    kept, strange = labelled & taken, ~labelled
    figures["accuracy"] = None
    if kept.any():
        figures |= with_interval("accuracy", lambda rows: float(right[kept][rows].mean()), _renumbered(groups[kept]), 0)
    if strange.any():
        let = with_interval(
            "unknown_let_through", lambda rows: float(taken[strange][rows].mean()), _renumbered(groups[strange]), 0
        )
        figures |= let
    return figures


def _open_set(judged: Judged, labelled: NDArray[np.bool_], groups: Indices) -> dict[str, Any]:
    if labelled.all():
        return {}
    top = judged.confidences.max(1)
    order = _renumbered(np.concatenate([groups[labelled], groups[~labelled]]))
    return {
        "unknown_photos": int((~labelled).sum()),
        "open_set": open_set(judged.known[labelled], judged.known[~labelled], groups=order),
        "open_set_softmax": open_set(top[labelled], top[~labelled], groups=order),
    }


def _draw_roc(judged: Judged, labelled: NDArray[np.bool_], summary: Mapping[str, Any], out: Path) -> None:
    """Known against unknown photos."""
    top = judged.confidences.max(1)
    scores = {"known score": (judged.known, "open_set"), "confidence": (top, "open_set_softmax")}
    curves = {name: (roc(score[labelled], score[~labelled]), summary[key]["auroc"]) for name, (score, key) in scores.items()}
    taken = np.array(judged.answers) != UNKNOWN
    words = RocWords(title="Known or unknown", let_through="unknown photos taken for a type", kept="known photos kept")
    plot_roc(curves, (float(taken[~labelled].mean()), float(taken[labelled].mean())), words, out / "roc.png")
    _write_roc(out, {name: points for name, (points, _) in curves.items()})


def _draw_two_label_roc(truth: Indices, confidences: NDArray[np.float32], card: Card, area: float, out: Path) -> None:
    """The first label's photos against the second's."""
    first, second = card.labels
    wanted, chance = truth == 0, confidences[:, 0]
    taken = decide(confidences, card.thresholds) == 0
    points = roc(chance[wanted], chance[~wanted])
    words = RocWords(
        title=f"{first} or {second}", let_through=f"{second} photos called {first}", kept=f"{first} photos called so"
    )
    working = (float(taken[~wanted].mean()), float(taken[wanted].mean()))
    plot_roc({"probability": (points, area)}, working, words, out / "roc.png")
    _write_roc(out, {"probability": points})


def _write_roc(out: Path, curves: Mapping[str, NDArray[np.float64]]) -> None:
    rows = ((name, *row) for name, points in curves.items() for row in np.round(points, 6).tolist())
    _write_csv(out / "roc.csv", ["score", "let through", "kept", "threshold"], rows)


def _write_tables(out: Path, summary: dict[str, Any], table: NDArray[np.intp], curves: Mapping[str, Coverage]) -> None:
    names = [formula_safe(label) for label in summary["per_label"]]
    counted = ([name, *row] for name, row in zip(names, table.tolist(), strict=True))
    _write_csv(out / "confusion_matrix.csv", ["true label", *names], counted)
    figures = ([formula_safe(label), *row.values()] for label, row in summary["per_label"].items())
    _write_csv(out / "per_label.csv", ["label", "precision", "recall", "f1", "photos"], figures)
    pairs = ([formula_safe(true), formula_safe(guess), count] for true, guess, count in summary["most_confused"])
    _write_csv(out / "most_confused.csv", ["true label", "guess", "photos"], pairs)
    points = (
        [name, *np.round(row, 4).tolist()]
        for name, curve in curves.items()
        for row in np.column_stack([curve.share, curve.threshold, curve.accuracy, curve.low, curve.high])
    )
    _write_csv(out / "coverage.csv", ["score", "share accepted", "threshold", "accuracy", "low", "high"], points)


def _audit(judged: Judged, model: Model, root: Path) -> Iterable[list[Any]]:
    """One line per photo, so that each figure can be checked by looking. Of photos of no label UNKNOWN is correct."""
    guesses = decide(judged.confidences, model.card.thresholds).tolist()
    for place, photo in enumerate(judged.photos):
        guess, answer = model.card.labels[guesses[place]], judged.answers[place]
        correct = guess == photo.label if photo.label is not None else answer == UNKNOWN
        path = photo.path.relative_to(root) if photo.path.is_relative_to(root) else photo.path
        names = [formula_safe(name) for name in (readable(path), photo.label or UNKNOWN_FOLDER, guess)]
        confidence, known = judged.confidences[place][guesses[place]], judged.known[place]
        yield [*names, f"{confidence:.4f}", correct, f"{known:.4f}", formula_safe(answer), formula_safe(judged.groups[place])]


def _renumbered(groups: Indices) -> Indices:
    return np.asarray(np.unique(groups, return_inverse=True)[1], dtype=np.intp)


def _write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    with open_table(path, header) as table:
        table.writerows(rows)
