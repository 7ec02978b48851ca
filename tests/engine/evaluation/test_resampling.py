"""Intervals: whole meters are drawn again, not photos."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from engine.evaluation.resampling import draws, group_numbers, with_interval


def test_photos_without_a_group_are_groups_of_their_own() -> None:
    assert group_numbers(["m1", "", "m1", "", "m2"]).tolist() == [0, 1, 0, 2, 3]


@given(st.lists(st.sampled_from(["", "a", "b", "c"]), min_size=1, max_size=12), st.integers(0, 5))
def test_photos_of_one_group_are_drawn_equally_often(names: list[str], seed: int) -> None:
    groups = group_numbers(names)
    often = draws(groups, seed)
    for group in np.unique(groups):
        assert (often[:, groups == group] == often[:, groups == group][:, :1]).all()
    first = [int(np.flatnonzero(groups == group)[0]) for group in np.unique(groups)]
    assert (often[:, first].sum(1) == len(first)).all(), "as many groups as there are"


def test_ten_photos_of_each_of_four_meters_are_as_unsure_as_four_photos() -> None:
    right = np.repeat([1.0, 0.0, 1.0, 1.0], 10)
    widths = []
    for groups in (np.repeat(np.arange(4), 10), np.arange(40)):
        low, high = with_interval("share", lambda rows: float(right[rows].mean()), groups, 0)["share_interval"]
        widths.append(high - low)
    assert widths[0] > 2 * widths[1]


def test_the_same_seed_gives_the_same_interval() -> None:
    values = np.arange(20.0)
    one, two, other = (with_interval("mean", lambda rows: float(values[rows].mean()), np.arange(20), s) for s in (1, 1, 2))
    assert one == two != other
    assert one["mean"] == 9.5
