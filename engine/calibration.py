"""From logits to probabilities that mean what they say (temperature scaling, Guo et al. 2017)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

TEMPERATURES = np.geomspace(0.2, 5.0, 200)  # outside this range a network is not miscalibrated but broken
ENOUGH = 20  # photos; with fewer a fitted temperature says more of the photos than of the network


def probabilities(logits: Floats, temperature: float = 1.0) -> Floats:
    """Softmax over the last axis of logits (..., C) divided by the temperature; sums to 1."""
    scaled = np.asarray(logits, dtype=np.float64) / temperature
    powers = np.exp(scaled - scaled.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True), dtype=np.float32)


def best_temperature(logits: Floats, truth: NDArray[np.intp]) -> float:
    """The temperature with the lowest log loss on logits (N, C) of photos whose labels are `truth` (N,); 1 for too few photos."""
    if len(truth) < ENOUGH:
        return 1.0
    rows = np.arange(len(truth))
    losses = [-np.log(probabilities(logits, t)[rows, truth] + 1e-12).mean() for t in TEMPERATURES]
    return round(float(TEMPERATURES[int(np.argmin(losses))]), 4)


def decide(confidences: Floats, thresholds: Mapping[str, float]) -> NDArray[np.intp]:
    """(N,) positions of the labels that probabilities (N, C) amount to: the highest, or by the card's `clear` or `good`."""
    first_from = thresholds.get("clear", thresholds.get("good"))
    if first_from is None or confidences.shape[1] != 2:
        return np.asarray(confidences.argmax(1), dtype=np.intp)
    return np.where(confidences[:, 0] >= first_from, 0, 1).astype(np.intp)


def calibration_error(confidences: Floats, correct: NDArray[np.bool_], bins: int = 10) -> float:
    """Expected calibration error, 0..1: mean gap between confidence (N,) and the share that is correct, over equal-width bins."""
    edges = np.minimum((confidences * bins).astype(int), bins - 1)
    gaps = [abs(confidences[edges == b].mean() - correct[edges == b].mean()) * (edges == b).mean() for b in np.unique(edges)]
    return float(sum(gaps))
