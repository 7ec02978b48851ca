"""Statistics of a whole photo; of a large one of evenly spaced bands of rows."""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt

from engine.quality.views import Grey, skipped

_BAND_PIXELS = 8_000  # pixels per band of a photo of which not all is looked at


def deviation(grey: Grey, sums: Callable[[Grey, slice], tuple[float, float]]) -> float:
    """Standard deviation over the photo of a transform that looks at 3 x 3 pixels; the same as without bands.

    `sums` gets a band with its neighbours' rows and says the transform's sum and sum of squares over the rows of the slice.

    Of photos beyond 350,000 pixels every so many bands are looked at: on 74 photos up to 1.2 megapixels `clarity` came within 0.5
    of the whole photo's on the mean, within 2 in 95 of 100; `noise` within 0.13 and 0.4.
    """
    height, width = grey.shape
    skip = skipped(grey.size)
    rows = height if skip == 1 else max(1, _BAND_PIXELS // width)
    total = squares = 0.0
    count = 0
    for top in range(0, height, rows * skip):
        bottom = min(top + rows, height)
        above = 1 if top else 0  # a neighbour's row, so that the band's edge is not taken for the photo's
        first, second = sums(grey[top - above : min(bottom + 1, height)], slice(above, above + bottom - top))
        total += first
        squares += second
        count += (bottom - top) * width
    mean = total / count
    return sqrt(max(squares / count - mean * mean, 0.0))
