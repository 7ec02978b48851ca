"""The one decode function: whatever the file is, training, judging, measuring and the pages see the same pixels."""

from __future__ import annotations

import io
import threading
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pillow_heif
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from engine.errors import EmptyFile, NotAnImage, PictureError, TooManyBytes, TooManyPixels, Truncated, Unreadable
from engine.holes import missing_share
from engine.jpeg import first_rows, made_low, sound_rgb
from engine.verdict import Box

Pixels = NDArray[np.uint8]  # (H, W, 3), RGB, upright

_FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF", "HEIF", "AVIF", "PPM", "JPEG2000")  # JPEG opens MPO too
_register_once = threading.Lock()

FULL_SIDE = 2048  # pixels, longest side: larger JPEGs are decoded to a half, a quarter or an eighth, still 1024 or more
NATIVE_ROWS = 256  # of a larger JPEG that are decoded in its own pixels too, a tenth of the price of all
_ON_ITS_SIDE = (5, 6, 7, 8)  # EXIF orientations that swap width and height


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """What one file may cost at most."""

    max_bytes: int = 50_000_000  # a 108-megapixel phone JPEG is about 30 MB
    max_pixels: int = 120_000_000  # 108-megapixel phones exist; 360 MB once decoded to RGB


@dataclass(frozen=True, kw_only=True, slots=True)
class Native:
    """A photo that was decoded to fewer pixels than it has, as it really is, upright.

    `rows` are the first rows of the file, (256, W, 3), or (H, 256, 3) where they come to stand: noise and the blocks of JPEG
    do not survive a reduced decoding.
    """

    width: int
    height: int
    rows: Pixels


@dataclass(frozen=True, kw_only=True, slots=True)
class Picture:
    """A decoded photo: upright RGB pixels (H, W, 3) uint8, the file's own format and its number of frames.

    Of JPEGs above `FULL_SIDE` the pixels are a half, a quarter or an eighth as many a side, and `native` tells of the rest.
    """

    pixels: Pixels
    format: str
    frames: int
    native: Native | None = None
    missing: float = 0.0  # share of the file's picture that a hole took (`engine.holes`), 0..1

    @property
    def width(self) -> int:
        """Width of the photo in its own pixels, upright."""
        return self.native.width if self.native else int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        """Height of the photo in its own pixels, upright."""
        return self.native.height if self.native else int(self.pixels.shape[0])

    def in_photo(self, box: Box) -> Box:
        """A box in `pixels` as a box in the photo's own pixels."""
        return _scaled(box, self.width / self.pixels.shape[1], self.height / self.pixels.shape[0])

    def in_pixels(self, box: Box) -> Box:
        """A box in the photo's own pixels as a box in `pixels`."""
        return _scaled(box, self.pixels.shape[1] / self.width, self.pixels.shape[0] / self.height)


def decode(data: bytes, limits: Limits = Limits()) -> Picture:
    """Decode the first frame of a picture file to upright RGB.

    16-bit samples are scaled (not clipped), CMYK and palettes converted, transparency laid on white. JPEGs above `FULL_SIDE` are
    reduced while they are decoded (fewer DCT coefficients a block); every byte is still read, so a cut is noticed.

    Raises a `PictureError`: `EmptyFile`, `NotAnImage`, `Truncated`, `Unreadable`, `TooManyBytes`, `TooManyPixels`.
    """
    if not data:
        raise EmptyFile("The file has no bytes. Send it again.")
    check_size(len(data), limits)
    _register_heif()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # damaged metadata beside sound pixels is no reason to refuse a photo
            return _decode(data, limits)
    except PictureError:
        raise
    except UnidentifiedImageError as error:
        raise NotAnImage("The content is not a picture in a format we read (JPEG, PNG, HEIC, WebP, TIFF, BMP, GIF).") from error
    except Image.DecompressionBombError as error:
        raise _too_many_pixels(limits) from error
    except (OSError, ValueError, SyntaxError, EOFError, IndexError, TypeError, RuntimeError, MemoryError, OverflowError) as error:
        # Pillow's plugins report damage through all of these; only "truncated" is told apart, by its message.
        if _says_truncated(error):
            raise Truncated("The picture ends too early: the upload was cut off. Send it again.") from error
        raise Unreadable(f"The picture cannot be decoded ({error}). Open it on the sender's device and send it again.") from error


def read_picture(path: Path) -> Picture:
    """Decode a file. Raises a `PictureError`, also where the file cannot be opened."""
    try:
        check_size(path.stat().st_size)
        return decode(path.read_bytes())
    except OSError as error:
        raise Unreadable(f"The file cannot be read: {error.strerror}.") from error


def check_size(size: int, limits: Limits = Limits()) -> None:
    """Raise `TooManyBytes` for a file of more bytes than are read; to be asked before the file is held in memory."""
    if size > limits.max_bytes:
        raise TooManyBytes(f"The file has {size:,} bytes; at most {limits.max_bytes:,} are read. Send a smaller one.")


def _decode(data: bytes, limits: Limits) -> Picture:
    with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
        width, height = image.size
        if width * height > limits.max_pixels:
            raise _too_many_pixels(limits, width, height)
        times = reduction(width, height) if image.format in ("JPEG", "MPO") else 1
        pixels = sound_rgb(data, width, height, times) if _is_plain_jpeg(image) else None
        if pixels is not None:
            rows = first_rows(data, NATIVE_ROWS) if times > 1 else None
        else:
            if times > 1:
                image.draft(None, (width // times, height // times))
            image.load()  # verify() passes truncated JPEGs; only decoding to the end rejects them
            if image.getexif().get(ExifTags.Base.Orientation) in _ON_ITS_SIDE:
                width, height = height, width
            ImageOps.exif_transpose(image, in_place=True)  # a copy only where it has to be turned
            pixels = _to_rgb(image)
            rows = _native_rows(data) if times > 1 else None
        frames = int(getattr(image, "n_frames", 1))
        native = Native(width=width, height=height, rows=rows) if rows is not None else None
        return Picture(pixels=pixels, format=image.format or "unknown", frames=frames, native=native, missing=missing_share(data))


def _is_plain_jpeg(image: Image.Image) -> bool:
    """In colour, alone in its file, and upright."""
    return image.format == "JPEG" and image.mode == "RGB" and image.getexif().get(ExifTags.Base.Orientation, 1) == 1


def reduction(width: int, height: int) -> int:
    """By how much each side is reduced: 1, 2, 4 or 8, the least that brings the longer one down to `FULL_SIDE`."""
    return next((times for times in (1, 2, 4) if max(width, height) <= times * FULL_SIDE), 8)


def _native_rows(data: bytes) -> Pixels:
    """The first rows of a JPEG in its own pixels, turned upright."""
    with Image.open(io.BytesIO(made_low(data, NATIVE_ROWS)), formats=("JPEG",)) as image:
        rows = image.crop((0, 0, image.width, min(image.height, NATIVE_ROWS)))
        ImageOps.exif_transpose(rows, in_place=True)
        return _to_rgb(rows)


def _scaled(box: Box, across: float, down: float) -> Box:
    """Rounded edges, at least a pixel apart."""
    left, right = round(box[0] * across), round((box[0] + box[2]) * across)
    top, bottom = round(box[1] * down), round((box[1] + box[3]) * down)
    return left, top, max(1, right - left), max(1, bottom - top)


def _to_rgb(image: Image.Image) -> Pixels:
    """(H, W, 3) uint8. Pillow turns 16-bit grey into plain white by itself, hence the scaling here."""
    if image.mode.startswith("I") or image.mode == "F":
        grey = np.asarray(image, dtype=np.float64)
        grey = grey / _full_scale(grey, image.mode) * 255
        return np.repeat(np.clip(grey + 0.5, 0, 255).astype(np.uint8)[..., None], 3, axis=2)
    if image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info:
        rgba = image.convert("RGBA")
        white = Image.new("RGBA", rgba.size, (255, 255, 255, 255))
        image = Image.alpha_composite(white, rgba)
    # Not copied: Pillow's bytes are the pixels, read-only. Of 12 megapixels every copy costs half as much as decoding them.
    rgb = np.asarray(image if image.mode == "RGB" else image.convert("RGB"), dtype=np.uint8)
    if min(rgb.shape[:2]) < 1:
        raise Unreadable("The picture has no pixels.")
    return rgb


def _full_scale(grey: NDArray[np.float64], mode: str) -> float:
    """The value that means white: 65535 for 16-bit files, which Pillow also opens as 32-bit `I`; 1.0 for unit floats."""
    top = float(grey.max(initial=0.0))
    if mode == "F":
        return 1.0 if top <= 1.0 else max(top, 255.0)
    return 65535.0 if top <= 65535 else top


def _too_many_pixels(limits: Limits, width: int | None = None, height: int | None = None) -> TooManyPixels:
    size = f"{width:,} x {height:,} pixels" if width and height else "far too many pixels"
    return TooManyPixels(f"The picture has {size}; at most {limits.max_pixels:,} are read. Send a smaller one.")


def _says_truncated(error: BaseException) -> bool:
    text = str(error).lower()
    return isinstance(error, EOFError) or any(
        word in text for word in ("truncated", "unexpected end", "broken data stream", "not enough", "premature", "incomplete")
    )


def _register_heif() -> None:
    with _register_once:
        if "HEIF" not in Image.OPEN:
            pillow_heif.register_heif_opener()
