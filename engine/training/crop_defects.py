"""What makes a display unreadable, drawn over the crop of a readable one: each names the reason a person would give."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.picture import Pixels
from engine.verdict import Box, Reason

Rng = np.random.Generator
Spoil = Callable[[Pixels, Rng], Pixels]

_ROOM = 0.15  # of the display's sides: what is spoilt around it


def spoil_crop(pixels: Pixels, rng: Rng) -> tuple[Pixels, Reason]:
    """A copy (H, W, 3) that nobody can fully read any more, and why. Local glare and covers come most often."""
    name = list(DEFECTS)[int(rng.choice(len(DEFECTS), p=_CHANCES))]
    spoil, reason, _ = DEFECTS[name]
    return spoil(pixels, rng), reason


def spoil_display(pixels: Pixels, box: Box, rng: Rng) -> tuple[Pixels, Reason]:
    """The whole photo with its display (`box`, in its pixels) spoilt like a crop; the seam is soft, lest it be learned."""
    x, y, width, height = box
    left, top = max(0, round(x - width * _ROOM)), max(0, round(y - height * _ROOM))
    part = np.s_[top : round(y + height * (1 + _ROOM)), left : round(x + width * (1 + _ROOM))]
    worse, reason = spoil_crop(np.ascontiguousarray(pixels[part]), rng)
    inside = np.zeros(worse.shape[:2], np.float32)
    seam = [max(1, round(side * _ROOM / 2)) for side in worse.shape[:2]]
    inside[seam[0] : -seam[0], seam[1] : -seam[1]] = 1
    mask = _soft(inside, height * _ROOM / 4)
    spoilt = pixels.copy()
    spoilt[part] = _rounded(pixels[part] * (1 - mask) + worse * mask)
    return spoilt, reason


def _defocus(pixels: Pixels, rng: Rng) -> Pixels:
    return np.asarray(cv2.GaussianBlur(pixels, (0, 0), pixels.shape[0] * rng.uniform(0.035, 0.09)), dtype=np.uint8)


def _shake(pixels: Pixels, rng: Rng) -> Pixels:
    length = max(3, round(pixels.shape[0] * rng.uniform(0.14, 0.35)))
    line = np.zeros((length, length), np.float32)
    line[length // 2] = 1
    turn = cv2.getRotationMatrix2D((length / 2 - 0.5, length / 2 - 0.5), rng.uniform(-50, 50), 1)
    kernel = cv2.warpAffine(line, turn, (length, length))
    return np.asarray(cv2.filter2D(pixels, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REFLECT), dtype=np.uint8)


def _compression(pixels: Pixels, rng: Rng) -> Pixels:
    height, width = pixels.shape[:2]
    low = max(6, round(height * rng.uniform(0.11, 0.2)))
    small = cv2.resize(pixels, (max(8, round(width * low / height)), low), interpolation=cv2.INTER_AREA)
    _done, data = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(10, 50))])
    return np.asarray(cv2.resize(cv2.imdecode(data, cv2.IMREAD_COLOR), (width, height)), dtype=np.uint8)


def _darkness(pixels: Pixels, rng: Rng) -> Pixels:
    dim = pixels.astype(np.float32) * rng.uniform(0.03, 0.11) + rng.uniform(0, 8)
    return _rounded(dim + rng.normal(0, rng.uniform(2, 5), pixels.shape))


def _wash_out(pixels: Pixels, rng: Rng) -> Pixels:
    kept = rng.uniform(0.03, 0.12)
    return _rounded(pixels.astype(np.float32) * kept + rng.uniform(190, 250) * (1 - kept) + rng.normal(0, 2, pixels.shape))


def _glare_spot(pixels: Pixels, rng: Rng) -> Pixels:
    """One to three burnt-out spots with a halo: each hides a digit or two, the rest stays fine."""
    height, width = pixels.shape[:2]
    light = np.zeros((height, width), np.float32)
    for _ in range(int(rng.integers(1, 4))):
        centre = (int(width * rng.uniform(0.15, 0.85)), int(height * rng.uniform(0.3, 0.7)))
        axes = (max(2, int(height * rng.uniform(0.18, 0.55))), max(2, int(height * rng.uniform(0.15, 0.4))))
        cv2.ellipse(light, centre, axes, float(rng.uniform(0, 180)), 0, 360, 1.0, -1)
    return _lit(pixels, light, rng, sharp=rng.uniform(0.03, 0.12))


def _glare_band(pixels: Pixels, rng: Rng) -> Pixels:
    """The reflection of a window or a lamp: a bright, slanting band with hard edges."""
    height, width = pixels.shape[:2]
    light = np.zeros((height, width), np.float32)
    x, lean, half = width * rng.uniform(0.1, 0.9), height * rng.uniform(-1.2, 1.2), width * rng.uniform(0.06, 0.22)
    corners = [[x - half, 0], [x + half, 0], [x + half + lean, height], [x - half + lean, height]]
    cv2.fillPoly(light, [np.array(corners, np.int32)], 1.0)
    return _lit(pixels, light, rng, sharp=rng.uniform(0.01, 0.06))


def _reflection(pixels: Pixels, rng: Rng) -> Pixels:
    """The mirrored surroundings over the whole pane: another picture, bright and soft, hides the contrast of the digits."""
    height, width = pixels.shape[:2]
    cells = rng.uniform(0, 255, (int(rng.integers(3, 7)), int(rng.integers(4, 12)), 3)).astype(np.float32)
    cells = cells * 0.3 + cells.mean(axis=2, keepdims=True) * 0.7
    scene = cv2.resize(cells, (width, height), interpolation=cv2.INTER_CUBIC if rng.random() < 0.5 else cv2.INTER_NEAREST)
    scene = cv2.GaussianBlur(scene, (0, 0), max(0.5, height * rng.uniform(0.005, 0.04)))
    share = rng.uniform(0.7, 0.9)
    return _rounded(pixels * (1 - share) + (scene * 0.8 + 50) * share)


def _cover(pixels: Pixels, rng: Rng) -> Pixels:
    """A finger, a cable, a sticker or a seal over some digits."""
    height, width = pixels.shape[:2]
    mask = np.zeros((height, width), np.float32)
    half = width * rng.uniform(0.06, 0.25)
    x, lean = width * rng.uniform(0.05, 0.95), width * rng.uniform(-0.15, 0.15)
    if rng.random() < 0.5:
        y = height * rng.uniform(0.2, 1.0)
        cv2.ellipse(mask, (int(x), int(y)), (int(half), int(height * rng.uniform(0.4, 0.9))), float(lean), 0, 360, 1.0, -1)
    else:
        corners = [[x - half, 0], [x + half, 0], [x + half + lean, height], [x - half + lean, height]]
        cv2.fillPoly(mask, [np.array(corners, np.int32)], 1.0)
    mask = _soft(mask, height * rng.uniform(0.005, 0.05))
    coarse = rng.normal(0, 1, (4, 6, 1)).astype(np.float32)
    grain = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)[..., None] * rng.uniform(2, 25)
    return _rounded(pixels * (1 - mask) + (rng.uniform(15, 235, 3) + grain) * mask)


def _dirt(pixels: Pixels, rng: Rng) -> Pixels:
    """A fogged or dirty pane: patches of little contrast, and that is soft."""
    height, width = pixels.shape[:2]
    cloud = cv2.resize(rng.random((4, 10)).astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
    veil = np.clip((cloud - rng.uniform(0.05, 0.35)) * 4, 0, rng.uniform(0.82, 0.95))[..., None]
    soft = cv2.GaussianBlur(pixels, (0, 0), max(0.5, height * 0.04)).astype(np.float32) * 0.2
    return _rounded(pixels * (1 - veil) + (soft + rng.uniform(80, 210, 3) * 0.8) * veil)


def _blank(pixels: Pixels, rng: Rng) -> Pixels:
    """The display is off: its ground without digits, sharp frame and all. Digits are closed like holes, ground stays."""
    height, width = pixels.shape[:2]
    inset_y, inset_x = round(height * 0.16), round(width * 0.12)
    pane = pixels[inset_y : height - inset_y, inset_x : width - inset_x]
    smooth = cv2.GaussianBlur(cv2.medianBlur(pane, 2 * (pane.shape[0] // 3) + 1), (0, 0), pane.shape[0] * 0.25)
    blank = pixels.copy()
    blank[inset_y : height - inset_y, inset_x : width - inset_x] = _rounded(smooth + rng.normal(0, rng.uniform(1, 4), pane.shape))
    return blank


def _lit(pixels: Pixels, light: NDArray[np.float32], rng: Rng, *, sharp: float) -> Pixels:
    mask = _soft(light, pixels.shape[0] * sharp) * rng.uniform(0.88, 1.0)
    halo = _soft(light, pixels.shape[0] * rng.uniform(0.15, 0.4)) * rng.uniform(0, 70)
    return _rounded((pixels + halo) * (1 - mask) + (255 - rng.uniform(0, 20, 3)) * mask)


def _soft(mask: NDArray[np.float32], sigma: float) -> NDArray[np.float32]:
    return np.asarray(cv2.GaussianBlur(mask, (0, 0), max(0.3, sigma)), dtype=np.float32)[..., None]


def _rounded(values: NDArray[np.floating]) -> Pixels:
    return np.asarray(np.clip(values + 0.5, 0, 255), dtype=np.uint8)


DEFECTS: dict[str, tuple[Spoil, Reason, float]] = {  # what it does, the reason a person would give, how often
    "blank": (_blank, Reason.BLANK_DISPLAY, 1.0),
    "compression": (_compression, Reason.BLURRY, 0.6),
    "cover": (_cover, Reason.OCCLUDED, 1.6),
    "darkness": (_darkness, Reason.DARK, 1.0),
    "defocus": (_defocus, Reason.BLURRY, 1.0),
    "dirt": (_dirt, Reason.OCCLUDED, 1.2),
    "glare_band": (_glare_band, Reason.GLARE, 1.2),
    "glare_spot": (_glare_spot, Reason.GLARE, 1.6),
    "reflection": (_reflection, Reason.GLARE, 1.2),
    "shake": (_shake, Reason.BLURRY, 1.0),
    "wash_out": (_wash_out, Reason.GLARE, 0.6),
}
_CHANCES = np.array([often for _, _, often in DEFECTS.values()]) / sum(often for _, _, often in DEFECTS.values())
