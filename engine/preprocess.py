"""The only preprocessing of network inputs, the same in training and serving, so that the two cannot drift apart."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.bundle import InputSpec
from engine.picture import Pixels


def prepare(pixels: Pixels, spec: InputSpec) -> NDArray[np.float32]:
    """(H, W, 3) uint8 RGB of any size -> (3, spec.height, spec.width) float32, normalised.

    `stretch` fills the input and may change the aspect ratio; `letterbox` keeps it and fills the rest with the mean colour
    (zero after normalisation).
    """
    mean = np.asarray(spec.mean, dtype=np.float32)
    std = np.asarray(spec.std, dtype=np.float32)
    canvas = np.zeros((spec.height, spec.width, 3), dtype=np.float32)
    left, top, width, height = placed(pixels.shape[1], pixels.shape[0], spec)
    photo = resized(pixels, width, height).astype(np.float32) / 255
    canvas[top : top + height, left : left + width] = (photo - mean) / std
    return np.ascontiguousarray(canvas.transpose(2, 0, 1))


def resized(pixels: Pixels, width: int, height: int) -> Pixels:
    """Resized to `width` x `height` pixels: area averages where it shrinks (no aliasing), linear where it grows."""
    if pixels.shape[:2] == (height, width):
        return pixels
    shrinks = width * height < pixels.shape[0] * pixels.shape[1]
    scaled = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    return np.asarray(scaled, dtype=np.uint8)


def fitted(pixels: Pixels, spec: InputSpec) -> tuple[int, int]:
    """Width and height in pixels that the photo takes inside the input; a photo resized to it is prepared without resizing."""
    return placed(pixels.shape[1], pixels.shape[0], spec)[2:]


def placed(width: int, height: int, spec: InputSpec) -> tuple[int, int, int, int]:
    """x, y, width and height, in pixels of the input, of the part that a photo of `width` x `height` pixels takes."""
    if spec.fit == "stretch":
        return 0, 0, spec.width, spec.height
    scale = min(spec.width / width, spec.height / height)
    across, down = max(1, min(spec.width, round(width * scale))), max(1, min(spec.height, round(height * scale)))
    return (spec.width - across) // 2, (spec.height - down) // 2, across, down
