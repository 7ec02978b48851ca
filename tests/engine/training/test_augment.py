"""Variations of training photos."""

import cv2
import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from engine.training.augment import Augmentation, augment


def a_plate(height: int = 60, width: int = 90) -> NDArray[np.uint8]:
    """Grey with dark strokes and a bright display."""
    pixels = np.full((height, width, 3), 150, np.uint8)
    cv2.rectangle(pixels, (20, 20), (70, 40), (190, 210, 190), -1)
    for x in range(24, 70, 6):
        cv2.line(pixels, (x, 24), (x, 36), (30, 30, 30), 2)
    return pixels


STILL = Augmentation(crop=0, rotation=0, perspective=0, flip=False, light=0, blur=0)


def test_with_everything_switched_off_a_photo_stays_as_it_is() -> None:
    np.testing.assert_array_equal(augment(a_plate(), np.random.default_rng(0), STILL), a_plate())


@given(seed=st.integers(0, 2**32), height=st.integers(8, 80), width=st.integers(8, 80))
def test_a_variation_keeps_the_size(seed: int, height: int, width: int) -> None:
    varied = augment(np.full((height, width, 3), 99, np.uint8), np.random.default_rng(seed), Augmentation(flip=True))
    assert varied.shape == (height, width, 3) and varied.dtype == np.uint8


def test_the_same_seed_gives_the_same_variation_and_another_seed_another() -> None:
    first, again, other = (augment(a_plate(), np.random.default_rng(seed), Augmentation()) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_a_flip_mirrors() -> None:
    how = Augmentation(crop=0, rotation=0, perspective=0, flip=True, light=0, blur=0)
    left = a_plate()
    left[:, :10] = 0
    seen = [augment(left, np.random.default_rng(seed), how) for seed in range(8)]
    dark_left = [photo[:, :8].mean() < 20 for photo in seen]
    dark_right = [photo[:, -8:].mean() < 20 for photo in seen]
    assert any(dark_left) and any(dark_right)
    assert all(a != b for a, b in zip(dark_left, dark_right, strict=True))
