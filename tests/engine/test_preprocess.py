"""Preprocessing: one function, exact geometry."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from engine.bundle import InputSpec
from engine.preprocess import prepare


def a_photo(height: int, width: int, seed: int = 0) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, size=(height, width, 3), dtype=np.uint8)


@given(
    height=st.integers(1, 90),
    width=st.integers(1, 90),
    fit=st.sampled_from(["stretch", "letterbox"]),
    size=st.sampled_from([(32, 48), (40, 16)]),
)
def test_any_photo_becomes_a_finite_input_of_the_cards_size(height: int, width: int, fit: str, size: tuple[int, int]) -> None:
    spec = InputSpec(width=size[0], height=size[1], fit=fit)
    batch = prepare(a_photo(height, width), spec)
    assert batch.shape == (3, size[1], size[0]) and batch.dtype == np.float32
    assert np.isfinite(batch).all()


def test_a_photo_of_the_inputs_size_is_only_normalised() -> None:
    photo = a_photo(16, 24)
    spec = InputSpec(width=24, height=16)
    wanted = (photo.astype(np.float32) / 255 - np.float32(spec.mean)) / np.float32(spec.std)
    np.testing.assert_array_equal(prepare(photo, spec), wanted.transpose(2, 0, 1))


def test_letterbox_keeps_the_aspect_ratio_and_fills_with_zero() -> None:
    white = np.full((10, 40, 3), 255, np.uint8)
    batch = prepare(white, InputSpec(width=40, height=30, fit="letterbox"))
    assert (batch[:, 10:20] > 2).all(), "the photo, white, lies in the middle"
    assert (batch[:, :10] == 0).all() and (batch[:, 20:] == 0).all()


def test_stretch_fills_the_whole_input() -> None:
    white = np.full((10, 40, 3), 255, np.uint8)
    assert (prepare(white, InputSpec(width=32, height=32, fit="stretch")) > 2).all()


def test_the_channels_stay_red_green_blue() -> None:
    red = np.zeros((8, 8, 3), np.uint8)
    red[..., 0] = 255
    channels = prepare(red, InputSpec(width=8, height=8, mean=(0, 0, 0), std=(1, 1, 1)))
    np.testing.assert_array_equal(channels.mean(axis=(1, 2)), [1, 0, 0])


def test_shrinking_averages_instead_of_skipping_pixels() -> None:
    stripes = np.zeros((64, 64, 3), np.uint8)
    stripes[:, ::2] = 255
    grey = prepare(stripes, InputSpec(width=8, height=8, mean=(0, 0, 0), std=(1, 1, 1)))
    assert np.abs(grey - 0.5).max() < 0.01


def test_an_input_of_absurd_size_is_refused() -> None:
    with pytest.raises(ValueError, match="width"):
        InputSpec(width=100_000, height=16)
