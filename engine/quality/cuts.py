"""Where tags begin: all cuts together, so that a good photo is not called bad by one of a dozen tags."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from engine.quality.logistic import Floats
from engine.quality.thresholds import Tag

Bools = NDArray[np.bool_]

_DEAREST = 0.01  # F1 that a tag pays at most for each good photo it spares, where it has a hundred photos or more
_LEAST = 5  # photos with, and without, that make a source's F1 mean something


def f_score(truth: Bools, said: Bools) -> tuple[float, float, float]:
    """Precision, recall and F1, 0..1; 0 where they are not defined."""
    hits = float((truth & said).sum())
    precision = hits / said.sum() if said.any() else 0.0
    recall = hits / truth.sum() if truth.any() else 0.0
    both = precision + recall
    return float(precision), float(recall), float(2 * precision * recall / both) if both else 0.0


def choose_cuts(
    logits: Mapping[Tag, Floats],
    truth: Mapping[Tag, Floats],
    sources: NDArray[np.str_],
    groups: NDArray[np.str_],
    *,
    good: Bools,
    budget: float,
) -> dict[Tag, float]:
    """The logit from which each tag is said.

    `logits` (draws, N): of every photo, from rules that its fold had no part in, for each draw of the folds.

    Each starts where its F1 is best, the mean over draws and sources (`truth` NaN = not known). A group with four times the
    photos counts twice as much, those with the tag and those without apart: twenty of one scene are no twenty scenes. While more
    than `budget` of the `good` photos carry a tag they are not known to have, the cut that costs the least F1 moves past one more
    of them. No tag pays more than `_dearest` per good photo that it spares: a few odd ones must not blind it.
    """
    curves = {tag: Curve(logits[tag], truth[tag], sources, groups) for tag in logits}
    best = {tag: curve.best() for tag, curve in curves.items()}
    usual = {tag: logits[tag].mean(0) for tag in logits}

    def alarms(tag: Tag, cut: float) -> Bools:
        return np.asarray(good & (truth[tag] != 1) & (usual[tag] >= cut), np.bool_)

    def price(tag: Tag, cut: float) -> float:
        spared = int(alarms(tag, best[tag]).sum() - alarms(tag, cut).sum())
        return (curves[tag].f1(best[tag]) - curves[tag].f1(cut)) / spared

    cuts = dict(best)
    while True:
        said = {tag: alarms(tag, cut) for tag, cut in cuts.items()}
        if not said or np.any(list(said.values()), axis=0).sum() <= int(budget * good.sum()):
            return cuts
        steps = {tag: curves[tag].after(float(usual[tag][flags].min())) for tag, flags in said.items() if flags.any()}
        prices = {tag: price(tag, step) for tag, step in steps.items()}
        cheapest = min(prices, key=lambda tag: prices[tag])
        if prices[cheapest] > _dearest(truth[cheapest]):
            return cuts
        cuts[cheapest] = steps[cheapest]


def _dearest(truth: Floats) -> float:
    """F1 that a tag pays at most for each good photo that it spares.

    With few photos F1 moves in steps, and no step would be cheap enough: one more of the n photos with the tag that is missed
    costs up to 2 / (2n - 1), where the tag is said n times. So one may be missed for each good photo spared, whatever n is.
    """
    return max(_DEAREST, 2 / (2 * max(int((truth == 1).sum()), 1) - 1))


class Curve:
    """F1 of one tag as its cut moves: the mean over draws of the folds and over the sources that hold photos with and without it.

    The pooled F1 would be that of the largest source; what photos somebody happened to have more of is no reason. One draw's
    curve has peaks that are luck.
    """

    def __init__(self, logits: Floats, truth: Floats, sources: NDArray[np.str_], groups: NDArray[np.str_]) -> None:
        known = ~np.isnan(truth)
        share = _shares(truth, sources, groups)
        self._levels = np.unique(logits[:, known])
        parts = [known & (sources == source) for source in np.unique(sources)]
        parts = [part for part in parts if all((truth[part] == answer).sum() >= _LEAST for answer in (0, 1))] or [known]
        self._f1 = np.mean(
            [_f1_at(self._levels, draw[part], truth[part] == 1, share[part]) for part in parts for draw in logits], axis=0
        )

    def f1(self, cut: float) -> float:
        """At a cut; 0 where it leaves nothing."""
        place = int(np.searchsorted(self._levels, cut, side="left"))
        return float(self._f1[place]) if place < len(self._levels) else 0.0

    def best(self) -> float:
        """In the middle of the gap below the best level, so that no photo lies on the cut."""
        return self._below(int(np.argmax(self._f1)))

    def after(self, level: float) -> float:
        """The best cut that leaves out a photo at `level`."""
        place = int(np.searchsorted(self._levels, level, side="right"))
        if place >= len(self._levels):
            return level + 1.0
        return max(self._below(place + int(np.argmax(self._f1[place:]))), float(np.nextafter(level, np.inf)))

    def _below(self, place: int) -> float:
        below = self._levels[place - 1] if place else self._levels[place] - 1
        return float((below + self._levels[place]) / 2)


def _shares(truth: Floats, sources: NDArray[np.str_], groups: NDArray[np.str_]) -> Floats:
    """(N,) one over the root of the number of photos of the same source, group and answer."""
    _, places, counts = np.unique(np.array([truth.astype(str), sources, groups]), axis=1, return_inverse=True, return_counts=True)
    return np.asarray(1 / np.sqrt(counts)[places], np.float64)


def _f1_at(levels: Floats, logits: Floats, truth: Bools, share: Floats) -> Floats:
    """F1 of saying the tag from each of the levels on, each photo counting by its share."""
    order = np.argsort(logits)
    above = len(logits) - np.searchsorted(logits[order], levels, side="left")
    said, hits = (np.concatenate([[0.0], np.cumsum(part[order][::-1])])[above] for part in (share, share * truth))
    return np.asarray(2 * hits / np.maximum(said + (share * truth).sum(), 1e-9), np.float64)
