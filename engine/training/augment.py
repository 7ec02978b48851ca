"""Random variations of training photos: what a phone in a hand does to a picture."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from engine.picture import Pixels

LUMA = np.array([0.299, 0.587, 0.114])  # share of red, green and blue in brightness, ITU-R BT.601


@dataclass(frozen=True, kw_only=True, slots=True)
class Augmentation:
    """How far each variation may go; 0 switches it off."""

    crop: float = 0.6  # the least share of the area that stays
    rotation: float = 12.0  # degrees, either way
    perspective: float = 0.08  # shift of a corner, share of the side
    flip: bool = False  # mirrored plates cannot be read, so only where the label does not depend on text
    light: float = 0.3  # relative change of brightness, contrast and saturation
    blur: float = 1.0  # largest sigma, pixels of the network's input


def augment(pixels: Pixels, rng: np.random.Generator, how: Augmentation) -> Pixels:
    """A variation of the same size (H, W, 3)."""
    return _light(_blur(_geometry(pixels, rng, how), rng, how), rng, how)


def _geometry(pixels: Pixels, rng: np.random.Generator, how: Augmentation) -> Pixels:
    """Crop, rotation, perspective and flip as one warp, so that pixels are interpolated once."""
    height, width = pixels.shape[:2]
    scale = np.sqrt(rng.uniform(how.crop, 1.0)) if how.crop else 1.0
    half = np.array([width, height]) * scale / 2
    centre = np.array([width, height]) / 2 + rng.uniform(-1, 1, 2) * (np.array([width, height]) / 2 - half)
    angle = np.deg2rad(rng.uniform(-how.rotation, how.rotation))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) + rng.uniform(-2, 2, (4, 2)) * how.perspective
    if how.flip and rng.random() < 0.5:
        corners = corners[[1, 0, 3, 2]]
    source = (corners * half) @ turn.T + centre
    target = np.array([[0, 0], [width, 0], [width, height], [0, height]])
    warp = cv2.getPerspectiveTransform(source.astype(np.float32), target.astype(np.float32))
    warped = cv2.warpPerspective(pixels, warp, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(warped, dtype=np.uint8)


def _blur(pixels: Pixels, rng: np.random.Generator, how: Augmentation) -> Pixels:
    sigma = rng.uniform(0, how.blur) if how.blur and rng.random() < 0.3 else 0.0
    return np.asarray(cv2.GaussianBlur(pixels, (0, 0), sigma), dtype=np.uint8) if sigma > 0.2 else pixels


def _light(pixels: Pixels, rng: np.random.Generator, how: Augmentation) -> Pixels:
    """Brightness, contrast, saturation and white balance as one linear map of the colours, done in one pass."""
    if not how.light:
        return pixels
    brightness, contrast, saturation = 1 + rng.uniform(-how.light, how.light, 3)
    balance = 1 + rng.uniform(-0.05, 0.05, 3)  # the white balance of another phone
    mixed = balance[:, None] * contrast * (saturation * np.eye(3) + (1 - saturation) * LUMA)
    offset = balance * float(cv2.mean(pixels)[:3] @ LUMA) * (brightness - contrast)
    return np.asarray(cv2.transform(pixels, np.column_stack([mixed, offset])), dtype=np.uint8)
