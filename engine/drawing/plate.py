"""The printed plate: brand, emblem, small print, barcode, optical port, buttons and light."""

from __future__ import annotations

from zlib import crc32

import cv2
import numpy as np

from engine.drawing.design import Body, Design
from engine.drawing.paint import Area, Colour, Print, blend, rounded, slab, typeface
from engine.picture import Pixels


def draw_plate(canvas: Pixels, plate: Area, design: Design) -> None:
    """Draw what all meters of the design share; `draw_serial` and the display are one meter's own."""
    if design.body is Body.DOME:
        slab(canvas, plate, design.plate, radius=plate.w // 2, bevel=5, lift=0.35, sheen=0.04)
    else:
        slab(canvas, plate, design.plate, radius=22, bevel=4, lift=0.35, sheen=0.04)
        _draw_trim(canvas, plate, design)
    with Print(canvas) as ink_on:
        _print_brand(ink_on, plate, design)
        _print_specs(ink_on, plate.part(*design.places.specs), design)
        if design.body is not Body.DOME:
            x, y, w, h = design.places.specs
            _print_marks(ink_on, plate.part(x, y + h + 0.005, w, 0.035), design.ink)
    if design.body is Body.DOME:
        _draw_disc(canvas, plate, design)
    else:
        _draw_port(canvas, plate, design)
        _draw_buttons(canvas, plate, design)


def draw_serial(canvas: Pixels, plate: Area, design: Design, serial: str) -> None:
    """One meter's own sticker: a barcode of the serial number with the number below, and on some designs a matrix code."""
    area = plate.part(*design.places.barcode)
    slab(canvas, area, (246, 246, 242), radius=6, bevel=2, lift=0.3, sheen=0.02)
    bars = area.part(0.05, 0.12, 0.62 if design.matrix_code else 0.9, 0.46)
    pattern = np.unpackbits(
        np.frombuffer(b"".join(crc32(f"{serial}{i}".encode()).to_bytes(4, "big") for i in range(3)), np.uint8)
    )
    edges = np.linspace(bars.x, bars.x + bars.w, pattern.size + 1).round().astype(int)
    for dark, left, right in zip(pattern, edges[:-1], edges[1:], strict=True):
        if dark:
            canvas[bars.y : bars.y + bars.h, left:right] = 26
    if design.matrix_code:
        _draw_matrix(canvas, area.part(0.74, 0.10, 0.22, 0.8), serial)
    with Print(canvas) as ink_on:
        ink_on.fitted(
            area.part(0.05, 0.60, 0.62 if design.matrix_code else 0.9, 0.34),
            f"No. {serial}",
            (24, 24, 28),
            face="DejaVuSansMono-Bold",
        )


def _draw_matrix(canvas: Pixels, area: Area, serial: str) -> None:
    side = min(area.w, area.h) // 14 * 14
    cells = (np.random.default_rng(crc32(serial.encode())).random((14, 14)) < 0.5).astype(np.uint8)
    cells[:, 0] = cells[-1] = 1
    cells[0] = cells[:, -1] = np.arange(14) % 2
    code = np.where(np.kron(cells, np.ones((side // 14, side // 14), np.uint8))[..., None] > 0, 26, 246).astype(np.uint8)
    x, y = area.middle[0] - side // 2, area.middle[1] - side // 2
    canvas[y : y + side, x : x + side] = code


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
    ink_on.fitted(
        Area(words.x, area.y + round(area.h * 0.66), words.w, round(area.h * 0.34)),
        f"Type {design.model}",
        design.ink,
        face="plain",
        anchor="lm",
    )


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


def _print_specs(ink_on: Print, area: Area, design: Design) -> None:
    step = area.h // len(design.specs)
    longest = max(typeface("plain", 100).getlength(line) for line in design.specs)
    size = min(26, round(step * 0.74), int(100 * area.w / longest))
    for row, line in enumerate(design.specs):
        ink_on.text((area.x, area.y + row * step), line, size, design.ink)


def _print_marks(ink_on: Print, area: Area, ink: Colour) -> None:
    """Marks as rating plates carry them: a double square for insulation, a boxed letter, a register arrow."""
    side, draw = area.h, ink_on.draw
    draw.rectangle((area.x, area.y, area.x + side, area.y + side), outline=ink, width=3)
    draw.rectangle((area.x + side // 4, area.y + side // 4, area.x + side * 3 // 4, area.y + side * 3 // 4), outline=ink, width=2)
    left = area.x + round(side * 1.7)
    draw.rectangle((left, area.y, left + round(side * 1.9), area.y + side), outline=ink, width=3)
    ink_on.text((left + round(side * 0.95), area.y + side // 2), "M24", round(side * 0.72), ink, anchor="mm")


def _draw_port(canvas: Pixels, plate: Area, design: Design) -> None:
    """The optical port: a ring with two small windows."""
    x, y = plate.x + round(plate.w * design.places.port[0]), plate.y + round(plate.h * design.places.port[1])
    radius = round(plate.w * 0.088)
    slab(canvas, Area(x - radius, y - radius, 2 * radius, 2 * radius), (58, 60, 64), radius=radius, bevel=6, lift=1.0)
    inner = round(radius * 0.74)
    slab(canvas, Area(x - inner, y - inner, 2 * inner, 2 * inner), (150, 154, 158), radius=inner, bevel=5, lift=-0.9)
    for side in (-1, 1):
        eye = round(radius * 0.17)
        slab(canvas, Area(x + side * radius // 3 - eye, y - eye, 2 * eye, 2 * eye), (26, 14, 16), radius=eye, bevel=2, lift=-0.8)


def _draw_buttons(canvas: Pixels, plate: Area, design: Design) -> None:
    for across, down in design.places.buttons:
        x, y = plate.x + round(across * plate.w), plate.y + round(down * plate.h)
        half = round(plate.w * 0.052)
        wide = half if design.round_buttons else round(half * 1.25)
        radius = half if design.round_buttons else 14
        slab(
            canvas,
            Area(x - wide - 8, y - half - 8, 2 * wide + 16, 2 * half + 16),
            (26, 27, 30),
            radius=radius + 6,
            bevel=4,
            lift=-0.8,
        )
        slab(canvas, Area(x - wide, y - half, 2 * wide, 2 * half), design.button, radius=radius, bevel=8, lift=1.1)
    x, y = plate.x + round(design.places.led[0] * plate.w), plate.y + round(design.places.led[1] * plate.h)
    slab(canvas, Area(x - 12, y - 12, 24, 24), (214, 40, 36), radius=12, bevel=4, lift=1.0)


def _draw_disc(canvas: Pixels, plate: Area, design: Design) -> None:
    """The aluminium disc behind its slot, with the red mark."""
    slot = plate.part(0.22, 0.545, 0.56, 0.062)
    slab(canvas, slot, (28, 28, 30), radius=6, bevel=5, lift=-0.9)
    slab(canvas, slot.part(0.02, 0.36, 0.96, 0.32), (206, 208, 210), radius=3, bevel=3, lift=0.7)
    mark = slot.part(0.2 + 0.05 * (design.index % 9), 0.36, 0.06, 0.32)
    canvas[mark.y : mark.y + mark.h, mark.x : mark.x + mark.w] = (196, 34, 34)
