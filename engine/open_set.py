"""How surely a photo shows a type the model was trained on. Pure numpy."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.bundle import Card

Floats = NDArray[np.float32]
LOCATION, SCALE = "known_location", "known_scale"  # thresholds in the card: where the score is 0.5, and how steep it is


def known_score(logits: Floats, embedding: Floats, card: Card, tensors: Mapping[str, NDArray[Any]]) -> float:
    """0..1, higher = more surely a known type, for one photo's logits (C,) and unit embedding (D,).

    0.5 is where the least familiar 5 % of known validation photos lie, 0.95 their median.
    """
    raw = float(familiarity(logits[None], embedding[None], tensors)[0])
    steps = (raw - card.thresholds.get(LOCATION, 0.0)) / card.thresholds.get(SCALE, 1.0)
    return 1 / (1 + math.exp(-max(-60.0, min(60.0, steps))))


def familiarity(logits: Floats, embeddings: Floats, tensors: Mapping[str, NDArray[Any]]) -> Floats:
    """(N,), higher = more familiar: the energy of the logits (N, C), log of the sum of their exponentials (Liu et al. 2020)."""
    top = logits.max(axis=-1)
    return np.asarray(top + np.log(np.exp(logits - top[:, None]).sum(axis=-1)), dtype=np.float32)


def score_thresholds(familiar: Floats) -> dict[str, float]:
    """The card's thresholds, fitted to the familiarity (N,) of validation photos of known types."""
    low, middle = np.percentile(familiar, [5, 50])
    scale = max(float(middle - low) / math.log(19), 1e-6)  # the logistic function of log 19 is 0.95
    return {LOCATION: round(float(low), 4), SCALE: round(scale, 6)}
