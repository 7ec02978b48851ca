"""Display crops for training readability: kept with room around, and varied as another locator and light would."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.boxes import Boxed
from engine.bundle import InputSpec
from engine.display import MARGIN_X, MARGIN_Y, TURNED, view_of
from engine.picture import Pixels
from engine.preprocess import resized
from engine.training.augment import Augmentation, augment
from engine.verdict import Reason

REASONS = (Reason.BLURRY, Reason.GLARE, Reason.DARK, Reason.OCCLUDED, Reason.BLANK_DISPLAY)  # in the order of the logits
KEPT = 1.6  # crops are kept at this multiple of the input's size
ROOM = 0.18  # of the display's sides, kept around it for shifted crops
LIGHT = Augmentation(crop=0, rotation=0, perspective=0, light=0.25, blur=0.6)

Rng = np.random.Generator


@dataclass(frozen=True, kw_only=True, slots=True)
class Crop:
    """A display with room around it, or a whole photo where `whole`; what raters said of it, None = nobody rated it."""

    pixels: Pixels
    box: tuple[float, float, float, float]  # the display in `pixels`: x, y, width, height
    clear: float | None
    flags: tuple[str, ...]
    whole: bool = False


def crop_of(photo: Boxed, pixels: Pixels, spec: InputSpec) -> Crop:
    """The photo's display as kept for training; the whole photo where it has no box."""
    if photo.box is None:
        small = resized(pixels, spec.width, spec.height)
        return Crop(pixels=small, box=(0, 0, spec.width, spec.height), clear=photo.clear, flags=photo.flags, whole=True)
    x, y, width, height = photo.box
    x0, y0 = max(0, round(x - width * ROOM)), max(0, round(y - height * ROOM))
    part = pixels[y0 : round(y + height * (1 + ROOM)), x0 : round(x + width * (1 + ROOM))]
    box = (float(x - x0), float(y - y0), float(width), float(height))
    if part.shape[0] > TURNED * part.shape[1]:
        part, box = np.rot90(part), (box[1], part.shape[1] - box[0] - box[2], box[3], box[2])
    scale = min(1.0, KEPT * spec.width / part.shape[1])
    small = resized(np.ascontiguousarray(part), max(8, round(part.shape[1] * scale)), max(8, round(part.shape[0] * scale)))
    ratio = (small.shape[1] / part.shape[1], small.shape[0] / part.shape[0]) * 2
    kept = (box[0] * ratio[0], box[1] * ratio[1], box[2] * ratio[0], box[3] * ratio[1])
    return Crop(pixels=small, box=kept, clear=photo.clear, flags=photo.flags)


def as_served(crop: Crop) -> Pixels:
    """The very part that serving would cut out."""
    x, y, width, height = (round(side) for side in crop.box)
    return crop.pixels if crop.whole else view_of(crop.pixels, (x, y, max(1, width), max(1, height)))


def reasons_of(crop: Crop) -> NDArray[np.float32]:
    """(R,) 1 = raters saw it, 0 = they did not, NaN = nobody said."""
    if crop.clear is None or crop.whole:
        return np.full(len(REASONS), np.nan, np.float32)
    return np.array([float(reason.value in crop.flags) for reason in REASONS], np.float32)


def varied(crop: Crop, rng: Rng, spec: InputSpec) -> Pixels:
    """A crop as another locator and another light would have given it, in the input's size."""
    x, y, width, height = crop.box
    margin_x, margin_y = (0.0, 0.0) if crop.whole else (MARGIN_X, MARGIN_Y)
    jitter = rng.normal(0, 0.04, 4)
    centre = (x + width * (0.5 + jitter[0]), y + height * (0.5 + jitter[1]))
    across, down = width * (1 + 2 * margin_x + jitter[2]), height * (1 + 2 * margin_y + 1.5 * jitter[3])
    turn = cv2.getRotationMatrix2D(centre, float(rng.normal(0, 2.5)), 1.0)
    turn[:, 2] += (across / 2 - centre[0], down / 2 - centre[1])
    size = np.array([spec.width / across, spec.height / down])
    part = cv2.warpAffine(
        crop.pixels, size[:, None] * turn, (spec.width, spec.height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return augment(np.asarray(part, dtype=np.uint8), rng, LIGHT)
