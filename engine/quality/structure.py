"""What a photo shows at all: information, edges, glare spots, the grey field of a broken upload."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil, sqrt

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.picture import Pixels
from engine.quality.middle import middle_of
from engine.quality.sharpness import percentile
from engine.quality.views import Grey, Views, below_sky

_GLARE_SIDE = 64  # pixels; a Gaussian of 1 px here is one of 8 px at 512
_GLARE_STEPS = 64  # how far light from the photo's edge is followed, in pixels of that size
_WHITE = 240  # grey levels
_BROKEN_SAMPLES = 20_000  # pixels looked at for a grey field


def measure_structure(views: Views) -> Mapping[str, float]:
    """Structure of one photo.

    - `information` grey levels per pixel: mean Sobel gradient at 256 px side.
    - `green_ratio`: mean G / (mean R + mean B), of the origin system's DARK gate.
    - `colour_cast` 0..1: largest minus smallest of the channels' means, over the largest; 0 = grey on the whole.
    - `glare` grey levels, -64..285: see `_glare`.
    - `glare_rise` grey levels: largest minus median of the smallest channel, at 128 px side after a Gaussian of 2 px;
      `ground_rise` the largest below the top third of the rows, where no sky is. `white_peak` grey levels: the largest after
      one of 1 px. `white_area` 0..1: share of pixels above 240 there; `ground_white` of those below the top third,
      `middle_white` of those in the photo's middle (`engine.quality.middle`): the meter's glass.
    - `grey_field` 0..1: share of pixels that are middle grey (128 +- 3) and equal to their neighbour: what a JPEG decoder
      paints where the data ended. `measure_picture` raises it to what a hole in the file took (`engine.holes`).
    """
    across = cv2.Sobel(views.grey_256, cv2.CV_32F, 1, 0)
    down = cv2.Sobel(views.grey_256, cv2.CV_32F, 0, 1)
    red, green, blue, _ = cv2.sumElems(views.thin)
    return {
        "information": float(cv2.mean(cv2.magnitude(across, down))[0]),
        "green_ratio": green / (red + blue) if red + blue > 0 else 0.5,
        "colour_cast": 1 - min(red, green, blue) / max(red, green, blue) if red + green + blue > 0 else 0.0,
        **_glare(views.low),
        "grey_field": _grey_field(views.pixels),
    }


def _glare(low: Grey) -> dict[str, float]:
    """`glare` is the brightest white spot: its level, minus a quarter of the median, plus half of its height (at most 60 levels)
    over any path to the photo's edge. Sky and white walls reach the edge; a lamp's reflection on glass stands alone.
    """
    middle = _at_most(low.astype(np.float32), 2 * _GLARE_SIDE)  # a lit green display is bright, but not white: its least is low
    wide = cv2.GaussianBlur(middle, (0, 0), 2.0)
    median = percentile(wide, 50)
    smooth = cv2.GaussianBlur(_at_most(middle, _GLARE_SIDE), (0, 0), 1.0)
    height = np.minimum(smooth - _flooded(smooth), 60)
    return {
        "glare": float((smooth + height / 2).max() - percentile(smooth, 50) / 4),
        "glare_rise": float(wide.max() - median),
        "ground_rise": float(below_sky(wide).max() - median),
        "white_peak": float(cv2.GaussianBlur(middle, (0, 0), 1.0).max()),
        "white_area": float((middle > _WHITE).mean()),
        "ground_white": float((below_sky(middle) > _WHITE).mean()),
        "middle_white": float((middle_of(middle) > _WHITE).mean()),
    }


def _at_most(values: NDArray[np.float32], side: int) -> NDArray[np.float32]:
    scale = side / max(values.shape)
    if scale >= 1:
        return values
    size = (max(1, round(values.shape[1] * scale)), max(1, round(values.shape[0] * scale)))
    return np.asarray(cv2.resize(values, size, interpolation=cv2.INTER_AREA), np.float32)


def _flooded(smooth: NDArray[np.float32]) -> NDArray[np.float32]:
    """Morphological reconstruction of (H, W) from its border: every dome that no bright path joins to the edge is cut off."""
    flood = smooth.copy()
    flood[1:-1, 1:-1] = -1
    square = np.ones((3, 3), np.uint8)
    for step in range(_GLARE_STEPS):
        grown = cv2.min(cv2.dilate(flood, square), smooth)
        if step % 8 == 0 and np.array_equal(grown, flood):  # looking costs as much as growing, and more steps change nothing
            break
        flood = grown
    return flood


def _grey_field(pixels: Pixels) -> float:
    height, width = pixels.shape[:2]
    if height < 2 or width < 2:
        return 0.0
    step = max(1, ceil(sqrt(height * width / _BROKEN_SAMPLES)))
    columns = np.arange(0, width - 1, step)  # taken by number: numpy copies a strided slice of colours at a third of the speed
    here = pixels[:-1:step].take(columns, axis=1)
    rows, places = np.nonzero(cv2.inRange(here, (125, 125, 125), (131, 131, 131)))
    if not rows.size:
        return 0.0
    apart = cv2.absdiff(here[rows, places], pixels[rows * step + 1, columns[places] + 1])
    return int((apart.max(axis=1) <= 1).sum()) / (here.size // 3)
