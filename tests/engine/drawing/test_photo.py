import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.drawing import Defect, design, draw_photo
from engine.verdict import Clarity


def test_the_same_arguments_draw_the_same_photo() -> None:
    first, second = (draw_photo(4, 2, meter=1, reading=777, defects=[Defect.GLARE]) for _ in range(2))
    assert np.array_equal(first[0], second[0])
    assert first[1] == second[1]


def test_another_seed_draws_another_photo_of_the_same_meter() -> None:
    (first, truth), (second, other) = draw_photo(1, 2, meter=1, reading=5), draw_photo(2, 2, meter=1, reading=5)
    assert first.shape != second.shape or not np.array_equal(first, second)
    assert (truth.design, truth.meter_id, truth.digits) == (other.design, other.meter_id, other.digits)


def test_meters_of_one_design_have_their_own_serial_numbers() -> None:
    assert len({draw_photo(1, 0, meter=meter)[1].meter_id for meter in range(3)}) == 3


def test_the_first_thousand_designs_have_distinct_labels() -> None:
    assert len({design(index).label for index in range(1000)}) == 1000


def test_the_first_38_designs_look_different() -> None:
    looks = {(d.housing, d.plate, d.display, d.places, d.trim, d.body) for d in map(design, range(38))}
    assert len(looks) == 38


def test_a_design_label_is_fit_for_a_folder() -> None:
    assert all(label.replace("-", "").isalnum() and label.isascii() for label in (design(index).label for index in range(100)))


@pytest.mark.parametrize("index", range(6))
def test_the_truth_says_where_the_display_is(index: int) -> None:
    pixels, truth = draw_photo(9, index, reading=88888)
    x, y, w, h = truth.display_box
    assert 0 <= x < x + w <= pixels.shape[1]
    assert 0 <= y < y + h <= pixels.shape[0]
    assert w > h > 20
    blank, _ = draw_photo(9, index, reading=11111)
    rows, columns = np.nonzero(np.abs(pixels.astype(int) - blank).max(axis=2) > 40)  # only the digits differ
    assert x <= columns.min() <= columns.max() <= x + w
    assert y <= rows.min() <= rows.max() <= y + h


@given(reading=st.integers(0, 10**9), index=st.integers(0, 12))
@settings(max_examples=5, deadline=None)
def test_the_digits_are_the_reading_as_the_display_shows_it(reading: int, index: int) -> None:
    truth = draw_photo(1, index, reading=reading)[1]
    places = design(index).digits + design(index).decimals
    assert int(truth.digits.replace(".", "")) == reading % 10**places
    assert len(truth.digits.replace(".", "")) == places


def test_a_photo_without_defects_is_clear_and_one_with_a_defect_is_not() -> None:
    assert draw_photo(1, 0)[1].clarity is Clarity.CLEAR
    spoilt = draw_photo(1, 0, defects=[Defect.MOTION])[1]
    assert (spoilt.clarity, spoilt.defects) == (Clarity.UNCLEAR, ("motion",))


@pytest.mark.parametrize("defect", list(Defect))
def test_a_defect_hides_digits(defect: Defect) -> None:
    """What tells two readings apart in the photo is at most three quarters of what it was."""

    def difference(defects: list[Defect]) -> float:
        (first, truth), (second, _) = (draw_photo(6, 1, reading=reading, defects=defects) for reading in (111111, 888888))
        x, y, w, h = truth.display_box
        a, b = (picture[y : y + h, x : x + w].astype(float) for picture in (first, second))
        return np.abs(np.diff(a, axis=1) - np.diff(b, axis=1)).mean()

    assert difference([defect]) < 0.75 * difference([])


def test_photos_are_portrait_and_of_phone_size() -> None:
    for seed in range(3):
        height, width, channels = draw_photo(seed, seed)[0].shape
        assert channels == 3
        assert 700 <= width < height <= 1300
