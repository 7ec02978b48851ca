"""The photos of benchmarks/loop.py: read or drawn, divided into what a first model learns and what streams in."""

from __future__ import annotations

import csv
import datetime
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from engine.drawing import draw_photo
from engine.training.recipe import RECIPES, Recipe

LEAST_METERS = 4  # of a design that the model may know at the start
DRAWN_DESIGNS, DRAWN_PHOTOS = 18, 20


@dataclass(frozen=True, kw_only=True)
class Shot:
    """One photo with its truth."""

    path: Path
    design: str
    meter: str


def read_field(folder: Path) -> list[Shot]:
    """The hand-labelled field photos."""
    with (folder / "field.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [Shot(path=folder / "photos" / row["file"], design=row["design"], meter=row["meter_group"]) for row in rows]


def draw(folder: Path, seed: int) -> list[Shot]:
    """`DRAWN_DESIGNS` designs, one meter in two photos."""
    folder.mkdir(parents=True, exist_ok=True)
    shots = []
    for design in range(DRAWN_DESIGNS):
        for number in range(DRAWN_PHOTOS):
            path = folder / f"{seed}-{design}-{number}.jpg"
            if not path.exists():
                pixels, _ = draw_photo(seed * 10_000 + number, design, meter=number // 2, reading=1000 + 37 * number)
                cv2.imwrite(str(path), cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 88])
            shots.append(Shot(path=path, design=f"design {design}", meter=f"{design}-{number // 2}"))
    return shots


def divide(shots: Sequence[Shot], rng: np.random.Generator) -> tuple[list[Shot], list[Shot]]:
    """A third of the designs is known, from half of their meters; everything else streams, in random order."""
    meters: dict[str, set[str]] = defaultdict(set)
    for shot in shots:
        meters[shot.design].add(shot.meter)
    able = sorted(design for design in meters if len(meters[design]) >= LEAST_METERS)
    known = rng.choice(able, len(meters) // 3, replace=False).tolist()
    learned = {meter for design in known for meter in rng.permutation(sorted(meters[design]))[: len(meters[design]) // 2 + 1]}
    base = [shot for shot in shots if shot.design in known and shot.meter in learned]
    rest = [shot for shot in shots if shot not in base]
    return base, [rest[index] for index in rng.permutation(len(rest))]


def train_base(
    base: Sequence[Shot], work: Path, weights: Path | None, seed: int, recipes: Mapping[str, Recipe] = RECIPES
) -> Path:
    """A first model of the known designs; of each the first meter chooses the epoch. Returns the models folder."""
    from engine.training.train import Order, train

    data, models = work / f"base-{seed}", work / f"models-{seed}"
    first: dict[str, str] = {}
    for shot in base:
        side = "val" if shot.meter == first.setdefault(shot.design, shot.meter) else "train"
        folder = data / side / shot.design
        folder.mkdir(parents=True, exist_ok=True)
        (folder / shot.path.name).unlink(missing_ok=True)
        (folder / shot.path.name).symlink_to(shot.path.resolve())
    order = Order(
        task="meter_type", data=data, models_dir=models, weights=weights, weights_licence=None,
        recipe=replace(recipes["meter_type"], threads=1, seed=seed), command="", promote=True, today=datetime.date(2026, 1, 1),
    )  # fmt: skip
    train(order, tell=lambda line: print(f"  {line}", file=sys.stderr))
    return models
