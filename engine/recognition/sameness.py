"""Whether a photo shows the same print as labelled photos of a type: plates laid over each other, compared mark by mark.

Near twins share most details and differ in a header, a model number, a line of small print. Counting what is shared cannot
tell them; a mark that all labelled photos show alike and this one does not can. Marks in which the labelled photos differ
themselves (digits, serial numbers, glare, dirt) are not asked.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from engine.grouping.verification import Prepared
from engine.recognition.marks import Likenesses, Look, laid_over, repeated

REFERENCES = 5  # labelled photos of a type that a photo is laid over
FEWEST = 4  # labelled photos that confirm each other, below which nothing can be said
MARKS = 400  # of each labelled photo that are kept
ALIKE = 0.85  # cosine from which the labelled photos agree on a mark
LESS_ALIKE = 0.1  # cosine below theirs from which this photo's mark differs
FEWEST_MARKS = 12
REGION = (45.0, 12.0)  # pixels from a mark, along and across a line of print: half the axes of an ellipse
WHOLE = 5  # marks in a region, from which it is asked
WORST = 0.1  # share of the regions that are worst
LOST = 0.5  # cosine lost that counts as all

SAME_WITHIN = 1.5  # of the labelled photos' own standard deviations a photo may fall short by (benchmarks/naming.py)
LEAST_DEVIATION = (0.05, 0.025)  # of share and region: three to five photos can agree by chance
CONTRADICTS_FROM = 2.5  # of the same deviations, from which the print contradicts what a model says
UNPROVEN_FROM = 3.5  # of the score alone, where nothing can be said of the print: some 36 details in each of three photos


@dataclass(frozen=True, slots=True)
class Likeness:
    """How well a plate repeats what others agree on."""

    share: float  # 0..1 of the marks that are as alike as expected; a twin loses some
    region: float  # -`LOST`..about 0: mean cosine lost in the worst tenth of all regions; a twin loses a line of print


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """What other labelled photos confirm of one: no picture. K marks, of which the first D are the plate's own details."""

    places: NDArray[np.float32]  # (K, 4) x, y, size, angle
    descriptors: NDArray[np.float32]  # (K, 128) of unit length
    expected: Likenesses  # (K,) as alike as the other labelled photos show them
    details: int  # D, by which the reference is laid over a photo

    def likeness(self, photo: Look) -> Likeness | None:
        """How well a photo repeats it; None where it cannot be laid over it, or too little of it is seen."""
        own = Prepared(self.places[: self.details], self.descriptors[: self.details])
        mapping = laid_over(own, photo.details)
        if mapping is None:
            return None
        return _likeness(repeated(self.places, self.descriptors, mapping, photo.picture), self.expected, self.places)


@dataclass(frozen=True, slots=True, eq=False)
class Print:
    """What the labelled photos of one type agree on, and how well each of them repeats it."""

    references: tuple[Reference, ...]
    own: tuple[Likeness, ...]  # of each labelled photo to the rest

    @classmethod
    def of(cls, looks: Sequence[Look], *, most: int = MARKS) -> Print:
        """From a type's labelled photos; at most `most` marks of each are kept. Some 0.15 s of one core for each pair."""
        numbers = range(len(looks))
        seen = {(a, b): _seen(looks[a], looks[b]) for a, b in permutations(numbers, 2)}
        own = []
        for asked in numbers:
            bases = [
                (base, _expected(seen, base, [other for other in numbers if other != asked])) for base in numbers if base != asked
            ]
            each = (
                _likeness(found, expected, looks[base].places)
                for base, expected in bases
                if expected is not None and (found := seen[base, asked]) is not None
            )
            if (best := _best(each)) is not None:
                own.append(best)
        kept = ((look, _expected(seen, base, numbers)) for base, look in enumerate(looks))
        return cls(tuple(_confirmed(look, expected, most) for look, expected in kept if expected is not None), tuple(own))

    def says_something(self) -> bool:
        """Whether enough labelled photos agree."""
        return len(self.own) >= FEWEST

    def falls_short(self, photo: Look) -> float | None:
        """By how much a photo repeats less of the print than the labelled ones do of each other, in their standard deviations.

        The worse of share and region counts, each to the labelled photo that fits best; those after one that leaves no doubt
        (`SAME_WITHIN`) are not asked. Infinite where the plates cannot be laid over each other. None where too few labelled
        photos can.
        """
        if not self.says_something():
            return None
        best, short = None, math.inf
        for reference in self.references:
            best = _best((best, reference.likeness(photo)))
            short = self._short(best) if best is not None else math.inf
            if short <= SAME_WITHIN:
                break
        return short

    def _short(self, found: Likeness) -> float:
        share = _deviations(found.share, [own.share for own in self.own], LEAST_DEVIATION[0])
        return max(share, _deviations(found.region, [own.region for own in self.own], LEAST_DEVIATION[1]))


def is_same(score: float, short: float | None) -> bool:
    """Whether a photo may be called by the name of a type, from the score of its shared details and what it falls short by."""
    return score >= UNPROVEN_FROM if short is None else shows_it(short)


def shows_it(short: float | None) -> bool:
    """Whether a photo shows the print of a type, from what it falls short by."""
    return short is not None and short <= SAME_WITHIN


def _seen(base: Look, other: Look) -> Likenesses | None:
    mapping = laid_over(base.details, other.details)
    return None if mapping is None else repeated(base.places, base.descriptors, mapping, other.picture)


def _expected(seen: Mapping[tuple[int, int], Likenesses | None], base: int, among: Iterable[int]) -> Likenesses | None:
    """(K,) the median likeness of each mark of a base to its place in these other photos; None where none can be laid over it."""
    found = [each for other in among if other != base and (each := seen[base, other]) is not None]
    return _middle(np.stack(found)) if found else None


def _confirmed(look: Look, expected: Likenesses, most: int) -> Reference:
    """The marks on which the labelled photos agree, evenly thinned."""
    agreed = np.flatnonzero(expected >= ALIKE)
    kept = agreed[np.unique(np.linspace(0, len(agreed) - 1, min(most, len(agreed))).round().astype(int))]
    details = int((kept < len(look.details.keypoints)).sum())
    return Reference(look.places[kept], look.descriptors[kept], expected[kept], details)


def _best(found: Iterable[Likeness | None]) -> Likeness | None:
    """The likeness to the labelled photo that fits best."""
    each = [likeness for likeness in found if likeness is not None]
    return Likeness(max(one.share for one in each), max(one.region for one in each)) if each else None


def contradicts(short: float | None) -> bool:
    """Whether a photo's print says that a model is wrong about its type. Without a mapping it says nothing."""
    return short is not None and CONTRADICTS_FROM <= short < math.inf


def _deviations(found: float, own: Sequence[float], least_deviation: float) -> float:
    return (float(np.median(own)) - found) / max(float(np.std(own)), least_deviation)


def _likeness(seen: Likenesses, expected: Likenesses, places: NDArray[np.float32]) -> Likeness | None:
    """Of the marks (K,) on which other labelled photos agree, as they are expected and as they are seen."""
    asked = (expected >= ALIKE) & ~np.isnan(seen)
    if asked.sum() < FEWEST_MARKS:
        return None
    lost = (seen - expected)[asked].astype(np.float64)
    share = float((lost > -LESS_ALIKE).mean())
    tree = cKDTree(places[asked, :2] / REGION)
    near = tree.sparse_distance_matrix(tree, 1.0, output_type="ndarray")
    counted = np.bincount(near["i"], minlength=len(lost))
    summed = np.bincount(near["i"], weights=np.maximum(lost, -LOST)[near["j"]], minlength=len(lost))
    whole = counted >= WHOLE
    region = float(np.quantile(summed[whole] / counted[whole], WORST)) if whole.any() else float(lost.mean())
    return Likeness(share, region)


def _middle(seen: NDArray[np.float32]) -> Likenesses:
    """(K,) the median of J photos' cosines (J, K) where any of them has one, -1 elsewhere."""
    ordered = np.sort(seen, axis=0)  # NaN comes last
    counted = np.count_nonzero(~np.isnan(seen), axis=0)
    places = np.stack([np.maximum(counted - 1, 0) // 2, np.minimum(counted // 2, len(seen) - 1)])
    return np.where(counted > 0, np.take_along_axis(ordered, places, axis=0).mean(axis=0), -1.0).astype(np.float32)
