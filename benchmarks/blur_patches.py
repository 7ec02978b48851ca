"""Patches of sharp pictures, smeared by a known width: what the reader of `blur_width` learns from. Nobody labelled any of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.quality_corpus import rows
from engine.drawing import draw_photo
from engine.errors import PictureError
from engine.picture import Pixels, decode
from engine.quality.blur_width import NETWORK

Grey = NDArray[np.uint8]  # (H, W)
Light = NDArray[np.float32]  # (H, W), 0..1

SIDE = NETWORK.side
MARGIN = 16  # pixels around a patch that it is smeared with, and then loses
WIDTHS = (0.25, 5.0)  # pixels: from what no eye sees to what leaves no digit
DRAWN_FROM, DRAWN = 500, 240  # designs drawn for it, of which no other figure is made
_SHRUNK = (0.3, 0.62)  # the sharper a picture must be, the fewer of its pixels are kept
_SMALL_SHRUNK = (0.55, 0.7)  # of a 200-pixel face little may go
_LARGEST = 720  # pixels a side
_LEAST_SPREAD, _LEAST_EDGES = 0.04, 0.03  # of 0..1: standard deviation, mean absolute Laplacian
_PER_PICTURE = {"meter": 24, "face": 3, "drawn": 8}  # patches; each photo of a meter is another place and camera


def sharp_patches(data: Path, rng: np.random.Generator) -> NDArray[np.uint8]:
    """(N, 96, 96): places with edges, of photos that may be trained on and were shrunk until they are sharp."""
    found: list[Grey] = []
    for kind, pixels in pictures(data):
        wanted = _PER_PICTURE[kind]
        places = (_place(pixels, kind, rng) for _ in range(3 * wanted))
        found += [place for place in places if place is not None][:wanted]
    return np.stack(found)


def pictures(data: Path) -> Iterator[tuple[str, Pixels]]:
    """Each with what it shows (meter, face, drawn): photos that may be trained on, and drawn meters without defects."""
    for row in rows(data / "meters" / "meters.csv"):
        if row["use"] == "train":
            yield from _read("meter", data / "meters" / "photos" / row["file"])
    for row in rows(data / "faces" / "dataset_labels.csv"):
        if row["label"].lower().startswith("good"):
            yield from _read("face", data / "faces" / row["image_path"])
    for number in range(DRAWN):
        yield "drawn", draw_photo(number, DRAWN_FROM + number)[0]


def _read(kind: str, path: Path) -> Iterator[tuple[str, Pixels]]:
    try:
        yield kind, decode(path.read_bytes()).pixels
    except PictureError as error:
        print(f"{path.name} is left out: {error}")


def _place(pixels: Pixels, kind: str, rng: np.random.Generator) -> Grey | None:
    side = SIDE + 2 * MARGIN
    small = shrunk(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), kind, rng)
    if min(small.shape) <= side:
        return None
    top, left = (int(rng.integers(0, size - side)) for size in small.shape)
    place = small[top : top + side, left : left + side]
    light = place[MARGIN:-MARGIN, MARGIN:-MARGIN].astype(np.float32) / 255
    edges = np.abs(cv2.Laplacian(light, cv2.CV_32F)).mean()
    return place if light.std() >= _LEAST_SPREAD and edges >= _LEAST_EDGES else None


def shrunk(pixels: NDArray[np.uint8], kind: str, rng: np.random.Generator) -> NDArray[np.uint8]:
    """A picture of that kind so small that its pixels are sharp and clean."""
    scale = rng.uniform(*(_SMALL_SHRUNK if kind == "face" else _SHRUNK)) * min(1.0, _LARGEST / max(pixels.shape[:2]))
    return np.asarray(cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)


def smeared(sharp: Grey, rng: np.random.Generator) -> tuple[Grey, tuple[float]]:
    """A patch (64, 64) of a sharp one (96, 96) as a phone might have sent it, and log2 of how many pixels it was smeared by.

    By a Gaussian, a movement or a lens out of focus, all told as the standard deviation along the axis of most; now and then
    enlarged, denoised and sharpened as phones do, in any light, with noise, and saved as a JPEG.
    """
    light = _turned(sharp, rng)
    light, width = _blurred(light, float(np.exp(rng.uniform(*np.log(WIDTHS)))), rng)
    if rng.random() < 0.3:
        factor = rng.uniform(0.5, 0.9)
        small = cv2.resize(light, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
        light = np.asarray(cv2.resize(small, light.shape[::-1], interpolation=cv2.INTER_LINEAR), np.float32)
        width = float(np.hypot(width, 0.45 / factor))
    if rng.random() < 0.2:
        light = np.asarray(cv2.bilateralFilter(light, 5, rng.uniform(0.02, 0.12), rng.uniform(1, 2.5)), np.float32)
    if rng.random() < 0.25:
        light = light + np.float32(rng.uniform(0.2, 1.0)) * (light - cv2.GaussianBlur(light, (0, 0), rng.uniform(0.7, 1.6)))
    grey = _sent(_lit(light, rng), rng)
    down, right = rng.integers(-MARGIN // 2, MARGIN // 2 + 1, 2)
    return grey[MARGIN + down : MARGIN + down + SIDE, MARGIN + right : MARGIN + right + SIDE], (float(np.log2(width)),)


def _turned(sharp: Grey, rng: np.random.Generator) -> Light:
    turned = np.rot90(sharp, int(rng.integers(4)))
    return np.ascontiguousarray(turned[:, ::-1] if rng.random() < 0.5 else turned, np.float32) / np.float32(255)


def _blurred(light: Light, width: float, rng: np.random.Generator) -> tuple[Light, float]:
    kind = rng.random()
    if kind < 0.35:
        return np.asarray(cv2.GaussianBlur(light, (0, 0), width), np.float32), width
    if kind < 0.65:
        length = max(2.0, width * np.sqrt(12))  # an even line of this length deviates by `width`
        size = int(np.ceil(length)) | 1
        kernel = np.zeros((size, size), np.float32)
        kernel[size // 2] = 1
        turn = cv2.getRotationMatrix2D((size // 2, size // 2), rng.uniform(0, 180), 1)
        kernel, width = np.asarray(cv2.warpAffine(kernel, turn, (size, size)), np.float32), max(width, 0.5)
    else:
        radius = max(1.0, 2 * width)  # an even disc deviates by half its radius along an axis
        size = int(np.ceil(radius)) * 2 + 1
        kernel = np.zeros((4 * size, 4 * size), np.float32)
        cv2.circle(kernel, (2 * size, 2 * size), int(4 * radius), 1, -1)
        kernel = np.asarray(cv2.resize(kernel, (size, size), interpolation=cv2.INTER_AREA), np.float32)
    return np.asarray(cv2.filter2D(light, -1, kernel / kernel.sum()), np.float32), width


def _lit(light: Light, rng: np.random.Generator) -> Light:
    if rng.random() < 0.4:
        light = light.mean() + (light - light.mean()) * np.float32(rng.uniform(0.2, 1.0))
    if rng.random() < 0.3:
        light = light * np.float32(rng.uniform(0.15, 0.7))
    return np.clip(light, 0, 1) ** np.float32(rng.uniform(0.7, 1.4))


def _sent(light: Light, rng: np.random.Generator) -> Grey:
    if rng.random() < 0.7:
        noise = rng.normal(0, rng.uniform(0.002, 0.05), light.shape).astype(np.float32)
        if rng.random() < 0.5:  # of a sensor whose colours were put together: neighbours are alike
            noise = 1.5 * np.asarray(cv2.GaussianBlur(noise, (0, 0), rng.uniform(0.3, 0.8)), np.float32)
        light = light + noise
    grey = np.asarray(np.clip(light * 255, 0, 255), np.uint8)
    if rng.random() < 0.8:
        grey = np.asarray(cv2.imdecode(cv2.imencode(".jpg", grey, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(40, 97))])[1], 0))
    return grey
