"""Measuring, apart from judging: raw numbers of one photo, each with a unit and a source."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np

from engine.picture import Native, Picture, Pixels
from engine.quality.blur_width import measure_blur_width
from engine.quality.exposure import measure_exposure
from engine.quality.grain import measure_grain
from engine.quality.middle import measure_middle
from engine.quality.sharpness import measure_sharpness
from engine.quality.structure import measure_structure
from engine.quality.traces import measure_traces
from engine.quality.views import look


def measure(pixels: Pixels, native: Native | None = None) -> Mapping[str, float]:
    """Measure upright RGB pixels (H, W, 3) uint8 of any size, 1 x 1 included. Every number is finite.

    `native` belongs to pixels that were reduced while decoding: what lives in single pixels is measured there.

    `clarity`, `brightness`, `contrast` and `noise` are on the origin systems' 0..100 scales. What the others mean, and
    where they come from, stands in `measure_exposure`, `measure_sharpness`, `measure_grain`,
    `measure_structure`, `measure_middle`, `measure_blur_width` and `measure_traces`.
    """
    _keep_freed_memory()
    views = look(pixels, native)
    exposure = measure_exposure(views)
    measures = {
        **exposure,
        **measure_sharpness(views, contrast_range=exposure["range"]),
        **measure_grain(views),
        **measure_structure(views),
        **measure_middle(views),
        **measure_blur_width(views),
        **measure_traces(views),
    }
    # Six digits: OpenCV's threads add floats in an order that varies, and the same photo must get the same verdict.
    return {name: float(f"{value:.6g}") for name, value in measures.items()}


@cache
def measure_names() -> frozenset[str]:
    """What `measure` measures."""
    return frozenset(measure(np.zeros((1, 1, 3), np.uint8)))


def measure_picture(picture: Picture) -> Mapping[str, float]:
    """Measure a decoded photo; what a hole in its file took counts as what a decoder fills with grey."""
    measures = measure(picture.pixels, picture.native)
    return {**measures, "grey_field": max(measures["grey_field"], float(f"{picture.missing:.6g}"))}


@cache
def _keep_freed_memory() -> None:
    """Teach glibc, once per process, to keep what is freed between photos.

    It returns memory to the kernel until a large block has been freed once (mallopt(3), M_MMAP_THRESHOLD); getting the same
    pages back for every photo took 8 of 20 ms. Elsewhere this does nothing.
    """
    np.empty(31 << 20, np.uint8)  # just below the 32 MB where that adjustment ends
