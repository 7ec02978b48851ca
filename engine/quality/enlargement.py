"""What gives away that a picture was enlarged: its pixels hold no detail of their own, and their smoothness has a rhythm."""

from __future__ import annotations

from functools import cache
from math import log

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.quality.sharpness import percentile
from engine.quality.views import Grey

_LEAST = 64  # pixels in a row below which no rhythm is looked for
_SLOWEST = 0.12  # cycles per pixel: an enlargement of more than eight times shows by its detail alone
_GRID = 8  # pixels: JPEG's own rhythm
_BESIDE = 2.5  # steps of frequency beside it that are left out, too
_SMOOTH = 15  # pixels over which a row's detail is levelled
_QUIET = 0.3  # grey levels


def measure_enlargement(grey: Grey) -> dict[str, float]:
    """Of native pixels (H, W), along rows.

    - `pixel_detail` ratio, 0..2: mean second over mean first difference. Below about 0.8 the pixels hold no detail of their
      own: the picture was enlarged, or is badly out of focus.
    - `interpolation` ln: the strongest rhythm of the columns' mean second differences, over the median one, those of JPEG's grid
      left out. An interpolated pixel is smoother the farther it lies from a pixel there was (Gallagher 2005, "Detection of linear
      and cubic interpolation in JPEG compressed images"). About 1.5 without any.
    """
    if grey.shape[1] < 3:
        return {"pixel_detail": 1.0, "interpolation": 0.0}
    wide = grey.astype(np.int16)
    first = cv2.subtract(wide[:, 1:], wide[:, :-1])
    second = cv2.absdiff(first[:, 1:], first[:, :-1])
    step = float(cv2.norm(first, cv2.NORM_L1)) / first.size
    detail = float(cv2.mean(second)[0]) / step if step > 0.05 else 1.0
    return {"pixel_detail": detail, "interpolation": _rhythm(cv2.reduce(second, 0, cv2.REDUCE_AVG, dtype=cv2.CV_32F))}


def _rhythm(columns: NDArray[np.float32]) -> float:
    """Of a row (1, W)."""
    if columns.size < _LEAST:
        return 0.0
    level = np.log(columns + _QUIET)
    ripple = level - cv2.blur(level, (_SMOOTH, 1), borderType=cv2.BORDER_REPLICATE)
    window, length, own = _beats(columns.size)
    beats = np.abs(np.fft.rfft(ripple.ravel() * window, length))[own]
    return log((percentile(beats, 100) + 1e-3) / (percentile(beats, 50) + 1e-3))


@cache
def _beats(width: int) -> tuple[NDArray[np.float64], int, NDArray[np.bool_]]:
    """What a row is faded out with, how long it is made, and which frequencies are neither slow nor JPEG's."""
    length = cv2.getOptimalDFTSize(width)
    frequency = np.fft.rfftfreq(length)
    from_grid = np.abs(frequency * _GRID - np.rint(frequency * _GRID)) / _GRID
    return np.hanning(width), length, (frequency > _SLOWEST) & (from_grid > _BESIDE / width)
