"""Where a meter's display is in a photo, and the crop of it that clarity is judged on. Pure: arrays in, values out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.bundle import InputSpec
from engine.picture import Pixels
from engine.preprocess import placed
from engine.verdict import Box

SCORE_FROM = 0.40  # where the card sets no other threshold
MARGIN_X, MARGIN_Y = 0.10, 0.14  # of the box's sides: frames cut digits, and boxes are a few pixels off
TURNED = 1.25  # a box so many times taller than wide is a display photographed on its side

Floats = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """The likeliest display of a photo. `score` 0..1; whether that is enough, a threshold says."""

    box: Box  # pixels of the upright photo
    score: float


def read_map(heat: Floats, sides: Floats, *, photo: tuple[int, int], spec: InputSpec) -> Found:
    """The box at the heat map's peak, in pixels of a photo of (width, height).

    heat (h, w) 0..1; sides (4, h, w): distances in pixels of the input from a cell's middle to left, top, right and bottom.
    The peak's neighbours vote too, by their heat: one cell's sides waver by a pixel or two.
    """
    rows, columns = heat.shape
    top, left = divmod(int(heat.argmax()), columns)
    near = np.s_[max(0, top - 1) : top + 2, max(0, left - 1) : left + 2]
    down, across = (np.mgrid[:rows, :columns][:, near[0], near[1]] + 0.5) * np.array(
        [spec.height / rows, spec.width / columns]
    ).reshape(2, 1, 1)
    signs = np.array([-1, -1, 1, 1]).reshape(4, 1, 1)
    edges = np.stack([across, down, across, down]) + signs * sides[(slice(None), *near)]
    weights = heat[near] / max(float(heat[near].sum()), 1e-9)
    return Found(box=_in_photo((edges * weights).sum(axis=(1, 2)), photo, spec), score=float(heat[top, left]))


def view_of(pixels: Pixels, box: Box) -> Pixels:
    """The display with a margin, upright: (H, W, 3). A display on its side is turned a quarter, so that digits stay wide."""
    x, y, width, height = box
    mx, my = (MARGIN_Y, MARGIN_X) if height > TURNED * width else (MARGIN_X, MARGIN_Y)
    x0, y0 = max(0, round(x - mx * width)), max(0, round(y - my * height))
    crop = pixels[y0 : round(y + height * (1 + my)), x0 : round(x + width * (1 + mx))]
    return np.ascontiguousarray(np.rot90(crop) if crop.shape[0] > TURNED * crop.shape[1] else crop)


def centre_inside(found: Box, labelled: Box) -> bool:
    """Whether the labelled box's middle lies inside the found one: enough to crop the right thing."""
    x, y, width, height = found
    middle = labelled[0] + labelled[2] / 2, labelled[1] + labelled[3] / 2
    return x <= middle[0] <= x + width and y <= middle[1] <= y + height


def overlap(one: Box, other: Box) -> float:
    """Intersection over union, 0..1."""
    across = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    down = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    shared = max(0, across) * max(0, down)
    return shared / max(one[2] * one[3] + other[2] * other[3] - shared, 1)


def _in_photo(edges: NDArray[np.float64], photo: tuple[int, int], spec: InputSpec) -> Box:
    """left, top, right, bottom of the input -> x, y, w, h of the photo; inside it and at least a pixel wide and high."""
    x, y, across, down = placed(*photo, spec)
    scale = np.array([photo[0] / across, photo[1] / down])
    first, last = (np.round((edges[part] - (x, y)) * scale).astype(int) for part in (slice(0, 2), slice(2, 4)))
    size = np.array(photo)
    first = np.clip(first, 0, size - 1)
    width, height = np.clip(last, first + 1, size) - first
    return int(first[0]), int(first[1]), int(width), int(height)
