"""What the small network reads off patches: how much noise is in a photo's colours, and how far it was enlarged."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.drawing import draw_photo
from engine.picture import Pixels
from engine.quality import measure, traces
from engine.quality.views import look


def read(pixels: Pixels, name: str) -> float:
    return traces.measure_traces(look(pixels))[name]


def noisy(pixels: Pixels, sigma: float) -> Pixels:
    return np.clip(pixels + np.random.default_rng(0).normal(0, sigma, pixels.shape), 0, 255).astype(np.uint8)


def enlarged(pixels: Pixels, factor: float) -> Pixels:
    small = cv2.resize(pixels, None, fx=1 / factor, fy=1 / factor, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, pixels.shape[1::-1], interpolation=cv2.INTER_CUBIC), np.uint8)


@pytest.fixture(scope="module")
def meter() -> Pixels:
    return draw_photo(3, 0)[0]


@given(sigma=st.floats(3.0, 30.0))
@settings(max_examples=12, deadline=None)
def test_noise_is_read_as_strong_as_it_is(meter: Pixels, sigma: float) -> None:
    apart = np.log2(sigma * np.sqrt(2))  # the difference of two channels has both their noise
    assert read(noisy(meter, sigma), "colour_noise") == pytest.approx(apart, abs=0.5)


def test_the_texture_of_leaves_is_not_read_as_noise() -> None:
    bright = np.random.default_rng(0).normal(128, 40, (720, 720))
    leaves = cv2.GaussianBlur(np.stack([bright * 0.6, bright, bright * 0.4], axis=2), (0, 0), 2).clip(0, 255).astype(np.uint8)
    assert read(leaves, "colour_noise") < read(noisy(leaves, 6), "colour_noise") - 1


@pytest.mark.parametrize("design", range(3))
def test_an_enlarged_photo_is_read_as_enlarged(design: int) -> None:
    photo = draw_photo(4, design)[0]
    small, large = (read(enlarged(photo, factor), "enlarged") for factor in (3.0, 5.0))
    assert read(photo, "enlarged") < 0.1
    assert 0.3 < min(small, large) < np.log2(5)


def test_a_grey_or_even_picture_has_numbers_all_the_same() -> None:
    for level in (0, 128, 255):
        numbers = measure(np.full((200, 100, 3), level, np.uint8))
        assert np.isfinite([numbers["colour_noise"], numbers["enlarged"]]).all()
        assert numbers["colour_noise"] < 0


@given(count=st.integers(1, 9), height=st.integers(1, 48), width=st.integers(1, 2048))
@settings(max_examples=40, deadline=None)
def test_strips_of_any_shape_are_read_in_at_most_16_patches(count: int, height: int, width: int) -> None:
    patches = traces.patches_of(np.zeros((count, height, width, 3), np.uint8))
    assert 1 <= len(patches) <= 16 and patches.shape[1:] == (48, 48, 3)
