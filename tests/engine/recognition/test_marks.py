"""A mark of one photo is found at its place in another, by what is printed there and not by what a detector picks."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from engine.grouping import describe_plate
from engine.grouping.plates import describe_at, plate_picture
from engine.grouping.verification import prepare_plate
from engine.picture import Pixels
from engine.recognition.marks import Likenesses, Look, laid_over, look_at, repeated
from tests.engine.grouping.drawn import plate_photo


def look(pixels: Pixels) -> Look:
    return look_at(pixels, prepare_plate(describe_plate(pixels)))


def seen_of(base: Look, other: Look) -> Likenesses:
    mapping = laid_over(base.details, other.details)
    assert mapping is not None
    return repeated(base.places, base.descriptors, mapping, other.picture)


@pytest.fixture(scope="module")
def whole() -> Look:
    return look(plate_photo(1, 0))


def test_what_is_described_at_the_place_of_a_detail_is_that_detail() -> None:
    pixels = plate_photo(1, 0)
    plate = describe_plate(pixels)
    again = describe_at(plate_picture(pixels), plate.keypoints)
    cosines = np.einsum("kd,kd->k", again, plate.unit_descriptors())
    assert np.median(cosines) > 0.999
    assert np.quantile(cosines, 0.02) > 0.95


def test_no_place_has_no_description() -> None:
    assert describe_at(np.zeros((40, 40), np.uint8), np.zeros((0, 4), np.float32)).shape == (0, 128)


def test_print_outside_the_other_photo_is_not_compared(whole: Look) -> None:
    seen = seen_of(whole, look(plate_photo(1, 0)[:, :240]))
    right = whole.places[:, 0] > 0.6 * whole.picture.shape[1]
    assert np.isnan(seen[right]).all()
    assert np.nanmedian(seen) > 0.9


def test_a_photo_that_is_turned_and_nearer_repeats_every_mark(whole: Look) -> None:
    pixels = plate_photo(1, 0)
    height, width = pixels.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), 12.0, 1.15)
    seen = seen_of(whole, look(np.asarray(cv2.warpAffine(pixels, turn, (width, height)), np.uint8)))
    assert np.nanquantile(seen, 0.2) > 0.8


def test_another_print_is_seen_where_it_stands_and_nowhere_else(whole: Look) -> None:
    changed = Look(whole.details, whole.picture.copy())
    changed.picture[235:305, 60:360] = changed.picture[235:305, 60:360][:, ::-1]
    seen = seen_of(whole, changed)
    x, y, size = whole.places[:, 0], whole.places[:, 1], whole.places[:, 2]
    small = size < 8
    inside = small & (x > 80) & (x < 340) & (y > 250) & (y < 290)
    outside = small & ((y < 205) | (y > 335))
    assert np.nanmedian(seen[inside]) < 0.8
    assert np.nanquantile(seen[outside], 0.05) > 0.95


def test_the_mapping_leads_from_one_plate_to_the_other() -> None:
    a, b = look(plate_photo(1, 0)), look(plate_photo(1, 1))
    there, back = laid_over(a.details, b.details), laid_over(b.details, a.details)
    assert there is not None and back is not None
    both = back @ there
    assert np.allclose(both / both[2, 2], np.eye(3), atol=0.02 * np.array([[1, 1, 270], [1, 1, 270], [0.1, 0.1, 1]]))
