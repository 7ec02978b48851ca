"""From a heat map to a box in the photo, and from a box to the crop that is judged."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.bundle import InputSpec
from engine.display import centre_inside, overlap, read_map, view_of

SPEC = InputSpec(width=256, height=256, fit="letterbox")


def maps(cell: tuple[int, int], score: float, sides: tuple[float, ...]) -> tuple[np.ndarray, np.ndarray]:
    """A heat map of one warm cell (row, column), and the same sides everywhere."""
    heat = np.zeros((32, 32), np.float32)
    heat[cell] = score
    return heat, np.tile(np.float32(sides)[:, None, None], (1, 32, 32))


def test_the_peak_and_its_sides_become_a_box_in_pixels_of_the_photo() -> None:
    heat, sides = maps((16, 16), 0.9, (40, 20, 40, 20))  # the cell's middle is at 132, 132 of the input
    found = read_map(heat, sides, photo=(512, 512), spec=SPEC)
    assert found.box == (184, 224, 160, 80)
    assert found.score == pytest.approx(0.9)


def test_the_letterboxs_bars_do_not_shift_the_box() -> None:
    heat, sides = maps((16, 16), 0.9, (20, 10, 20, 10))
    assert read_map(heat, sides, photo=(128, 256), spec=SPEC).box == (48, 122, 40, 20)


def test_warm_neighbours_of_the_peak_vote_by_their_heat() -> None:
    heat, sides = maps((16, 16), 0.8, (40, 20, 40, 20))
    heat[16, 17] = 0.4
    sides[:, 16, 17] = (60, 20, 32, 20)  # its own middle is 8 pixels to the right: the box from 80 to 172
    x, _, width, _ = read_map(heat, sides, photo=(256, 256), spec=SPEC).box
    assert (x, width) == (round((2 * 92 + 80) / 3), 172 - round((2 * 92 + 80) / 3))


SIDES = st.lists(st.floats(0, 400), min_size=4, max_size=4)


@given(st.integers(0, 31), st.integers(0, 31), SIDES, st.integers(1, 900), st.integers(1, 900))
def test_whatever_the_maps_say_the_box_lies_in_the_photo(row: int, column: int, sides: list[float], w: int, h: int) -> None:
    heat, distances = maps((row, column), 0.5, tuple(sides))
    x, y, width, height = read_map(heat, distances, photo=(w, h), spec=SPEC).box
    assert 0 <= x < x + width <= w
    assert 0 <= y < y + height <= h


def test_the_view_is_the_display_with_a_margin_inside_the_photo() -> None:
    photo = np.zeros((400, 400, 3), np.uint8)
    assert view_of(photo, (100, 100, 200, 50)).shape == (64, 240, 3)
    assert view_of(photo, (0, 0, 400, 400)).shape == (400, 400, 3)


def test_a_display_photographed_on_its_side_is_turned() -> None:
    photo = np.zeros((400, 400, 3), np.uint8)
    height, width, _ = view_of(photo, (100, 100, 50, 200)).shape
    assert width > 3 * height


def test_overlap_and_the_centre_tell_a_hit_from_a_miss() -> None:
    assert overlap((0, 0, 10, 10), (0, 0, 10, 10)) == 1
    assert overlap((0, 0, 10, 10), (5, 0, 10, 10)) == pytest.approx(1 / 3)
    assert overlap((0, 0, 10, 10), (50, 50, 5, 5)) == 0
    assert centre_inside((0, 0, 10, 10), (4, 4, 4, 4))
    assert not centre_inside((0, 0, 10, 10), (10, 10, 4, 4))
