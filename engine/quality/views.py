"""The few working sizes every measure reads, made once per photo so that one pass serves them all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.picture import Native, Pixels, reduction

Grey = NDArray[np.uint8]  # (H, W), luma 0..255
Plane = TypeVar("Plane", np.uint8, np.float32)

_STRIP_ROWS = 48  # a multiple of 16: strips hold whole noise blocks and whole JPEG blocks
_STRIP_PIXELS = 150_000  # how much of a photo is looked at in its native pixels for noise and compression
_THIN_SIDE = 256  # pixels, longest side of the subsampled colour view
_EXACT_PIXELS = 350_000  # up to here whole-photo statistics see every pixel; beyond, evenly spaced rows
_NEARLY_TWICE = 1.95  # 12 megapixels come down to 2000 or 2016 pixels: 1000 serve as well as 1024, at a tenth of the price
_NEARLY = 0.67  # a photo shrunk by less than this loses nothing to linear interpolation, at a fifth of the price


@dataclass(frozen=True, kw_only=True, slots=True)
class Views:
    """One photo at the sizes the measures need. Photos smaller than a size are kept as they are, never enlarged.

    `strips` are evenly spaced bands of rows, (N, 48, W, 3), of the photo at most 2048 pixels long, as people look at it: what
    twelve million pixels make noise of is smooth there. `native_strips` are such bands of the photo's own pixels, for JPEG's
    blocks; looking at part of a photo keeps the price of a large one that of a small one. `grey` and `short_side` are native
    too, but of a photo that was reduced while decoding `grey` is its first rows alone. `thin` is the photo subsampled (not
    averaged), `low` and `high` its smallest and largest channel. `grey_rows` is the whole photo up to 350,000 pixels, beyond that
    every so many rows of it.
    """

    pixels: Pixels
    grey: Grey
    grey_1024: Grey
    grey_512: Grey
    grey_256: Grey
    thin: Pixels
    low: Grey
    high: Grey
    grey_rows: Grey
    strips: Pixels
    native_strips: Pixels
    short_side: int


def look(pixels: Pixels, native: Native | None = None) -> Views:
    """Make the working sizes of upright RGB pixels (H, W, 3) uint8, H and W at least 1; `native` where those were reduced."""
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    grey_1024 = _at_most(grey, 1024, halved_from=_NEARLY_TWICE if native else 2.0)
    grey_512 = _at_most(grey_1024, 512)
    step = max(1, -(-max(grey.shape) // _THIN_SIDE))
    # Taken by number: numpy copies a strided slice of colours at half the speed.
    thin = pixels[::step].take(np.arange(0, pixels.shape[1], step), axis=1)
    low, high = extremes(thin)
    skip = skipped(grey.size)
    times = reduction(*((native.width, native.height) if native else grey.shape))
    strips = _tiles(native.rows, times) if native else _strips(pixels, times)
    return Views(
        pixels=pixels,
        grey=np.asarray(cv2.cvtColor(native.rows, cv2.COLOR_RGB2GRAY), np.uint8) if native else grey,
        grey_1024=grey_1024,
        grey_512=grey_512,
        grey_256=_at_most(grey_512, 256),
        thin=thin,
        low=low,
        high=high,
        grey_rows=grey[::skip],
        strips=strips,
        native_strips=strips if times == 1 else _tiles(native.rows, 1) if native else _strips(pixels, 1),
        short_side=min(native.width, native.height) if native else min(grey.shape),
    )


def below_sky(values: NDArray[Plane]) -> NDArray[Plane]:
    """(H, W) without its top third: what is bright there may be sky, which neither lights nor dazzles."""
    return values[len(values) // 3 :]


def skipped(size: int) -> int:
    """Of how many rows (or bands of rows) of a photo of `size` pixels one is looked at."""
    return max(1, -(-size // _EXACT_PIXELS))


def extremes(pixels: Pixels) -> tuple[Grey, Grey]:
    """(H, W) smallest and largest of the three channels."""
    red, green, blue = cv2.split(pixels)
    low, high = cv2.min(cv2.min(red, green), blue), cv2.max(cv2.max(red, green), blue)
    return np.asarray(low, np.uint8), np.asarray(high, np.uint8)


def _at_most(grey: Grey, side: int, *, halved_from: float = 2.0) -> Grey:
    """The picture with its longest side at most `side` pixels, averaged down: halved while it is `halved_from` times as long."""
    while max(grey.shape) >= halved_from * side and min(grey.shape) >= 2:
        even = grey[: grey.shape[0] // 2 * 2, : grey.shape[1] // 2 * 2]  # whole pairs: OpenCV halves them at full speed
        grey = np.asarray(cv2.resize(even, (even.shape[1] // 2, even.shape[0] // 2), interpolation=cv2.INTER_AREA), np.uint8)
    height, width = grey.shape
    if max(height, width) <= side:
        return grey
    scale = side / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    how = cv2.INTER_LINEAR if scale > _NEARLY else cv2.INTER_AREA
    return np.asarray(cv2.resize(grey, size, interpolation=how), dtype=np.uint8)


def _strips(pixels: Pixels, times: int) -> Pixels:
    """Bands of 48 rows after each side was reduced so many `times`; fewer rows where the photo has no more."""
    height, width = pixels.shape[:2]
    deep = _STRIP_ROWS * times
    if height < deep:
        return _reduced(pixels, times)[None]
    wanted = min(height // deep, max(1, _STRIP_PIXELS * times // (_STRIP_ROWS * width)))
    # Every start is a multiple of 16, so that JPEG's 8 x 8 grid keeps its phase.
    starts = [int(place) * 16 for place in np.linspace(0, (height - deep) // 16, wanted)]
    return np.stack([_reduced(pixels[start : start + deep], times) for start in starts])


def _reduced(pixels: Pixels, times: int) -> Pixels:
    if times == 1:
        return pixels
    size = (max(1, pixels.shape[1] // times), max(1, pixels.shape[0] // times))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)


def _tiles(rows: Pixels, times: int) -> Pixels:
    """As many pixels of a few native rows (or columns), in tiles along their diagonal, each side reduced so many `times`.

    (N, 48, w, 3), from end to end.
    """
    height, width = rows.shape[:2]
    count, deep = max(1, height // (_STRIP_ROWS * times)), min(height, _STRIP_ROWS * times)
    wide = min(width, max(1, _STRIP_PIXELS * times // (_STRIP_ROWS * count) // 16) * 16)
    tops, lefts = (np.linspace(0, (side - tile) // 16, count).astype(int) * 16 for side, tile in ((height, deep), (width, wide)))
    return np.stack([_reduced(rows[top : top + deep, left : left + wide], times) for top, left in zip(tops, lefts, strict=True)])
