from hypothesis import given, settings
from hypothesis import strategies as st

from engine.grouping import keep_ids

groupings = st.dictionaries(st.integers(0, 40), st.integers(-1, 8))


def test_a_group_that_lost_and_gained_photos_keeps_its_id() -> None:
    assert keep_ids({"a": 7, "b": 7, "c": 7}, {"a": 0, "b": 0, "c": 1, "d": 0}) == {0: 7, 1: 8}


def test_the_id_goes_where_most_photos_stay_over_all_groups() -> None:
    before = {1: 0, 2: 0, 3: 0, 4: 1, 5: 1}
    found = {1: 9, 2: 9, 3: 5, 4: 9, 5: 9}
    assert keep_ids(before, found) == {9: 1, 5: 0} or keep_ids(before, found) == {9: 0, 5: 2}
    kept = keep_ids(before, found)
    assert sum(kept[group] == before[photo] for photo, group in found.items()) == 3


def test_the_id_of_a_dissolved_group_does_not_return() -> None:
    assert keep_ids({"a": 3, "b": -1}, {"b": 0, "c": 0}, first_fresh=12) == {0: 12}


@settings(deadline=None)  # on a busy machine a single example can wait
@given(groupings, groupings, st.integers(0, 20))
def test_ids_are_unique_and_cover_every_group(previous: dict[int, int], found: dict[int, int], first_fresh: int) -> None:
    kept = keep_ids(previous, found, first_fresh=first_fresh)
    assert set(kept) == {group for group in found.values() if group >= 0}
    assert len(set(kept.values())) == len(kept)


@given(groupings)
def test_the_same_members_keep_their_ids_whatever_the_groups_are_called(previous: dict[int, int]) -> None:
    found = {photo: 8 - group if group >= 0 else -1 for photo, group in previous.items()}
    kept = keep_ids(previous, found)
    assert all(kept[found[photo]] == group for photo, group in previous.items() if group >= 0)


@settings(deadline=None)  # on a busy machine a single example can wait
@given(groupings, groupings, st.integers(0, 20))
def test_a_fresh_id_was_never_used(previous: dict[int, int], found: dict[int, int], first_fresh: int) -> None:
    used = {group for group in previous.values() if group >= 0}
    for group, group_id in keep_ids(previous, found, first_fresh=first_fresh).items():
        inherited = any(previous.get(photo) == group_id for photo, now in found.items() if now == group)
        assert inherited or (group_id not in used and group_id >= first_fresh)
