"""One meter, seen straight on: housing, plate, display, terminal cover, screws and seals."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import cv2
import numpy as np

from engine.drawing.design import Body, Design, design
from engine.drawing.display import draw_display
from engine.drawing.paint import Area, Colour, Mask, Print, rounded, shadow, slab
from engine.drawing.plate import draw_plate, draw_serial
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
    draw_serial(canvas, plate, meter, serial)
    window = plate.part(*meter.places.display)
    draw_display(canvas, window, meter, reading)
    _draw_seals(canvas, meter, seal)
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
    tint: Colour = tuple(min(255, round(c * (1.05 if meter.index % 2 else 0.93))) for c in meter.housing)  # type: ignore[assignment]
    shadow(canvas, cover, radius=24, blur=6, offset=(0, 6), strength=0.25)
    slab(canvas, cover, tint, radius=24, bevel=6, lift=0.8)
    for place in meter.screws:
        _draw_screw(canvas, cover.x + round(cover.w * place), cover.middle[1], turn=meter.index * 0.7 + place * 5)
    if meter.index % 3 != 2 and meter.body is not Body.DOME:
        for rib in range(5):
            slab(canvas, cover.part(0.30 + 0.04 * rib, 0.70, 0.016, 0.20), tint, radius=6, bevel=3, lift=-0.8)
    ink: Colour = (232, 232, 228) if sum(tint) < 330 else (44, 46, 50)
    if meter.cover == 0:
        _print_warning(canvas, cover.part(0.26, 0.14, 0.09, 0.5))
    elif meter.cover == 1:
        _print_terminals(canvas, cover.part(0.24, 0.12, 0.22, 0.5), ink)
    elif meter.cover == 2:
        with Print(canvas) as ink_on:
            ink_on.fitted(cover.part(0.23, 0.20, 0.25, 0.12), f"{meter.brand} {meter.model}", ink, face=meter.brand_face)
            ink_on.fitted(cover.part(0.23, 0.36, 0.25, 0.10), "Disconnect supply before opening", ink, face="plain")


def _print_terminals(canvas: Pixels, area: Area, ink: Colour) -> None:
    """The wiring diagram: numbered terminals below a coil."""
    with Print(canvas) as ink_on:
        ink_on.draw.rectangle((area.x, area.y, area.x + area.w, area.y + area.h), outline=ink, width=3)
        for place, number in enumerate("1346"):
            x = area.x + round(area.w * (0.14 + 0.24 * place))
            ink_on.draw.line((x, area.y + area.h * 0.3, x, area.y + area.h * 0.6), fill=ink, width=3)
            ink_on.text((x, area.y + round(area.h * 0.8)), number, round(area.h * 0.26), ink, anchor="mm")
        ink_on.draw.line(
            (area.x + area.w * 0.14, area.y + area.h * 0.3, area.x + area.w * 0.38, area.y + area.h * 0.3), fill=ink, width=3
        )
        ink_on.draw.arc(
            (area.x + area.w * 0.44, area.y + area.h * 0.14, area.x + area.w * 0.80, area.y + area.h * 0.5),
            180,
            360,
            fill=ink,
            width=3,
        )


def _draw_screw(canvas: Pixels, x: int, y: int, turn: float) -> None:
    slab(canvas, Area(x - 34, y - 34, 68, 68), (70, 72, 74), radius=34, bevel=6, lift=-0.9)
    slab(canvas, Area(x - 24, y - 24, 48, 48), (176, 176, 170), radius=24, bevel=5, lift=0.9)
    across = (round(20 * np.cos(turn)), round(20 * np.sin(turn)))
    cv2.line(canvas, (x - across[0], y - across[1]), (x + across[0], y + across[1]), (62, 62, 60), 7, cv2.LINE_AA)


def _print_warning(canvas: Pixels, area: Area) -> None:
    side = min(area.w, area.h)
    x, y = area.middle[0], area.middle[1]
    with Print(canvas) as ink_on:
        ink_on.draw.polygon(
            [(x, y - side * 0.5), (x + side * 0.56, y + side * 0.46), (x - side * 0.56, y + side * 0.46)],
            fill=(246, 204, 40),
            outline=(30, 30, 30),
            width=5,
        )
        ink_on.text((x, y + round(side * 0.18)), "!", round(side * 0.62), (30, 30, 30), face="DejaVuSans-Bold", anchor="mm")


def _draw_seals(canvas: Pixels, meter: Design, seal: Colour) -> None:
    """A wire from the cover's right screw with a seal hanging on it: every meter has its own colour of seal."""
    cover = _cover(meter)
    x, y = cover.x + round(cover.w * (meter.screws[1] - 0.10)), cover.y + round(cover.h * 0.42)
    run = np.linspace(0, 1, 24)
    wire = np.column_stack([x + 88 * run, y + 8 + 46 * np.sin(run * np.pi)]).astype(np.int32)
    cv2.polylines(canvas, [wire + np.array((3, 5), np.int32)], False, (60, 60, 58), 4, cv2.LINE_AA)
    cv2.polylines(canvas, [wire], False, (168, 164, 150), 4, cv2.LINE_AA)
    tag = Area(x - 46, y - 30, 74, 88)
    shadow(canvas, tag, radius=14, blur=5, offset=(5, 8), strength=0.4)
    slab(canvas, tag, seal, radius=14, bevel=5, lift=0.9)
    slab(canvas, tag.part(0.22, 0.2, 0.56, 0.5), tuple(round(c * 0.9) for c in seal), radius=8, bevel=3, lift=-0.7)  # type: ignore[arg-type]
