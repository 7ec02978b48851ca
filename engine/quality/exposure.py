"""Light: how bright a photo is, how much of it is lost at either end, how far its tones reach, haze."""

from __future__ import annotations

from collections.abc import Mapping
from math import log, sqrt

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.quality.views import Grey, Views, below_sky

_BLOWN = 250  # grey levels; a JPEG's white is rarely a full 255
_CRUSHED = 8  # grey levels


def measure_exposure(views: Views) -> Mapping[str, float]:
    """Brightness, clipping, range and haze of one photo.

    - `brightness` 0..100: mean HSV value / 255 * 100 (the origin systems' scale), of evenly spread pixels (see `Views.thin`): on
      some 130 photos within 0.2 of the mean over all, at a fiftieth of its price.
    - `contrast` 0..100: standard deviation of grey / 127.5 * 100, the "histogram spread" of origin D on its largest
      possible value (half black, half white).
    - `blown`, `crushed` 0..1: share of pixels at or above 250, below 8 grey levels.
    - `range` 0..255: 99th minus 1st percentile of grey at 512 px side.
    - `bright_end` 0..255: the 95th percentile of grey at 512 px side; `black_end` 0..255: the 1st percentile.
    - `ground_light` 0..255: mean grey below the top third of the rows, at 256 px side: a bright sky does not light what
      stands below it.
    - `white_floor` 0..255: the 1st percentile of the smallest channel at about 256 px side: a veil lifts it.
    - `dark_channel` 0..255: see `haze`. `saturation` 0..1: mean of (max - min) / (max + 1) over the channels there.
    - `over_exposure` logit: 0.183 brightness + 4.65 sqrt(blown) - 14.9; brightness alone calls snow overexposed.
    - `flatness` logit: 12.9 - 8.49 Michelson contrast of p99 and p1 - 2.15 ln(range + 4); range alone calls night flat.
    - `haze` logit: 0.0462 dark channel - 2.62 ln(std + 1) + 5.43; the dark channel (mean over the photo of the smallest
      value in 9 x 9 pixels at about 256 px side) is that of He et al. 2009, "Single image haze removal".

    The three logits were fitted by logistic regression on free photos and drawn degradations of them; 0 is even odds.
    """
    low, bright, high = _percentiles(_shares(views.grey_512), (0.01, 0.95, 0.99))
    dark_channel = _dark_channel(views.low)
    levels = _shares(views.grey_rows)
    spread = _deviation(levels)
    brightness = float(cv2.mean(views.high)[0]) / 255 * 100
    blown = float(levels[_BLOWN:].sum())
    michelson = (high - low) / (high + low + 1)
    return {
        "brightness": brightness,
        "contrast": spread / 127.5 * 100,
        "blown": blown,
        "crushed": float(levels[:_CRUSHED].sum()),
        "range": float(high - low),
        "bright_end": float(bright),
        "black_end": float(low),
        "ground_light": float(cv2.mean(below_sky(views.grey_256))[0]),
        "white_floor": float(_percentiles(_shares(views.low), (0.01,))[0]),
        "dark_channel": dark_channel,
        "saturation": _saturation(views.low, views.high),
        "over_exposure": 0.183 * brightness + 4.65 * sqrt(blown) - 14.9,
        "flatness": 12.9 - 8.49 * michelson - 2.15 * log(high - low + 4),
        "haze": 0.0462 * dark_channel - 2.62 * log(spread + 1) + 5.43,
    }


def _shares(grey: Grey) -> NDArray[np.float64]:
    """(256,) share of pixels per grey level."""
    counts: NDArray[np.float32] = cv2.calcHist([grey], [0], None, [256], [0, 256])
    return counts.ravel().astype(np.float64) / grey.size


def _deviation(shares: NDArray[np.float64]) -> float:
    """Grey levels."""
    levels = np.arange(len(shares))
    mean = float(shares @ levels)
    return sqrt(float(shares @ (levels - mean) ** 2))


def _percentiles(shares: NDArray[np.float64], places: tuple[float, ...]) -> tuple[int, ...]:
    """The grey levels below which each of the `places` (0..1) of the pixels lie."""
    below = np.cumsum(shares)
    return tuple(int(np.searchsorted(below, place)) for place in places)


def _saturation(low: Grey, high: Grey) -> float:
    return float(((high - low) / (high.astype(np.float32) + 1)).mean())


def _dark_channel(low: Grey) -> float:
    return float(cv2.mean(cv2.erode(low, np.ones((9, 9), np.uint8)))[0])
