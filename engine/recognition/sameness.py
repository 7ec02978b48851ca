"""Whether a photo shows the same print as labelled photos of a type: plates laid over each other, compared patch by patch.

Near twins share most details and differ in a header, a model number, a line of small print. Counting what is shared cannot
tell them; a patch that all labelled photos show alike and this one does not can. Patches in which the labelled photos differ
themselves (digits, serial numbers, glare, dirt) are not asked.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import permutations, product

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.grouping.plates import plate_picture
from engine.grouping.verification import Prepared, agreeing, distinct
from engine.picture import Pixels

Floats = NDArray[np.float64]
Homography = NDArray[np.float64]  # (3, 3), from one plate's pixels to another's

REFERENCES = 5  # labelled photos of a type that a photo is laid over
FEWEST = 4  # labelled photos that confirm each other, below which nothing can be said
FEWEST_SHARED = 8  # details in distinct places that fix a mapping well enough; laid askew, all patches differ
SCALE = 0.5  # of the picture the plate was described in: small print stays, noise goes
PATCH, STEP = 10, 5  # pixels of the picture at that scale: a letter or two
SHIFTS = (-3, -1, 0, 1, 3)  # pixels a patch is looked for around its mapped place
EVEN = 6.0  # grey levels (0..255) of spread below which a patch shows nothing
BURNT_OUT = 250.0  # grey levels from which a reflection hides what is there; half of a patch (240 and dark patches: no gain)
ALIKE = 0.6  # correlation from which the labelled photos agree on a patch
LESS_ALIKE = 0.2  # correlation below theirs from which this photo's patch differs
FEWEST_PATCHES = 8
REGION = (2, 8)  # patches, rows by columns: a line of print
WHOLE = 0.6  # share of a region's patches that must be asked
WORST = 0.1  # share of the regions that are worst
LOST = 0.8  # correlation lost that counts as all

SAME_WITHIN = 1.5  # of the labelled photos' own standard deviations a photo may fall short by (benchmarks/naming.py)
LEAST_DEVIATION = 0.05  # of share and region: three to five photos can agree by chance
UNPROVEN_FROM = 3.5  # of the score alone, where nothing can be said of the print: some 36 details in each of three photos


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """What patches are compared of: a plate's details and its picture, grey, at `SCALE`."""

    details: Prepared
    picture: NDArray[np.float32]  # (H, W)


@dataclass(frozen=True, slots=True)
class Likeness:
    """How well a plate repeats what others agree on."""

    share: float  # 0..1 of the patches that are as alike as expected; a twin loses some
    region: float  # -`LOST`..about 0: mean correlation lost in the worst tenth of all regions; a twin loses a line of print


@dataclass(slots=True, eq=False)
class Print:
    """The labelled photos of one type, and what they agree on. Some 0.05 s of one core for each pair, once."""

    looks: Sequence[Look]
    _maps: dict[tuple[int, int], NDArray[np.float32] | None] = field(default_factory=dict)
    _own: list[Likeness] = field(default_factory=list)  # of each labelled photo to the rest

    def __post_init__(self) -> None:
        """Compare the labelled photos with each other."""
        numbers = range(len(self.looks))
        self._maps = {(a, b): agreement(self.looks[a], self.looks[b]) for a, b in permutations(numbers, 2)}
        self._own = [likeness for asked in numbers if (likeness := self._best(None, asked)) is not None]

    def falls_short(self, photo: Look) -> float | None:
        """By how much a photo repeats less than the labelled ones repeat each other, in their own standard deviations.

        The worse of share and region counts; below 0 = repeats more; infinite where the plates cannot be laid over each other.
        None where too few labelled photos can.
        """
        if len(self._own) < FEWEST:
            return None
        found = self._best(photo, None)
        if found is None:
            return math.inf
        return max(_short(found.share, [own.share for own in self._own]), _short(found.region, [own.region for own in self._own]))

    def _best(self, photo: Look | None, asked: int | None) -> Likeness | None:
        """The likeness to the labelled photo that fits best: of a photo, or of a labelled one to the rest."""
        found = list(self._each(photo, asked))
        if not found:
            return None
        return Likeness(max(each.share for each in found), max(each.region for each in found))

    def _each(self, photo: Look | None, asked: int | None) -> Iterator[Likeness]:
        for base in range(len(self.looks)):
            if base == asked:
                continue
            others = (self._maps[base, other] for other in range(len(self.looks)) if other not in (base, asked))
            confirmed = [each for each in others if each is not None]
            seen = self._maps[base, asked] if asked is not None else agreement(self.looks[base], photo) if photo else None
            if confirmed and seen is not None and (likeness := _likeness(seen, np.stack(confirmed))) is not None:
                yield likeness


def is_same(score: float, short: float | None) -> bool:
    """Whether a photo may be called by the name of a type, from the score of its shared details and what it falls short by."""
    return score >= UNPROVEN_FROM if short is None else short <= SAME_WITHIN


def look_at(pixels: Pixels, details: Prepared) -> Look:
    """An upright RGB photo (H, W, 3) with the details of its plate."""
    picture = plate_picture(pixels)
    size = (max(1, round(picture.shape[1] * SCALE)), max(1, round(picture.shape[0] * SCALE)))
    return Look(details, cv2.resize(picture, size, interpolation=cv2.INTER_AREA).astype(np.float32))


def agreement(base: Look, other: Look) -> NDArray[np.float32] | None:
    """(R, C) the correlation of each patch of `base` with its place in `other`, -1..1.

    NaN where a patch shows nothing, lies outside or under a reflection; None where the two plates cannot be laid over each other.
    """
    mapping = laid_over(base.details, other.details)
    if mapping is None:
        return None
    scaling = np.diag([SCALE, SCALE, 1.0])
    height, width = base.picture.shape
    laid = cv2.warpPerspective(
        other.picture, scaling @ mapping @ np.linalg.inv(scaling), (width, height),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderValue=-1000.0,
    )  # fmt: skip
    mean = _mean(base.picture)
    spread = np.maximum(_mean(base.picture**2) - mean**2, 1e-3)
    best = np.full(base.picture.shape, -1.0, np.float32)
    for shift in product(SHIFTS, SHIFTS):
        moved = np.roll(laid, shift, axis=(0, 1))
        there = _mean(moved)
        variance = np.maximum(_mean(moved**2) - there**2, 1e-3)
        best = np.maximum(best, (_mean(base.picture * moved) - mean * there) / np.sqrt(spread * variance))
    burnt_out = _mean((laid > BURNT_OUT).astype(np.float32)) > 0.5
    best[(_mean(laid) < 0) | (spread < EVEN**2) | burnt_out] = np.nan
    return best[PATCH // 2 : height - PATCH // 2 : STEP, PATCH // 2 : width - PATCH // 2 : STEP].copy()


def _mean(picture: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(cv2.boxFilter(picture, -1, (PATCH, PATCH)), dtype=np.float32)


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


def _short(found: float, own: Sequence[float]) -> float:
    return (float(np.median(own)) - found) / max(float(np.std(own)), LEAST_DEVIATION)


def _likeness(seen: NDArray[np.float32], confirmed: NDArray[np.float32]) -> Likeness | None:
    """Of a map (R, C), where those of other labelled photos (K, R, C) agree."""
    expected = _middle(confirmed)
    asked = (expected >= ALIKE) & ~np.isnan(seen)
    if asked.sum() < FEWEST_PATCHES:
        return None
    lost = np.where(asked, seen - expected, 0.0).astype(np.float64)
    share = float((lost[asked] > -LESS_ALIKE).mean())
    counted, summed = _by_region(asked.astype(np.float64)), _by_region(np.maximum(lost, -LOST))
    whole = counted >= WHOLE * REGION[0] * REGION[1]
    region = float(np.quantile(summed[whole] / counted[whole], WORST)) if whole.any() else float(lost[asked].mean())
    return Likeness(share, region)


def _middle(maps: NDArray[np.float32]) -> NDArray[np.float32]:
    """(R, C) the median of K maps (K, R, C) where any of them has a number, -1 elsewhere."""
    ordered = np.sort(maps, axis=0)  # NaN comes last
    counted = np.count_nonzero(~np.isnan(maps), axis=0)
    places = np.stack([np.maximum(counted - 1, 0) // 2, np.minimum(counted // 2, len(maps) - 1)])
    return np.where(counted > 0, np.take_along_axis(ordered, places, axis=0).mean(axis=0), -1.0).astype(np.float32)


def _by_region(patches: Floats) -> Floats:
    """(R, C) the sum over the region around each patch."""
    sums = cv2.boxFilter(patches, -1, REGION[::-1], normalize=False, borderType=cv2.BORDER_CONSTANT)
    return np.asarray(sums, dtype=np.float64)
