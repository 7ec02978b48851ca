"""One meter's own label: a barcode of the serial number, the number, and on some designs a matrix code."""

from __future__ import annotations

from zlib import crc32

import numpy as np

from engine.drawing.design import Design
from engine.drawing.lettering import write_fitted
from engine.drawing.paint import Area, Colour, Print, slab
from engine.picture import Pixels


def draw_label(canvas: Pixels, plate: Area, design: Design, serial: str) -> None:
    """Stick the label onto the plate."""
    sticker = design.sticker
    area = plate.part(*design.places.barcode)
    slab(canvas, area, sticker.paper, radius=sticker.corner, bevel=2, lift=0.3, sheen=0.02)
    bars = area.part(*sticker.bars)
    words = (crc32(f"{serial}{place}".encode()).to_bytes(4, "big") for place in range(sticker.modules))
    pattern = np.unpackbits(np.frombuffer(b"".join(words), np.uint8))
    edges = np.linspace(bars.x, bars.x + bars.w, pattern.size + 1).round().astype(int)
    for dark, left, right in zip(pattern, edges[:-1], edges[1:], strict=True):
        if dark:
            canvas[bars.y : bars.y + bars.h, left:right] = sticker.ink
    if design.matrix_code:
        _draw_matrix(canvas, area.part(0.73, 0.10, 0.22, 0.8), serial, sticker.paper, sticker.ink)
    with Print(canvas) as ink_on:
        write_fitted(ink_on, area.part(*sticker.number), f"{sticker.prefix}{serial}", sticker.ink, sticker.lettering)
        if sticker.title is not None:
            write_fitted(ink_on, area.part(*sticker.title), sticker.words, sticker.ink, sticker.lettering, align="l")


def _draw_matrix(canvas: Pixels, area: Area, serial: str, paper: Colour, ink: Colour) -> None:
    side = min(area.w, area.h) // 14 * 14
    cells = np.random.default_rng(crc32(serial.encode())).random((14, 14)) < 0.5
    cells[:, 0] = cells[-1] = True
    cells[0] = cells[:, -1] = np.arange(14) % 2 == 1
    grown = np.kron(cells, np.ones((side // 14, side // 14), bool))[..., None]
    x, y = area.middle[0] - side // 2, area.middle[1] - side // 2
    canvas[y : y + side, x : x + side] = np.where(grown, np.asarray(ink, np.uint8), np.asarray(paper, np.uint8))
