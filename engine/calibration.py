"""From logits to probabilities that mean what they say (temperature scaling, Guo et al. 2017)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from engine.bundle import Card
from engine.verdict import Clarity

Floats = NDArray[np.float32]

TEMPERATURES = np.geomspace(0.2, 5.0, 200)  # outside this range a network is not miscalibrated but broken
RIDGE = 0.1  # pull of Platt's line towards the network's own word; a tenth of a photo
ENOUGH = 20  # photos; with fewer a fitted temperature says more of the photos than of the network


def probabilities(logits: Floats, temperature: float = 1.0) -> Floats:
    """Softmax over the last axis of logits (..., C) divided by the temperature; sums to 1."""
    scaled = np.asarray(logits, dtype=np.float64) / temperature
    powers = np.exp(scaled - scaled.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True), dtype=np.float32)


def clear_probability(logits: Floats, card: Card) -> float:
    """Calibrated probability of the label `clear` from one photo's logits (C,): Platt's line where the card has a bias."""
    place = card.labels.index(Clarity.CLEAR.value)
    shifted = np.asarray(logits, dtype=np.float64) / card.temperature
    shifted[place] += card.bias
    return float(probabilities(shifted.astype(np.float32))[place])


def platt(logits: Floats, shares: Floats) -> tuple[float, float]:
    """Temperature and bias with the lowest log loss on logits (N,) of clear against unclear; `shares` (N,) of raters, 0..1.

    Platt's line p = 1 / (1 + exp(-(logit / temperature + bias))), found by Newton's steps with a little ridge.
    """
    features = np.stack([np.asarray(logits, np.float64), np.ones(len(logits))], axis=1)
    line = np.array([1.0, 0.0])
    for _ in range(50):
        sure = 1 / (1 + np.exp(-np.clip(features @ line, -30, 30)))
        slope = features.T @ (sure - shares) + RIDGE * (line - (1, 0))
        curve = (features * (sure * (1 - sure))[:, None]).T @ features + RIDGE * np.eye(2)
        line = line - np.linalg.solve(curve, slope)
    return round(float(1 / max(line[0], 0.05)), 4), round(float(line[1]), 4)


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
