"""Sharpness: edges per area, edges per contrast, and what blurring once more would cost."""

from __future__ import annotations

from collections.abc import Mapping
from math import log

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.quality.bands import deviation
from engine.quality.views import Grey, Views

_BLOCK = 16  # pixels, at 512 px side


def measure_sharpness(views: Views, contrast_range: float) -> Mapping[str, float]:
    """Sharpness of one photo. `contrast_range` is the 99th minus 1st percentile of grey, 0..255.

    - `clarity` 0..100: min(var(Laplacian) / 100, 1) * 100 at native size (the origin systems' scale).
    - `block_sharpness` grey levels squared: 90th percentile of the mean squared Laplacian in 16-px blocks at 512 px side.
      Not the sharpest block: a burnt-in time stamp is always sharp.
    - `relative_sharpness` ln: the same over the squared range (at least 10 levels), so that flat light is not called blur.
    - `reblur` 0..1, 1 = blurred: Crete et al. 2007, "The blur effect": the share of neighbouring differences that a 9-px box
      blur leaves, the larger of both axes, at 1024 px side, in every fourth line.
    - `directional_sharpness` ln: the 90th percentile over 16-px blocks of the squared second derivative, along the direction
      (of four) where it is least, at 512 px side after a Gaussian of 1 px, over the squared range. A shaken photo keeps the
      edges that lie along the movement.
    - `coarse_detail` ln: 90th percentile of the mean squared Laplacian in 16-px blocks at 256 px side, plus one.
      `coarse_contrast` ln: that of the standard deviation within those blocks, plus one level. Both say what there is to be
      sharp, at a size at which blur is not seen. Haze takes contrast from large things as well, blur does not.
    - `blur` logit: -1.54 relative_sharpness + 6.28 reblur - 8.74, fitted by logistic regression on field photos, free photos
      and drawn degradations, each source weighing the same; 0 is even odds.
    """
    native = deviation(views.grey, _laplacian) ** 2
    squared_range = max(contrast_range, 10.0) ** 2
    block = _block_sharpness(views.grey_512)
    relative = log((block + 1) / squared_range)
    reblur = _reblur(views.grey_1024)
    return {
        "clarity": min(native / 100, 1.0) * 100,
        "block_sharpness": block,
        "relative_sharpness": relative,
        "reblur": reblur,
        "directional_sharpness": log((_least_direction(views.grey_512) + 1) / squared_range),
        "coarse_detail": log(_block_sharpness(views.grey_256) + 1),
        "coarse_contrast": log(percentile(_block_deviations(views.grey_256), 90) + 1),
        "blur": -1.54 * relative + 6.28 * reblur - 8.74,
    }


def block_means(values: NDArray[np.float32], side: int) -> NDArray[np.float32]:
    """Means over side x side blocks of (H, W); what is left over at the right and bottom is not seen.

    A picture smaller than one block is one block.
    """
    rows, columns = values.shape[0] // side, values.shape[1] // side
    if rows == 0 or columns == 0:
        return np.full((1, 1), values.mean(), np.float32)
    whole = values[: rows * side, : columns * side].reshape(rows, side, columns * side)
    down = np.einsum("ybx->yx", whole)  # whole rows are added at full speed, and few are left to be added across
    return np.asarray(np.einsum("yxb->yx", down.reshape(rows, columns, side)) / side**2, np.float32)


def percentile(values: NDArray[np.floating], place: float) -> float:
    """The `place` (0..100) percentile between two neighbours, as numpy's, whose own costs ten times as much on few blocks."""
    order = np.sort(values, axis=None)
    at = (order.size - 1) * place / 100
    low, high = float(order[int(at)]), float(order[min(int(at) + 1, order.size - 1)])
    return low + (high - low) * (at % 1)


def sixteenths(grey: Grey) -> NDArray[np.int16]:
    """Sixteenths of a grey level, so that rounding a mean does not pass for detail."""
    return grey.astype(np.int16) << 4  # a third of the price of cv2.multiply by a number


def _laplacian(grey: Grey, rows: slice) -> tuple[float, float]:
    """Sum and sum of squares."""
    seen = cv2.Laplacian(grey, cv2.CV_16S)[rows]
    return float(cv2.sumElems(seen)[0]), float(cv2.norm(seen, cv2.NORM_L2SQR))


def _block_sharpness(grey: Grey) -> float:
    laplacian = cv2.Laplacian(grey, cv2.CV_16S).astype(np.float32)  # in whole numbers, at half the price
    return percentile(block_means(cv2.multiply(laplacian, laplacian), _BLOCK), 90)


def _least_direction(grey: Grey) -> float:
    """Of the squared second derivatives along 0, 45, 90 and 135 degrees, the least 90th percentile over blocks."""
    smooth = cv2.GaussianBlur(sixteenths(grey), (7, 7), 1.0)
    along = cv2.Sobel(smooth, cv2.CV_32F, 2, 0, scale=1 / 16)
    across = cv2.Sobel(smooth, cv2.CV_32F, 0, 2, scale=1 / 16)
    mixed = cv2.Sobel(smooth, cv2.CV_32F, 1, 1, scale=1 / 16)
    half = cv2.addWeighted(along, 0.5, across, 0.5, 0)
    directions = (along, across, half + mixed, half - mixed)
    return min(percentile(block_means(cv2.multiply(each, each), _BLOCK), 90) for each in directions)


def _block_deviations(grey: Grey) -> NDArray[np.float32]:
    """Standard deviation within each block, grey levels."""
    levels = grey.astype(np.float32)
    mean = block_means(levels, _BLOCK)
    return np.asarray(np.sqrt(np.maximum(block_means(cv2.multiply(levels, levels), _BLOCK) - mean * mean, 0)), np.float32)


def _reblur(grey: Grey) -> float:
    """Crete's ratio."""
    lines = (grey[::4], cv2.transpose(grey)[::4])  # lines do not mix: every fourth one says the same
    return max(map(_reblur_along, lines))


def _reblur_along(lines: Grey) -> float:
    """Along the rows. In sixteenths of a grey level, so that rounding a mean does not pass for detail."""
    if lines.shape[1] < 2:
        return 0.0
    blurred = _sums_of_nine(lines)
    blurred <<= 4
    blurred += 4  # a ninth is rounded, not cut
    blurred //= 9
    steps = cv2.absdiff(lines[:, 1:], lines[:, :-1])
    left = cv2.min(steps.astype(np.uint16) << 4, cv2.absdiff(blurred[:, 1:], blurred[:, :-1]))
    total = cv2.sumElems(steps)[0] * 16
    return float(cv2.sumElems(left)[0] / total) if total > 0 else 0.0


def _sums_of_nine(lines: Grey) -> NDArray[np.uint16]:
    """Of neighbours in a row: pairs, fours and eights take two thirds of the time of OpenCV's box."""
    wide = cv2.copyMakeBorder(lines, 0, 0, 4, 4, cv2.BORDER_REFLECT_101).astype(np.uint16)
    pairs = cv2.add(wide[:, :-1], wide[:, 1:])
    fours = cv2.add(pairs[:, :-2], pairs[:, 2:])
    eights = cv2.add(fours[:, :-4], fours[:, 4:])
    return np.asarray(cv2.add(eights[:, :-1], wide[:, 8:]), np.uint16)
