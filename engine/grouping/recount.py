"""A second look at two photos that share some details: all those that lie where the first few say they should.

The first look asks for details that are clearly each other's nearest of all, which fine print and repeated symbols rarely are.
Once a mapping is known, a detail need only be like the one at its mapped place. Photos of one design then share several times as
many details, photos of different designs hardly more: at 60 and more, 98 of 100 pairs of field photos show one design.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from engine.grouping.verification import Gates, Prepared, agreeing, distinct, is_plausible

_SQUARES = 6  # a side of a plate's grid; four are too coarse to tell a block of print, eight as good
ANY_WAY_UP = Gates(angle=180.0)  # a phone held sideways shows the same meter; recognition, which must not err, asks for more


@dataclass(frozen=True, kw_only=True, slots=True)
class Closeness:
    """How like two details must be, given the mapping of one plate onto the other. Chosen on photos of 26 designs."""

    reaches: tuple[float, ...] = (10.0, 6.0)  # pixels a detail may lie off its mapped place, look by look
    cosine: float = 0.86  # of their descriptors
    scale: tuple[float, float] = (0.6, 1.67)  # of their sizes, beyond the mapping's own
    angle: float = 25.0  # degrees, beyond the mapping's own
    least: int = 4  # details, of the first look and of each further one
    rivals: int = 8  # details near a mapped place that are looked at


# Learned descriptions of one detail in two photos are less alike than SIFT's, those of two details much less.
LEARNED_GATES = Gates(angle=180.0, ratio=0.9)
LEARNED = Closeness(cosine=0.45)


def count_alike(a: Prepared, b: Prepared, gates: Gates = ANY_WAY_UP, close: Closeness = Closeness()) -> int:
    """Shared details of two plates after the second look, in distinct cells; what the first look says where it finds too few."""
    return distinct(a, b, *_alike_on_both(a, b, gates, close), gates)


def spread_alike(a: Prepared, b: Prepared, gates: Gates = ANY_WAY_UP, close: Closeness = Closeness()) -> float:
    """In how much of a plate the details lie that `count_alike` counts, 0..1: of a grid's squares that hold any of its details.

    The plate on which it is more says so: a photo from near shows a part of what the other shows.
    """
    in_a, in_b = _alike_on_both(a, b, gates, close)
    return max(_share_of_squares(a.keypoints[:, :2], in_a), _share_of_squares(b.keypoints[:, :2], in_b))


def _share_of_squares(points: NDArray[np.float32], chosen: NDArray[np.intp]) -> float:
    if not len(chosen):
        return 0.0
    low, high = points.min(axis=0), points.max(axis=0)
    places = np.minimum((points - low) / np.maximum(high - low, 1e-6) * _SQUARES, _SQUARES - 1).astype(np.int64)
    squares = places[:, 0] * _SQUARES + places[:, 1]
    return len(np.unique(squares[chosen])) / len(np.unique(squares))


def _alike_on_both(a: Prepared, b: Prepared, gates: Gates, close: Closeness) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    in_a, in_b = agreeing(a, b, gates)
    if distinct(a, b, in_a, in_b, gates) < close.least:
        return in_a, in_b
    mapping: NDArray[np.float64] | None = None
    for reach in close.reaches:
        mapping = _fitted(a.keypoints[in_a, :2], b.keypoints[in_b, :2], gates, before=mapping)
        if mapping is None:
            break
        in_a, in_b = _alike(a, b, mapping, reach, close)
        if len(in_a) < close.least:
            break
    return in_a, in_b


def _fitted(
    here: NDArray[np.float32], there: NDArray[np.float32], gates: Gates, *, before: NDArray[np.float64] | None
) -> NDArray[np.float64] | None:
    """The (2, 3) affine mapping with the least squared error; the one `before` it where this one is no view of the same plate."""
    columns = np.linalg.lstsq(np.column_stack([here, np.ones(len(here))]).astype(np.float64), there, rcond=None)[0]
    mapping = np.asarray(columns.T, dtype=np.float64)
    return mapping if is_plausible(mapping[:, :2], gates) else before


def _alike(
    a: Prepared, b: Prepared, mapping: NDArray[np.float64], reach: float, close: Closeness
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Indices of details that are alike and at the same place, each used once, the most alike first."""
    linear = mapping[:, :2]
    places = a.keypoints[:, :2] @ linear.T + mapping[:, 2]
    distances, found = cKDTree(b.keypoints[:, :2]).query(places, k=close.rivals, distance_upper_bound=reach)
    in_a, nth = np.nonzero(np.isfinite(distances))
    in_b = found[in_a, nth]
    sizes = b.keypoints[in_b, 2] / np.maximum(a.keypoints[in_a, 2] * np.sqrt(abs(np.linalg.det(linear))), 1e-6)
    turned = np.degrees(np.arctan2(linear[1, 0] - linear[0, 1], linear[0, 0] + linear[1, 1]))
    turns = np.abs((b.keypoints[in_b, 3] - a.keypoints[in_a, 3] - turned + 180.0) % 360.0 - 180.0)
    cosines = np.einsum("kd,kd->k", a.descriptors[in_a], b.descriptors[in_b])
    fits = (sizes > close.scale[0]) & (sizes < close.scale[1]) & (turns < close.angle) & (cosines > close.cosine)
    order = np.flatnonzero(fits)[np.argsort(-cosines[fits], kind="stable")]
    in_a, in_b = in_a[order].astype(np.intp), in_b[order].astype(np.intp)
    once = np.zeros((2, len(in_a)), np.bool_)
    once[0, np.unique(in_a, return_index=True)[1]] = True
    once[1, np.unique(in_b, return_index=True)[1]] = True
    kept = once.all(axis=0)
    return in_a[kept], in_b[kept]
