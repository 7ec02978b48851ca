from pathlib import Path

import numpy as np
import pytest

from engine.boxes import Boxed
from engine.bundle import InputSpec
from engine.display import view_of
from engine.drawing import draw_photo
from engine.preprocess import prepare
from engine.training.crops import as_served, crop_of

SPEC = InputSpec(width=256, height=96)


def views(box: tuple[int, int, int, int], scale: int) -> tuple[np.ndarray, np.ndarray]:
    pixels = np.ascontiguousarray(np.repeat(np.repeat(draw_photo(3, 3, reading=1234)[0], scale, 0), scale, 1))
    photo = Boxed(path=Path("a.jpg"), box=box, group="a", source="", licence="", clear=1.0)
    return prepare(as_served(crop_of(photo, pixels, SPEC)), SPEC), prepare(view_of(pixels, box), SPEC)


@pytest.mark.parametrize("box", [(100, 120, 240, 80), (0, 10, 200, 70), (90, 60, 70, 200)])
def test_training_sees_a_display_to_the_pixel_as_serving_cuts_it_out(box: tuple[int, int, int, int]) -> None:
    trained, served = views(box, 1)
    np.testing.assert_array_equal(trained, served)


def test_a_large_display_kept_smaller_for_training_differs_by_less_than_noise() -> None:
    trained, served = views((200, 300, 900, 300), 2)
    assert np.abs(trained - served).mean() < 0.1  # in standard deviations of ImageNet's pixels: some 6 of 255 levels
