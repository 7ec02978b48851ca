"""Near twins share most details of their plates; the marks in which they differ tell them apart."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest

from engine.grouping import describe_plate
from engine.grouping.verification import prepare_plate, shared_details
from engine.recognition.marks import Look, look_at
from engine.recognition.sameness import Print, is_same
from tests.engine.grouping.drawn import plate_photo

ONE_LINE, TWO_LINES = ("STATIC METER EM101",), ("1P2W STATIC", "WATTHOUR METER")


def look(design: int, shot: int, headed: Sequence[str] = ONE_LINE) -> Look:
    pixels = plate_photo(design, shot, headed=headed)
    return look_at(pixels, prepare_plate(describe_plate(pixels)))


@pytest.fixture(scope="module")
def labelled() -> Print:
    return Print.of([look(1, shot) for shot in range(5)])


def test_another_photo_of_the_type_is_the_same(labelled: Print) -> None:
    for shot in range(10, 14):
        assert is_same(3.0, labelled.falls_short(look(1, shot)))


def test_a_near_twin_with_another_header_is_not_though_it_shares_most_details(labelled: Print) -> None:
    for shot in range(10, 14):
        twin = look(1, shot, TWO_LINES)
        assert shared_details(look(1, 0).details, twin.details) > 40
        assert not is_same(3.0, labelled.falls_short(twin))


def test_a_photo_of_another_plate_or_of_none_is_far_off(labelled: Print) -> None:
    assert (labelled.falls_short(look(2, 3)) or 0) > 10
    wall = np.full((480, 480, 3), 120, np.uint8)
    assert labelled.falls_short(look_at(wall, prepare_plate(describe_plate(wall)))) == math.inf


def test_three_labelled_photos_say_nothing_of_what_a_type_agrees_on() -> None:
    assert Print.of([look(1, shot) for shot in range(3)]).falls_short(look(1, 5)) is None
    assert Print.of([]).falls_short(look(1, 2)) is None


def test_of_each_labelled_photo_only_marks_on_which_the_others_agree_are_kept_and_only_so_many() -> None:
    looks = [look(1, shot) for shot in range(5)]
    few = Print.of(looks, most=50)
    assert len(few.references) == 5
    for reference in few.references:
        assert len(reference.places) == len(reference.descriptors) == len(reference.expected) == 50
        assert (reference.expected >= 0.85).all()
        assert 0 < reference.details < 50


def test_where_the_print_says_nothing_more_details_have_to_be_shared() -> None:
    assert is_same(3.6, None)
    assert not is_same(3.4, None)
