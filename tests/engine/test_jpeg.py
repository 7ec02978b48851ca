"""Sound JPEGs go past Pillow, and nobody may notice."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from PIL import Image, UnidentifiedImageError

from engine.errors import PictureError
from engine.jpeg import sound_rgb
from engine.picture import decode
from tests.photos import encoded, pixels

PHOTO = pixels(4, width=120, height=200)
KINDS: tuple[dict[str, Any], ...] = ({"subsampling": 0}, {"subsampling": 2}, {"progressive": True}, {"keep_rgb": True})


def seen_by_pillow(data: bytes, times: int = 1) -> np.ndarray:
    with Image.open(io.BytesIO(data)) as image:
        if times > 1:
            image.draft(None, (image.width // times, image.height // times))
        return np.asarray(image)


@pytest.mark.parametrize("options", KINDS)
@pytest.mark.parametrize("times", [1, 2, 4, 8])
def test_a_sound_jpeg_has_the_very_pixels_that_pillow_sees(options: dict[str, Any], times: int) -> None:
    data = encoded(PHOTO, **options)
    straight = sound_rgb(data, 120, 200, times)
    assert straight is not None
    assert np.array_equal(straight, seen_by_pillow(data, times))


def test_a_cut_off_jpeg_is_left_to_pillow() -> None:
    assert sound_rgb(encoded(PHOTO)[:-50], 120, 200, 1) is None


@given(at=st.floats(0.2, 0.95), value=st.integers(0, 255))
@settings(max_examples=60, deadline=None)
def test_a_jpeg_with_a_wrong_byte_is_refused_or_read_as_pillow_reads_it(at: float, value: int) -> None:
    data = bytearray(encoded(PHOTO, quality=90))
    data[int(at * len(data))] = value
    try:
        pillow = seen_by_pillow(bytes(data))
    except (OSError, SyntaxError, UnidentifiedImageError):
        with pytest.raises(PictureError):
            decode(bytes(data))
        return
    assume(pillow.shape == PHOTO.shape)
    assert np.array_equal(decode(bytes(data)).pixels, pillow)


@pytest.mark.parametrize("orientation", [1, 3, 6])
def test_a_turned_jpeg_comes_out_upright(orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    turned = encoded(PHOTO, exif=exif)
    back = {1: 0, 3: 2, 6: 3}[orientation]
    assert np.array_equal(decode(turned).pixels, np.rot90(seen_by_pillow(turned), back))
