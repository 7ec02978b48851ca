from __future__ import annotations

import numpy as np

from engine.grouping.leftovers import settled
from engine.grouping.options import Options
from engine.grouping.similarity import Pairs

GROUPS = np.array([0] * 25 + [1] * 25)


def pairs(groups: np.ndarray, special: dict[tuple[int, int], int]) -> Pairs:
    """50 details shared within the groups and none across, but for `special` pairs of photos."""
    first, second = np.triu_indices(len(groups), 1)
    square = np.where((groups[:, None] == groups[None, :]) & (groups[:, None] >= 0), 50, 0)
    for (i, j), shared in special.items():
        square[i, j] = square[j, i] = shared
    return Pairs(photos=len(groups), first=first, second=second, similarity=np.zeros(len(first)), shared=square[first, second])


def partition(groups: np.ndarray) -> set[frozenset[int]]:
    return {frozenset(np.flatnonzero(groups == number).tolist()) for number in np.unique(groups[groups >= 0])}


def apart(details: int, own: int) -> dict[tuple[int, int], int]:
    """Photos 0 and 1 share so many with their group, and as many of their own."""
    return {(0, 1): own} | {(i, j): details for i in (0, 1) for j in range(2, 25)}


def test_two_photos_that_share_many_times_as_many_details_as_with_their_group_leave_it() -> None:
    left = settled(GROUPS, pairs(GROUPS, apart(20, 200)), Options())
    assert partition(left) == {frozenset({0, 1}), frozenset(range(2, 25)), frozenset(range(25, 50))}


def test_two_photos_of_one_meter_stay_with_those_of_their_design() -> None:
    assert partition(settled(GROUPS, pairs(GROUPS, apart(30, 200)), Options())) == partition(GROUPS)
    assert partition(settled(GROUPS, pairs(GROUPS, apart(4, 39)), Options())) == partition(GROUPS)


def test_photos_in_no_group_that_certainly_show_one_design_are_a_group_even_if_they_are_two() -> None:
    groups = np.where(np.isin(np.arange(50), (3, 4, 5, 6)), -1, GROUPS)
    left = settled(groups, pairs(groups, {(3, 4): 40, (5, 6): 39}), Options())
    assert left[3] == left[4]
    assert partition(left) == partition(groups) | {frozenset({3, 4})}
    assert (left[[5, 6]] == -1).all()


def test_a_photo_in_no_group_joins_the_one_with_which_it_clearly_shares_most() -> None:
    groups = np.where(np.isin(np.arange(50), (3, 4, 5)), -1, GROUPS)
    details = {(0, 3): 10, (3, 30): 21, (0, 4): 15, (4, 30): 21, (5, 30): 19}
    left = settled(groups, pairs(groups, details), Options())
    assert left[3] == 1
    assert (left[[4, 5]] == -1).all()  # almost as many with another group; too few


def test_among_few_photos_and_without_plates_only_small_groups_are_dissolved() -> None:
    few = np.array([0, 0, 1, 1, 1, -1, -1])
    compared = pairs(few, {(5, 6): 200})
    alone = Pairs(photos=7, first=compared.first, second=compared.second, similarity=compared.similarity, shared=None)
    for each in (compared, alone):
        assert partition(settled(few, each, Options())) == {frozenset({2, 3, 4})}
