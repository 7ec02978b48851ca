"""The reading: seven-segment liquid crystal displays and drum counters."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.drawing.design import Design, Display
from engine.drawing.lettering import length, write, write_fitted
from engine.drawing.paint import Area, Colour, Mask, Print, blend, rounded, slab, typeface
from engine.drawing.style import Screen
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
_DRUM_FACES = ("strong", "DejaVuSans-Bold", "STIXGeneralBol", "DejaVuSansMono-Bold", "DejaVuSerif-Bold", "cmss10", "DejaVuSans")


def draw_display(canvas: Pixels, area: Area, design: Design, reading: str) -> None:
    """Draw the display into `area` with `reading`, digits only; the last `design.decimals` of them follow the point."""
    slab(canvas, area.grown(20), (26, 28, 30), radius=18, bevel=4, lift=0.9)
    if design.display is Display.DRUMS:
        _draw_drums(canvas, area, design, reading)
    else:
        _draw_lcd(canvas, area, design, reading)


def _draw_lcd(canvas: Pixels, area: Area, design: Design, reading: str) -> None:
    ground, ink = _GLASS[design.display]
    slab(canvas, area, ground, radius=8, bevel=7, lift=-1.1, sheen=0.05)
    view, screen = canvas[area.y : area.y + area.h, area.x : area.x + area.w], design.screen
    cells = _cells(area, len(reading), screen)
    lit = _segment_mask(view.shape[:2], cells, reading, design.decimals, screen)
    ghost = _segment_mask(view.shape[:2], cells, "8" * len(reading), 0, screen)
    blend(view, np.broadcast_to(np.asarray(ink, np.float32), view.shape), ghost * screen.ghost)
    if design.display is not Display.BLUE_LCD:  # dark segments float above the mirror and throw a shadow on it
        thrown = np.roll(cv2.GaussianBlur(lit, (0, 0), 2.0), (4, 3), axis=(0, 1))
        blend(view, np.zeros(view.shape, np.float32), thrown * 0.28)
    blend(view, np.broadcast_to(np.asarray(ink, np.float32), view.shape), lit * 0.94)
    with Print(canvas) as ink_on:
        _print_notes(ink_on, area, screen, ink)


def _print_notes(ink_on: Print, area: Area, screen: Screen, ink: Colour) -> None:
    """The unit on the right, and the annunciators in a line above or below the digits."""
    down = {"below": 0.80, "middle": 0.5, "above": 0.32}[screen.unit_at]
    high = max(screen.unit_height, 36 / area.h)  # legible on a dial's small display too
    unit = area.part(0.815, down - high / 2, 0.165, high)
    write_fitted(ink_on, unit, screen.unit, ink, replace(screen.lettering, spacing=0.0), align="r")
    y = area.y + round(area.h * (0.10 if screen.notes_above else 0.91))
    end = area.x
    for start, note in screen.notes:
        left = max(area.x + round(area.w * start), end)
        size = max(9, round(area.h * screen.note_size))
        end = left + round(length(note, size, screen.lettering)) + size
        if end <= area.x + area.w * (0.98 if screen.notes_above else 0.8):
            write(ink_on, (left, y), note, ink, screen.lettering, size=size)


def _cells(area: Area, count: int, screen: Screen) -> list[Area]:
    """One cell per digit, in pixels of the display."""
    height = round(area.h * screen.height)
    pitch = min(area.w * 0.77 / count, height * screen.pitch)
    left = (area.w * 0.80 - pitch * count) / 2 + area.w * 0.02
    return [Area(round(left + i * pitch), round(area.h * screen.top), round(pitch * 0.70), height) for i in range(count)]


def _segment_mask(shape: tuple[int, int], cells: list[Area], digits: str, decimals: int, screen: Screen) -> Mask:
    mask = np.zeros(shape, np.uint8)
    for place, (cell, digit) in enumerate(zip(cells, digits, strict=True)):
        for segment in _SEGMENTS[digit]:
            cv2.fillPoly(mask, [_segment(cell, segment, screen)], 255, cv2.LINE_AA, 4)
        if decimals and place == len(digits) - decimals - 1:
            cv2.circle(mask, (cell.x + round(cell.w * 1.17), cell.y + cell.h - 4), max(3, cell.h // 20), 255, -1, cv2.LINE_AA)
    return np.asarray(mask / np.float32(255), np.float32)


def _segment(cell: Area, name: str, screen: Screen) -> NDArray[np.int32]:
    """One segment's outline in sixteenths of a pixel, leaning to the right as most displays' do."""
    thick = min(cell.h * screen.stroke, cell.w * 0.26)
    half = thick / 2
    left, right, top, middle, bottom = half, cell.w - half, half, cell.h / 2, cell.h - half
    ends = {
        "a": ((left, top), (right, top)), "b": ((right, top), (right, middle)), "c": ((right, middle), (right, bottom)),
        "d": ((left, bottom), (right, bottom)), "e": ((left, middle), (left, bottom)), "f": ((left, top), (left, middle)),
        "g": ((left, middle), (right, middle)),
    }  # fmt: skip
    start, end = (np.array(point) for point in ends[name])
    along = (end - start) / np.linalg.norm(end - start)
    beside = along[::-1] * half
    start, end = start + along * thick * 0.12, end - along * thick * 0.12  # segments do not touch
    if screen.blunt:
        inset = along * half * (0.9 if name in "adg" else 0.3)
        outline = np.array([start + inset - beside, end - inset - beside, end - inset + beside, start + inset + beside])
    else:
        tip = along * half
        outline = np.array([start, start + tip - beside, end - tip - beside, end, end - tip + beside, start + tip + beside])
    sheared = outline[:, 0] + screen.lean * (cell.h / 2 - outline[:, 1])
    points = np.column_stack([cell.x + sheared, cell.y + outline[:, 1]])
    return np.round(points * 16).astype(np.int32)


def _draw_drums(canvas: Pixels, area: Area, design: Design, reading: str) -> None:
    slab(canvas, area, (22, 22, 24), radius=6, bevel=6, lift=-1.0)
    count, face = len(reading), _DRUM_FACES[design.index % len(_DRUM_FACES)]
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
        tile = np.empty((drum.h, drum.w, 3), np.uint8)
        tile[:] = paper
        _print_digit(tile, digit, (250, 248, 244) if fraction else (24, 24, 26), face)
        _roll(canvas[drum.y : drum.y + drum.h, drum.x : drum.x + drum.w], tile)


def _print_digit(tile: Pixels, digit: str, ink: Colour, face: str) -> None:
    """One digit in the middle of its drum."""
    height, width = tile.shape[:2]
    size = round(height * 0.80)
    size = min(size, int(size * width * 0.8 / max(typeface(face, size).getlength(digit), 1.0)))
    with Print(tile) as ink_on:
        ink_on.text((width // 2, height // 2), digit, size, ink, face=face, anchor="mm")


def _roll(view: Pixels, tile: Pixels) -> None:
    """Lay a drum over `view`: curved, so darker towards its upper and lower edge."""
    height, width = tile.shape[:2]
    turn = np.linspace(-1.15, 1.15, height, dtype=np.float32)
    light = (np.cos(turn) * 0.75 + 0.30)[:, None, None]
    blend(view, np.clip(tile * light, 0, 255), rounded((height, width), Area(0, 0, width, height), 4))
