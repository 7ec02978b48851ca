"""What the photo's middle shows, where people hold what they photograph: the meter, not the street behind it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.quality.sharpness import percentile, sixteenths
from engine.quality.views import Grey, Plane, Views

_TOP, _BOTTOM, _SIDE = 0.10, 0.75, 0.15  # shares of height and width: meters hang a little above the middle
_CORE_TOP, _CORE_BOTTOM, _CORE_SIDE = 0.20, 0.60, 0.30
_LEAST = 8  # pixels that are always looked at
_HALVINGS = 4
_BLOCK = 2**_HALVINGS  # pixels, at 1024 px side
_EDGES = 12  # grey levels within a block below which it holds no edge


def measure_middle(views: Views) -> Mapping[str, float]:
    """The middle of one photo: rows from 10 to 75 % of its height, columns from 15 to 85 % of its width.

    - `core_slope` 0..1 per pixel, at 1024 px side, in the middle of the middle, rows from 20 to 60 %, columns from 30 to 70 %:
      in each 16-px block with an edge (a range of 12 grey levels or more), the steepest slope over the range; the 35th
      percentile over the blocks; 0 where none holds an edge. How wide edges are, whatever their contrast.
    - `middle_spread` grey levels: standard deviation of the smallest channel, at about 256 px side.
    """
    return {
        "core_slope": _edge_slope(_within(views.grey_1024, _CORE_TOP, _CORE_BOTTOM, _CORE_SIDE)),
        "middle_spread": float(cv2.meanStdDev(middle_of(views.low))[1].item()),
    }


def middle_of(values: NDArray[Plane]) -> NDArray[Plane]:
    """Rows from 10 to 75 %, columns from 15 to 85 % of (H, W)."""
    return _within(values, _TOP, _BOTTOM, _SIDE)


def _within(values: NDArray[Plane], top: float, bottom: float, side: float) -> NDArray[Plane]:
    height, width = values.shape
    first, left = int(top * height), int(side * width)
    last, right = max(round(bottom * height), first + _LEAST), max(round((1 - side) * width), left + _LEAST)
    return np.ascontiguousarray(values[first:last, left:right])


def _edge_slope(grey: Grey) -> float:
    ranges = cv2.subtract(_block_extreme(grey, cv2.max), _block_extreme(grey, cv2.min)).astype(np.float32)
    edges = ranges >= _EDGES
    if not edges.any():
        return 0.0
    smooth = cv2.GaussianBlur(sixteenths(grey), (5, 5), 0.8)
    across, down = (cv2.Sobel(smooth, cv2.CV_32F, x, 1 - x, scale=1 / 128) for x in (1, 0))
    steepest = np.sqrt(_block_extreme(cv2.add(cv2.multiply(across, across), cv2.multiply(down, down)), cv2.max))
    return percentile(steepest[edges] / ranges[edges], 35)


def _block_extreme(values: NDArray[Any], extreme: Callable[[NDArray[Any], NDArray[Any]], NDArray[Any]]) -> NDArray[Any]:
    """The largest or smallest value of each block; a picture smaller than one block is filled up with its last row or column.

    Rows are paired until one of each block is left, then columns: half the price of numpy's extremes over an axis.
    """
    height, width = values.shape
    filled = cv2.copyMakeBorder(values, 0, max(0, _BLOCK - height), 0, max(0, _BLOCK - width), cv2.BORDER_REPLICATE)
    left = filled[: filled.shape[0] // _BLOCK * _BLOCK, : filled.shape[1] // _BLOCK * _BLOCK]
    for _ in ("rows", "columns"):
        for _ in range(_HALVINGS):
            left = extreme(left[::2], left[1::2])
        left = cv2.transpose(left)
    return np.asarray(left)
