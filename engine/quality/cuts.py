"""Where tags begin: all cuts together, so that a good photo is not called bad by one of a dozen tags."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from engine.quality.logistic import Floats
from engine.quality.thresholds import Tag

Bools = NDArray[np.bool_]


def f_score(truth: Bools, said: Bools) -> tuple[float, float, float]:
    """Precision, recall and F1; 0 where they are not defined."""
    hits = float((truth & said).sum())
    precision = hits / said.sum() if said.any() else 0.0
    recall = hits / truth.sum() if truth.any() else 0.0
    both = precision + recall
    return float(precision), float(recall), float(2 * precision * recall / both) if both else 0.0


def choose_cuts(logits: Mapping[Tag, Floats], truth: Mapping[Tag, Floats], good: Bools, budget: float) -> dict[Tag, float]:
    """The logit from which each tag is said.

    Each starts where its F1 is best (`truth` NaN = not known). While more than `budget` of the `good` photos carry any tag,
    the cut moves past one more good photo that costs the least F1.
    """
    curves = {tag: _Curve(logits[tag], truth[tag]) for tag in logits}
    cuts = {tag: curve.best() for tag, curve in curves.items()}
    allowed = int(budget * good.sum())
    while cuts:
        said = {tag: good & (logits[tag] >= cut) for tag, cut in cuts.items()}
        if np.any(list(said.values()), axis=0).sum() <= allowed:
            break
        steps = {tag: float(np.nextafter(logits[tag][flags].min(), np.inf)) for tag, flags in said.items() if flags.any()}
        cheapest = min(steps, key=lambda tag: curves[tag].f1(cuts[tag]) - curves[tag].f1(steps[tag]))
        cuts[cheapest] = curves[cheapest].beyond(steps[cheapest])
    return cuts


class _Curve:
    """F1 of one tag as its cut moves."""

    def __init__(self, logits: Floats, truth: Floats) -> None:
        known = ~np.isnan(truth)
        order = np.argsort(logits[known], kind="stable")
        self._levels = logits[known][order]
        hits = truth[known][order]
        # above[i]: photos with the tag among those from place i on
        self._above = np.concatenate([np.cumsum(hits[::-1])[::-1], [0.0]])
        self._total = hits.sum()

    def _place(self, cut: float) -> int:
        return int(np.searchsorted(self._levels, cut, side="left"))

    def f1(self, cut: float) -> float:
        place = self._place(cut)
        said = len(self._levels) - place
        return float(2 * self._above[place] / (said + self._total)) if said + self._total else 0.0

    def best(self) -> float:
        """In the middle of the gap below the best place, so that no photo lies on the cut."""
        said = np.arange(len(self._levels), 0, -1)
        place = int(np.argmax(2 * self._above[:-1] / (said + self._total)))
        below = self._levels[place - 1] if place else self._levels[place] - 1
        return float((below + self._levels[place]) / 2)

    def beyond(self, cut: float) -> float:
        """In the middle of the gap that begins at `cut`."""
        place = self._place(cut)
        if place >= len(self._levels):
            return cut
        return float((cut + self._levels[place]) / 2)
