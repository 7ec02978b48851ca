"""How surely a photo shows a type the model was trained on. Pure numpy.

Measured on held-out meters and designs that were never trained on (docs/models.md): closeness to the training photos of the
guessed type tells them apart better than the energy of the logits, and needs no photos of unknown types to be fitted.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.bundle import EXTRA, Card
from engine.calibration import probabilities

Floats = NDArray[np.float32]
NEAREST = 3  # training photos that are asked; one alone may be mislabelled or a near-duplicate
REFUSED = 10  # percent of known validation photos that lie below a score of 0.5
LOCATION, SCALE = "known_location", "known_scale"  # thresholds in the card: where the score is 0.5, and how steep it is
PHOTOS, TYPES = "photos", "types"  # tensors beside the network: (M, D) unit embeddings of training photos, (M,) their labels


def known_score(logits: Floats, embedding: Floats, card: Card, tensors: Mapping[str, NDArray[Any]]) -> float:
    """0..1, higher = more surely a known type, for one photo's logits (C,) and unit embedding (D,).

    0.5 is where the least familiar tenth of known validation photos lie below, 0.95 their median. A bundle without training
    photos beside its network answers with the confidence of its best label.
    """
    if PHOTOS not in tensors:
        return float(probabilities(logits, card.temperature).max())
    raw = float(familiarity(logits[None], embedding[None], tensors)[0])
    steps = (raw - card.thresholds.get(LOCATION, 0.5)) / card.thresholds.get(SCALE, 0.1)
    return 1 / (1 + math.exp(-max(-60.0, min(60.0, steps))))


def familiarity(logits: Floats, embeddings: Floats, tensors: Mapping[str, NDArray[Any]]) -> Floats:
    """(N,) mean cosine, -1..1, to the nearest training photos of the guessed type, for logits (N, C), embeddings (N, D)."""
    photos, types = np.asarray(tensors[PHOTOS], dtype=np.float32), tensors[TYPES]
    scores = [
        np.sort(photos[types == guess] @ embedding)[-NEAREST:].mean()
        for guess, embedding in zip(logits.argmax(axis=-1), embeddings, strict=True)
    ]
    return np.array(scores, dtype=np.float32)


def open_set_tensors(embeddings: Floats, labels: NDArray[np.intp]) -> dict[str, NDArray[Any]]:
    """What the bundle keeps for the score: training photos (M, D) and the positions (M,) of their labels, -1 = none, left out."""
    known = labels >= 0
    return {PHOTOS: embeddings[known].astype(np.float16), TYPES: labels[known].astype(np.int32)}


def as_stored(tensors: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """The tensors under the names they have in a bundle."""
    return {f"{EXTRA}{name}": tensor for name, tensor in tensors.items()}


def score_thresholds(familiar: Floats) -> dict[str, float]:
    """The card's thresholds, fitted to the familiarity (N,) of validation photos of known types."""
    low, middle = np.percentile(familiar, [REFUSED, 50])
    scale = max(float(middle - low) / math.log(19), 1e-6)  # the logistic function of log 19 is 0.95
    return {LOCATION: round(float(low), 4), SCALE: round(scale, 6), "known_from": 0.5}
