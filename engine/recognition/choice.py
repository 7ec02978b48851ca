"""Which labelled photos stand for a type, and which details of their plates: what a bundle can hold and a photo can afford."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from engine.grouping.plates import Plate
from engine.grouping.verification import agreeing, prepare_plate
from engine.recognition.exemplars import NO_PLATE, Exemplars

PER_TYPE = 12  # photos of a type that keep their plates; the others speak by their embeddings
FEATURES = 256  # details of each plate


def thinned(exemplars: Exemplars, *, per_type: int = PER_TYPE, features: int = FEATURES) -> Exemplars:
    """The same photos, with the plates of at most `per_type` of each type and of these at most `features` details.

    Photos are chosen to differ from each other. Details that other photos of the type show at the same place come first:
    they are the plate's, not the wall's or the day's.
    """
    plates: list[Plate] = [NO_PLATE] * len(exemplars)
    for label in exemplars.types():
        mine = [i for i, other in enumerate(exemplars.labels) if other == label and len(exemplars.plates[i])]
        chosen = spread(exemplars.embeddings[mine].astype(np.float32), per_type) if mine else []
        kept = [mine[place] for place in chosen]
        for number, plate in zip(kept, _supported([exemplars.plates[i] for i in kept], features), strict=True):
            plates[number] = plate
    return Exemplars(stamp=exemplars.stamp, labels=exemplars.labels, embeddings=exemplars.embeddings, plates=tuple(plates))


def spread(embeddings: NDArray[np.float32], count: int) -> list[int]:
    """Positions of at most `count` photos: the one closest to the mean, then always the one farthest from those chosen."""
    chosen = [int(np.argmax(embeddings @ embeddings.mean(axis=0)))]
    while len(chosen) < min(count, len(embeddings)):
        nearest = (embeddings @ embeddings[chosen].T).max(axis=1)
        nearest[chosen] = np.inf
        chosen.append(int(np.argmin(nearest)))
    return chosen


def _supported(plates: Sequence[Plate], count: int) -> list[Plate]:
    """Of each plate the `count` details that most of the other plates confirm; the strongest where they are even."""
    prepared = [prepare_plate(plate) for plate in plates]
    support = [np.zeros(len(plate), np.intp) for plate in plates]
    for i in range(len(plates)):
        for j in range(i + 1, len(plates)):
            in_i, in_j = agreeing(prepared[i], prepared[j])
            support[i][in_i] += 1
            support[j][in_j] += 1
    orders = [np.argsort(-votes, kind="stable")[:count] for votes in support]
    return [
        Plate(keypoints=plate.keypoints[order], descriptors=plate.descriptors[order])
        for plate, order in zip(plates, orders, strict=True)
    ]
