"""Photos, embeddings and compared pairs for `benchmarks/grouping.py`, and the sets of photos that it groups."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from engine import bundle, runtime
from engine.grouping import Options, Plate, group
from engine.grouping.details import describe_whole
from engine.grouping.similarity import candidate_pairs, compare
from engine.picture import Pixels, decode
from engine.recognition import recognise
from engine.runtime import Model

ROOT = Path(__file__).resolve().parent.parent
OTHERS = 70  # photos of other makes and sources that are mixed in
FEW = 11  # photos: a design of as many or fewer is a small one
DRAWS = 5

Vectors = NDArray[np.float32]  # (N, D), unit length
Indices = NDArray[np.intp]
Change = Callable[[Pixels], Pixels]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Pool:
    """N photos with their labels, and all their pairs compared once."""

    design: NDArray[np.str_]
    field: NDArray[np.bool_]  # (N,) whether from the field, else of another source
    embeddings: Vectors
    plates: tuple[Plate, ...]
    shared: NDArray[np.int64]  # (N, N) shared details

    def group(
        self, chosen: Indices, seed: int = 0, previous: NDArray[np.int64] | None = None, earlier: int = 0
    ) -> NDArray[np.int64]:
        """Ids of the chosen photos, in their order, of which the first `earlier` were compared before.

        `seed` moves the layouts, `previous` are the photos' groups before.
        """
        options = Options(seed=seed)
        known: dict[tuple[int, int], int] = {}
        for count in (earlier, len(chosen)):
            first, second = candidate_pairs(self.embeddings[chosen[:count]], options)
            shared = self.shared[chosen[first], chosen[second]].tolist()
            known |= dict(zip(zip(first.tolist(), second.tolist(), strict=True), shared, strict=True))
        plates = [self.plates[index] for index in chosen]
        return group(self.embeddings[chosen], plates, options=options, known_pairs=known, previous=previous).group_ids


@dataclass(frozen=True, kw_only=True, slots=True)
class Shot:
    """One labelled photo."""

    path: Path
    design: str
    field: bool


def read_shots(data: Path) -> list[Shot]:
    """The field photos, then the photos of other sources that have a hand label."""
    field = [
        Shot(path=data / "field/photos" / row["file"], design=row["design"], field=True)
        for row in _rows(data / "field/field.csv")
    ]
    table = data / "meters/meters.csv"
    rows = [row for row in _rows(table) if row["type"]] if table.is_file() else []
    return field + [Shot(path=data / "meters/photos" / row["file"], design=row["type"], field=False) for row in rows]


def describe(shots: Sequence[Shot], details: Model | None, change: Change = lambda pixels: pixels) -> tuple[Plate, ...]:
    """Their plates, of the pictures as `change` leaves them, by SIFT and by what describes details where it is given."""
    return tuple(describe_whole(change(decode(shot.path.read_bytes()).pixels), details) for shot in shots)


def compare_all(embeddings: Vectors, plates: Sequence[Plate]) -> NDArray[np.int64]:
    """(N, N) shared details of every pair, in the product's own way."""
    pairs, _ = compare(embeddings, plates, {}, Options(all_pairs_up_to=len(plates)))
    square = np.zeros((len(plates), len(plates)), np.int64)
    if pairs.shared is not None:
        square[pairs.first, pairs.second] = square[pairs.second, pairs.first] = pairs.shared
    return square


def embed(shots: Sequence[Shot], models: Path) -> Vectors | None:
    """By the installed model; None where there is none."""
    folder = bundle.current(models, "meter_type")
    if folder is None:
        return None
    model = runtime.load(folder, cache=ROOT / ".cache", threads=1)
    vectors = [recognise(model, decode(shot.path.read_bytes()).pixels).embedding for shot in shots]
    return np.stack([vector for vector in vectors if vector is not None])


def saved(file: Path, shots: Sequence[Shot]) -> Vectors:
    """What `python -m engine judge --embeddings` wrote, by file names."""
    with np.load(file, allow_pickle=False) as stored:
        by_name = {Path(name).name: vector for name, vector in zip(stored["files"].tolist(), stored["embeddings"], strict=True)}
    return np.stack([by_name[shot.path.name] for shot in shots]).astype(np.float32)


def sets(pool: Pool) -> dict[str, list[Indices]]:
    """What is grouped: by name the draws of photos, each a set of its own."""
    rng = np.random.default_rng(0)
    field, others = np.flatnonzero(pool.field), np.flatnonzero(~pool.field)
    counted = Counter(pool.design[field].tolist())
    designs = sorted(counted)
    small = [design for design in designs if counted[design] <= FEW]
    halves = [rng.permutation(designs)[: len(designs) // 2] for _ in range(DRAWS)]
    found = {
        "field": [field],
        "half of the field's designs": [field[np.isin(pool.design[field], half)] for half in halves],
        f"its designs of {FEW} photos or fewer": [field[np.isin(pool.design[field], small)]],
    }
    if len(others) >= OTHERS:
        found[f"field and {OTHERS} of other sources"] = [
            np.concatenate([field, np.sort(rng.choice(others, OTHERS, replace=False))]) for _ in range(DRAWS)
        ]
        found[f"132 of the field and {OTHERS} of others"] = [
            np.concatenate([np.sort(rng.choice(field, 132, replace=False)), np.sort(rng.choice(others, OTHERS, replace=False))])
            for _ in range(DRAWS)
        ]
    return found


def with_strip(pixels: Pixels, number: int, *, top: bool) -> Pixels:
    """As a camera app prints it: time, position and an account number over the photo's edge, of the same look each time."""
    rng = np.random.default_rng(number)
    width = pixels.shape[1]
    size = width / 720
    strip = np.full((round(120 * size), width, 3), 24, np.uint8)
    day, month, hour, minute, second = rng.integers((1, 1, 0, 0, 0), (29, 13, 24, 60, 60)).tolist()
    lines = (
        f"{day:02}-{month:02}-2025 {hour:02}:{minute:02}:{second:02}",
        f"Lat {rng.uniform(18, 23):.6f}  Long {rng.uniform(82, 88):.6f}  Acc {rng.uniform(3, 30):.1f} m",
        f"Account No: {rng.integers(10**11, 10**12)}   Meter Reading Photo",
    )
    for line, text in enumerate(lines):
        place = (round(14 * size), round((34 + 36 * line) * size))
        cv2.putText(
            strip, text, place, cv2.FONT_HERSHEY_SIMPLEX, 0.9 * size, (255, 255, 255), max(1, round(2 * size)), cv2.LINE_AA
        )
    return np.concatenate([strip, pixels] if top else [pixels, strip])


def _rows(table: Path) -> list[dict[str, str]]:
    with table.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
