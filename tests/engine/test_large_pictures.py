"""Large JPEGs are reduced while they are decoded; nothing that is said of them may suffer from it."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from engine.appraise import Models, appraise
from engine.boxes import Boxed, opened
from engine.errors import PictureError, Truncated
from engine.picture import FULL_SIDE, NATIVE_ROWS, Limits, Native, Picture, Pixels, decode
from engine.quality import judge, measure, shipped
from tests.engine.test_reading import locator
from tests.photos import encoded
from ui.thumbnails import make_crop

KINDS: tuple[dict[str, Any], ...] = (
    {"subsampling": 2}, {"subsampling": 0}, {"progressive": True}, {"restart_marker_rows": 1}, {"optimize": True},
)  # fmt: skip


def textured(width: int = 2400, height: int = 480, noise: float = 12) -> Pixels:
    """Soft patches of colour under a sensor's noise."""
    rng = np.random.default_rng(width + height)
    soft = cv2.resize(rng.integers(40, 216, (6, 30, 3), dtype=np.uint8), (width, height), interpolation=cv2.INTER_CUBIC)
    return np.clip(soft + rng.normal(0, noise, soft.shape), 0, 255).astype(np.uint8)


def whole(data: bytes) -> Pixels:
    """Every pixel, as Pillow decodes it."""
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


@pytest.mark.parametrize(("side", "times"), [(2048, 1), (2049, 2), (4096, 2), (4097, 4), (9000, 8), (20000, 8)])
def test_a_side_is_reduced_by_the_least_that_brings_it_down_to_the_limit(side: int, times: int) -> None:
    picture = decode(encoded(np.zeros((40, side, 3), np.uint8)))
    assert (picture.width, picture.height) == (side, 40)
    assert picture.pixels.shape[:2] == (-(-40 // times), -(-side // times))
    assert (picture.native is None) == (side <= FULL_SIDE)


@pytest.mark.parametrize("options", KINDS)
def test_a_reduced_photo_looks_like_the_whole_one_and_keeps_its_first_rows_to_the_pixel(options: dict[str, Any]) -> None:
    data = encoded(textured(), quality=90, **options)
    picture, every = decode(data), whole(data)
    halved = cv2.resize(every, (1200, 240), interpolation=cv2.INTER_AREA)
    assert np.abs(picture.pixels.astype(int) - halved).mean() < 3
    assert picture.native is not None
    assert np.array_equal(picture.native.rows, every[:NATIVE_ROWS])


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_large_photo_comes_out_upright_whichever_way_the_camera_was_held(orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encoded(textured(), exif=exif)
    small = encoded(cv2.resize(textured(), (1200, 240), interpolation=cv2.INTER_AREA), exif=exif)
    picture, upright = decode(data), decode(small).pixels
    assert (picture.width, picture.height) == ((480, 2400) if orientation > 4 else (2400, 480))
    assert picture.pixels.shape == upright.shape
    assert np.abs(picture.pixels.astype(int) - upright).mean() < 6
    assert picture.native is not None
    assert picture.native.rows.shape[:2] == ((2400, NATIVE_ROWS) if orientation > 4 else (NATIVE_ROWS, 2400))


@pytest.mark.parametrize("mode", ["L", "CMYK"])
def test_large_grey_and_cmyk_photos_become_rgb(mode: str) -> None:
    file = io.BytesIO()
    Image.fromarray(textured()).convert(mode).save(file, "JPEG", quality=95)
    picture, every = decode(file.getvalue()), whole(file.getvalue())
    assert picture.pixels.shape == (240, 1200, 3)
    assert np.abs(picture.pixels.astype(int) - cv2.resize(every, (1200, 240), interpolation=cv2.INTER_AREA)).mean() < 3
    assert picture.native is not None
    assert np.array_equal(picture.native.rows, every[:NATIVE_ROWS])


def test_the_first_of_several_large_photos_in_a_file_is_read() -> None:
    file = io.BytesIO()
    Image.fromarray(textured()).save(file, "MPO", save_all=True, append_images=[Image.new("RGB", (2400, 480))])
    picture = decode(file.getvalue())
    assert (picture.format, picture.frames, picture.width) == ("MPO", 2, 2400)
    assert picture.pixels.mean() > 60
    assert picture.native is not None


@pytest.mark.parametrize("options", KINDS)
def test_a_large_photo_that_was_cut_off_anywhere_is_called_truncated(options: dict[str, Any]) -> None:
    data = encoded(textured(2200, 320), quality=90, **options)
    for percent in range(1, 100):
        with pytest.raises(Truncated):
            decode(data[: len(data) * percent // 100])


@pytest.mark.parametrize("options", KINDS)
def test_the_last_bytes_of_a_large_photo_are_missed_as_a_full_decoding_would_miss_them(options: dict[str, Any]) -> None:
    data = encoded(textured(2200, 320), quality=90, **options)
    for missing in range(1, 40):
        assert _reads(decode, data[:-missing]) == _reads(whole, data[:-missing]), missing


def _reads(how: Callable[[bytes], object], data: bytes) -> bool:
    try:
        how(data)
    except (PictureError, OSError):
        return False
    return True


def test_a_large_photo_that_is_all_zeros_from_somewhere_on_is_tagged_damaged() -> None:
    data = encoded(textured(2400, 1600, noise=4), quality=90)
    picture = decode(data[: len(data) // 3] + bytes(len(data) - len(data) // 3 - 2) + data[-2:])
    assert "damaged" in judge(measure(picture.pixels, picture.native), shipped()).tags
    sound = decode(data)
    assert "damaged" not in judge(measure(sound.pixels, sound.native), shipped()).tags


def test_padding_and_stray_markers_before_the_header_do_no_harm() -> None:
    data = encoded(textured(), quality=90)
    every = whole(data)
    for stray in (b"\xff\xff\xff", b"\xff\x00"):
        odd = data[:2] + stray + data[2:]
        picture = decode(odd)
        assert picture.native is not None
        assert np.array_equal(picture.native.rows, every[:NATIVE_ROWS])


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 2**32 - 1), st.integers(1, 40))
def test_damaged_bytes_of_a_large_photo_give_pixels_or_a_named_error(seed: int, damage: int) -> None:
    rng = np.random.default_rng(seed)
    data = bytearray(_SOUND)
    for place in rng.integers(2, len(data), damage):
        data[place] = rng.integers(256)
    try:
        picture = decode(bytes(data), Limits(max_pixels=4_000_000))
    except PictureError as error:
        assert str(error)
    else:
        assert np.isfinite(list(measure(picture.pixels, picture.native).values())).all()


_SOUND = encoded(textured(2200, 64), quality=60)


def test_a_large_but_narrow_photo_has_too_few_pixels_and_a_reduced_one_has_not() -> None:
    narrow, reduced = decode(encoded(textured(4000, 150))), decode(encoded(textured(2400, 300)))
    assert measure(narrow.pixels, narrow.native)["short_side"] == 150
    assert measure(reduced.pixels, reduced.native)["short_side"] == 300
    assert reduced.pixels.shape[0] < 160, "which by itself would be called low_resolution"


@pytest.mark.parametrize(
    ("name", "quality"), [("grain", 95), ("luma_grain", 95), ("chroma_grain", 95), ("pixel_detail", 95), ("blockiness", 20)]
)
def test_what_lives_in_single_pixels_is_measured_in_the_photos_own(name: str, quality: int) -> None:
    data = encoded(textured(2400, 1600, noise=25), quality=quality)
    picture = decode(data)
    in_full, reduced = measure(whole(data))[name], measure(picture.pixels, picture.native)[name]
    assert reduced == pytest.approx(in_full, abs=0.1, rel=0.1)
    assert abs(measure(picture.pixels)[name] - in_full) > 2 * abs(reduced - in_full), "the reduced pixels would not tell"


def test_the_display_of_a_large_photo_is_told_in_the_photos_own_pixels() -> None:
    verdict = appraise(encoded(textured(3000, 3000)), models=Models(display=locator(0.9)))
    assert (verdict.width, verdict.height) == (3000, 3000)
    assert verdict.display_box is not None
    x, y, width, height = verdict.display_box
    assert (x + width / 2, y + height / 2) == pytest.approx((1687, 1687), abs=3)  # the middle of the fifth cell of eight
    assert (width, height) == pytest.approx((1125, 1125), abs=3)  # 24 of 64 pixels of the network's input


def test_the_page_cuts_the_display_out_of_a_large_photo_where_the_verdict_says() -> None:
    photo = np.zeros((1200, 2400, 3), np.uint8)
    photo[400:600, 1000:1600] = 255
    crop = np.asarray(Image.open(io.BytesIO(make_crop(encoded(photo), (1000, 400, 600, 200), Limits()))).convert("L"))
    assert crop.shape == pytest.approx((128, 360), abs=2)  # half size, with the margin
    assert (crop[20:108, 36:324] > 200).all()
    assert crop[:8].max() < 60


def test_training_sees_the_box_where_the_reduced_photo_has_it(tmp_path: Path) -> None:
    path = tmp_path / "large.jpg"
    path.write_bytes(encoded(textured(2400, 480)))
    pixels, row = opened(Boxed(path=path, box=(1000, 200, 600, 100), group="m1"))
    assert (pixels.shape, row.box) == ((240, 1200, 3), (500, 100, 300, 50))


sides = st.integers(1, 5000)


@given(width=sides, height=sides, times=st.sampled_from([2, 4, 8]), parts=st.tuples(*[st.floats(0, 0.99)] * 4))
def test_a_box_found_in_reduced_pixels_lies_inside_the_photo(
    width: int, height: int, times: int, parts: tuple[float, float, float, float]
) -> None:
    pixels = np.zeros((-(-height // times), -(-width // times), 3), np.uint8)
    picture = Picture(pixels=pixels, format="JPEG", frames=1, native=Native(width=width, height=height, rows=pixels))
    x, y = int(parts[0] * pixels.shape[1]), int(parts[1] * pixels.shape[0])
    found = (x, y, 1 + int(parts[2] * (pixels.shape[1] - x)), 1 + int(parts[3] * (pixels.shape[0] - y)))
    x, y, across, down = picture.in_photo(found)
    assert 0 <= x < x + across <= width
    assert 0 <= y < y + down <= height
    assert np.abs(np.subtract(picture.in_pixels((x, y, across, down)), found)).max() <= 1
