"""The reading: seven-segment liquid crystal displays and drum counters."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.drawing.design import Design, Display
from engine.drawing.paint import Area, Colour, Mask, Print, blend, rounded, slab, typeface
from engine.picture import Pixels

# Which of the segments a (top) to g (middle) each digit lights.
_SEGMENTS = {
    "0": "abcdef",
    "1": "bc",
    "2": "abged",
    "3": "abgcd",
    "4": "fgbc",
    "5": "afgcd",
    "6": "afgedc",
    "7": "abc",
    "8": "abcdefg",
    "9": "abcdfg",
}
_GLASS: dict[Display, tuple[Colour, Colour]] = {  # lit ground and segment colour
    Display.GREY_LCD: ((168, 180, 160), (26, 32, 30)),
    Display.GREEN_LCD: ((136, 200, 104), (16, 38, 22)),
    Display.BLUE_LCD: ((36, 92, 214), (222, 238, 255)),
    Display.AMBER_LCD: ((238, 176, 62), (48, 28, 10)),
}


def draw_display(canvas: Pixels, area: Area, design: Design, reading: str) -> None:
    """Draw the display into `area` with `reading`, digits only; the last `design.decimals` of them follow the point."""
    slab(canvas, area.grown(14), (30, 32, 34), radius=16, bevel=4, lift=0.9)
    if design.display is Display.DRUMS:
        _draw_drums(canvas, area, design, reading)
    else:
        _draw_lcd(canvas, area, design, reading)


def _draw_lcd(canvas: Pixels, area: Area, design: Design, reading: str) -> None:
    ground, ink = _GLASS[design.display]
    slab(canvas, area, ground, radius=8, bevel=7, lift=-1.1, sheen=0.05)
    view = canvas[area.y : area.y + area.h, area.x : area.x + area.w]
    cells = _cells(area, len(reading))
    lit = _segment_mask(view.shape[:2], cells, reading, design.decimals)
    ghost = _segment_mask(view.shape[:2], cells, "8" * len(reading), 0)
    blend(view, np.broadcast_to(np.asarray(ink, np.float32), view.shape), ghost * 0.06)
    if design.display is not Display.BLUE_LCD:  # dark segments float above the mirror and throw a shadow on it
        thrown = np.roll(cv2.GaussianBlur(lit, (0, 0), 2.0), (4, 3), axis=(0, 1))
        blend(view, np.zeros(view.shape, np.float32), thrown * 0.28)
    blend(view, np.broadcast_to(np.asarray(ink, np.float32), view.shape), lit * 0.94)
    with Print(canvas) as ink_on:
        ink_on.text(
            (area.x + round(area.w * 0.955), area.y + round(area.h * 0.87)),
            "kWh",
            max(10, area.h // 6),
            ink,
            face="strong",
            anchor="rs",
        )
        top = area.y + round(area.h * 0.05)
        for place, words in ((0.05, "1.8.0"), (0.30, "L1 L2 L3"), (0.60, "T1")):
            ink_on.text((area.x + round(area.w * place), top), words, max(9, area.h // 10), ink, anchor="la")


def _cells(area: Area, count: int) -> list[Area]:
    """One cell per digit, in pixels of the display."""
    height = round(area.h * 0.66)
    pitch = min(area.w * 0.77 / count, height * 0.68)
    left = (area.w * 0.80 - pitch * count) / 2 + area.w * 0.02
    return [Area(round(left + i * pitch), round(area.h * 0.22), round(pitch * 0.70), height) for i in range(count)]


def _segment_mask(shape: tuple[int, int], cells: list[Area], digits: str, decimals: int) -> Mask:
    mask = np.zeros(shape, np.uint8)
    for place, (cell, digit) in enumerate(zip(cells, digits, strict=True)):
        for segment in _SEGMENTS[digit]:
            cv2.fillPoly(mask, [_segment(cell, segment)], 255, cv2.LINE_AA, 4)
        if decimals and place == len(digits) - decimals - 1:
            cv2.circle(mask, (cell.x + round(cell.w * 1.17), cell.y + cell.h - 4), max(3, cell.h // 20), 255, -1, cv2.LINE_AA)
    return np.asarray(mask / np.float32(255), np.float32)


def _segment(cell: Area, name: str) -> NDArray[np.int32]:
    """One segment's outline in sixteenths of a pixel, leaning to the right as displays do."""
    thick = min(cell.h * 0.105, cell.w * 0.24)
    half, gap = thick / 2, thick * 0.12
    left, right, top, middle, bottom = half, cell.w - half, half, cell.h / 2, cell.h - half
    ends = {
        "a": ((left, top), (right, top)), "b": ((right, top), (right, middle)), "c": ((right, middle), (right, bottom)),
        "d": ((left, bottom), (right, bottom)), "e": ((left, middle), (left, bottom)), "f": ((left, top), (left, middle)),
        "g": ((left, middle), (right, middle)),
    }  # fmt: skip
    (x0, y0), (x1, y1) = ends[name]
    if y0 == y1:
        x0, x1 = x0 + gap, x1 - gap
        outline = [
            (x0, y0),
            (x0 + half, y0 - half),
            (x1 - half, y0 - half),
            (x1, y0),
            (x1 - half, y0 + half),
            (x0 + half, y0 + half),
        ]
    else:
        y0, y1 = y0 + gap, y1 - gap
        outline = [
            (x0, y0),
            (x0 + half, y0 + half),
            (x0 + half, y1 - half),
            (x0, y1),
            (x0 - half, y1 - half),
            (x0 - half, y0 + half),
        ]
    lean = 0.10
    points = [(cell.x + x + lean * (cell.h / 2 - y), cell.y + y) for x, y in outline]
    return np.round(np.array(points) * 16).astype(np.int32)


def _draw_drums(canvas: Pixels, area: Area, design: Design, reading: str) -> None:
    slab(canvas, area, (22, 22, 24), radius=6, bevel=6, lift=-1.0)
    count = len(reading)
    pitch = area.w * 0.92 / count
    for place, digit in enumerate(reading):
        fraction = place >= count - design.decimals
        drum = Area(
            round(area.x + area.w * 0.04 + place * pitch),
            round(area.y + area.h * 0.10),
            round(pitch * 0.86),
            round(area.h * 0.80),
        )
        paper = (176, 40, 40) if fraction else (238, 236, 228)
        _draw_drum(canvas, drum, digit, paper, (250, 248, 244) if fraction else (24, 24, 26))


def _draw_drum(canvas: Pixels, drum: Area, digit: str, paper: Colour, ink: Colour) -> None:
    """One drum: curved, so darker towards its upper and lower edge."""
    view = canvas[drum.y : drum.y + drum.h, drum.x : drum.x + drum.w]
    size = round(drum.h * 0.80)
    tile = np.empty_like(view)
    tile[:] = paper
    with Print(tile) as ink_on:
        wide = typeface("strong", size).getlength(digit)
        size = min(size, int(size * drum.w * 0.8 / max(wide, 1.0)))
        ink_on.text((drum.w // 2, drum.h // 2), digit, size, ink, face="strong", anchor="mm")
    turn = np.linspace(-1.15, 1.15, drum.h, dtype=np.float32)
    light = (np.cos(turn) * 0.75 + 0.30)[:, None, None]
    blend(view, np.clip(tile * light, 0, 255), rounded(view.shape[:2], Area(0, 0, drum.w, drum.h), 4))
