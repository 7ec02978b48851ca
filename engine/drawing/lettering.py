"""Type as a maker sets it: a face, narrow or wide, tight or spaced out, in small or capital letters."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from engine.drawing.paint import Colour, Print, typeface

_TALL = 1.3  # height of a line's picture over its size in pixels: room for accents and descenders

# Faces with accented letters, told apart at a glance; names as in `paint.typeface`.
FACES = (
    "DejaVuSans", "STIXGeneral", "DejaVuSansMono", "DejaVuSerif", "DejaVuSans-Oblique", "STIXGeneralBol", "DejaVuSansMono-Bold",
    "DejaVuSerif-Italic", "DejaVuSans-Bold", "STIXGeneralItalic", "DejaVuSansMono-Oblique", "DejaVuSerif-Bold",
)  # fmt: skip
PLAIN_FACES = ("plain", "cmss10", "cmr10", "cmtt10", "cmb10", "strong")  # without accented letters


@dataclass(frozen=True, kw_only=True, slots=True)
class Lettering:
    """How one design sets its small print."""

    face: str
    width: float  # horizontal stretch, 1 as the face was drawn
    spacing: float  # extra between letters, as a share of the size
    capitals: bool


def deal_lettering(rng: np.random.Generator, index: int, *, accents: bool) -> Lettering:
    """The lettering of design `index`: neighbours in the catalogue never share a face."""
    faces = FACES if accents else PLAIN_FACES + FACES
    return Lettering(
        face=faces[index * 5 % len(faces)],
        width=float(rng.uniform(0.78, 1.18)),
        spacing=float(rng.choice((0.0, 0.0, 0.03, 0.07, 0.12))),
        capitals=bool(rng.random() < 0.3),
    )


def length(words: str, size: int, style: Lettering) -> float:
    """Pixels that a line takes at `size`."""
    shown = words.upper() if style.capitals else words
    font = typeface(style.face, size)
    if not style.spacing:
        return float(font.getlength(shown) * style.width)
    return float(sum(font.getlength(letter) + style.spacing * size for letter in shown) * style.width)


def write(
    ink_on: Print, place: tuple[int, int], words: str, ink: Colour, style: Lettering, *, size: int, align: str = "l"
) -> None:
    """Write one line whose left ("l"), middle ("m") or right ("r") end is at `place`; its y is the line's middle."""
    shown = words.upper() if style.capitals else words
    wide = length(words, size, style)
    natural = round(wide / style.width) + size
    line = Image.new("L", (natural, round(size * _TALL)), 0)
    draw = ImageDraw.Draw(line)
    font, base = typeface(style.face, size), round(size * 0.98)
    stroke = max(1, size // 28) if style.face == "strong" else 0
    if style.spacing:
        x = 0.0
        for letter in shown:
            draw.text((x, base), letter, fill=255, font=font, anchor="ls", stroke_width=stroke)
            x += font.getlength(letter) + style.spacing * size
    else:
        draw.text((0, base), shown, fill=255, font=font, anchor="ls", stroke_width=stroke)
    line = line.resize((max(1, round(natural * style.width)), line.height), Image.Resampling.LANCZOS)
    left = place[0] - round({"l": 0.0, "m": wide / 2, "r": wide}[align])
    ink_on.draw.bitmap((left, place[1] - round(size * 0.63)), line, fill=ink)


def write_fitted(
    ink_on: Print, box: tuple[int, int, int, int], words: str, ink: Colour, style: Lettering, *, align: str = "m", most: int = 200
) -> None:
    """Write one line as large as (x, y, width, height) allows, but not larger than `most` pixels."""
    x, y, w, h = box
    size = min(most, max(8, round(h * 0.8)))
    size = max(8, min(size, int(size * w / max(length(words, size, style), 1.0))))
    write(ink_on, (x + {"l": 0, "m": w // 2, "r": w}[align], y + h // 2), words, ink, style, size=size, align=align)
