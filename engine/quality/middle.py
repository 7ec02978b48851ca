"""What the photo's middle shows, where people hold what they photograph: the meter, not the street behind it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.quality.sharpness import percentile, sixteenths
from engine.quality.views import Grey, Views

_TOP, _BOTTOM, _SIDE = 0.10, 0.75, 0.15  # shares of height and width left out: meters hang a little above the middle
_LEAST = 8  # pixels that are always looked at
_HALVINGS = 4
_BLOCK = 2**_HALVINGS  # pixels, at 1024 px side
_CORE = ((0.15, 0.25), (0.2, 0.2))  # shares of the middle's rows and columns left out at either end
_EDGES = 12  # grey levels within a block below which it holds no edge

Plane = TypeVar("Plane", np.uint8, np.float32)


def measure_middle(views: Views) -> Mapping[str, float]:
    """The middle of one photo: rows from 10 to 75 % of its height, columns from 15 to 85 % of its width.

    - `edge_slope` 0..1 per pixel, at 1024 px side: in each 16-px block with an edge (a range of 12 grey levels or more), the
      steepest slope over the range; the 35th percentile over the blocks. How wide edges are, whatever their contrast: of all
      measures the one that tells blur about as well in field photos (AUC .95) as in others (.94).
    - `core_slope`: the same in the middle of the middle, rows from 20 to 60 %, columns from 30 to 70 %.
    - `middle_spread` grey levels: standard deviation of the smallest channel, at about 256 px side.
    - `middle_depth` grey levels: how far that channel, after a Gaussian of 2 px, rises above its least within seven pixels,
      where it rises most. A veil fills the shadows even beside what is bright.
    """
    low = middle_of(views.low)
    smooth = cv2.GaussianBlur(low.astype(np.float32), (0, 0), 2.0)  # a third of the price of OpenCV's for whole numbers
    rise = cv2.subtract(smooth, cv2.erode(low, np.ones((15, 15), np.uint8)), dtype=cv2.CV_32F)
    return {
        **_edge_slopes(middle_of(views.grey_1024)),
        "middle_spread": float(cv2.meanStdDev(low)[1].item()),
        "middle_depth": float(rise.max()),
    }


def middle_of(values: NDArray[Plane]) -> NDArray[Plane]:
    """Rows from 10 to 75 %, columns from 15 to 85 % of (H, W)."""
    height, width = values.shape
    top, left = int(_TOP * height), int(_SIDE * width)
    bottom, right = max(round(_BOTTOM * height), top + _LEAST), max(round((1 - _SIDE) * width), left + _LEAST)
    return np.ascontiguousarray(values[top:bottom, left:right])


def _edge_slopes(grey: Grey) -> dict[str, float]:
    """0 where no block holds an edge."""
    ranges = cv2.subtract(_block_extreme(grey, cv2.max), _block_extreme(grey, cv2.min)).astype(np.float32)
    smooth = cv2.GaussianBlur(sixteenths(grey), (5, 5), 0.8)
    across, down = (cv2.Sobel(smooth, cv2.CV_32F, x, 1 - x, scale=1 / 128) for x in (1, 0))
    for slope in (across, down):
        cv2.multiply(slope, slope, dst=slope)
    steepest = np.sqrt(_block_extreme(cv2.add(across, down, dst=across), cv2.max))
    rows, columns = (
        slice(round(first * side), -round(last * side) or None) for (first, last), side in zip(_CORE, ranges.shape, strict=True)
    )

    def usual(steepest: NDArray[np.float32], ranges: NDArray[np.float32]) -> float:
        edges = ranges >= _EDGES
        return percentile(steepest[edges] / ranges[edges], 35) if edges.any() else 0.0

    return {"edge_slope": usual(steepest, ranges), "core_slope": usual(steepest[rows, columns], ranges[rows, columns])}


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
