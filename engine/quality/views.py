"""The few working sizes every measure reads, made once per photo so that one pass serves them all."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.picture import Pixels

Grey = NDArray[np.uint8]  # (H, W), luma 0..255

_STRIP_ROWS = 48  # a multiple of 16: strips hold whole noise blocks and whole JPEG blocks
_STRIP_PIXELS = 250_000  # how much of a photo is looked at in its native pixels for noise and compression
_THIN_SIDE = 256  # pixels, longest side of the subsampled colour view


@dataclass(frozen=True, kw_only=True, slots=True)
class Views:
    """One photo at the sizes the measures need. Photos smaller than a size are kept as they are, never enlarged.

    `strips` are evenly spaced bands of native rows, (N, 48, W, 3): noise and JPEG blocks do not survive resizing, and
    looking at part of a large photo keeps its price that of a small one. `thin` is the photo subsampled (not averaged).
    """

    pixels: Pixels
    grey: Grey
    grey_1024: Grey
    grey_512: Grey
    grey_256: Grey
    thin: Pixels
    strips: Pixels


def look(pixels: Pixels) -> Views:
    """Make the working sizes of upright RGB pixels (H, W, 3) uint8, H and W at least 1."""
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    grey_1024 = _at_most(grey, 1024)
    grey_512 = _at_most(grey_1024, 512)
    step = max(1, -(-max(grey.shape) // _THIN_SIDE))
    return Views(
        pixels=pixels,
        grey=grey,
        grey_1024=grey_1024,
        grey_512=grey_512,
        grey_256=_at_most(grey_512, 256),
        thin=np.ascontiguousarray(pixels[::step, ::step]),
        strips=_strips(pixels),
    )


def _at_most(grey: Grey, side: int) -> Grey:
    """The picture with its longest side at most `side` pixels, averaged down."""
    height, width = grey.shape
    if max(height, width) <= side:
        return grey
    scale = side / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _strips(pixels: Pixels) -> Pixels:
    height, width = pixels.shape[:2]
    if height < _STRIP_ROWS:
        return pixels[None]
    whole = height // _STRIP_ROWS
    wanted = min(whole, max(1, _STRIP_PIXELS // (_STRIP_ROWS * width)))
    # Every start is a multiple of 16, so that JPEG's 8 x 8 grid keeps its phase.
    starts = [int(place) * 16 for place in np.linspace(0, (height - _STRIP_ROWS) // 16, wanted)]
    return np.stack([pixels[start : start + _STRIP_ROWS] for start in starts])
