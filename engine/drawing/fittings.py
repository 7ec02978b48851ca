"""What sticks out of the plate: optical port, buttons, pulse light, and behind its slot the disc."""

from __future__ import annotations

from engine.drawing.design import Design
from engine.drawing.paint import Area, slab
from engine.picture import Pixels


def draw_port(canvas: Pixels, plate: Area, design: Design) -> None:
    """The optical port: a socket for a reading head, with small windows."""
    port = design.port
    x, y = plate.x + round(plate.w * design.places.port[0]), plate.y + round(plate.h * design.places.port[1])
    radius = round(plate.w * port.size)
    box = Area(x - radius, y - radius, 2 * radius, 2 * radius)
    corner = {"ring": radius, "notched": radius, "square": radius // 4, "dee": radius, "flat": radius // 2}[port.shape]
    if port.shape == "flat":
        box = Area(x - round(radius * 1.1), y - round(radius * 0.72), round(radius * 2.2), round(radius * 1.44))
    slab(canvas, box, port.rim, radius=corner, bevel=6, lift=1.0)
    if port.shape == "dee":
        slab(canvas, Area(x - radius, y, 2 * radius, radius), port.rim, radius=radius // 5, bevel=5, lift=0.9)
    sunk = box.grown(-round(radius * 0.24))
    slab(canvas, sunk, port.floor, radius=max(4, corner - round(radius * 0.24)), bevel=5, lift=-0.9)
    if port.shape == "notched":
        notch = round(radius * 0.16)
        for side in (-1, 1):
            slab(
                canvas,
                Area(x + side * round(radius * 0.86) - notch, y - notch, 2 * notch, 2 * notch),
                port.floor,
                radius=4,
                lift=-0.7,
            )
    eye = round(radius * port.eye)
    squeeze = 0.72 if port.shape == "flat" else 1.0
    for across, down in port.eyes:
        middle = (x + round(radius * across), y + round(radius * down * squeeze))
        window = Area(middle[0] - eye, middle[1] - eye, 2 * eye, 2 * eye)
        slab(canvas, window, (26, 14, 16), radius=eye if design.index % 2 else 4, bevel=2, lift=-0.8)


def draw_buttons(canvas: Pixels, plate: Area, design: Design) -> None:
    """The push buttons, and the red pulse light."""
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


def draw_disc(canvas: Pixels, plate: Area, design: Design) -> None:
    """The aluminium disc behind its slot, with the red mark."""
    slot = plate.part(0.22, 0.545, 0.56, 0.062)
    slab(canvas, slot, (28, 28, 30), radius=6, bevel=5, lift=-0.9)
    slab(canvas, slot.part(0.02, 0.36, 0.96, 0.32), (206, 208, 210), radius=3, bevel=3, lift=0.7)
    mark = slot.part(0.2 + 0.05 * (design.index % 9), 0.36, 0.06, 0.32)
    canvas[mark.y : mark.y + mark.h, mark.x : mark.x + mark.w] = (196, 34, 34)
