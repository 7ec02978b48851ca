"""Where the known score begins: fitted without photos of unknown designs, by leaving out meters and whole types.

A photo whose own meter is left out plays the known one; a photo whose whole type is left out plays the unseen design. What the
network learned of a type stays in its embedding: such a photo is farther from the other types than a truly new design would be.
Its plate knows nothing of that: it shares as many details with strange plates as a new design's does. So where photos are few,
the plates alone decide.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from engine.grouping.plates import Plate
from engine.recognition import Description, Exemplars
from engine.recognition.evidence import Evidence, compare_plates, glance
from engine.recognition.joint import Weights, known_sum

REFUSED = 0.05  # share of photos of known types that may come out UNKNOWN
MISTAKEN = 0.02  # share of photos of left-out types that may pass for another type
MOST_REFUSED = 0.25  # of known photos, for the sake of the strange ones
ENOUGH = 20  # photos; with fewer their extreme twentieth says more of the photos than of the model
PLATE_ALONE = replace(Weights(), known_closeness=0.0, known_lead=0.0)  # where the network knows too little to be asked
LEVEL = 0.75  # share of the plates' score within a type from which a plate is of the type; at 0.5 near twins passed
LEAST_SCORE = 1.5  # of the plates, on their scale: some eight details in each of three photos


def fitted(known: Sequence[Evidence], strange: Sequence[Evidence]) -> Weights:
    """The shipped weights with the known score's 0.5 where `REFUSED` of these photos of known types lie below it.

    With few of them the plates alone decide.
    """
    if len(known) < ENOUGH:
        return _by_plates(known, strange)
    weights = Weights()
    return replace(weights, known_offset=-float(np.quantile(_sums(known, weights), REFUSED)))


def moved(weights: Weights, known: Sequence[Evidence], strange: Sequence[Evidence]) -> Weights:
    """The weights with the known score's 0.5 moved as little as photos of known and of left-out types ask for.

    At most `REFUSED` of the known shall lie below it and `MISTAKEN` of the strange above. Where both cannot be had, the strange
    ones count more, but not beyond `MOST_REFUSED`. Where both are had it stays: the types that the network was trained on
    are used to it, and their photos are not here to be asked.
    """
    if min(len(known), len(strange)) < ENOUGH:
        return weights
    wish, limit = np.quantile(_sums(known, weights), [REFUSED, MOST_REFUSED])
    beyond = np.quantile(_sums(strange, weights), 1 - MISTAKEN)
    begins = -weights.known_offset
    begins = min(max(begins, beyond), wish) if beyond <= wish else min(beyond, limit)
    return replace(weights, known_offset=-float(begins))


def _sums(seen: Sequence[Evidence], weights: Weights) -> NDArray[np.float64]:
    return np.array([known_sum(each, weights) for each in seen], dtype=np.float64)


def _by_plates(known: Sequence[Evidence], strange: Sequence[Evidence]) -> Weights:
    """From how much the plates of a type share with each other, and at most with another type's."""
    weights = PLATE_ALONE
    within, beyond = _sums(known, weights), _sums(strange, weights)
    begins = max(
        weights.known_plate * LEAST_SCORE,
        LEVEL * float(np.median(within)) if len(within) else 0.0,
        float(np.quantile(beyond, 1 - MISTAKEN)) if len(beyond) >= ENOUGH else 0.0,
    )
    return replace(weights, known_offset=-begins)


def as_known(
    photos: Sequence[Description],
    logits: NDArray[np.float32],
    labels: Sequence[str],
    exemplars: Exemplars,
    mine: Sequence[set[int]],
) -> list[Evidence]:
    """What speaks for each type where a photo's own meter is left out.

    Args:
        photos: N described photos.
        logits: (N, C) by a network or head that did not learn from the photo's meter, in the order of `labels`.
        labels: the C types.
        exemplars: all labelled photos.
        mine: per photo the exemplars of its meter.
    """
    return [
        _seen(photo, row, labels, exemplars.without(own))
        for photo, row, own in zip(photos, logits, mine, strict=True)
        if photo.plate is not None
    ]


def as_strange(
    photos: Sequence[Description], logits: NDArray[np.float32], truth: Sequence[str], labels: Sequence[str], exemplars: Exemplars
) -> list[Evidence]:
    """What speaks for each other type where a photo's own type is left out, of N photos with logits (N, C) and their types."""
    seen = []
    for photo, row, own in zip(photos, logits, truth, strict=True):
        left = [number for number, label in enumerate(labels) if label != own]
        if photo.plate is None or not left:
            continue
        others = exemplars.without({number for number, label in enumerate(exemplars.labels) if label == own})
        seen.append(_seen(photo, row[left], [labels[number] for number in left], others))
    return seen


def _seen(photo: Description, logits: NDArray[np.float32], labels: Sequence[str], exemplars: Exemplars) -> Evidence:
    plate: Plate | None = photo.plate
    first = glance(logits, photo.embedding, labels, exemplars)
    return compare_plates(first, plate, exemplars) if plate is not None else first
