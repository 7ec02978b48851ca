"""The marks of a plate, and how alike each is where another photo of the same plate should show it.

A detail that a detector misses in one photo is not gone: it is described there at its mapped place. So a smudge, a shadow or a
blur costs a little likeness, and another letter costs much.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.grouping.plates import describe_at, plate_picture
from engine.grouping.verification import Prepared, agreeing, distinct
from engine.picture import Pixels

Homography = NDArray[np.float64]  # (3, 3), from one plate's pixels to another's
Likenesses = NDArray[np.float32]  # (K,) cosines, NaN where nothing can be said

FEWEST_SHARED = 8  # details in distinct places that fix a mapping well enough; laid askew, all marks differ
DETAILS = 900  # of the plate's own, the strongest
STEP, SIZE = 16, 5.0  # pixels between and across the small marks of the grid: print that no detector picks
EVEN = 12.0  # grey levels (0..255) of spread around a mark of the grid below which there is nothing to see
AROUND = 20  # pixels, the side of that square
SHIFTS = ((0, 0), (-4, 0), (4, 0), (0, -4), (0, 4))  # pixels a mark is looked for around its mapped place
EDGE = 6.0  # pixels from the picture's edge within which a mark is not asked


@dataclass(frozen=True, eq=False)
class Look:
    """What marks are compared of: a plate's details and its picture."""

    details: Prepared
    picture: NDArray[np.uint8]  # (H, W) as `plate_picture` gives it

    @cached_property
    def places(self) -> NDArray[np.float32]:
        """(K, 4) x, y, size, angle of the plate's own details, then of the grid's marks."""
        height, width = self.picture.shape
        grid = np.mgrid[AROUND // 2 : height - AROUND // 2 : STEP, AROUND // 2 : width - AROUND // 2 : STEP]
        y, x = (axis.ravel() for axis in grid)
        textured = _spread(self.picture)[y, x] >= EVEN
        small = np.zeros((int(textured.sum()), 4), np.float32)
        small[:, 0], small[:, 1], small[:, 2] = x[textured], y[textured], SIZE
        return np.concatenate([self.details.keypoints[:DETAILS], small])

    @cached_property
    def descriptors(self) -> NDArray[np.float32]:
        """(K, 128) of unit length, of the marks at `places`."""
        own = self.details.descriptors[:DETAILS]
        return np.concatenate([own, describe_at(self.picture, self.places[len(own) :])])


def look_at(pixels: Pixels, details: Prepared) -> Look:
    """An upright RGB photo (H, W, 3) with the details of its plate."""
    return Look(details, plate_picture(pixels))


def repeated(
    places: NDArray[np.float32], descriptors: NDArray[np.float32], mapping: Homography, picture: NDArray[np.uint8]
) -> Likenesses:
    """(K,) the cosine of each mark to what another plate's picture shows at its mapped place; NaN where that is outside."""
    there = _mapped(places, mapping)
    height, width = picture.shape
    inside = (there[:, :2] > EDGE).all(axis=1) & (there[:, 0] < width - EDGE) & (there[:, 1] < height - EDGE)
    found = np.full(len(there), np.nan, np.float32)
    if inside.any():
        shifts = np.array([(*shift, 0, 0) for shift in SHIFTS], np.float32)
        around = (shifts[:, None] + there[inside]).reshape(-1, 4)
        seen = describe_at(picture, around).reshape(len(SHIFTS), -1, descriptors.shape[1])
        found[inside] = np.einsum("skd,kd->sk", seen, descriptors[inside]).max(axis=0)
    return found


def laid_over(a: Prepared, b: Prepared) -> Homography | None:
    """The mapping of plate `a` onto `b`; None where too few details fix it."""
    in_a, in_b = agreeing(a, b)
    if distinct(a, b, in_a, in_b) < FEWEST_SHARED:
        return None
    cv2.setRNGSeed(0)
    affine, _ = cv2.estimateAffine2D(a.keypoints[in_a, :2], b.keypoints[in_b, :2], method=cv2.LMEDS)
    if affine is None:
        return None
    mapping = np.vstack([affine, [0.0, 0.0, 1.0]])
    return _refined(a, b, mapping)


def _refined(a: Prepared, b: Prepared, mapping: Homography) -> Homography:
    """The mapping with perspective, from details that are alike where the first mapping expects them."""
    places = cv2.perspectiveTransform(a.keypoints[None, :, :2].astype(np.float64), mapping)[0]
    distance = np.linalg.norm(places[:, None] - b.keypoints[None, :, :2], axis=2)
    sizes = b.keypoints[None, :, 2] / np.maximum(a.keypoints[:, None, 2], 1e-6) / abs(np.linalg.det(mapping[:2, :2])) ** 0.5
    cosines = np.where((distance < 14) & (sizes > 0.6) & (sizes < 1.7), a.descriptors @ b.descriptors.T, -1.0)
    nearest = cosines.argmax(axis=1)
    alike = cosines.max(axis=1) >= 0.8
    if alike.sum() < 12:
        return mapping
    cv2.setRNGSeed(0)
    found, mask = cv2.findHomography(
        a.keypoints[alike, :2].astype(np.float64), b.keypoints[nearest[alike], :2].astype(np.float64), cv2.RANSAC, 6.0
    )
    if found is None or mask.sum() < 10:
        return mapping
    turned = abs(found[2, :2]).max() > 2e-3 or not 0.1 < np.linalg.det(found[:2, :2]) < 6
    return mapping if turned else np.asarray(found, dtype=np.float64)


def _mapped(places: NDArray[np.float32], mapping: Homography) -> NDArray[np.float32]:
    """Marks (K, 4) at their places, sizes and angles in the other picture."""
    reach = 5.0  # pixels along and across each mark, by which its size and angle are mapped
    turns = np.radians(places[:, 3])
    along = reach * np.column_stack([np.cos(turns), np.sin(turns)])
    across = along[:, ::-1] * (-1.0, 1.0)
    points = np.stack([places[:, :2], places[:, :2] + along, places[:, :2] + across]).astype(np.float64)
    centre, one, other = cv2.perspectiveTransform(points.reshape(1, -1, 2), mapping)[0].reshape(3, -1, 2)
    one, other = one - centre, other - centre
    areas = np.abs(one[:, 0] * other[:, 1] - one[:, 1] * other[:, 0])
    sizes = places[:, 2] * np.sqrt(areas) / reach
    angles = np.degrees(np.arctan2(one[:, 1], one[:, 0])) % 360.0
    return np.column_stack([centre, sizes, angles]).astype(np.float32)


def _spread(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(H, W) standard deviation of grey levels in the square around each pixel."""
    grey = picture.astype(np.float32)
    mean, squares = (cv2.boxFilter(each, -1, (AROUND, AROUND)) for each in (grey, grey**2))
    return np.asarray(np.sqrt(np.maximum(squares - mean**2, 0.0)), dtype=np.float32)
