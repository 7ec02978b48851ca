"""Photos as tensors for training: decoded and shrunk once, varied anew in every epoch."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from engine.bundle import InputSpec
from engine.errors import DataError, PictureError
from engine.labelled import Labelled
from engine.picture import Pixels, decode
from engine.preprocess import prepare, resized
from engine.training.augment import Augmentation, augment

MARGIN = 1.2  # photos are kept at this multiple of the input's size: crops lose no detail, memory stays small


@dataclass(frozen=True, kw_only=True, slots=True)
class Photos:
    """N photos in memory. `targets` (N, C): one-hot, or uniform for photos of none of the labels."""

    pixels: tuple[Pixels, ...]
    targets: Tensor

    def __len__(self) -> int:
        return len(self.pixels)


def load_photos(files: Sequence[Labelled], labels: Sequence[str], spec: InputSpec, *, shrink: bool) -> Photos:
    """Decode `files`; with `shrink` to about the input's size. Files that cannot be read are left out and named on stderr."""
    pixels, rows = [], []
    for photo in tqdm(files, desc="reading", unit="photo", disable=None, leave=False):
        try:
            picture = decode(photo.path.read_bytes()).pixels
        except (PictureError, OSError) as error:
            sys.stderr.write(f"left out: {photo.path}: {error}\n")
            continue
        pixels.append(_shrunk(picture, spec) if shrink else picture)
        rows.append([1 / len(labels)] * len(labels) if photo.label is None else [float(photo.label == label) for label in labels])
    if not pixels:
        raise DataError("None of the photos can be read.")
    return Photos(pixels=tuple(pixels), targets=torch.tensor(rows))


def batches(
    photos: Photos, spec: InputSpec, size: int, *, rng: np.random.Generator | None, how: Augmentation = Augmentation()
) -> Iterator[tuple[Tensor, Tensor]]:
    """(N, 3, H, W) and (N, C): with an `rng` shuffled and varied for training, without one in order and as served."""
    order = np.arange(len(photos)) if rng is None else rng.permutation(len(photos))
    seeds = None if rng is None else rng.integers(0, 2**63, len(photos))

    def tensor(index: int) -> Tensor:
        pixels = photos.pixels[index]
        if seeds is not None:
            pixels = augment(pixels, np.random.default_rng(seeds[index]), how)
        return torch.from_numpy(prepare(pixels, spec))

    with ThreadPoolExecutor(2) as pool:
        for start in range(0, len(order), size):
            chosen = order[start : start + size]
            if rng is not None and len(chosen) == 1 and start:
                return  # batch norm learns nothing from one photo
            batch = torch.stack(list(pool.map(tensor, chosen)))
            yield batch.contiguous(memory_format=torch.channels_last), photos.targets[torch.from_numpy(chosen)]


def _shrunk(pixels: Pixels, spec: InputSpec) -> Pixels:
    height, width = pixels.shape[:2]
    scale = MARGIN * max(spec.width / width, spec.height / height)
    return resized(pixels, round(width * scale), round(height * scale)) if scale < 1 else pixels
