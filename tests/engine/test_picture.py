from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pillow_heif
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from engine.errors import EmptyFile, NotAnImage, PictureError, TooManyBytes, TooManyPixels, Truncated
from engine.picture import Limits, decode
from tests.photos import encoded, jpeg, pixels

SOFT = pixels(1) // 2 + 64  # mid tones, so that clipping would show


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_exif_orientation_comes_out_upright(orientation: int) -> None:
    turned = {
        1: lambda a: a, 2: lambda a: a[:, ::-1], 3: lambda a: a[::-1, ::-1], 4: lambda a: a[::-1],
        5: lambda a: a.transpose(1, 0, 2), 6: lambda a: np.rot90(a, 1), 7: lambda a: a[::-1, ::-1].transpose(1, 0, 2),
        8: lambda a: np.rot90(a, -1),
    }[orientation](SOFT)  # fmt: skip
    exif = Image.Exif()
    exif[0x0112] = orientation
    upright = decode(encoded(np.ascontiguousarray(turned), "PNG", exif=exif)).pixels
    assert np.array_equal(upright, SOFT)


def test_sixteen_bits_are_scaled_not_clipped() -> None:
    grey = SOFT[..., 0]
    deep = encoded(grey.astype(np.uint16) * 257, "PNG")
    assert np.array_equal(decode(deep).pixels[..., 0], grey)


def test_sixteen_bit_colour_is_read() -> None:
    deep = _png_16_bit_rgb(SOFT.astype(np.uint16) * 257)
    assert np.abs(decode(deep).pixels.astype(int) - SOFT).max() <= 1


@pytest.mark.parametrize("format", ["JPEG", "WEBP", "TIFF", "BMP", "GIF"])
def test_the_usual_formats_give_the_same_photo(format: str) -> None:
    picture = decode(encoded(SOFT, format))
    assert picture.pixels.shape == SOFT.shape
    assert picture.pixels.dtype == np.uint8
    assert np.abs(picture.pixels.astype(int) - SOFT).mean() < 12
    assert (picture.width, picture.height, picture.format) == (64, 96, format)


def test_heic_is_read() -> None:
    file = io.BytesIO()
    pillow_heif.from_pillow(Image.fromarray(SOFT)).save(file, quality=95)
    picture = decode(file.getvalue())
    assert picture.format == "HEIF"
    assert np.abs(picture.pixels.astype(int) - SOFT).mean() < 12


def test_cmyk_palette_grey_and_bilevel_become_rgb() -> None:
    for mode, format in [("CMYK", "JPEG"), ("P", "PNG"), ("L", "PNG"), ("1", "PNG"), ("LA", "PNG")]:
        file = io.BytesIO()
        Image.fromarray(SOFT).convert(mode).save(file, format)
        assert decode(file.getvalue()).pixels.shape == (96, 64, 3), mode


def test_transparency_is_laid_on_white() -> None:
    rgba = np.dstack([np.zeros_like(SOFT), np.zeros(SOFT.shape[:2], np.uint8)])
    assert decode(encoded(rgba, "PNG")).pixels.min() == 255


def test_the_first_frame_of_many_is_the_photo() -> None:
    file = io.BytesIO()
    frames = [Image.fromarray(np.full((8, 8, 3), shade, np.uint8)) for shade in (40, 200)]
    frames[0].save(file, "TIFF", save_all=True, append_images=frames[1:])
    picture = decode(file.getvalue())
    assert (picture.frames, picture.pixels.max()) == (2, 40)


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("share", [0.5, 0.9])
def test_a_file_that_was_cut_off_is_refused(format: str, share: float) -> None:
    data = encoded(pixels(3, 256, 256), format)
    with pytest.raises(PictureError):
        decode(data[: int(len(data) * share)])


def test_a_truncated_jpeg_is_called_truncated() -> None:
    with pytest.raises(Truncated, match="Send it again"):
        decode(jpeg()[:-200])


def test_nothing_text_and_html_are_named_for_what_they_are() -> None:
    with pytest.raises(EmptyFile):
        decode(b"")
    for data in (b"hello", b"<html><body>404</body></html>", b"\0" * 5000, b"%PDF-1.7 ..."):
        with pytest.raises(NotAnImage):
            decode(data)


def test_limits_on_bytes_and_pixels_hold_before_anything_is_decoded() -> None:
    with pytest.raises(TooManyBytes):
        decode(jpeg(), Limits(max_bytes=100))
    bomb = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(bomb, "PNG")
    assert len(bomb.getvalue()) < 60_000
    with pytest.raises(TooManyPixels, match="far too many pixels"):
        decode(bomb.getvalue())
    with pytest.raises(TooManyPixels, match="64 x 96 pixels"):
        decode(jpeg(), Limits(max_pixels=6000))


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(["JPEG", "PNG", "WEBP", "TIFF", "GIF", "BMP"]), st.randoms(use_true_random=False), st.integers(1, 40))
def test_damaged_bytes_give_pixels_or_a_named_error_and_nothing_else(format: str, random: object, damage: int) -> None:
    data = bytearray(encoded(SOFT, format))
    for _ in range(damage):
        data[random.randrange(len(data))] = random.randrange(256)  # type: ignore[attr-defined]
    try:
        picture = decode(bytes(data), Limits(max_pixels=1_000_000))
    except PictureError as error:
        assert str(error)
    else:
        assert picture.pixels.ndim == 3


def _png_16_bit_rgb(samples: np.ndarray) -> bytes:
    """Pillow cannot write 16-bit colour; the format is simple enough to write by hand."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    height, width, _ = samples.shape
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in samples)
    header = struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
