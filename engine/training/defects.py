"""One defect at a given strength: what `degrade`, the threshold fit and the sensitivity plots spoil good photos with.

Blur, light, contrast and scale are kornia's operations; JPEG is a real encoder's, since its tables are what makes the blocks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import cv2
import kornia
import numpy as np
import torch
from torch import Tensor

from engine.picture import Pixels
from engine.quality import Tag

Rng = np.random.Generator
Spoil = Callable[[Pixels, float, Rng], Pixels]

LEAST_SIDE = 8  # pixels: smaller pictures have no room for a blur that is worth its name
_LEAST_KERNEL = 3  # pixels


@dataclass(frozen=True, kw_only=True, slots=True)
class Defect:
    """A way to spoil a photo: the tag it should get, the strength's unit, and the strengths from hardly seen to ruined."""

    name: str
    tag: Tag
    unit: str
    faint: float  # a careful person begins to see it
    plain: float  # anybody sees it
    ruined: float
    spoil: Spoil

    def drawn(self, rng: Rng) -> float:
        """A strength between plain and ruined, evenly on a logarithmic scale; both ends have the same sign."""
        return float(self.plain * (self.ruined / self.plain) ** rng.random())


def _tensor(pixels: Pixels) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(pixels.transpose(2, 0, 1))).float()[None] / 255


def _pixels(tensor: Tensor) -> Pixels:
    levels = (tensor[0].clamp(0, 1) * 255).round().to(torch.uint8)
    return np.ascontiguousarray(levels.numpy().transpose(1, 2, 0))


def _side(pixels: Pixels) -> int:
    return int(max(pixels.shape[:2]))


def _odd(number: float, limit: int) -> int:
    """The nearest odd kernel size that fits a picture whose shorter side has `limit` pixels."""
    largest = max(1, 2 * ((limit - 1) // 2) - 1)
    return min(max(_LEAST_KERNEL, 2 * round((number - 1) / 2) + 1), largest)


def motion_blur(pixels: Pixels, length: float, rng: Rng) -> Pixels:
    """The camera moved `length` thousandths of the longer side while the shutter was open, in a random direction."""
    size = _odd(length * _side(pixels) / 1000, min(pixels.shape[:2]))
    if size < _LEAST_KERNEL:
        return pixels
    angle = torch.tensor([float(rng.uniform(0, 180))])
    return _pixels(kornia.filters.motion_blur(_tensor(pixels), size, angle, torch.zeros(1), mode="bilinear"))


def defocus(pixels: Pixels, sigma: float, _: Rng) -> Pixels:
    """A Gaussian of `sigma` thousandths of the longer side."""
    spread = max(sigma * _side(pixels) / 1000, 0.05)
    size = _odd(6 * spread, min(pixels.shape[:2]))
    return _pixels(kornia.filters.gaussian_blur2d(_tensor(pixels), (size, size), (spread, spread)))


def gaussian_noise(pixels: Pixels, sigma: float, rng: Rng) -> Pixels:
    """Independent noise of `sigma` grey levels in every pixel and channel."""
    noise = rng.normal(0, sigma, pixels.shape).astype(np.float32)
    return np.asarray(np.clip(pixels + noise, 0, 255) + 0.5, np.uint8)


def exposure(pixels: Pixels, stops: float, _: Rng) -> Pixels:
    """`stops` more (or, below zero, less) light, under the usual display curve of 2.2."""
    return _pixels(kornia.enhance.adjust_brightness_accumulative(_tensor(pixels), 2 ** (stops / 2.2)))


def flatten(pixels: Pixels, loss: float, _: Rng) -> Pixels:
    """The share `loss` of the contrast is gone; the mean stays."""
    return _pixels(kornia.enhance.adjust_contrast_with_mean_subtraction(_tensor(pixels), 1 - loss))


def haze(pixels: Pixels, veil: float, rng: Rng) -> Pixels:
    """A bright, even veil of the share `veil` lies over the picture (He et al.'s model at one depth)."""
    return np.asarray(pixels * (1 - veil) + rng.uniform(180, 235) * veil, np.uint8)


def jpeg(pixels: Pixels, loss: float, _: Rng) -> Pixels:
    """Saved as a JPEG of quality 100 - `loss`, with the encoder's usual colour subsampling."""
    _done, data = cv2.imencode(".jpg", pixels[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, round(100 - loss)])
    return np.ascontiguousarray(np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)[..., ::-1])


def enlarge(pixels: Pixels, factor: float, _: Rng) -> Pixels:
    """Shrunk `factor` times and enlarged to its old size again: the detail is gone, the pixels are not."""
    height, width = pixels.shape[:2]
    small = (max(1, round(height / factor)), max(1, round(width / factor)))
    shrunk = kornia.geometry.resize(_tensor(pixels), small, antialias=True)
    return _pixels(kornia.geometry.resize(shrunk, (height, width), interpolation="bicubic"))


def glare(pixels: Pixels, width: float, rng: Rng) -> Pixels:
    """A lamp's reflection: a white spot with a soft edge, `width` thousandths of the longer side, not near the rim."""
    height, across = pixels.shape[:2]
    rows, columns = np.mgrid[:height, :across].astype(np.float32)
    tilt, stretch = rng.uniform(0, np.pi), rng.uniform(1.0, 2.5)
    y, x = rows - rng.uniform(0.25, 0.75) * height, columns - rng.uniform(0.25, 0.75) * across
    along, beside = x * np.cos(tilt) + y * np.sin(tilt), (y * np.cos(tilt) - x * np.sin(tilt)) * stretch
    away = (along**2 + beside**2) / (width * _side(pixels) / 1000) ** 2
    light = (rng.uniform(220, 420) * np.exp(-away)).astype(np.float32)[..., None]
    return np.asarray(np.clip(pixels + light, 0, 255), np.uint8)


def break_off(pixels: Pixels, share: float, _: Rng) -> Pixels:
    """The last `share` of the rows is the grey that decoders paint where the data ended."""
    broken = pixels.copy()
    broken[round(pixels.shape[0] * (1 - share)) :] = 128
    return jpeg(broken, 10, _)


def wipe(pixels: Pixels, sigma: float, rng: Rng) -> Pixels:
    """So out of focus that only patches of colour are left: `sigma` thousandths of the longer side."""
    height, width = pixels.shape[:2]
    few = (max(2, round(width * 20 / _side(pixels))), max(2, round(height * 20 / _side(pixels))))
    small = np.asarray(cv2.resize(pixels, few, interpolation=cv2.INTER_AREA), np.uint8)
    soft = cv2.GaussianBlur(small, (0, 0), max(0.1, sigma * 20 / 1000))
    return np.asarray(cv2.resize(soft, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)


DEFECTS: Mapping[str, Defect] = {
    defect.name: defect
    for defect in (
        Defect(name="motion_blur", tag=Tag.BLURRY, unit="‰ of the side", faint=4, plain=14, ruined=40, spoil=motion_blur),
        Defect(name="defocus", tag=Tag.BLURRY, unit="‰ of the side", faint=1, plain=2.2, ruined=6, spoil=defocus),
        Defect(name="noise", tag=Tag.NOISY, unit="grey levels", faint=5, plain=12, ruined=40, spoil=gaussian_noise),
        Defect(name="underexposure", tag=Tag.LOW_LIGHT, unit="stops", faint=-2, plain=-4, ruined=-8, spoil=exposure),
        Defect(name="overexposure", tag=Tag.OVEREXPOSED, unit="stops", faint=1, plain=2.0, ruined=4, spoil=exposure),
        Defect(name="flat", tag=Tag.LOW_CONTRAST, unit="share", faint=0.4, plain=0.65, ruined=0.9, spoil=flatten),
        Defect(name="haze", tag=Tag.HAZY, unit="share", faint=0.25, plain=0.45, ruined=0.75, spoil=haze),
        Defect(name="jpeg", tag=Tag.JPEG_ARTIFACTS, unit="100 - quality", faint=65, plain=80, ruined=95, spoil=jpeg),
        Defect(name="downscale", tag=Tag.LOW_RESOLUTION, unit="times", faint=1.6, plain=2.5, ruined=6, spoil=enlarge),
        Defect(name="glare", tag=Tag.GLARE, unit="‰ of the side", faint=20, plain=60, ruined=200, spoil=glare),
        Defect(name="broken_upload", tag=Tag.DAMAGED, unit="share", faint=0.03, plain=0.1, ruined=0.7, spoil=break_off),
        Defect(name="wiped", tag=Tag.LOW_INFORMATION, unit="‰ of the side", faint=40, plain=60, ruined=200, spoil=wipe),
    )
}
