"""Near twins share most details of their plates; the patches in which they differ tell them apart."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest

from engine.grouping import describe_plate
from engine.grouping.verification import prepare_plate, shared_details
from engine.recognition.sameness import Look, Print, agreement, is_same, laid_over, look_at
from tests.engine.grouping.drawn import plate_photo

ONE_LINE, TWO_LINES = ("STATIC METER EM101",), ("1P2W STATIC", "WATTHOUR METER")


def look(design: int, shot: int, headed: Sequence[str] = ONE_LINE) -> Look:
    pixels = plate_photo(design, shot, headed=headed)
    return look_at(pixels, prepare_plate(describe_plate(pixels)))


@pytest.fixture(scope="module")
def labelled() -> Print:
    return Print([look(1, shot) for shot in range(5)])


def test_another_photo_of_the_type_is_the_same(labelled: Print) -> None:
    for shot in range(10, 14):
        assert is_same(3.0, labelled.falls_short(look(1, shot)))


def test_a_near_twin_with_another_header_is_not_though_it_shares_most_details(labelled: Print) -> None:
    for shot in range(10, 14):
        twin = look(1, shot, TWO_LINES)
        assert shared_details(labelled.looks[0].details, twin.details) > 40
        assert not is_same(3.0, labelled.falls_short(twin))


def test_a_photo_of_another_plate_or_of_none_is_far_off(labelled: Print) -> None:
    assert (labelled.falls_short(look(2, 3)) or 0) > 10
    wall = np.full((480, 480, 3), 120, np.uint8)
    assert labelled.falls_short(look_at(wall, prepare_plate(describe_plate(wall)))) == math.inf


def test_three_labelled_photos_say_nothing_of_what_a_type_agrees_on() -> None:
    assert Print([look(1, shot) for shot in range(3)]).falls_short(look(1, 5)) is None
    assert Print([]).falls_short(look(1, 2)) is None


def test_patches_outside_the_other_photo_are_not_compared() -> None:
    whole = look(1, 0)
    pixels = plate_photo(1, 0, headed=ONE_LINE)[:, :240]
    part = look_at(pixels, prepare_plate(describe_plate(pixels)))
    seen = agreement(whole, part)
    assert seen is not None
    right = seen[:, 2 * seen.shape[1] // 3 :]
    assert np.isnan(right).all()
    assert np.nanmedian(seen) > 0.9


def test_patches_under_a_reflection_are_not_compared() -> None:
    whole = look(1, 0)
    lit = Look(whole.details, whole.picture.copy())
    lit.picture[40:80, 60:120] = 255.0
    seen = agreement(whole, lit)
    assert seen is not None
    assert np.isnan(seen[9:13, 13:20]).all()
    assert np.nanmedian(seen) > 0.9
    assert np.nanmin(seen[:5]) > 0.5


def test_the_mapping_leads_from_one_plate_to_the_other() -> None:
    a, b = look(1, 0), look(1, 1)
    there, back = laid_over(a.details, b.details), laid_over(b.details, a.details)
    assert there is not None and back is not None
    both = back @ there
    assert np.allclose(both / both[2, 2], np.eye(3), atol=0.02 * np.array([[1, 1, 270], [1, 1, 270], [0.1, 0.1, 1]]))


def test_where_the_print_says_nothing_more_details_have_to_be_shared() -> None:
    assert is_same(3.6, None)
    assert not is_same(3.4, None)
