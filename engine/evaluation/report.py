"""A model measured on a folder of labelled photos, as files a person can read and check."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import confusion_matrix
from tqdm import tqdm

from engine.calibration import decide, probabilities
from engine.errors import DataError, PictureError
from engine.evaluation.metrics import coverage, open_set, summarise
from engine.evaluation.plots import plot_calibration, plot_confusion, plot_coverage
from engine.labelled import UNKNOWN_FOLDER, Labelled
from engine.names import formula_safe, readable
from engine.open_set import known_score
from engine.picture import decode
from engine.preprocess import prepare
from engine.runtime import Model

AUDIT_COLUMNS = ("image", "true", "predicted", "confidence", "correct", "known_score")


@dataclass(frozen=True, kw_only=True, slots=True)
class Judged:
    """N photos and what the model said of them."""

    photos: tuple[Labelled, ...]
    truth: NDArray[np.intp]  # (N,) position in the labels, -1 = none of them
    confidences: NDArray[np.float32]  # (N, C), calibrated
    known: NDArray[np.float32]  # (N,) known score
    unreadable: tuple[Path, ...]  # files left out


def judge_all(model: Model, photos: Sequence[Labelled]) -> Judged:
    """Judge each photo as the product does. Raises `DataError` for labels the model does not have, or if none can be read."""
    labels = model.card.labels
    strange = sorted({photo.label for photo in photos if photo.label is not None} - set(labels))
    if strange:
        raise DataError(f"The model does not know the labels {', '.join(strange)}; put such photos under `{UNKNOWN_FOLDER}`.")
    kept, confidences, known, unreadable = [], [], [], []
    for photo in tqdm(photos, desc="judging", unit="photo", disable=None, leave=False):
        try:
            pixels = decode(photo.path.read_bytes()).pixels
        except (PictureError, OSError) as error:
            sys.stderr.write(f"left out: {photo.path}: {error}\n")
            unreadable.append(photo.path)
            continue
        output = model.run(prepare(pixels, model.card.input)[None])
        kept.append(photo)
        confidences.append(probabilities(output.logits[0], model.card.temperature))
        known.append(known_score(output.logits[0], output.embedding[0], model.card, model.extras))
    if not kept:
        raise DataError("None of the photos can be read.")
    return Judged(
        photos=tuple(kept),
        truth=np.array([labels.index(photo.label) if photo.label is not None else -1 for photo in kept]),
        confidences=np.array(confidences, dtype=np.float32),
        known=np.array(known, dtype=np.float32),
        unreadable=tuple(unreadable),
    )


def write_report(judged: Judged, model: Model, root: Path, out: Path) -> dict[str, Any]:
    """Write summary.json, CSVs and PNGs into `out` and return the summary. Photos are named relative to `root`."""
    labelled = judged.truth >= 0
    if not labelled.any():
        raise DataError("None of the photos has a label of this model.")
    truth, confidences = judged.truth[labelled], judged.confidences[labelled]
    thresholds = model.card.thresholds
    guessed, sure = decide(confidences, thresholds), confidences.max(1)
    summary = {
        "task": model.card.task,
        "version": model.card.version,
        "unreadable": len(judged.unreadable),
        **summarise(truth, confidences, model.card.labels, thresholds),
        **_open_set(judged, labelled),
    }
    out.mkdir(parents=True, exist_ok=True)
    (out / "summary.json").write_text(json.dumps(summary, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    table = confusion_matrix(truth, guessed, labels=list(range(len(model.card.labels))))
    top_right = confidences.argmax(1) == truth
    curve = coverage(sure, top_right)
    _write_tables(out, summary, table, curve)
    _write_csv(out / "photos.csv", AUDIT_COLUMNS, _audit(judged, model, root))
    plot_confusion(table, model.card.labels, out / "confusion_matrix.png")
    plot_calibration(sure.astype(np.float64), top_right, out / "calibration.png")
    plot_coverage(curve, out / "coverage.png")
    return summary


def _write_tables(out: Path, summary: dict[str, Any], table: NDArray[np.intp], curve: NDArray[np.float64]) -> None:
    names = [formula_safe(label) for label in summary["per_label"]]
    counted = ([name, *row] for name, row in zip(names, table.tolist(), strict=True))
    _write_csv(out / "confusion_matrix.csv", ["true label", *names], counted)
    figures = ([formula_safe(label), *row.values()] for label, row in summary["per_label"].items())
    _write_csv(out / "per_label.csv", ["label", "precision", "recall", "f1", "photos"], figures)
    pairs = ([formula_safe(true), formula_safe(guess), count] for true, guess, count in summary["most_confused"])
    _write_csv(out / "most_confused.csv", ["true label", "guess", "photos"], pairs)
    _write_csv(out / "coverage.csv", ["threshold", "coverage", "accuracy"], np.round(curve, 4).tolist())


def _open_set(judged: Judged, labelled: NDArray[np.bool_]) -> dict[str, Any]:
    if labelled.all():
        return {}
    top = judged.confidences.max(1)
    return {
        "unknown_photos": int((~labelled).sum()),
        "open_set": open_set(judged.known[labelled], judged.known[~labelled]),
        "open_set_softmax": open_set(top[labelled], top[~labelled]),
    }


def _audit(judged: Judged, model: Model, root: Path) -> Iterable[list[Any]]:
    """One line per photo, so that each figure can be checked by looking."""
    guesses = decide(judged.confidences, model.card.thresholds).tolist()
    for photo, confidences, best, known in zip(judged.photos, judged.confidences, guesses, judged.known, strict=True):
        guess, true = model.card.labels[best], photo.label or UNKNOWN_FOLDER
        name = formula_safe(readable(photo.path.relative_to(root)))
        yield [name, formula_safe(true), formula_safe(guess), f"{confidences[best]:.4f}", guess == true, f"{known:.4f}"]


def _write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)
