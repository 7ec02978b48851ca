"""What becomes of groups from one grouping to the next."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from engine.grouping.life import Event, Turn, settle, turns

PLACES = st.dictionaries(st.integers(0, 15), st.integers(-1, 4))


def of(**groups: str) -> dict[str, int]:
    """`of(g3="abc")`: photos a, b and c in group 3."""
    return {photo: -1 if name == "none" else int(name[1:]) for name, photos in groups.items() for photo in photos}


def test_groups_keep_their_ids_and_noise_gets_another_chance() -> None:
    assert settle(of(g3="abc", none="xy"), of(g0="abcx", none="y"), first_fresh=4) == of(g3="abcx", none="y")


def test_a_photo_stays_where_a_person_put_it_whatever_the_grouping_finds() -> None:
    assert settle(of(g3="abcd"), of(g0="abcd"), pinned={"d": 7}) == of(g3="abc", g7="d")
    assert settle(of(g3="ab"), of(none="ab"), pinned={"a": 3, "b": 3}) == of(g3="ab")


def test_who_looks_like_photos_that_a_person_put_together_joins_them() -> None:
    merged = dict.fromkeys("abcdef", 3)
    found = of(g0="abc", g1="defx")
    assert settle(merged, found, pinned=merged, first_fresh=9) == of(g3="abcdefx")


def test_a_photo_taken_out_of_a_group_does_not_return_to_it_but_may_join_another() -> None:
    assert settle(of(g3="abc"), of(g0="abcx"), barred={"x": {3}}) == of(g3="abc", none="x")
    assert settle(of(g3="abc", g4="de"), of(g0="abc", g1="dex"), barred={"x": {3}}) == of(g3="abc", g4="dex")


@given(PLACES, PLACES, PLACES.map(lambda places: {photo: abs(group) for photo, group in places.items()}))
def test_what_people_said_always_holds(before: dict[int, int], found: dict[int, int], pinned: dict[int, int]) -> None:
    places = settle(before, found, pinned=pinned, first_fresh=50)
    assert places.keys() == found.keys()
    assert all(places[photo] == group for photo, group in pinned.items() if photo in places)


def test_births_splits_merges_and_deaths_are_told_apart() -> None:
    before = of(g1="abcdef", g2="ghi", g3="jkl", g4="mno")
    after = of(g1="abcghi", g5="def", g6="xyz", none="jkl", g7="mn", g8="o")
    assert turns(before, after) == (
        Event(turn=Turn.SPLIT, group_id=5, other_id=1, photos=3),
        Event(turn=Turn.BIRTH, group_id=6, other_id=None, photos=3),
        Event(turn=Turn.BIRTH, group_id=7, other_id=None, photos=2),
        Event(turn=Turn.BIRTH, group_id=8, other_id=None, photos=1),
        Event(turn=Turn.MERGE, group_id=2, other_id=1, photos=3),
        Event(turn=Turn.DEATH, group_id=3, other_id=None, photos=3),
        Event(turn=Turn.MERGE, group_id=4, other_id=7, photos=3),
    )


@given(PLACES, PLACES)
def test_there_is_one_event_for_each_group_that_is_new_or_gone(before: dict[int, int], after: dict[int, int]) -> None:
    were, are = set(before.values()) - {-1}, set(after.values()) - {-1}
    assert sorted(event.group_id for event in turns(before, after)) == sorted(were ^ are)
    assert turns(before, before) == ()
