"""Random views of photos for the locator: near and far, tilted, without the display, with the box carried along."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.bundle import IMAGENET_MEAN, InputSpec
from engine.picture import Pixels
from engine.preprocess import resized
from engine.training.augment import Augmentation, augment

KEPT = 640  # pixels of the longer side that are kept in memory: near views need more than the network's input
LIGHT = Augmentation(crop=0, rotation=0, perspective=0, light=0.4, blur=1.6)
GROUND = tuple(255 * level for level in IMAGENET_MEAN)  # what lies outside the photo, as the letterbox has it

Rng = np.random.Generator
Edges = tuple[float, float, float, float]  # left, top, right, bottom in pixels


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """A photo as kept for training: its pixels, those at half the size, and the display's edges in the former."""

    pixels: Pixels
    half: Pixels
    edges: Edges | None


@dataclass(frozen=True, kw_only=True, slots=True)
class View:
    """A part of a photo: its middle and width in pixels of the photo, and the tilt in degrees."""

    x: float
    y: float
    side: float
    tilt: float


def keep(pixels: Pixels, box: tuple[int, int, int, int] | None) -> Kept:
    """Shrink a photo to what training needs of it."""
    height, width = pixels.shape[:2]
    scale = min(1.0, KEPT / max(height, width))
    small = resized(pixels, max(2, round(width * scale)), max(2, round(height * scale)))
    half = resized(small, max(1, small.shape[1] // 2), max(1, small.shape[0] // 2))
    if box is None:
        return Kept(pixels=small, half=half, edges=None)
    x, y, across, down = (part * scale for part in box)
    return Kept(pixels=small, half=half, edges=(x, y, x + across, y + down))


def random_view(kept: Kept, rng: Rng) -> View:
    """Mostly the whole photo, nearer or farther; sometimes the display alone; sometimes a part that shows none of it."""
    height, width = kept.pixels.shape[:2]
    whole, tilt = float(max(height, width)), float(rng.normal(0, 5))
    if kept.edges is None:
        side = whole * rng.uniform(0.35, 1.2)
        return View(x=rng.uniform(0.3, 0.7) * width, y=rng.uniform(0.3, 0.7) * height, side=side, tilt=tilt)
    left, top, right, bottom = kept.edges
    middle, extent = ((left + right) / 2, (top + bottom) / 2), max(right - left, bottom - top)
    kind = rng.random()
    if kind < 0.18:  # the display alone, as other systems crop it
        shift = rng.uniform(-0.06, 0.06, 2) * extent
        return View(x=middle[0] + shift[0], y=middle[1] + shift[1], side=extent * rng.uniform(0.98, 1.5), tilt=tilt / 2)
    side = max(whole * math.exp(rng.uniform(math.log(0.55), math.log(1.5))), extent * 1.1)
    room = max(0.0, (side - extent * 1.05) / 2)  # the display stays in the view
    centre = np.array([width, height]) / 2 + rng.normal(0, 0.08, 2) * whole
    x, y = np.clip(centre, np.array(middle) - room, np.array(middle) + room)
    if kind > 0.92:
        away = _away(kept, rng)
        return away or View(x=float(x), y=float(y), side=side, tilt=tilt)
    return View(x=float(x), y=float(y), side=side, tilt=tilt)


def shown(kept: Kept, view: View, rng: Rng, spec: InputSpec) -> tuple[Pixels, Edges | None]:
    """The view as the network's input (H, W, 3) in a random light, and the display's edges in it."""
    scale = spec.width / view.side
    source, shrink = (kept.half, 0.5) if scale < 0.6 else (kept.pixels, 1.0)
    turn = cv2.getRotationMatrix2D((view.x * shrink, view.y * shrink), view.tilt, scale / shrink)
    turn[:, 2] += np.array([spec.width / 2, spec.height / 2]) - (view.x * shrink, view.y * shrink)
    pixels = cv2.warpAffine(
        source, turn, (spec.width, spec.height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=GROUND
    )
    edges = None if kept.edges is None else _turned(tuple(edge * shrink for edge in kept.edges), turn)
    return augment(np.asarray(pixels, dtype=np.uint8), rng, LIGHT), _inside(edges, spec)


def _away(kept: Kept, rng: Rng) -> View | None:
    """A square beside the display, above or below it, large enough to show something; None where there is no room."""
    height, width = kept.pixels.shape[:2]
    assert kept.edges is not None  # noqa: S101 - only photos that show a display are looked beside
    left, top, right, bottom = kept.edges
    beside = [(0.0, 0.0, left, height), (right, 0.0, width - right, height)]
    places = [*beside, (0.0, 0.0, width, top), (0.0, bottom, width, height - bottom)]
    roomy = [place for place in places if min(place[2:]) > 0.18 * max(height, width)]
    if not roomy:
        return None
    x, y, across, down = roomy[int(rng.integers(len(roomy)))]
    side = min(across, down) * 0.9
    free = np.array([across - side, down - side]) * rng.random(2)
    return View(x=float(x + free[0] + side / 2), y=float(y + free[1] + side / 2), side=float(side), tilt=0.0)


def _turned(edges: tuple[float, ...], turn: NDArray[np.float64]) -> Edges:
    """The edges of the tilted display: those of the ellipse in it, since the corners' would grow with the tilt."""
    left, top, right, bottom = edges
    middle = turn @ np.array([(left + right) / 2, (top + bottom) / 2, 1.0])
    reach = np.sqrt((turn[:, :2] ** 2) @ np.array([(right - left) ** 2, (bottom - top) ** 2]) / 4)
    return (*(middle - reach).tolist(), *(middle + reach).tolist())


def _inside(edges: Edges | None, spec: InputSpec) -> Edges | None:
    """The part of the display that is in the view; None where its middle is not."""
    if edges is None:
        return None
    left, top, right, bottom = edges
    if not (0 <= (left + right) / 2 < spec.width and 0 <= (top + bottom) / 2 < spec.height):
        return None
    return max(left, 0.0), max(top, 0.0), min(right, float(spec.width)), min(bottom, float(spec.height))
