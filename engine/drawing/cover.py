"""The terminal cover: its screws and ribs, what is printed on it, and the seal that hangs on it."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from engine.drawing.design import Body, Design
from engine.drawing.lettering import write_fitted
from engine.drawing.paint import Area, Colour, Print, shadow, slab
from engine.drawing.style import Cover
from engine.picture import Pixels

_BLACK: Colour = (30, 30, 30)
_YELLOW: Colour = (246, 204, 40)


def draw_cover(canvas: Pixels, cover: Area, meter: Design) -> None:
    """Draw the cover of a design into the rectangle `cover`."""
    tint: Colour = tuple(min(255, round(c * (1.05 if meter.index % 2 else 0.93))) for c in meter.housing)  # type: ignore[assignment]
    fixed = meter.fastening
    shadow(canvas, cover, radius=24, blur=6, offset=(0, 6), strength=0.25)
    slab(canvas, cover, tint, radius=24, bevel=6, lift=0.8)
    for place in meter.screws:
        _draw_screw(canvas, cover.x + round(cover.w * place), cover.middle[1], fixed, meter.index * 0.7 + place * 5)
    if meter.body is not Body.DOME:
        _draw_ribs(canvas, cover, tint, fixed)
    ink: Colour = (232, 232, 228) if sum(tint) < 330 else (44, 46, 50)
    if meter.cover == 0:
        _print_warning(canvas, cover.part(fixed.sign_at, 0.14, 0.09, 0.5), fixed.sign)
    elif meter.cover == 1:
        _print_terminals(canvas, cover.part(0.205 + fixed.sign_at / 8, 0.12, 0.05 + 0.03 * len(fixed.terminals), 0.5), ink, fixed)
    elif meter.cover == 2:
        with Print(canvas) as ink_on:
            ink_on.fitted(cover.part(0.20, 0.20, 0.25, 0.12), f"{meter.brand} {meter.model}", ink, face=meter.brand_face)
            narrow = replace(meter.sticker.lettering, width=0.85, spacing=0.0)
            write_fitted(ink_on, cover.part(0.20, 0.37, 0.25, 0.14), fixed.notice, ink, narrow)


def draw_seal(canvas: Pixels, cover: Area, meter: Design, seal: Colour) -> None:
    """A wire from the cover's right screw with a seal hanging on it: every meter has its own colour of seal."""
    x, y = cover.x + round(cover.w * (meter.screws[1] - 0.10)), cover.y + round(cover.h * 0.42)
    run = np.linspace(0, 1, 24)
    sag = 30 + 9 * (meter.index % 4)
    wire = np.column_stack([x + 88 * run, y + 8 + sag * np.sin(run * np.pi)]).astype(np.int32)
    cv2.polylines(canvas, [wire + np.array((3, 5), np.int32)], False, (60, 60, 58), 4, cv2.LINE_AA)
    cv2.polylines(canvas, [wire], False, (168, 164, 150), 4, cv2.LINE_AA)
    tag, radius = {
        "tag": (Area(x - 46, y - 30, 74, 88), 14),
        "disc": (Area(x - 44, y - 34, 80, 80), 40),
        "barrel": (Area(x - 34, y - 40, 52, 104), 24),
    }[meter.fastening.seal]
    shadow(canvas, tag, radius=radius, blur=5, offset=(5, 8), strength=0.4)
    slab(canvas, tag, seal, radius=radius, bevel=5, lift=0.9)
    inner: Colour = tuple(round(c * 0.9) for c in seal)  # type: ignore[assignment]
    slab(canvas, tag.part(0.22, 0.2, 0.56, 0.5), inner, radius=radius // 2, bevel=3, lift=-0.7)


def _draw_ribs(canvas: Pixels, cover: Area, tint: Colour, fixed: Cover) -> None:
    count, left, upright = fixed.ribs
    for rib in range(count):
        groove = (left + 0.04 * rib, 0.70, 0.016, 0.20) if upright else (left, 0.70 + 0.20 / count * rib, 0.2, 0.10 / count)
        slab(canvas, cover.part(*groove), tint, radius=6, bevel=3, lift=-0.8)


def _draw_screw(canvas: Pixels, x: int, y: int, fixed: Cover, turn: float) -> None:
    head, well = fixed.screw_size, fixed.screw_size + 10
    slab(canvas, Area(x - well, y - well, 2 * well, 2 * well), (70, 72, 74), radius=well, bevel=6, lift=-0.9)
    slab(canvas, Area(x - head, y - head, 2 * head, 2 * head), (176, 176, 170), radius=head, bevel=5, lift=0.9)

    def spot(angle: float, reach: float) -> tuple[int, int]:
        return x + round(head * reach * np.cos(turn + angle)), y + round(head * reach * np.sin(turn + angle))

    dark: Colour = (62, 62, 60)
    if fixed.screw == "slot":
        cv2.line(canvas, spot(0, 0.83), spot(np.pi, 0.83), dark, 7, cv2.LINE_AA)
    elif fixed.screw == "cross":
        for angle in (0.0, np.pi / 2):
            cv2.line(canvas, spot(angle, 0.55), spot(angle + np.pi, 0.55), dark, 6, cv2.LINE_AA)
    elif fixed.screw == "holes":
        for angle in (0.0, np.pi):
            cv2.circle(canvas, spot(angle, 0.45), 5, dark, -1, cv2.LINE_AA)
    else:
        corners = 6 if fixed.screw == "hex" else 12
        ring = [spot(np.pi * 2 * k / corners, 0.5 if corners == 6 or k % 2 else 0.34) for k in range(corners)]
        cv2.fillPoly(canvas, [np.array(ring, np.int32)], dark, cv2.LINE_AA)


def _print_terminals(canvas: Pixels, area: Area, ink: Colour, fixed: Cover) -> None:
    """The wiring diagram: numbered terminals, and coils between some of them."""
    numbers = fixed.terminals
    level, row = (area.h * 0.72, area.h * 0.24) if fixed.turn else (area.h * 0.28, area.h * 0.78)
    joints = [area.x + area.w * (place + 0.5) / len(numbers) for place in range(len(numbers))]
    with Print(canvas) as ink_on:
        draw = ink_on.draw
        if len(numbers) % 2 == 0:
            draw.rectangle((area.x, area.y, area.x + area.w, area.y + area.h), outline=ink, width=3)
        for x, number in zip(joints, numbers, strict=True):
            draw.line((x, area.y + level, x, area.y + area.h * 0.5), fill=ink, width=3)
            ink_on.text((round(x), area.y + round(row)), number, round(area.h * 0.24), ink, anchor="mm")
        for pair in range(0, len(joints) - 1, 2):
            left, right, bow = joints[pair], joints[pair + 1], area.h * 0.16
            if (pair // 2 + len(numbers)) % 2:
                draw.line((left, area.y + level, right, area.y + level), fill=ink, width=3)
            else:
                draw.arc((left, area.y + level - bow, right, area.y + level + bow), 180, 360, fill=ink, width=3)


def _print_warning(canvas: Pixels, area: Area, sign: str) -> None:
    side = min(area.w, area.h)
    x, y = area.middle
    with Print(canvas) as ink_on:
        draw = ink_on.draw
        if sign == "round":
            draw.ellipse((x - side * 0.5, y - side * 0.5, x + side * 0.5, y + side * 0.5), fill=(196, 38, 40))
            draw.rectangle((x - side * 0.34, y - side * 0.09, x + side * 0.34, y + side * 0.09), fill=(246, 246, 246))
            return
        if sign == "box":
            half = (side * 0.7, side * 0.4)
            box = (x - half[0], y - half[1], x + half[0], y + half[1])
            draw.rounded_rectangle(box, 10, fill=_YELLOW, outline=_BLACK, width=4)
            ink_on.text((x, y), "230 V~", round(side * 0.36), _BLACK, face="DejaVuSerif-Bold", anchor="mm")
            return
        corners = [(x, y - side * 0.5), (x + side * 0.56, y + side * 0.46), (x - side * 0.56, y + side * 0.46)]
        draw.polygon(corners, fill=_YELLOW, outline=_BLACK, width=5)
        if sign == "bang":
            ink_on.text((x, y + round(side * 0.18)), "!", round(side * 0.62), _BLACK, face="DejaVuSans-Bold", anchor="mm")
        else:
            bolt = ((0.08, -0.24), (-0.12, 0.14), (0.0, 0.14), (-0.08, 0.40), (0.14, 0.04), (0.02, 0.04))
            draw.polygon([(x + side * across, y + side * down) for across, down in bolt], fill=_BLACK)
