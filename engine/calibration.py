"""From logits to probabilities that mean what they say (temperature scaling, Guo et al. 2017)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


def probabilities(logits: Floats, temperature: float = 1.0) -> Floats:
    """Softmax over the last axis of logits (..., C) divided by the temperature; sums to 1."""
    scaled = np.asarray(logits, dtype=np.float64) / temperature
    powers = np.exp(scaled - scaled.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True), dtype=np.float32)
