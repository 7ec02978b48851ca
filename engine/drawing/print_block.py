"""The small print of a rating plate, set in a design's own way, and the signs that go with it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.drawing.lettering import length, write_fitted
from engine.drawing.paint import Area, Colour, Print
from engine.drawing.style import Block

_LARGEST, _SMALLEST = 30, 21  # letters of small print, pixels of the canvas; what would be smaller is left out
_KEYS = 0.45  # share of the width that a table's keys or the left of two columns takes
_JOINED = 26  # letters that two values in one line may have together


def print_block(ink_on: Print, area: Area, block: Block, ink: Colour) -> None:
    """Set a block of small print, with its signs above or below it, into `area`."""
    side = min(40, round(area.h * 0.18)) if block.signs else 0
    strip = side + 12 if side else 0
    body = Area(area.x, area.y + (strip if block.signs_above else 0), area.w, area.h - strip)
    bottom = _print_words(ink_on, body, block, ink)
    if side:
        _print_signs(ink_on, Area(area.x, area.y if block.signs_above else bottom + 12, area.w, side), block, ink)


def _rows(block: Block) -> list[tuple[str, str]]:
    """The words line by line; the second of each pair stands in its own column, or is empty."""
    title, figures, others = block.wording
    rest = [(line, "") for line in others]
    if block.form == "table":
        return [(title, ""), *figures, *rest]
    values = [f"{key} {value}" for key, value in figures[::2]] + [value for _, value in figures[1::2]]
    if block.form == "columns":
        values.sort(key=len)  # alike lengths share a line, the longest has one of its own
        pairs = list(zip(values[:-1:2], values[1:-1:2], strict=False))
        return [(title, ""), *pairs, *((value, "") for value in values[2 * len(pairs) :]), *rest]
    lines = [(line, "") for line in _joined(values)]
    return [(title, ""), *lines, *rest] if len(title) % 2 else [*lines[:1], (title, ""), *rest[:1], *lines[1:], *rest[1:]]


def _joined(values: Sequence[str]) -> list[str]:
    """Two values to a line where they are short."""
    lines: list[str] = []
    for value in values:
        if lines and "  " not in lines[-1] and len(lines[-1] + value) <= _JOINED:
            lines[-1] += f"  {value}"
        else:
            lines.append(value)
    return lines


def _print_words(ink_on: Print, area: Area, block: Block, ink: Colour) -> int:
    """Print the words as large as the area allows; returns where they end."""
    pad = 12 if block.frame == "box" else 0
    inner, style = Area(area.x + pad, area.y + pad, area.w - 2 * pad, area.h - 2 * pad), block.lettering
    rows = _rows(block)[: max(3, int(inner.h / (_SMALLEST * block.leading)))]
    first = round(inner.w * _KEYS)
    size = min(_LARGEST, int(inner.h / len(rows) / block.leading))
    longest = max(length(one, 100, style) / (first - 8 if two else inner.w) for one, two in rows)
    size = max(min(size, int(100 / longest)), round(size * 0.72))  # a long line is set smaller before all are
    step = min(round(size * block.leading * 1.1), inner.h // len(rows))
    for row, (one, two) in enumerate(rows):
        line = Area(inner.x, inner.y + row * step, first - 8 if two else inner.w, step)
        write_fitted(ink_on, line, one, ink, style, align=block.align, most=size)
        if two:
            write_fitted(ink_on, Area(inner.x + first, line.y, inner.w - first, step), two, ink, style, align="l", most=size)
    end = inner.y + step * len(rows) + pad
    _print_frame(ink_on, Area(area.x, area.y, area.w, end - area.y), block, ink, step)
    return end


def _print_signs(ink_on: Print, area: Area, block: Block, ink: Colour) -> None:
    """The signs in a row that keeps to the side the words keep to."""
    pitch = area.h * 1.75
    free = area.w - pitch * len(block.signs) + area.h * 0.5
    left = area.x + free * {"l": 0.0, "m": 0.5, "r": 1.0}[block.align]
    for place, sign in enumerate(block.signs):
        _print_sign(ink_on, Area(round(left + place * pitch), area.y, area.h, area.h), sign, ink)


def _print_frame(ink_on: Print, area: Area, block: Block, ink: Colour, step: int) -> None:
    right, bottom = area.x + area.w, area.y + area.h
    if block.frame == "box":
        ink_on.draw.rounded_rectangle((area.x, area.y, right, bottom), radius=10, outline=ink, width=2)
    elif block.frame == "rules":
        for y in (area.y - 3, bottom + 2):
            ink_on.draw.line((area.x, y, right, y), fill=ink, width=3)
    elif block.frame == "grid":
        for y in range(area.y + step, bottom + 1, step):
            ink_on.draw.line((area.x, y, right, y), fill=ink, width=1)


def _print_sign(ink_on: Print, box: Area, sign: str, ink: Colour) -> None:
    """One of the signs that rating plates carry, about as high as `box`."""
    if sign in ("letters", "circle", "house"):
        _print_lettered(ink_on, box, sign, ink)
    elif sign in ("earth", "arrow", "coil", "clock"):
        _print_lines(ink_on, box, sign, ink)
    else:
        draw, (x, y, w, h) = ink_on.draw, box
        if sign == "square":  # double insulation
            draw.rectangle((x, y, x + w, y + h), outline=ink, width=3)
            draw.rectangle((x + w * 0.27, y + h * 0.27, x + w * 0.73, y + h * 0.73), outline=ink, width=2)
        elif sign == "diamond":
            draw.polygon([(x + w / 2, y), (x + w, y + h / 2), (x + w / 2, y + h), (x, y + h / 2)], outline=ink, width=3)
        else:
            draw.polygon([(x + w / 2, y), (x + w, y + h), (x, y + h)], outline=ink, width=3)
            draw.line((x + w / 2, y + h * 0.35, x + w / 2, y + h * 0.8), fill=ink, width=3)


def _print_lettered(ink_on: Print, box: Area, sign: str, ink: Colour) -> None:
    draw, (x, y, w, h) = ink_on.draw, box
    if sign == "letters":
        draw.rectangle((x, y, x + round(w * 1.5), y + h), outline=ink, width=3)
        ink_on.text((x + round(w * 0.75), y + h // 2), "M24", round(h * 0.62), ink, anchor="mm")
    elif sign == "circle":
        draw.ellipse((x, y, x + w, y + h), outline=ink, width=3)
        ink_on.text((x + w // 2, y + h // 2), "B", round(h * 0.66), ink, face="DejaVuSerif-Bold", anchor="mm")
    else:
        outline = [(x + w / 2, y), (x + w, y + h * 0.45), (x + w, y + h), (x, y + h), (x, y + h * 0.45)]
        draw.polygon(outline, outline=ink, width=3)


def _print_lines(ink_on: Print, box: Area, sign: str, ink: Colour) -> None:
    draw, (x, y, w, h) = ink_on.draw, box
    if sign == "earth":
        draw.line((x + w / 2, y, x + w / 2, y + h * 0.5), fill=ink, width=3)
        for row, half in enumerate((0.5, 0.32, 0.14)):
            level = y + h * (0.5 + 0.22 * row)
            draw.line((x + w * (0.5 - half), level, x + w * (0.5 + half), level), fill=ink, width=3)
    elif sign == "arrow":
        draw.line((x, y + h / 2, x + w, y + h / 2), fill=ink, width=3)
        draw.polygon([(x + w * 0.6, y + h * 0.2), (x + w, y + h / 2), (x + w * 0.6, y + h * 0.8)], fill=ink)
    elif sign == "coil":
        for turn in np.arange(3):
            draw.arc((x + w * turn / 3, y + h * 0.25, x + w * (turn + 1) / 3, y + h * 0.75), 180, 360, fill=ink, width=3)
        draw.line((x, y + h * 0.8, x + w, y + h * 0.8), fill=ink, width=2)
    else:
        draw.ellipse((x, y, x + w, y + h), outline=ink, width=2)
        draw.line((x + w / 2, y + h * 0.2, x + w / 2, y + h / 2, x + w * 0.75, y + h * 0.62), fill=ink, width=3)
