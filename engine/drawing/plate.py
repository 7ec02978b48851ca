"""The printed plate that all meters of a design share: brand, emblem, trim, small print and fittings."""

from __future__ import annotations

import cv2
import numpy as np

from engine.drawing.design import Body, Design
from engine.drawing.fittings import draw_buttons, draw_disc, draw_port
from engine.drawing.lettering import write_fitted
from engine.drawing.paint import Area, Print, blend, rounded, slab
from engine.drawing.print_block import print_block
from engine.picture import Pixels


def draw_plate(canvas: Pixels, plate: Area, design: Design) -> None:
    """Draw what all meters of the design share; the label and the display are one meter's own."""
    if design.body is Body.DOME:
        slab(canvas, plate, design.plate, radius=plate.w // 2, bevel=5, lift=0.35, sheen=0.04)
    else:
        slab(canvas, plate, design.plate, radius=22, bevel=4, lift=0.35, sheen=0.04)
        _draw_trim(canvas, plate, design)
    with Print(canvas) as ink_on:
        _print_brand(ink_on, plate, design)
        print_block(ink_on, plate.part(*design.places.specs), design.block, design.ink)
    if design.body is Body.DOME:
        draw_disc(canvas, plate, design)
    else:
        draw_port(canvas, plate, design)
        draw_buttons(canvas, plate, design)


def _draw_trim(canvas: Pixels, plate: Area, design: Design) -> None:
    """The design's graphic: a band, stripe, frame or wave in its accent colour."""
    inner = plate.grown(-6)
    mask = np.zeros(canvas.shape[:2], np.uint8)
    if design.trim == 1:
        cv2.rectangle(mask, (inner.x, inner.y), (inner.x + inner.w, inner.y + round(inner.h * 0.035)), 255, -1)
    elif design.trim == 2:
        cv2.rectangle(mask, (inner.x, inner.y), (inner.x + round(inner.w * 0.028), inner.y + inner.h), 255, -1)
    elif design.trim == 3:
        frame = inner.grown(-8)
        cv2.rectangle(mask, (frame.x, frame.y), (frame.x + frame.w, frame.y + frame.h), 255, 5)
    elif design.trim == 4:
        run = np.linspace(0, 1, 60)
        crest = inner.y + inner.h * (0.975 - 0.03 * np.sin(run * 5.2 + design.index))
        line = np.column_stack([inner.x + run * inner.w, crest])
        floor = [(inner.x + inner.w, inner.y + inner.h), (inner.x, inner.y + inner.h)]
        cv2.fillPoly(mask, [np.vstack([line, floor]).astype(np.int32)], 255, cv2.LINE_AA)
    inside = rounded(canvas.shape[:2], inner, 18)
    blend(
        canvas,
        np.broadcast_to(np.asarray(design.accent, np.float32), canvas.shape),
        (mask / np.float32(255) * inside).astype(np.float32),
    )


def _print_brand(ink_on: Print, plate: Area, design: Design) -> None:
    area = plate.part(*design.places.brand)
    side = round(area.h * 0.72)
    _print_emblem(ink_on, Area(area.x, area.y + (area.h * 62 // 100 - side) // 2, side, side), design)
    words = Area(area.x + side + 18, area.y, area.w - side - 18, round(area.h * 0.62))
    ink_on.fitted(words, design.brand, design.ink, face=design.brand_face, anchor="lm")
    below = Area(words.x, area.y + round(area.h * 0.66), words.w, round(area.h * 0.34))
    write_fitted(ink_on, below, f"{design.type_word} {design.model}", design.ink, design.sticker.lettering, align="l", most=40)


def _print_emblem(ink_on: Print, box: Area, design: Design) -> None:
    x, y, w, h = box
    colour, draw = design.accent, ink_on.draw
    if design.emblem == 0:
        draw.ellipse((x, y, x + w, y + h), outline=colour, width=max(4, w // 8))
        bolt = ((0.56, 0.16), (0.30, 0.56), (0.50, 0.56), (0.44, 0.86), (0.70, 0.44), (0.50, 0.44))
        draw.polygon([(x + w * across, y + h * down) for across, down in bolt], fill=colour)
    elif design.emblem == 1:
        draw.polygon([(x + w / 2, y), (x + w, y + h / 2), (x + w / 2, y + h), (x, y + h / 2)], fill=colour)
    elif design.emblem == 2:
        for ring in range(3):
            draw.arc(
                (x + ring * w * 0.16, y + ring * h * 0.16, x + w - ring * w * 0.16, y + h - ring * h * 0.16),
                200,
                520,
                fill=colour,
                width=max(3, w // 12),
            )
    elif design.emblem == 3:
        for bar in range(3):
            draw.rectangle((x + bar * w * 0.36, y + h * (0.55 - 0.25 * bar), x + bar * w * 0.36 + w * 0.26, y + h), fill=colour)
    elif design.emblem == 4:
        draw.polygon([(x, y + h), (x + w / 2, y), (x + w, y + h), (x + w / 2, y + h * 0.68)], fill=colour)
    else:
        draw.rounded_rectangle((x, y, x + w, y + h), radius=w // 4, fill=colour)
        ink_on.text(
            (x + w // 2, y + h // 2), design.brand[0].upper(), round(h * 0.72), design.plate, face="DejaVuSans-Bold", anchor="mm"
        )
