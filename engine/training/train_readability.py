"""From photos that people rated to a new clarity version that judges the display's crop."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from engine import bundle
from engine.boxes import Boxed, fold_of, is_table, opened, read_boxes
from engine.bundle import Card, Source, Training, next_version, promote, stored, write_bundle
from engine.calibration import calibration_error, platt
from engine.display import SCORE_FROM
from engine.errors import DataError
from engine.evaluation.metrics import auc
from engine.evaluation.resampling import group_numbers, with_interval
from engine.labelled import Labelled, fingerprint, read_folder
from engine.networks import load_network, start, weights_of
from engine.picture import decode
from engine.pyramid import Locator
from engine.training.crops import REASONS, Crop, crop_of
from engine.training.frozen import Examples, examples_of, fit_head
from engine.training.locator import locate
from engine.training.train import Order, licences
from engine.verdict import Clarity, Reason

LABELS = (Clarity.CLEAR.value, Clarity.UNCLEAR.value)
# Left out, it passes 95 % of the readable and stops 80 % of the others; 0.8 would send a fifth of the readable back.
CLEAR_FROM = 0.6
FOLDS = 4
SEED = 0  # of the bootstrap and of the folds
LEAST_SEEN = 5  # photos with a reason, before a threshold is fitted to them

Rows = NDArray[np.bool_]
Floats = NDArray[np.float32]


def train_readability(order: Order, *, folds: int, tell: Callable[[str], None]) -> Path:
    """Measure and calibrate by leaving groups out, then train on all photos; returns the version's folder.

    Probabilities (Platt) and the card's figures come from the `folds` networks that never saw the photos they judged. Raises
    `DataError` or `ModelError`.
    """
    photos = read_rated(order.data, order.models_dir)
    torch.set_num_threads(order.recipe.threads)
    torch.manual_seed(order.recipe.seed)
    model, said = start(order.recipe.network, len(LABELS) + len(REASONS), order.weights, download=order.download)
    model.eval()
    tell(f"{len(photos)} photos, start: {said}")
    crops = [crop_of(seen, pixels, order.recipe.input) for pixels, seen in map(opened, photos)]
    examples = examples_of(model, crops, order.recipe.input, seed=order.recipe.seed)
    judged = left_out(examples, photos, folds) if folds else None
    model.head = fit_head(examples, np.ones(len(examples.crop), dtype=bool))
    weights = {name: stored(tensor) for name, tensor in weights_of(model).items()}
    card = _card(order, photos, crops, said, judged)
    folder = write_bundle(order.models_dir, card, weights)
    if order.promote:
        promote(order.models_dir, order.task, card.version)
    return folder


def read_rated(data: Path, models_dir: Path) -> tuple[Boxed, ...]:
    """A table of boxes with the column `clear`, or folders clear/ and unclear/, whose displays the current locator finds."""
    if is_table(data):
        rows = read_boxes(data)
        if not {True, False} <= {row.clear >= 0.5 for row in rows if row.clear is not None}:
            raise DataError(f"{data} needs a column `clear` with photos people can read (1) and photos they cannot (0).")
        return rows
    root = data / "train" if (data / "train").is_dir() else data
    folder = bundle.current(models_dir, "display")
    if folder is None:
        raise DataError(f"There is no display locator in {models_dir}. Train one first, or say --view photo.")
    locator, card = load_network(folder)
    assert isinstance(locator, Locator)  # noqa: S101 - the card of the task display says so
    found_rows = []
    for photo in read_folder(root, "clarity"):
        picture = decode(photo.path.read_bytes())
        found = locate(locator, picture.pixels, card.input)
        box = picture.in_photo(found.box) if found.score >= card.thresholds.get("score", SCORE_FROM) else None
        clear = float(photo.label == Clarity.CLEAR.value)
        found_rows.append(Boxed(path=photo.path, box=box, group=photo.path.stem, source=data.name, clear=clear))
    return tuple(found_rows)


def left_out(examples: Examples, photos: Sequence[Boxed], folds: int) -> Floats:
    """(N, 2 + R) logits of each photo's served view and its mirror image, by a head that never saw its group."""
    fold = np.array(fold_of(photos, folds, SEED))
    judged = np.full((len(photos), len(LABELS) + len(REASONS)), np.nan, np.float32)
    for number in range(folds):
        head = fit_head(examples, fold[examples.crop] != number)
        aside = (fold[examples.crop] == number) & examples.served
        with torch.inference_mode():
            answers = head(torch.from_numpy(examples.features[aside])).numpy()
        for place in np.unique(examples.crop[aside]):
            judged[place] = answers[examples.crop[aside] == place].mean(axis=0)
    return judged


def figures(logits: Floats, photos: Sequence[Boxed], line: tuple[float, float], clear_from: float) -> dict[str, Any]:
    """AUC, calibration and what the threshold passes and stops, over photos whose raters agree; groups drawn together."""
    sure = [place for place, photo in enumerate(photos) if photo.clear in (0.0, 1.0) and photo.box]
    margin = logits[sure, 0] - logits[sure, 1]
    clear = np.array([photos[place].clear == 1 for place in sure])
    groups = group_numbers([photos[place].group for place in sure])
    said = 1 / (1 + np.exp(-(margin / line[0] + line[1])))
    confidence, right = np.maximum(said, 1 - said), (said >= 0.5) == clear
    return {
        "photos": len(sure),
        **with_interval("auc", lambda rows: auc(clear[rows], margin[rows]), groups, SEED),
        **with_interval("calibration_error", lambda rows: calibration_error(confidence[rows], right[rows]), groups, SEED),
        "clear_passed": round(float((said[clear] >= clear_from).mean()), 4),
        "unclear_stopped": round(float((said[~clear] < clear_from).mean()), 4),
    }


def _card(order: Order, photos: Sequence[Boxed], crops: Sequence[Crop], said: str, judged: Floats | None) -> Card:
    counted = Counter((photo.source or order.data.name, photo.licence or "not stated") for photo in photos)
    sources = tuple(Source(name=name, photos=count, licence=licence) for (name, licence), count in sorted(counted.items()))
    thresholds, line, metrics = {"clear": CLEAR_FROM}, (1.0, 0.0), {}
    if judged is not None:
        rated = [place for place, photo in enumerate(photos) if photo.clear is not None and photo.box]
        shares = np.array([photos[place].clear for place in rated], np.float32)
        line = platt(judged[rated, 0] - judged[rated, 1], shares)
        metrics = {"out_of_fold": figures(judged, photos, line, thresholds["clear"])}
        for name in sorted({photos[place].source for place in rated}):
            part = [place for place in rated if photos[place].source == name]
            if len({photos[place].clear for place in part if photos[place].clear != 0.5}) == 2:
                chosen = [photos[place] for place in part]
                metrics[f"out_of_fold: {name}"] = figures(judged[part], chosen, line, thresholds["clear"])
        reason_figures, reason_thresholds = reasons_measured(judged, crops)
        metrics["out_of_fold: reasons"] = reason_figures
        thresholds |= reason_thresholds
    parent = bundle.current(order.models_dir, order.task)
    labels = [("unrated" if p.clear is None else "clear" if p.clear > 0.5 else "unclear") for p in photos]
    return Card(
        task="clarity",
        version=next_version(order.models_dir, order.task),
        network=order.recipe.network,
        labels=LABELS,
        reasons=tuple(reason.value for reason in REASONS),
        input=order.recipe.input,
        view="display",
        temperature=line[0],
        bias=line[1],
        thresholds=thresholds,
        training=Training(
            command=order.command,
            start_weights=said,
            seed=order.recipe.seed,
            counts=dict(Counter(labels)),
            sources=sources,
            fingerprint=fingerprint([Labelled(path=p.path, label=f"{p.box}:{p.clear}") for p in photos]),
        ),
        metrics=metrics,
        licences=licences(order, said, sources),
        parent=parent.name if parent else None,
        created=order.today.isoformat(),
    )


def reasons_measured(judged: Floats, crops: Sequence[Crop]) -> tuple[dict[str, float], dict[str, float]]:
    """Per reason the AUC against the raters' flags on unclear photos, and the threshold that says it as often as they do."""
    unclear = np.array([crop.clear is not None and crop.clear < 1 and not crop.whole for crop in crops])
    aucs: dict[str, float] = {}
    thresholds: dict[str, float] = {}
    for number, reason in enumerate(REASONS):
        seen = np.array([reason.value in crop.flags for crop in crops])[unclear]
        scores = judged[unclear, len(LABELS) + number]
        if reason is Reason.NO_DISPLAY or seen.sum() < LEAST_SEEN or seen.all():
            continue
        aucs[reason.value] = round(float(auc(seen, scores)), 3)
        cut = float(np.quantile(scores, 1 - seen.mean()))
        thresholds[reason.value] = round(float(np.clip(1 / (1 + np.exp(-cut)), 0.1, 0.9)), 3)
    return aucs, thresholds
