"""Photos as tensors for training: decoded and shrunk once, varied anew in every epoch."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from tqdm import tqdm

from engine.bundle import InputSpec
from engine.errors import DataError, PictureError
from engine.grouping.plates import Plate, describe_plate
from engine.labelled import Labelled
from engine.picture import Pixels, decode
from engine.preprocess import fitted, prepare, resized
from engine.training.augment import Augmentation, augment

MARGIN = 1.2  # photos to be varied are kept at this multiple of the input's size: crops lose no detail, memory stays small
DESCRIBED = 24  # photos of each label whose plates are described, 0.1 s each: the most different 12 of them stand for a type
AS_SERVED = 1.0  # `prepare` then finds the size it wants and gives the very pixels that serving feeds the network


@dataclass(frozen=True, kw_only=True, slots=True)
class Photos:
    """N photos in memory. `targets` (N, C): one-hot, or uniform for photos of none of the labels."""

    pixels: tuple[Pixels, ...]
    targets: Tensor
    plates: tuple[Plate | None, ...] = ()  # of meter types: the first `DESCRIBED` photos of each label; None for the others
    paths: tuple[Path, ...] = ()

    def __len__(self) -> int:
        return len(self.pixels)


def load_photos(
    files: Sequence[Labelled], labels: Sequence[str], spec: InputSpec, *, margin: float, plates: bool = False
) -> Photos:
    """Decode `files` and shrink them to `margin` times the input's size.

    Files that cannot be read are left out and named on stderr. Raises `DataError` if that is all of them.
    """
    pixels, rows, paths = [], [], []
    described: list[Plate | None] = []
    counted: Counter[str | None] = Counter()
    for photo in tqdm(files, desc="reading", unit="photo", disable=None, leave=False):
        try:
            picture = decode(photo.path.read_bytes()).pixels
        except (PictureError, OSError) as error:
            sys.stderr.write(f"left out: {photo.path}: {error}\n")
            continue
        pixels.append(_shrunk(picture, spec, margin))
        paths.append(photo.path)
        counted[photo.label] += 1
        described.append(describe_plate(picture) if plates and counted[photo.label] <= DESCRIBED else None)
        rows.append([1 / len(labels)] * len(labels) if photo.label is None else [float(photo.label == label) for label in labels])
    if not pixels:
        raise DataError("None of the photos can be read.")
    return Photos(pixels=tuple(pixels), targets=torch.tensor(rows), plates=tuple(described), paths=tuple(paths))


def varied(
    photos: Photos,
    spec: InputSpec,
    size: int,
    *,
    rng: np.random.Generator,
    how: Augmentation,
    chances: NDArray[np.float64] | None,
) -> Iterator[tuple[Tensor, Tensor]]:
    """(N, 3, H, W) and (N, C) of an epoch: shuffled and varied; with `chances` (photos,) drawn by them, with replacement."""
    count = len(photos)
    order = rng.permutation(count) if chances is None else rng.choice(count, count, p=chances)
    seeds = rng.integers(0, 2**63, count)

    def tensor(place: int) -> Tensor:
        pixels = augment(photos.pixels[order[place]], np.random.default_rng(seeds[place]), how)
        return torch.from_numpy(prepare(pixels, spec))

    for batch in _stacked(tensor, count, size):
        if batch[1].size > 1 or count == 1:  # batch norm learns nothing from one photo
            yield batch[0], photos.targets[torch.from_numpy(order[batch[1]])]


def as_served(photos: Photos, spec: InputSpec, size: int) -> Iterator[Tensor]:
    """(N, 3, H, W) in order, as serving feeds them; for photos loaded `AS_SERVED` to the pixel."""
    for batch, _ in _stacked(lambda place: torch.from_numpy(prepare(photos.pixels[place], spec)), len(photos), size):
        yield batch


def _stacked(tensor: Callable[[int], Tensor], count: int, size: int) -> Iterator[tuple[Tensor, NDArray[np.intp]]]:
    with ThreadPoolExecutor(2) as pool:
        for start in range(0, count, size):
            places = np.arange(start, min(start + size, count))
            batch = torch.stack(list(pool.map(tensor, places)))
            yield batch.contiguous(memory_format=torch.channels_last), places


def _shrunk(pixels: Pixels, spec: InputSpec, margin: float) -> Pixels:
    width, height = fitted(pixels, spec)
    width, height = round(width * margin), round(height * margin)
    shrinks = width * height < pixels.shape[0] * pixels.shape[1]
    return resized(pixels, width, height) if shrinks else pixels
