"""How well labelled photos of a type recognise other meters of it, and what more labels would bring; by leaving meters out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

DRAWS = 6  # random choices of the labelled photos that a point of the curve averages
STEPS = (1, 2, 3, 5, 8, 12, 18, 25)  # labels per type at which the curve is measured
MORE = 10  # labels whose gain is foretold
FEWEST_METERS = 3  # of a type, below which nothing honest can be said


@dataclass(frozen=True, kw_only=True, slots=True)
class Curve:
    """One type. Shares are 0..1, of photos whose closest type by mean embedding is theirs."""

    label: str
    labels: int  # photos labelled so
    accuracy: float | None  # with all of them; None where too few meters are labelled
    spread: float | None  # half a 90 % interval of it, over meters; where all or none are right, how far it may lie off
    gain: float | None  # expected from `MORE` labels; None where the curve is too short to say


@dataclass(frozen=True, slots=True, eq=False)
class _Photos:
    vectors: NDArray[np.float32]  # (N, D)
    types: NDArray[np.intp]  # (N,)
    owners: NDArray[np.intp]  # (N,) physical meters


def curves(vectors: NDArray[np.float32], labels: Sequence[str], meters: Sequence[str], *, seed: int = 0) -> tuple[Curve, ...]:
    """A curve for each type, by name, from unit embeddings (N, D), their types and physical meters.

    Each photo is asked about with all photos of its own meter left out, so that recognising a meter is not taken for
    recognising its type.
    """
    names, types = np.unique(np.asarray(labels, dtype=np.str_), return_inverse=True)
    owners = np.unique(np.asarray(meters, dtype=np.str_), return_inverse=True)[1]
    photos = _Photos(vectors, types, owners)
    return tuple(_curve(str(name), number, photos, seed) for number, name in enumerate(names))


def _curve(name: str, number: int, photos: _Photos, seed: int) -> Curve:
    types, owners = photos.types, photos.owners
    own = np.flatnonzero(types == number)
    if len(set(owners[own].tolist())) < FEWEST_METERS or len(set(types.tolist())) < 2:
        return Curve(label=name, labels=len(own), accuracy=None, spread=None, gain=None)
    rng = np.random.default_rng((seed, number))
    right = _right(number, None, photos, rng)
    per_meter = np.array([right[owners[own] == owner].mean() for owner in np.unique(owners[own])])
    spread = 1.645 * float(per_meter.std(ddof=1)) / len(per_meter) ** 0.5
    if right.all() or not right.any():  # no spread to be seen: the share that would show itself in 95 of 100 such samples
        spread = 1 - 0.05 ** (1 / len(per_meter))
    steps = [step for step in STEPS if step < len(own) * 0.8]
    points = [np.mean([_right(number, step, photos, rng).mean() for _ in range(DRAWS)]) for step in steps]
    accuracy = float(right.mean())
    return Curve(label=name, labels=len(own), accuracy=accuracy, spread=spread, gain=_gain(steps, points, len(own), accuracy))


def _right(number: int, allowed: int | None, photos: _Photos, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Whether each photo of a type is closest to its own type's mean, with `allowed` labels of the type and all of the others."""
    types, owners = photos.types, photos.owners
    own = np.flatnonzero(types == number)
    kept = own if allowed is None else rng.permutation(own)[:allowed]
    usable = types != number
    usable[kept] = True
    votes = np.eye(types.max() + 1, dtype=np.float32)[types] * usable[:, None]  # (N, T)
    sums, counts = votes.T @ photos.vectors, votes.sum(axis=0)
    right = np.zeros(len(own), np.bool_)
    for owner in np.unique(owners[own]):
        here, asked = owners == owner, owners[own] == owner
        means = sums - votes[here].T @ photos.vectors[here]  # a mean's length does not matter: cosines are compared
        known = counts - votes[here].sum(axis=0) > 0
        if not known[number]:
            continue
        lengths = np.where(known, np.maximum(np.linalg.norm(means, axis=1), 1e-9), np.inf)
        cosines = np.where(known, photos.vectors[own[asked]] @ means.T / lengths, -np.inf)
        right[asked] = cosines.argmax(axis=1) == number
    return right


def _gain(steps: Sequence[int], points: Sequence[float], labels: int, accuracy: float) -> float | None:
    """What `MORE` labels would bring if the errors go on falling as a power of the number of labels, as they did so far."""
    if len(steps) < 3 or accuracy >= 1.0:
        return 0.0 if accuracy >= 1.0 else None
    errors = np.maximum(1 - np.asarray(points), 1e-3)
    slope = min(float(np.polyfit(np.log(steps), np.log(errors), 1)[0]), 0.0)
    return float((1 - accuracy) * (1 - ((labels + MORE) / labels) ** slope))
