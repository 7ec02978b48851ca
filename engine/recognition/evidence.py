"""What speaks for which type: the network's logits, closeness to labelled photos, details shared with their plates."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from engine.grouping.plates import Plate
from engine.grouping.verification import prepare_plate, shared_details
from engine.recognition.exemplars import Exemplars

Floats = NDArray[np.float64]

CLOSEST = 3  # exemplars of a type whose mean cosine says how close it is; one alone may be mislabelled or a near duplicate


@dataclass(frozen=True, kw_only=True, slots=True)
class Budget:
    """How many comparisons of plates one photo may cost, some 2 to 4 ms each."""

    types: int = 4  # the likeliest types are compared
    per_type: int = 4  # with the closest photos of each
    sure_from: float = 0.9  # the network's chance of its best type from which one clear plate ends the comparisons
    enough: int = 40  # shared details from which the likeliest type needs no more comparisons (99 in 100 such pairs are alike)


@dataclass(frozen=True, kw_only=True, slots=True)
class Evidence:
    """Everything about one photo that a decision rests on. T types: the network's first, then those of labelled photos alone.

    Attributes:
        types: (T,) names.
        log_chances: (T,) log softmax over all T; types without a logit of their own have one by closeness.
        closeness: (T,) mean cosine to the closest exemplars, -1..1; -1 for a type without exemplars.
        cosines: (M,) to every exemplar.
        details: per type the numbers of details shared with its compared exemplars, most first; empty = not compared.
    """

    types: tuple[str, ...]
    log_chances: Floats
    closeness: Floats
    cosines: NDArray[np.float32]
    details: tuple[tuple[int, ...], ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """Logit = offset + slope x closeness: what the network's logit of a type would be, had it learned the type."""

    offset: float = -20.2  # fitted out of fold to photos closer than 0.7 to a type that the network has learned
    slope: float = 24.0


def glance(
    logits: NDArray[np.float32], embedding: NDArray[np.float32], labels: Sequence[str], exemplars: Exemplars, line: Line = Line()
) -> Evidence:
    """The evidence without plates, from logits (C,) in the order of `labels` and a unit embedding (D,)."""
    types = (*labels, *sorted(set(exemplars.labels) - set(labels)))
    cosines = exemplars.embeddings.astype(np.float32) @ embedding if len(exemplars) else np.zeros(0, np.float32)
    near = closeness(cosines, types, exemplars.labels)
    scores = np.concatenate([logits.astype(np.float64), line.offset + line.slope * near[len(labels) :]])
    return Evidence(
        types=types,
        log_chances=scores - _log_sum(scores),
        closeness=near,
        cosines=cosines,
    )


def closeness(cosines: NDArray[np.float32], types: Sequence[str], owners: Sequence[str]) -> Floats:
    """(T,) mean of the `CLOSEST` highest of the cosines (M,) to exemplars of each type, -1 where a type has none."""
    mine: dict[str, list[float]] = {name: [] for name in types}
    for owner, cosine in zip(owners, cosines.tolist(), strict=True):
        mine[owner].append(cosine)
    return np.array([np.mean(sorted(each)[-CLOSEST:]) if each else -1.0 for each in mine.values()], dtype=np.float64)


def compare_plates(seen: Evidence, plate: Plate, exemplars: Exemplars, budget: Budget = Budget()) -> Evidence:
    """`seen` with the details that the photo's plate shares with the exemplars of its likeliest types."""
    own = prepare_plate(plate)
    found: list[list[int]] = [[] for _ in seen.types]
    likeliest = int(np.argmax(seen.log_chances))
    sure = math.exp(seen.log_chances[likeliest]) >= budget.sure_from
    for number, exemplar in _turns(seen, exemplars, budget):
        found[number].append(shared_details(prepare_plate(exemplars.plates[exemplar]), own))
        if sure and number == likeliest and found[number][-1] >= budget.enough:
            break
    return replace(seen, details=tuple(tuple(sorted(counts, reverse=True)) for counts in found))


def _turns(seen: Evidence, exemplars: Exemplars, budget: Budget) -> Iterator[tuple[int, int]]:
    """(type, exemplar) in the order of comparison: the closest photo of each likely type, then the second of each, ..."""
    queues: dict[int, list[int]] = {}
    for number in likely(seen, exemplars, budget.types):
        mine = [i for i, label in enumerate(exemplars.labels) if label == seen.types[number] and len(exemplars.plates[i])]
        queues[number] = sorted(mine, key=lambda i: -seen.cosines[i])[: budget.per_type]
    for turn in range(budget.per_type):
        for number, queue in queues.items():
            if turn < len(queue):
                yield number, queue[turn]


def likely(seen: Evidence, exemplars: Exemplars, count: int) -> list[int]:
    """The types worth comparing: the likeliest by the network and the closest by embedding in turn, those with plates alone."""
    with_plates = {label for label, plate in zip(exemplars.labels, exemplars.plates, strict=True) if len(plate)}
    orders = (np.argsort(-seen.log_chances, kind="stable"), np.argsort(-seen.closeness, kind="stable"))
    mixed = [int(number) for pair in zip(*orders, strict=True) for number in pair if seen.types[number] in with_plates]
    return list(dict.fromkeys(mixed))[:count]


def _log_sum(values: Floats) -> float:
    highest = values.max()
    return float(highest + np.log(np.exp(values - highest).sum()))
