"""Photos of one plate speak for each other: one spoilt print is outvoted, one lucky twin is found out."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from engine.recognition.resemblance import FARTHEST, Resemblance
from engine.recognition.sisters import MOST, SHARED_FROM, Sister, with_sisters


def like(short: float | None, name: str = "A") -> Resemblance:
    return Resemblance(name=name, details=30, short=short)


def sister(short: float | None, shared: int = 50, name: str = "A") -> Sister:
    return Sister(shared, like(short, name))


def test_two_sisters_outvote_a_photo_whose_print_is_spoilt() -> None:
    assert with_sisters(like(4.0), [sister(0.2), sister(1.0)]) == like(1.0)
    assert with_sisters(like(FARTHEST), [sister(0.2), sister(1.0)]) == like(1.0)


def test_two_sisters_of_a_twin_find_out_the_one_whose_print_looks_right_by_chance() -> None:
    assert with_sisters(like(1.2), [sister(6.0), sister(3.0)]) == like(3.0)


def test_a_photo_that_is_clear_by_itself_is_called_so_among_any_number_of_twins() -> None:
    assert with_sisters(like(0.9), [sister(6.0), sister(3.0), sister(3.0)]) == like(0.9)


def test_a_photo_that_plainly_shows_another_print_is_not_talked_into_the_name() -> None:
    assert with_sisters(like(9.0), [sister(0.2), sister(1.0)]) == like(9.0)


def test_one_sister_cannot_lend_its_print_to_a_twin() -> None:
    assert with_sisters(like(4.0), [sister(0.0)]) == like(4.0)


def test_photos_that_share_little_and_photos_that_look_like_another_type_are_no_sisters() -> None:
    strangers = [sister(0.0, shared=SHARED_FROM - 1), sister(0.0, name="B"), sister(0.0, name="B"), sister(0.0)]
    assert with_sisters(like(4.0), strangers) == like(4.0)


def test_those_that_share_most_are_asked() -> None:
    near = [sister(0.5, shared=40) for _ in range(MOST)]
    assert with_sisters(like(4.0), [sister(9.0, shared=20) for _ in range(20)] + near) == like(0.5)


def test_a_photo_that_looks_like_nothing_looks_like_what_two_sisters_look_like() -> None:
    found = with_sisters(None, [sister(0.5, shared=14), sister(1.0, shared=12), sister(0.0, shared=11, name="B")])
    assert found == Resemblance(name="A", details=14, short=1.0)
    alone = with_sisters(None, [sister(0.5, shared=14), sister(1.0, shared=12, name="B")])
    assert alone is not None
    assert alone.short == FARTHEST
    assert with_sisters(None, [sister(0.5, shared=3)]) is None


def test_where_the_print_of_a_type_says_nothing_nor_do_sisters() -> None:
    assert with_sisters(like(None), [sister(0.0), sister(0.0)]) == like(None)
    assert with_sisters(like(4.0), [sister(None), sister(None)]) == like(4.0)


@given(own=st.floats(-3, 99), others=st.lists(st.floats(-3, 99), max_size=9))
def test_what_speaks_for_a_photo_is_what_it_or_a_sister_shows(own: float, others: list[float]) -> None:
    found = with_sisters(like(own), [sister(short) for short in others])
    assert found is not None
    assert found.short in {own, *others}
