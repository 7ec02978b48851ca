"""Patches of clean pictures with noise of a known strength, enlarged by a known factor: what the reader of `traces` learns from.

Nobody labelled any of it.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.blur_patches import MARGIN, pictures, shrunk
from engine.quality.patch_network import LEAST_SPREAD
from engine.quality.traces import NETWORK

Colours = NDArray[np.uint8]  # (H, W, 3)
Light = NDArray[np.float32]  # (H, W, 3), 0..1

NOISE = (0.4, 40.0)  # grey levels: from what no eye sees to what leaves no digit
BLUR = (0.3, 4.0)  # pixels, before there is noise: even a soft photo has it
LARGEST = 6.0  # times a picture is enlarged
_DARKEST, _BRIGHTEST = 8, 247  # grey levels of a patch's mean beyond which clipping leaves no noise
_PER_PICTURE = {"meter": 30, "face": 6, "drawn": 10}
_PER_SIZE = 10  # patches of a picture shrunk once
_QUIET = 0.25  # grey levels: noise is told in log2, and none is that much


def clean_patches(data: Path, rng: np.random.Generator) -> Colours:
    """(N, 80, 80, 3): any place, flat ones too, of photos that may be trained on and were shrunk until their noise is gone."""
    side = NETWORK.side + 2 * MARGIN
    found: list[Colours] = []
    for kind, pixels in pictures(data):
        sizes = [shrunk(pixels, kind, rng) for _ in range(3 * _PER_PICTURE[kind] // _PER_SIZE)]
        places = (_place(small, rng) for small in sizes if min(small.shape[:2]) > side for _ in range(_PER_SIZE))
        found += [place for place in places if _DARKEST < place.mean() < _BRIGHTEST][: _PER_PICTURE[kind]]
    return np.stack(found)


def traced(clean: Colours, rng: np.random.Generator) -> tuple[Colours, tuple[float, float]]:
    """A patch (48, 48, 3) of a clean one (80, 80, 3) as a phone might have sent it, and how much is in it.

    log2 of the noise of R-G and B-G (rms, in grey levels, plus a quarter), over the patch's own deviation, and log2 of how many
    times it was enlarged. In any light, with noise of any colour and grain, now and then denoised, enlarged, sharpened, and saved
    as a JPEG: what is done to the noise is done to the clean patch, too, and the noise is what differs before it is saved.
    """
    light = _lit(clean, rng)
    noisy = light + _noise(light, rng) if rng.random() > 0.25 else light
    pair = [light, noisy]
    if rng.random() < 0.2:
        tones, reach = rng.uniform(0.02, 0.12), rng.uniform(1, 2.5)
        pair = [np.asarray(cv2.bilateralFilter(each, 5, tones, reach), np.float32) for each in pair]
    factor = float(np.exp(rng.uniform(0, np.log(LARGEST)))) if rng.random() < 0.35 else 1.0
    if factor > 1:
        down = cv2.INTER_AREA if rng.random() < 0.6 else cv2.INTER_LINEAR
        up = (cv2.INTER_CUBIC, cv2.INTER_LINEAR, cv2.INTER_LANCZOS4)[int(rng.integers(3))]
        few = max(4, round(len(light) / factor))
        pair = [
            np.asarray(cv2.resize(cv2.resize(each, (few, few), interpolation=down), each.shape[:2], interpolation=up), np.float32)
            for each in pair
        ]
    if rng.random() < 0.25:
        much, wide = np.float32(rng.uniform(0.2, 1.0)), rng.uniform(0.7, 1.6)
        pair = [each + much * (each - cv2.GaussianBlur(each, (0, 0), wide)) for each in pair]
    light, noisy = (np.clip(each, 0, 1) * np.float32(255) for each in pair)
    top, left = MARGIN + rng.integers(-MARGIN // 2, MARGIN // 2 + 1, 2)
    inside = np.s_[top : top + NETWORK.side, left : left + NETWORK.side]
    patch = _saved(np.asarray(noisy + 0.5, np.uint8), rng)[inside]
    noise = (noisy - light)[inside]
    colour = np.sqrt(np.square(noise[..., ::2] - noise[..., 1:2]).mean())
    spread = np.sqrt((patch - patch.mean((0, 1))).var())
    return patch, (float(np.log2((colour + _QUIET) / (spread + LEAST_SPREAD))), float(np.log2(factor)))


def _place(small: Colours, rng: np.random.Generator) -> Colours:
    side = NETWORK.side + 2 * MARGIN
    top, left = (int(rng.integers(0, size - side)) for size in small.shape[:2])
    return small[top : top + side, left : left + side].copy()  # not a view, which would keep the whole picture


def _lit(clean: Colours, rng: np.random.Generator) -> Light:
    turned = np.rot90(clean, int(rng.integers(4)))
    light = np.ascontiguousarray(turned[:, ::-1] if rng.random() < 0.5 else turned, np.float32) / np.float32(255)
    if rng.random() < 0.65:
        light = np.asarray(cv2.GaussianBlur(light, (0, 0), float(np.exp(rng.uniform(*np.log(BLUR))))), np.float32)
    if rng.random() < 0.4:
        light = light.mean((0, 1)) + (light - light.mean((0, 1))) * np.float32(rng.uniform(0.1, 1.0))
    if rng.random() < 0.4:
        light = light * np.float32(rng.uniform(0.1, 0.7))
    if rng.random() < 0.3:
        grey = light.mean(2, keepdims=True)
        light = grey + (light - grey) * np.float32(rng.uniform(0, 0.8))
    return np.asarray(np.clip(light, 0, 1) ** np.float32(rng.uniform(0.7, 1.4)), np.float32)


def _noise(light: Light, rng: np.random.Generator) -> Light:
    """Of every pixel and channel for itself, of grey alone, or of grey and, coarser, of colours; even, or with the light."""
    kind = rng.random()
    if kind < 0.3:
        noise = rng.standard_normal(light.shape, np.float32)
    elif kind < 0.5:
        noise = np.repeat(rng.standard_normal((*light.shape[:2], 1), np.float32), 3, 2)
    else:
        colours = rng.standard_normal(light.shape, np.float32)
        if rng.random() < 0.7:
            colours = _coarse(colours, rng.uniform(0.3, 2.5))
        grey = rng.standard_normal((*light.shape[:2], 1), np.float32)
        noise = grey * np.float32(rng.uniform(0.3, 1)) + colours * np.float32(rng.uniform(0.1, 1.2))
    if rng.random() < 0.55:
        noise = _coarse(noise, rng.uniform(0.35, 1.2))
    level = light.mean(2, keepdims=True)
    kind = rng.random()
    if kind < 0.5:
        noise = noise * (np.float32(0.4) + np.sqrt(level))
    elif kind < 0.75:  # a tone curve lifts what is dark, and its noise
        noise = noise * (np.float32(1.5) - level)
    return noise * np.float32(np.exp(rng.uniform(*np.log(NOISE))) / 255)


def _coarse(noise: Light, width: float) -> Light:
    smooth = cv2.GaussianBlur(noise, (0, 0), width)
    return np.asarray(smooth / (smooth.std() + 1e-6), np.float32)


def _saved(pixels: Colours, rng: np.random.Generator) -> Colours:
    if rng.random() > 0.85:
        return pixels
    return np.asarray(
        cv2.imdecode(cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(45, 98))])[1], cv2.IMREAD_COLOR)
    )
