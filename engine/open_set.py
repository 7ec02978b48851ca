"""How surely a photo shows a type the model was trained on. Pure numpy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.bundle import Card
from engine.calibration import probabilities


def known_score(
    logits: NDArray[np.float32], embedding: NDArray[np.float32], card: Card, tensors: Mapping[str, NDArray[Any]]
) -> float:
    """0..1, higher = more surely a known type, for one photo's logits (C,) and unit embedding (D,).

    Without tensors beside the network it is the confidence of the best label.
    """
    return float(probabilities(logits, card.temperature).max())
