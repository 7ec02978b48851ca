"""How many printed details two photos share at the same places: the evidence that both show one design."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.grouping.plates import Plate


@dataclass(frozen=True, kw_only=True, slots=True)
class Gates:
    """What a match of two details, and the mapping of one plate onto the other, may look like at most.

    Measured on field photos that are upright and taken from about the same distance; a mirrored, squeezed or
    upside-down mapping is chance, not a meter.
    """

    ratio: float = 0.88  # nearest / second nearest descriptor distance
    scale: tuple[float, float] = (0.45, 2.2)  # ratio of the details' sizes
    angle: float = 35.0  # degrees between the details, and of the whole mapping
    reach: float = 10.0  # pixels a detail may lie off its mapped place
    stretch: tuple[float, float] = (0.4, 2.2)  # singular values of the mapping
    iterations: int = 300
    cell: float = 6.0  # pixels: details in one cell count once, since SIFT finds a corner several times
    edge: float = 0.2  # of the picture's width: how far from its upper or lower edge a camera app prints time and place
    line: float = 0.006  # of the width: what lies on one line there
    along: float = 0.1  # of the width: how far other digits shift the letters after them along the line
    letters: int = 5  # so many details at the same place near one edge are a print over both photos


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """A plate made ready for many comparisons: descriptors of unit length, so that a matrix product compares them."""

    keypoints: NDArray[np.float32]  # (K, 4)
    descriptors: NDArray[np.float32]  # (K, 128)
    size: tuple[int, int] = (0, 0)  # width and height of the described picture; (0, 0) = not known


def prepare_plate(plate: Plate) -> Prepared:
    """Decompress a plate once, before it is compared with many others."""
    return Prepared(plate.keypoints, plate.unit_descriptors(), plate.size)


def shared_details(a: Prepared, b: Prepared, gates: Gates = Gates()) -> int:
    """Count the details of two plates that fit one affine mapping, in distinct cells; 0 where none can be trusted."""
    return distinct(a, b, *agreeing(a, b, gates), gates)


def agreeing(a: Prepared, b: Prepared, gates: Gates = Gates()) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Indices of the details of two plates that fit one affine mapping, pair by pair; none where none can be trusted."""
    from_a, to_b = _matches(a, b, gates)
    if len(from_a) < 4:  # three pairs fit any mapping
        return from_a[:0], to_b[:0]
    cv2.setRNGSeed(0)  # OpenCV's RANSAC draws from its own generator; the same pair must always count the same
    mapping, mask = cv2.estimateAffine2D(
        a.keypoints[from_a, :2], b.keypoints[to_b, :2], method=cv2.RANSAC, ransacReprojThreshold=gates.reach,
        maxIters=gates.iterations, refineIters=0,
    )  # fmt: skip
    if mapping is None or not is_plausible(mapping[:, :2], gates):
        return from_a[:0], to_b[:0]
    kept = mask.ravel().astype(bool)
    return from_a[kept], to_b[kept]


def _matches(a: Prepared, b: Prepared, gates: Gates) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Indices of details that are each other's nearest, clearly so, and agree in size and direction."""
    if len(a.keypoints) < 4 or len(b.keypoints) < 4:
        none = np.zeros(0, np.intp)
        return none, none
    cosines = a.descriptors @ b.descriptors.T
    rows = np.arange(len(cosines))
    best = cosines.argmax(axis=1)
    mutual = cosines.argmax(axis=0)[best] == rows
    from_a, to_b = rows[mutual], best[mutual]
    nearest = cosines[from_a, to_b]
    rivals = cosines[from_a]
    rivals[np.arange(len(from_a)), to_b] = -1.0
    # For unit vectors, squared distance = 2 - 2 cosine.
    clear = (1.0 - nearest) < gates.ratio**2 * (1.0 - rivals.max(axis=1))
    from_a, to_b = from_a[clear], to_b[clear]
    sizes = b.keypoints[to_b, 2] / np.maximum(a.keypoints[from_a, 2], 1e-6)
    turns = np.abs((b.keypoints[to_b, 3] - a.keypoints[from_a, 3] + 180.0) % 360.0 - 180.0)
    fits = (sizes >= gates.scale[0]) & (sizes <= gates.scale[1]) & (turns <= gates.angle)
    fits &= ~_burnt_in(a, b, from_a, to_b, gates)
    return from_a[fits], to_b[fits]


def _burnt_in(a: Prepared, b: Prepared, from_a: NDArray[np.intp], to_b: NDArray[np.intp], gates: Gates) -> NDArray[np.bool_]:
    """Which matches are letters that a camera app printed over both photos rather than print of the meters.

    Such letters lie at the same distance from the same edge, in widths of the picture, whatever the photo shows; of a meter's own
    print few details near an edge do so by chance. Where several do, no detail as near to that edge counts: letters also match
    their like elsewhere in the strip.
    """
    burnt = np.zeros(len(from_a), np.bool_)
    if 0 in a.size or 0 in b.size:
        return burnt
    x_a, upper_a, lower_a = _from_edges(a, from_a)
    x_b, upper_b, lower_b = _from_edges(b, to_b)
    for one, other in ((upper_a, upper_b), (lower_a, lower_b)):
        same = (np.abs(one - other) < gates.line) & (one < gates.edge) & (np.abs(x_a - x_b) < gates.along)
        if same.sum() >= gates.letters:
            burnt |= np.minimum(one, other) <= one[same].max()
    return burnt


def _from_edges(
    plate: Prepared, chosen: NDArray[np.intp]
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Distances of details from the left, upper and lower edge, in widths of the picture."""
    width, height = plate.size
    x, y = plate.keypoints[chosen, 0], plate.keypoints[chosen, 1]
    return x / width, y / width, (height - y) / width


def is_plausible(linear: NDArray[np.float64], gates: Gates) -> bool:
    """Whether the (2, 2) part of a mapping is a view of the same plate: not mirrored, squeezed or turned over."""
    if np.linalg.det(linear) <= 0:
        return False
    left, stretches, right = np.linalg.svd(linear)
    if stretches.min() < gates.stretch[0] or stretches.max() > gates.stretch[1]:
        return False
    rotation = left @ right  # the rotation nearest to the mapping
    return bool(abs(np.degrees(np.arctan2(rotation[1, 0], rotation[0, 0]))) <= gates.angle)


def distinct(a: Prepared, b: Prepared, in_a: NDArray[np.intp], in_b: NDArray[np.intp], gates: Gates = Gates()) -> int:
    """How many of these pairs of details lie in distinct cells, on the plate where they are fewer."""
    return min(_cells(a.keypoints[in_a, :2], gates.cell), _cells(b.keypoints[in_b, :2], gates.cell)) if len(in_a) else 0


def _cells(points: NDArray[np.float32], cell: float) -> int:
    """How many squares of `cell` pixels hold at least one of the (K, 2) points."""
    return len(np.unique(np.floor(points / cell).astype(np.int64), axis=0))
