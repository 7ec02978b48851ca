"""Which of several classes a photo belongs to, from a few photos of each: closeness proposes, shared details decide.

The classes are types that people named and groups that nobody has named yet. The unnamed matter as much: a photo of a
near twin goes to the twin's own group instead of the named type beside it (benchmarks/naming.py).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.grouping.verification import Prepared, shared_details
from engine.recognition.joint import CHANCE

CLOSEST = 3  # photos of a class whose mean cosine says how close it is
# Score of shared details from which a photo joins a group that nobody has named: some 30 of them. Of pairs of labelled photos
# that share 16 to 19 half are of one design, of those that share 30 to 59 nine in ten.
CLEARLY = 3.3
CLEARLY_AHEAD = 0.5  # of the next best class, likewise


@dataclass(frozen=True, kw_only=True, slots=True)
class Demands:
    """What is compared, and what a photo must show to belong somewhere. Measured by benchmarks/naming.py."""

    classes: int = 8  # the closest are compared
    per_class: int = 5  # with the closest photos of each; 2 to 4 ms a comparison
    plate_weight: float = 2.0  # of the shared details' score beside the cosine
    closeness_weight: float = 10.0
    score_from: float = 1.5  # of the shared details: about 8 in the best and the two next photos


@dataclass(frozen=True, kw_only=True, slots=True)
class Nearest:
    """The class that fits best."""

    label: str
    photo: int  # index of its photo that shares most
    details: int  # shared with that photo
    score: float  # of the shared details: half the best, half the mean of the best three, on a log scale
    ahead: float  # of the next best class, in the joint score; infinite where there is no other


def nearest(
    embedding: NDArray[np.float32],
    plate: Prepared,
    labels: Sequence[str],
    vectors: NDArray[np.float32],
    *,
    plate_of: Callable[[int], Prepared],
    demands: Demands = Demands(),
) -> Nearest | None:
    """The class that a photo belongs to, or None where it clearly belongs to none.

    Args:
        embedding: (D,) of the photo, unit length.
        plate: of the photo.
        labels: (M,) the class of each known photo.
        vectors: (M, D) their embeddings, by the same model version.
        plate_of: the plate of a known photo by its index; asked for the few that are compared.
        demands: what is compared and asked for.
    """
    if not len(labels):
        return None
    cosines = vectors @ embedding
    members: dict[str, list[int]] = {}
    for index in np.argsort(-cosines, kind="stable").tolist():
        members.setdefault(labels[index], []).append(index)
    closeness = {label: float(np.mean(cosines[own[:CLOSEST]])) for label, own in members.items()}
    found = []
    for label in sorted(closeness, key=lambda each: -closeness[each])[: demands.classes]:
        counts = {index: shared_details(plate_of(index), plate) for index in members[label][: demands.per_class]}
        best = max(counts, key=lambda index: counts[index])
        score = _score(sorted(counts.values(), reverse=True))
        joint = demands.plate_weight * score + demands.closeness_weight * closeness[label]
        found.append((joint, score, label, best, counts[best]))
    found.sort(reverse=True)
    joint, score, label, photo, details = found[0]
    if score < demands.score_from:
        return None
    ahead = joint - found[1][0] if len(found) > 1 else math.inf
    return Nearest(label=label, photo=photo, details=details, score=score, ahead=ahead)


def belongs_clearly(found: Nearest) -> bool:
    """Whether a photo may join a group by itself: nobody has looked at that group, so it takes more than for a named type."""
    return found.score >= CLEARLY and found.ahead >= CLEARLY_AHEAD


def _score(counts: Sequence[int]) -> float:
    logs = [math.log1p(max(count - CHANCE, 0)) for count in counts[:3]]
    return 0.5 * logs[0] + 0.5 * sum(logs) / len(logs)
