"""Brushes: shapes that catch the light, cast shadows and carry print. Colours are RGB, sizes are pixels of the canvas."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from engine.picture import Pixels

Colour = tuple[int, int, int]
Mask = NDArray[np.float32]  # (H, W), 0..1


class Area(NamedTuple):
    """A rectangle: left, top, width, height in pixels of the canvas."""

    x: int
    y: int
    w: int
    h: int

    def part(self, x: float, y: float, w: float, h: float) -> Area:
        """The rectangle inside this one given by shares of its width and height."""
        return Area(round(self.x + x * self.w), round(self.y + y * self.h), round(w * self.w), round(h * self.h))

    def grown(self, pixels: int) -> Area:
        """Larger by so many pixels on every side; smaller when negative."""
        return Area(self.x - pixels, self.y - pixels, self.w + 2 * pixels, self.h + 2 * pixels)

    @property
    def middle(self) -> tuple[int, int]:
        """The centre."""
        return self.x + self.w // 2, self.y + self.h // 2


def rounded(shape: tuple[int, int], area: Area, radius: int) -> Mask:
    """A filled rectangle with round corners on an empty mask of (H, W)."""
    mask = np.zeros(shape, np.uint8)
    radius = max(0, min(radius, area.w // 2, area.h // 2))
    left, top, right, bottom = area.x, area.y, area.x + area.w - 1, area.y + area.h - 1
    cv2.rectangle(mask, (left + radius, top), (right - radius, bottom), 255, -1)
    cv2.rectangle(mask, (left, top + radius), (right, bottom - radius), 255, -1)
    for x in (left + radius, right - radius):
        for y in (top + radius, bottom - radius):
            cv2.circle(mask, (x, y), radius, 255, -1, cv2.LINE_AA)
    return np.asarray(mask / np.float32(255), np.float32)


def slab(
    canvas: Pixels, area: Area, colour: Colour, *, radius: int, bevel: float = 4, lift: float = 0.5, sheen: float = 0.08
) -> None:
    """A plate of plastic: raised from what lies below it (sunk, with `lift` below zero), lit from the upper left.

    `bevel` is the width of the edge in pixels; `sheen` how much lighter the top is than the bottom.
    """
    view, inner = _window(canvas, area, round(3 * bevel))
    mask = rounded(view.shape[:2], inner, radius)
    soft = cv2.GaussianBlur(mask, (0, 0), bevel)
    edge = 0.4 * cv2.Sobel(soft, cv2.CV_32F, 1, 0, scale=0.125) + 0.9 * cv2.Sobel(soft, cv2.CV_32F, 0, 1, scale=0.125)
    slope = np.linspace(sheen, -sheen, view.shape[0], dtype=np.float32)[:, None]
    light = 1 + edge * bevel * lift + slope
    painted = np.clip(np.asarray(colour, np.float32) * light[..., None], 0, 255)
    blend(view, painted, mask)


def shadow(canvas: Pixels, area: Area, *, radius: int, blur: float, offset: tuple[int, int], strength: float) -> None:
    """Darken what lies under a rectangle, softly, moved by `offset`; paint it before the thing itself."""
    moved = Area(area.x + offset[0], area.y + offset[1], area.w, area.h)
    view, inner = _window(canvas, moved, round(3 * blur))
    mask = cv2.GaussianBlur(rounded(view.shape[:2], inner, radius), (0, 0), blur)
    view[:] = (view * (1 - strength * mask)[..., None]).astype(np.uint8)


def blend(view: Pixels, painted: NDArray[np.float32], mask: Mask) -> None:
    """Lay `painted` (H, W, 3), 0..255, over `view` where the mask is 1."""
    alpha = mask[..., None]
    view[:] = (view * (1 - alpha) + painted * alpha + 0.5).astype(np.uint8)


def _window(canvas: Pixels, area: Area, margin: int) -> tuple[Pixels, Area]:
    """The canvas around an area, and the area in the window's own pixels."""
    wide = area.grown(margin)
    left, top = max(wide.x, 0), max(wide.y, 0)
    view = canvas[top : max(wide.y + wide.h, top), left : max(wide.x + wide.w, left)]
    return view, Area(area.x - left, area.y - top, area.w, area.h)


class Print:
    """Ink on a canvas. Use as a context: what was printed is on the canvas when the context ends."""

    def __init__(self, canvas: Pixels) -> None:
        self._canvas = canvas
        self._image = Image.fromarray(canvas)
        self.draw = ImageDraw.Draw(self._image)

    def __enter__(self) -> Print:
        return self

    def __exit__(self, *_: object) -> None:
        self._canvas[:] = np.asarray(self._image)

    def text(
        self, place: tuple[int, int], words: str, size: int, ink: Colour, *, face: str = "plain", anchor: str = "la"
    ) -> None:
        """Write one line; `anchor` as Pillow has it. The face "strong" is the plain one with a heavier stroke."""
        stroke = max(1, size // 28) if face == "strong" else 0
        self.draw.text(place, words, fill=ink, font=typeface(face, size), anchor=anchor, stroke_width=stroke, stroke_fill=ink)

    def fitted(self, area: Area, words: str, ink: Colour, *, face: str, anchor: str = "mm") -> None:
        """Write one line as large as the area allows, in its middle or ("lm") at its left."""
        size = max(8, round(area.h * 0.82))
        width = typeface(face, size).getlength(words)
        size = max(8, min(size, int(size * area.w / max(width, 1.0))))
        x = area.x if anchor == "lm" else area.middle[0]
        self.text((x, area.middle[1]), words, size, ink, face=face, anchor=anchor)


@cache
def typeface(face: str, size: int) -> ImageFont.FreeTypeFont:
    """A face by name: Pillow's own for "plain" and "strong", else a file among matplotlib's fonts, such as "DejaVuSans-Bold"."""
    if face in ("plain", "strong"):
        font = ImageFont.load_default(size)
        if not isinstance(font, ImageFont.FreeTypeFont):  # Pillow built without FreeType draws one tiny bitmap face
            raise RuntimeError("Pillow was built without FreeType: install Pillow from its wheel.")
        return font
    return ImageFont.truetype(str(_fonts() / f"{face}.ttf"), size)


@cache
def _fonts() -> Path:
    return Path(str(files("matplotlib"))) / "mpl-data" / "fonts" / "ttf"
