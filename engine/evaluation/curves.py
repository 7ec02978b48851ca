"""What a threshold costs and buys: precision over the share accepted, known kept over unknown let through. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_curve

from engine.evaluation.resampling import HIGH, LOW, Indices, draws

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
STEPS = 100  # points of a coverage curve, at most


@dataclass(frozen=True, kw_only=True, slots=True)
class Coverage:
    """K points, from the surest photos alone to all of them.

    Attributes:
        share: (K,) of the photos that are accepted, rising to 1.
        threshold: (K,) least score that is accepted.
        accuracy: (K,) share of right answers among the accepted.
        low: (K,) 5 % end of the accuracy's interval at that threshold.
        high: (K,) 95 % end.
    """

    share: Floats
    threshold: Floats
    accuracy: Floats
    low: Floats
    high: Floats

    def accuracy_at(self, share: float) -> float:
        """Accuracy among the surest `share` of the photos, 0..1 (the next larger share that a threshold can cut)."""
        return float(self.accuracy[min(int(np.searchsorted(self.share, share - 1e-9)), len(self.share) - 1)])

    def share_at(self, accuracy: float) -> float:
        """The largest share whose accepted photos are this accurate, 0..1; 0 where no share is."""
        good = self.share[self.accuracy >= accuracy]
        return float(good.max()) if good.size else 0.0


def coverage(scores: NDArray[np.floating], correct: Bools, groups: Indices, *, seed: int = 0) -> Coverage:
    """The curve of N photos with a score (N,) by which they are accepted and whether the answer is right (N,)."""
    order = np.argsort(-scores, kind="stable")
    ranked, right = scores[order].astype(np.float64), correct[order]
    last = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], True))  # equal scores are accepted together
    wanted = np.ceil(np.arange(1, STEPS + 1) / STEPS * len(ranked)).astype(int) - 1
    ends = np.unique(last[np.searchsorted(last, wanted)])
    accepted = ends + 1
    often = draws(groups, seed)[:, order]
    with np.errstate(invalid="ignore"):
        again = (often * right).cumsum(1)[:, ends] / often.cumsum(1)[:, ends]
    low, high = np.nanpercentile(again, [LOW, HIGH], axis=0)
    return Coverage(
        share=accepted / len(ranked),
        threshold=ranked[ends],
        accuracy=right.cumsum()[ends] / accepted,
        low=np.asarray(low),
        high=np.asarray(high),
    )


def reliability(confidences: NDArray[np.floating], correct: Bools, groups: Indices, *, bins: int = 10, seed: int = 0) -> Floats:
    """Rows (claimed, found, low, high, photos) of the bins of equal width that hold photos; found with its 5-95 % interval."""
    place = np.minimum((confidences * bins).astype(int), bins - 1)
    often = draws(groups, seed)
    rows = []
    for number in np.unique(place):
        inside = place == number
        drawn = often[:, inside].sum(1)
        again = (often[:, inside] * correct[inside]).sum(1)[drawn > 0] / drawn[drawn > 0]
        low, high = np.percentile(again, [LOW, HIGH])
        rows.append((confidences[inside].mean(), correct[inside].mean(), low, high, inside.sum()))
    return np.array(rows, dtype=np.float64)


def roc(known: NDArray[np.floating], unknown: NDArray[np.floating]) -> Floats:
    """Rows (unknown photos let through, known photos kept, threshold) of a score that should be higher for known photos."""
    truth = np.concatenate([np.ones(len(known)), np.zeros(len(unknown))])
    through, kept, thresholds = roc_curve(truth, np.concatenate([known, unknown]))
    return np.column_stack([through, kept, thresholds])
