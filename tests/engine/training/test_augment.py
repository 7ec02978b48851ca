"""Variations and drawn defects of training photos."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from engine.training.augment import Augmentation, augment
from engine.training.degrade import DEFECTS, degrade


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


def contrast(pixels: NDArray[np.uint8]) -> float:
    """Spread of brightness inside the display: what makes digits readable."""
    return float(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)[22:38, 24:66].std())


@pytest.mark.parametrize("name", ["darkness", "defocus", "haze", "overexposure"])
def test_a_defect_takes_contrast_from_the_digits(name: str) -> None:
    plate = a_plate()
    left = [contrast(DEFECTS[name](plate, np.random.default_rng(seed), (20, 20, 50, 20), 3.0)) for seed in range(5)]
    assert max(left) < 0.75 * contrast(plate)


def test_glare_lies_on_the_display_and_leaves_the_far_corner_alone() -> None:
    plate = a_plate(200, 300)
    glare = DEFECTS["glare"](plate, np.random.default_rng(0), (20, 20, 50, 20), 3.0)
    assert glare[20:40, 20:70].mean() > plate[20:40, 20:70].mean() + 20
    np.testing.assert_array_equal(glare[-20:, -20:], plate[-20:, -20:])


@settings(deadline=None)
@given(seed=st.integers(0, 2**32), boxed=st.booleans(), height=st.integers(16, 70), width=st.integers(16, 70))
def test_every_degraded_photo_keeps_its_size_and_names_its_defect(seed: int, boxed: bool, height: int, width: int) -> None:
    photo = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    worse, name = degrade(photo, np.random.default_rng(seed), (4, 4, 10, 6) if boxed else None)
    assert worse.shape == photo.shape and worse.dtype == np.uint8
    assert name in DEFECTS and (worse != photo).any()
