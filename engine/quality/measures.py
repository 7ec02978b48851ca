"""Measuring, apart from judging: raw numbers of one photo, each with a unit and a source."""

from __future__ import annotations

from collections.abc import Mapping

from engine.picture import Pixels
from engine.quality.exposure import measure_exposure
from engine.quality.grain import measure_grain
from engine.quality.sharpness import measure_sharpness
from engine.quality.structure import measure_structure
from engine.quality.views import look


def measure(pixels: Pixels) -> Mapping[str, float]:
    """Measure upright RGB pixels (H, W, 3) uint8 of any size, 1 x 1 included. Every number is finite.

    `clarity`, `brightness`, `contrast` and `noise` are on the origin systems' 0..100 scales. What the others mean, and
    where they come from, stands in `measure_exposure`, `measure_sharpness`, `measure_grain` and `measure_structure`.
    """
    views = look(pixels)
    exposure = measure_exposure(views)
    measures = {
        **exposure,
        **measure_sharpness(views, contrast_range=exposure["range"]),
        **measure_grain(views),
        **measure_structure(views),
    }
    # Six digits: OpenCV's threads add floats in an order that varies, and the same photo must get the same verdict.
    return {name: float(f"{value:.6g}") for name, value in measures.items()}
