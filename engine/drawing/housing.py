"""One meter, seen straight on: housing, plate, display, terminal cover, screws and seals."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import cv2
import numpy as np

from engine.drawing.cover import draw_cover, draw_seal
from engine.drawing.design import Body, Design, design
from engine.drawing.display import draw_display
from engine.drawing.label import draw_label
from engine.drawing.paint import Area, Colour, Mask, rounded, slab
from engine.drawing.plate import draw_plate
from engine.picture import Pixels

_WIDTH = 1120  # pixels of the drawing canvas; the face is handed on at half of that, which smooths every edge
_MARGIN = 24


class Face(NamedTuple):
    """A drawn meter: RGB pixels (H, W, 3), where it is opaque (H, W), and the display's rectangle, at 560 pixels' width."""

    pixels: Pixels
    mask: Mask
    display: Area


def draw_face(index: int, *, serial: str, reading: str, seal: Colour) -> Face:
    """Draw one meter of design `index`. The reading has `digits + decimals` digits of that design."""
    meter = design(index)
    blank, mask = _blank(index)
    canvas = blank.copy()
    plate = _plate(meter)
    draw_label(canvas, plate, meter, serial)
    window = plate.part(*meter.places.display)
    draw_display(canvas, window, meter, reading)
    draw_seal(canvas, _cover(meter), meter, seal)
    half = (canvas.shape[1] // 2, canvas.shape[0] // 2)
    pixels = cv2.resize(canvas, half, interpolation=cv2.INTER_AREA)
    return Face(np.asarray(pixels, np.uint8), mask, Area(window.x // 2, window.y // 2, window.w // 2, window.h // 2))


def _height(meter: Design) -> int:
    return round(_WIDTH * meter.aspect / 2) * 2


def _plate(meter: Design) -> Area:
    height = _height(meter)
    if meter.body is Body.DOME:
        return Area(130, 100, _WIDTH - 260, _WIDTH - 260)
    side = 150 if meter.body is Body.SHOULDERS else 90
    return Area(side, 95, _WIDTH - 2 * side, round(height * 0.60))


def _cover(meter: Design) -> Area:
    """The terminal cover, the lowest part of the housing."""
    height = _height(meter)
    top = _plate(meter).y + _plate(meter).h + 60
    return Area(_MARGIN + 26, top, _WIDTH - 2 * _MARGIN - 52, height - _MARGIN - 26 - top)


@lru_cache(maxsize=64)
def _blank(index: int) -> tuple[Pixels, Mask]:
    """What all meters of the design share: drawn once, then copied for each meter."""
    meter = design(index)
    canvas = np.zeros((_height(meter), _WIDTH, 3), np.uint8)
    mask = np.zeros(canvas.shape[:2], np.float32)
    for part, radius in _outline(meter):
        slab(canvas, part, meter.housing, radius=radius, bevel=14, lift=1.0, sheen=0.07)
        mask = np.maximum(mask, rounded(canvas.shape[:2], part, radius))
    if meter.body is Body.DOME:
        plate = _plate(meter)
        slab(canvas, plate.grown(46), tuple(round(c * 0.82) for c in meter.housing), radius=_WIDTH // 2, bevel=14, lift=1.2)  # type: ignore[arg-type]
        slab(canvas, plate.grown(12), (40, 42, 44), radius=_WIDTH // 2, bevel=8, lift=-1.0)
    else:
        slab(canvas, _plate(meter).grown(16), tuple(round(c * 0.88) for c in meter.housing), radius=34, bevel=7, lift=-0.9)  # type: ignore[arg-type]
    draw_plate(canvas, _plate(meter), meter)
    _draw_cover(canvas, meter)
    half = (canvas.shape[1] // 2, canvas.shape[0] // 2)
    return canvas, np.asarray(cv2.resize(mask, half, interpolation=cv2.INTER_AREA), np.float32)


def _outline(meter: Design) -> list[tuple[Area, int]]:
    height = _height(meter)
    whole = Area(_MARGIN, _MARGIN, _WIDTH - 2 * _MARGIN, height - 2 * _MARGIN)
    if meter.body is Body.BOX:
        return [(whole, meter.corner)]
    if meter.body is Body.SHOULDERS:
        return [(whole.part(0, 0.58, 1, 0.42), meter.corner // 2), (whole.part(0.07, 0, 0.86, 0.72), meter.corner)]
    return [(whole.part(0.04, 0.62, 0.92, 0.38), 40), (_plate(meter).grown(66), _WIDTH // 2)]


def _draw_cover(canvas: Pixels, meter: Design) -> None:
    cover = _cover(meter)
    if meter.body is Body.DOME:
        cover = Area(cover.x + 60, max(cover.y, _plate(meter).y + _plate(meter).h + 76), cover.w - 120, cover.h)
        cover = Area(cover.x, cover.y, cover.w, _height(meter) - _MARGIN - 20 - cover.y)
    draw_cover(canvas, cover, meter)
