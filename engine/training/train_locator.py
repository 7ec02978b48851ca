"""From a table of boxes to a new version of the display locator."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from engine.boxes import Boxed, fold_of, opened, read_boxes
from engine.bundle import Card, Source, Training, current, next_version, promote, stored, write_bundle
from engine.display import SCORE_FROM, Found, centre_inside, overlap
from engine.errors import DataError
from engine.evaluation.resampling import with_interval
from engine.labelled import Labelled, fingerprint
from engine.networks import start_locator, weights_of
from engine.picture import decode
from engine.pyramid import Locator
from engine.tables import open_table
from engine.training.boxed_views import Kept, keep
from engine.training.locator import fit_locator, locate
from engine.training.train import Order, licences

LABEL = "display"
FOLDS = 2
SEED = 0  # of the bootstrap
_SCORES = np.round(np.arange(0.2, 0.61, 0.05), 2)  # thresholds to choose from


@dataclass(frozen=True, kw_only=True, slots=True)
class Judged:
    """One photo as a locator judged it that never saw its group."""

    photo: Boxed
    found: Found

    def hit(self, score_from: float) -> bool:
        """Whether the labelled display's middle lies inside the box that was found."""
        return self.photo.box is not None and self.found.score >= score_from and centre_inside(self.found.box, self.photo.box)


def train_locator(order: Order, *, folds: int, tell: Callable[[str], None], found: Path | None = None) -> Path:
    """Measure by leaving groups out, then train on all photos and write the version; returns its folder.

    The card's figures and its threshold come from the `folds` locators that never saw the photos they judged; 0 leaves that
    out. `found`: a CSV to write what those found, per photo. Raises `DataError` or `ModelError`.
    """
    photos = read_boxes(order.data)
    torch.set_num_threads(order.recipe.threads)
    kept = [keep(pixels, seen.box) for pixels, seen in map(opened, photos)]
    judged = _left_out(order, photos, kept, folds, tell) if folds else ()
    if found:
        write_found(found, judged)
    tell(f"all {len(photos)} photos")
    model, said = start_locator(order.weights)
    weights = {name: stored(tensor) for name, tensor in weights_of(fit_locator(model, kept, order.recipe, tell=tell)).items()}
    card = _card(order, photos, said, judged)
    folder = write_bundle(order.models_dir, card, weights)
    if order.promote:
        promote(order.models_dir, order.task, card.version)
    return folder


def figures(judged: Sequence[Judged], score_from: float) -> dict[str, Any]:
    """Hit rate on photos that show a display, share of the others that it fires on, and the boxes' overlap."""
    showing = [one for one in judged if one.photo.box is not None]
    empty = [one for one in judged if one.photo.box is None]
    hits = np.array([one.hit(score_from) for one in showing], dtype=float)
    overlaps = [overlap(one.found.box, one.photo.box) for one in showing if one.photo.box is not None and one.hit(score_from)]
    said: dict[str, Any] = {"photos": len(showing)}
    if showing:
        groups = _numbered(one.photo.group for one in showing)
        said |= with_interval("hit_rate", lambda rows: float(hits[rows].mean()), groups, SEED)
        said["median_overlap"] = round(float(np.median(overlaps)), 3) if overlaps else None
    if empty:
        fires = np.array([one.found.score >= score_from for one in empty], dtype=float)
        groups = _numbered(one.photo.group for one in empty)
        said |= {"empty_photos": len(empty), **with_interval("fire_rate", lambda rows: float(fires[rows].mean()), groups, SEED)}
    return said


def _numbered(groups: Iterable[str]) -> NDArray[np.intp]:
    """The groups as numbers."""
    return np.unique(list(groups), return_inverse=True)[1]


def best_score(judged: Sequence[Judged]) -> float:
    """The threshold with the fewest wrong photos, misses and false fires counted alike; of several the one nearest 0.40."""
    if not judged:
        return SCORE_FROM

    def wrong(score: float) -> int:
        return sum(not one.hit(score) if one.photo.box else one.found.score >= score for one in judged)

    return float(min(_SCORES, key=lambda score: (wrong(score), abs(score - SCORE_FROM))))


def write_found(path: Path, judged: Sequence[Judged]) -> None:
    """What was found, one row per photo."""
    heading = ["file", "source", "group", "shows_display", "score", "x", "y", "w", "h", "overlap"]
    with open_table(path, heading) as table:
        for one in judged:
            iou = round(overlap(one.found.box, one.photo.box), 3) if one.photo.box else ""
            shows = "yes" if one.photo.box else "no"
            row = [one.photo.path.name, one.photo.source, one.photo.group, shows, round(one.found.score, 4), *one.found.box, iou]
            table.writerow(row)


def _left_out(
    order: Order, photos: Sequence[Boxed], kept: Sequence[Kept], folds: int, tell: Callable[[str], None]
) -> tuple[Judged, ...]:
    fold = fold_of(photos, folds, order.recipe.seed)
    judged: list[Judged] = []
    for number in range(folds):
        train = [one for one, place in zip(kept, fold, strict=True) if place != number]
        aside = [photo for photo, place in zip(photos, fold, strict=True) if place == number]
        if not train or not aside:
            raise DataError(f"The photos come from too few groups for {folds} folds. Say --folds 0, or give more photos.")
        tell(f"fold {number + 1}/{folds}: {len(train)} photos to learn from, {len(aside)} aside")
        model = fit_locator(start_locator(order.weights)[0], train, order.recipe, tell=tell)
        judged += [Judged(photo=photo, found=_found(model, photo, order)) for photo in aside]
        tell(f"so far: {figures(judged, SCORE_FROM)}")
    return tuple(judged)


def _found(model: Locator, photo: Boxed, order: Order) -> Found:
    picture = decode(photo.path.read_bytes())
    found = locate(model, picture.pixels, order.recipe.input)
    return replace(found, box=picture.in_photo(found.box))


def _card(order: Order, photos: Sequence[Boxed], said: str, judged: Sequence[Judged]) -> Card:
    counted = Counter((photo.source or order.data.name, photo.licence or "not stated") for photo in photos)
    sources = tuple(Source(name=name, photos=count, licence=licence) for (name, licence), count in sorted(counted.items()))
    score = best_score(judged)
    by_source = {name: [one for one in judged if one.photo.source == name] for name in {one.photo.source for one in judged}}
    metrics = {"out_of_fold": figures(judged, score)} if judged else {}
    for name, part in sorted(by_source.items()):
        metrics[f"out_of_fold: {name or order.data.name}"] = figures(part, score)
    parent = current(order.models_dir, order.task)
    return Card(
        task="display",
        version=next_version(order.models_dir, order.task),
        network=order.recipe.network,
        labels=(LABEL,),
        input=order.recipe.input,
        thresholds={"score": score},
        training=Training(
            command=order.command,
            start_weights=said,
            seed=order.recipe.seed,
            counts={LABEL: sum(photo.box is not None for photo in photos), "none": sum(photo.box is None for photo in photos)},
            sources=sources,
            fingerprint=fingerprint([Labelled(path=photo.path, label=str(photo.box)) for photo in photos]),
        ),
        metrics=metrics,
        licences=licences(order, said, sources),
        parent=parent.name if parent else None,
        created=order.today.isoformat(),
    )
