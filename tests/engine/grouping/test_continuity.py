from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from engine.grouping.continuity import continued


def shares(blocks: list[list[float]], sizes: list[int]) -> np.ndarray:
    """(N, N) where each pair of blocks of photos has one share."""
    return np.repeat(np.repeat(np.array(blocks, np.float32), sizes, axis=0), sizes, axis=1)


def partition(groups: np.ndarray) -> set[frozenset[int]]:
    return {frozenset(np.flatnonzero(groups == number).tolist()) for number in np.unique(groups[groups >= 0])}


def test_a_group_is_not_torn_by_layouts_that_mostly_keep_it_together() -> None:
    previous = np.array([0] * 8)
    found = np.array([0] * 4 + [1] * 4)
    assert partition(continued(found, previous, shares([[1, 0.55], [0.55, 1]], [4, 4]))) == {frozenset(range(8))}


def test_two_groups_that_layouts_never_put_together_any_more_are_told_apart() -> None:
    previous = np.array([0] * 8)
    found = np.array([0] * 4 + [1] * 4)
    assert partition(continued(found, previous, shares([[1, 0], [0, 1]], [4, 4]))) == partition(found)


def test_two_groups_are_not_merged_by_a_wavering_majority_of_layouts_but_by_a_clear_one() -> None:
    previous = np.array([0] * 4 + [1] * 4)
    found = np.array([0] * 8)
    assert partition(continued(found, previous, shares([[1, 0.7], [0.7, 1]], [4, 4]))) == partition(previous)
    assert partition(continued(found, previous, shares([[1, 1], [1, 1]], [4, 4]))) == partition(found)


def test_newcomers_join_the_group_they_were_put_with_and_new_groups_stay_as_they_were_found() -> None:
    previous = np.array([0] * 4 + [1] * 4 + [-1] * 4)
    found = np.array([0] * 9 + [1] * 3)  # the two groups and one newcomer as one, three newcomers as another
    together = shares([[1, 0.6, 0.2, 0], [0.6, 1, 0.9, 0], [0.2, 0.9, 1, 0], [0, 0, 0, 1]], [4, 4, 1, 3])
    assert partition(continued(found, previous, together)) == {
        frozenset({0, 1, 2, 3}),
        frozenset({4, 5, 6, 7, 8}),
        frozenset({9, 10, 11}),
    }


def test_who_is_no_longer_put_with_its_group_leaves_it() -> None:
    previous = np.array([0] * 5)
    found = np.array([0] * 4 + [-1])
    assert continued(found, previous, shares([[1, 0.1], [0.1, 1]], [4, 1])).tolist()[4] == -1
    assert len(set(continued(found, previous, shares([[1, 0.7], [0.7, 1]], [4, 1])).tolist())) == 1


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_what_was_found_again_stays_and_every_answer_is_a_partition_of_the_same_photos(data: st.DataObject) -> None:
    count = data.draw(st.integers(1, 12))
    groups = st.integers(-1, 4)
    found = data.draw(arrays(np.int64, count, elements=groups))
    previous = data.draw(arrays(np.int64, count, elements=groups))
    half = data.draw(arrays(np.float32, (count, count), elements=st.floats(0, 1, width=32)))
    together = (half + half.T) / 2
    kept = continued(found, previous, together)
    assert kept.shape == found.shape
    assert partition(continued(found, np.full(count, -1), together)) == partition(found)
    same = np.maximum((found[:, None] == found[None, :]) & (found[:, None] >= 0), 0).astype(np.float32)
    assert partition(continued(found, found, same)) == partition(found)
