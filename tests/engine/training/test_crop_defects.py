"""A display spoilt inside its photo: what training shows as unreadable, with everything around it as it was."""

import cv2
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from engine.training.crop_defects import spoil_display
from engine.verdict import Box, Reason

DISPLAY: Box = (60, 60, 150, 60)


def a_meter() -> NDArray[np.uint8]:
    """Grey, with dark strokes on a bright display."""
    pixels = np.full((200, 300, 3), 150, np.uint8)
    cv2.rectangle(pixels, (60, 60), (210, 120), (190, 210, 190), -1)
    for x in range(72, 205, 18):
        cv2.line(pixels, (x, 72), (x, 108), (30, 30, 30), 6)
    return pixels


def contrast(pixels: NDArray[np.uint8]) -> float:
    """Spread of brightness inside the display: what makes digits readable."""
    return float(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)[66:114, 66:204].std())


def test_most_spoilt_displays_lose_much_of_their_contrast_and_none_of_their_surroundings() -> None:
    meter, lost = a_meter(), 0
    for seed in range(40):
        worse, reason = spoil_display(meter, DISPLAY, np.random.default_rng(seed))
        assert reason in Reason
        lost += contrast(worse) < 0.75 * contrast(meter)
        around = np.ones((200, 300), bool)
        around[40:140, 30:240] = False
        np.testing.assert_array_equal(worse[around], meter[around])
    assert lost >= 20


def test_the_same_seed_spoils_alike() -> None:
    one, again = (spoil_display(a_meter(), DISPLAY, np.random.default_rng(3)) for _ in range(2))
    np.testing.assert_array_equal(one[0], again[0])
    assert one[1] is again[1]


@settings(deadline=None)
@given(
    seed=st.integers(0, 2**32), edges=st.tuples(st.integers(0, 50), st.integers(0, 50), st.integers(8, 80), st.integers(8, 80))
)
def test_a_display_of_any_size_anywhere_is_spoilt(seed: int, edges: tuple[int, int, int, int]) -> None:
    photo = np.random.default_rng(0).integers(0, 256, (90, 90, 3), dtype=np.uint8)
    x, y = edges[:2]
    worse, _ = spoil_display(photo, (x, y, min(edges[2], 90 - x), min(edges[3], 90 - y)), np.random.default_rng(seed))
    assert worse.shape == photo.shape and worse.dtype == np.uint8
    assert (worse != photo).any()
