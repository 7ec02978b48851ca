"""Drawn defects that make a good photo unfit: what cameras and weather do, with known strength."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.picture import Pixels
from engine.preprocess import resized
from engine.verdict import Box

Rng = np.random.Generator


def degrade(pixels: Pixels, rng: Rng, display: Box | None = None) -> tuple[Pixels, str]:
    """A copy (H, W, 3) with one defect and the defect's name.

    With `display`, a box in pixels, the defect is one that hides the digits therein; without, one of the whole photo.
    """
    height, width = pixels.shape[:2]
    if display is None:
        box, stroke, names = (0, 0, width, height), min(width, height) / WHOLE_STROKES, WHOLE
    else:
        box, stroke, names = display, min(display[2:]) / DISPLAY_STROKES, DISPLAY
    name = names[int(rng.integers(len(names)))]
    return DEFECTS[name](pixels, rng, box, max(1.0, stroke)), name


def _defocus(pixels: Pixels, rng: Rng, _: Box, stroke: float) -> Pixels:
    return np.asarray(cv2.GaussianBlur(pixels, (0, 0), rng.uniform(0.5, 1.2) * stroke), dtype=np.uint8)


def _shake(pixels: Pixels, rng: Rng, _: Box, stroke: float) -> Pixels:
    length = max(3, round(rng.uniform(2.5, 5.0) * stroke))
    line = np.zeros((length, length), dtype=np.float32)
    line[length // 2] = 1 / length
    turn = cv2.getRotationMatrix2D((length / 2 - 0.5, length / 2 - 0.5), rng.uniform(0, 180), 1)
    kernel = cv2.warpAffine(line, turn, (length, length))
    return np.asarray(cv2.filter2D(pixels, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REFLECT), dtype=np.uint8)


def _darkness(pixels: Pixels, rng: Rng, _: Box, __: float) -> Pixels:
    return _noisy(pixels.astype(np.float32) * rng.uniform(0.03, 0.12), rng, 4.0)


def _noise(pixels: Pixels, rng: Rng, _: Box, __: float) -> Pixels:
    return _noisy(pixels.astype(np.float32), rng, rng.uniform(45, 80))


def _overexposure(pixels: Pixels, rng: Rng, _: Box, __: float) -> Pixels:
    return np.asarray(np.clip(pixels.astype(np.float32) * rng.uniform(2.0, 3.0) + rng.uniform(60, 110), 0, 255), dtype=np.uint8)


def _compression(pixels: Pixels, rng: Rng, _: Box, stroke: float) -> Pixels:
    """Few pixels and a JPEG of the lowest quality, as chat programs make them."""
    height, width = pixels.shape[:2]
    scale = min(1.0, rng.uniform(0.5, 0.9) / stroke)
    small = resized(pixels, max(8, round(width * scale)), max(8, round(height * scale)))
    _done, data = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(4, 15))])
    return resized(np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), dtype=np.uint8), width, height)


def _glare(pixels: Pixels, rng: Rng, box: Box, _: float) -> Pixels:
    """One to three bright spots with soft edges, the first on the middle of the box."""
    light = np.zeros(pixels.shape[:2], dtype=np.float32)
    x, y, width, height = box
    for number in range(int(rng.integers(1, 4))):
        spread = 0.15 if number == 0 else 0.5
        centre = (int(x + width * (0.5 + rng.uniform(-spread, spread))), int(y + height * (0.5 + rng.uniform(-spread, spread))))
        axes = (int(width * rng.uniform(0.18, 0.4)), int(height * rng.uniform(0.4, 1.0)))
        cv2.ellipse(light, centre, axes, float(rng.uniform(0, 180)), 0, 360, float(rng.uniform(0.85, 1.0)), -1)
    light = np.asarray(cv2.GaussianBlur(light, (0, 0), max(1.0, 0.12 * height)), dtype=np.float32)[..., None]
    tint = np.array([255, 255, 255], dtype=np.float32) - rng.uniform(0, 25, 3).astype(np.float32)
    return np.asarray(pixels * (1 - light) + tint * light, dtype=np.uint8)


def _haze(pixels: Pixels, rng: Rng, box: Box, stroke: float) -> Pixels:
    """A dirty or fogged cover over the box: little contrast is left, and that is soft."""
    x, y, width, height = box
    veil = np.zeros(pixels.shape[:2], dtype=np.float32)
    grown = (int(width * rng.uniform(0.6, 1.0)), int(height * rng.uniform(0.7, 1.4)))
    cv2.ellipse(veil, (x + width // 2, y + height // 2), grown, 0, 0, 360, 1.0, -1)
    veil = np.asarray(cv2.GaussianBlur(veil, (0, 0), max(1.0, 0.2 * height)), dtype=np.float32)[..., None]
    veil = veil * np.float32(rng.uniform(0.8, 0.95))
    soft = cv2.GaussianBlur(pixels, (0, 0), 0.5 * stroke).astype(np.float32)
    grey = np.float32(rng.uniform(90, 220))
    covered = soft * 0.25 + grey * 0.75
    return np.asarray(np.clip(pixels * (1 - veil) + covered * veil, 0, 255), dtype=np.uint8)


def _noisy(photo: NDArray[np.float32], rng: Rng, sigma: float) -> Pixels:
    return np.asarray(np.clip(photo + rng.normal(0, sigma, photo.shape), 0, 255), dtype=np.uint8)


DISPLAY_STROKES = 10  # a display is about ten strokes of its digits high
WHOLE_STROKES = 60  # and a photo of a meter about sixty wide, as the field photos are
DEFECTS: dict[str, Callable[[Pixels, Rng, Box, float], Pixels]] = {
    "compression": _compression,
    "darkness": _darkness,
    "defocus": _defocus,
    "glare": _glare,
    "haze": _haze,
    "noise": _noise,
    "overexposure": _overexposure,
    "shake": _shake,
}
DISPLAY = (
    "compression",
    "darkness",
    "defocus",
    "glare",
    "glare",
    "haze",
    "haze",
    "overexposure",
    "shake",
)  # digits survive noise
WHOLE: tuple[str, ...] = ("compression", "darkness", "defocus", "noise", "overexposure", "shake")
