"""What the small network reads off patches: how far edges are smeared."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.drawing import draw_photo
from engine.picture import Pixels
from engine.quality import blur_width, measure
from engine.quality.views import look


def read(pixels: Pixels) -> float:
    return blur_width.measure_blur_width(look(pixels))["blur_width"]


def smeared(pixels: Pixels, width: float) -> Pixels:
    """By so many pixels at 512 px side."""
    return np.asarray(cv2.GaussianBlur(pixels, (0, 0), width * max(pixels.shape) / 512), np.uint8)


@pytest.fixture(scope="module")
def meter() -> Pixels:
    return draw_photo(3, 0)[0]


@given(width=st.floats(1.0, 4.0))
@settings(max_examples=12, deadline=None)
def test_a_smeared_photo_is_read_as_wide_as_it_was_smeared(meter: Pixels, width: float) -> None:
    assert read(smeared(meter, width)) == pytest.approx(np.log2(width), abs=0.5)


@pytest.mark.parametrize("degrees", [0, 30, 90, 135])
def test_a_shaken_photo_is_read_as_blurred_whichever_way_it_was_shaken(meter: Pixels, degrees: float) -> None:
    line = np.zeros((31, 31), np.float32)
    line[15] = 1.0
    line = np.asarray(cv2.warpAffine(line, cv2.getRotationMatrix2D((15, 15), degrees, 1), (31, 31)), np.float32)
    shaken = np.asarray(cv2.filter2D(meter, -1, line / line.sum()), np.uint8)
    assert read(shaken) > read(meter) + 0.7  # level edges stay sharp in a level movement


def test_darkness_and_noise_are_not_read_as_blur(meter: Pixels) -> None:
    noise = np.random.default_rng(0).normal(0, 6, meter.shape)
    dark = np.clip(meter * 0.3 + noise, 0, 255).astype(np.uint8)
    assert read(dark) < read(smeared(meter, 1.5)) - 0.7


def test_a_picture_without_anything_to_be_sharp_has_a_number_all_the_same() -> None:
    numbers = measure(np.full((200, 100, 3), 128, np.uint8))
    assert np.isfinite([numbers["blur_width"], numbers["blur_width_low"]]).all()


@given(height=st.integers(1, 2100), width=st.integers(1, 2100))
@settings(max_examples=40, deadline=None)
def test_pictures_of_any_shape_are_read_in_at_most_12_patches(height: int, width: int) -> None:
    patches = blur_width.patches_of(np.zeros((height, width), np.uint8))
    assert 1 <= len(patches) <= 12 and patches.shape[1:] == (64, 64)
