"""Groups keep their ids from one grouping to the next, so that a person finds "group 7" where it was."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping
from typing import TypeVar

import numpy as np

Photo = TypeVar("Photo", bound=Hashable)


def keep_ids(previous: Mapping[Photo, int], found: Mapping[Photo, int], *, first_fresh: int = 0) -> dict[int, int]:
    """Map each group of a new grouping to the id it shall carry.

    A group inherits the id of the earlier group it shares most photos with, such that the photos that keep their id
    are as many as possible; every other group gets an id never used in `previous` and at least `first_fresh`
    (pass one above the highest id ever given, so that the id of a dissolved group never returns).

    Args:
        previous: photo -> id of its group before; -1 (noise) is ignored.
        found: photo -> id of its group in the new grouping; -1 (noise) is ignored.
        first_fresh: the smallest id that may be given anew.
    """
    from scipy.optimize import linear_sum_assignment  # loads for half a second, also where nothing is grouped

    before = {photo: group for photo, group in previous.items() if group >= 0}
    shared = Counter((before[photo], group) for photo, group in found.items() if group >= 0 and photo in before)
    old = sorted({group for group, _ in shared})
    new = sorted({group for group in found.values() if group >= 0})
    overlap = np.zeros((len(old), len(new)), dtype=np.int64)
    for (one, other), photos in shared.items():
        overlap[old.index(one), new.index(other)] = photos
    rows, columns = linear_sum_assignment(overlap, maximize=True)
    kept = {new[column]: old[row] for row, column in zip(rows, columns, strict=True) if overlap[row, column] > 0}
    fresh = max([first_fresh, *(group + 1 for group in before.values())])
    for group in new:
        if group not in kept:
            kept[group] = fresh
            fresh += 1
    return kept
