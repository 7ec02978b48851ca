"""How well photos of a design are recognised right after a person named it: five labelled photos, no training.

    python benchmarks/naming.py --data ../shared/data --embeddings FILE.npz [--labelled 5]

For each design of the hand-labelled field photos in turn: five photos of it are labelled; the other designs are groups that
nobody has named (or labelled types), all but a share that appears for the first time. Photos of the labelled meters are left
out. Recall: of the design's other photos, those called by its name. Precision: of all photos called so, those that are.
FILE.npz holds files and embeddings of a network that never saw these designs, as `python -m engine judge --embeddings` writes
them. Intervals: 5-95 %, bootstrap over designs.
"""

from __future__ import annotations

import argparse
import csv
import sys
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
from numpy.typing import NDArray

from engine.grouping import describe_plate
from engine.grouping import verification as compared
from engine.grouping.verification import Prepared, prepare_plate
from engine.picture import decode
from engine.recognition import nearest as rule
from engine.recognition.marks import Look, look_at
from engine.recognition.resemblance import speaks_against
from engine.recognition.sameness import REFERENCES, Print, is_same

PER_GROUP = 8  # photos that stand for each of the other designs
FEWEST = 8  # photos of a design that is asked about, of three meters at least
REPEATS = 3


@dataclass(frozen=True, slots=True)
class Field:
    """The labelled photos, in the order of the table."""

    design: NDArray[np.str_]
    meter: NDArray[np.str_]
    vectors: NDArray[np.float32]
    looks: list[Look]


def main() -> int:
    """Print one table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="holds field/field.csv and field/photos/")
    parser.add_argument("--embeddings", type=Path, help="FILE.npz with files and embeddings")
    parser.add_argument("--labelled", type=int, default=5)
    args = parser.parse_args()
    table = args.data / "field" / "field.csv"
    if not table.is_file() or args.embeddings is None:
        print(f"skipped: needs hand-labelled field photos at {table.parent} and --embeddings of a network that never saw them")
        return 0
    field = _read(table, args.embeddings)
    _remember_comparisons()
    print(f"{len(field.design)} photos of {len(set(field.design.tolist()))} designs, {args.labelled} labelled of one at a time")
    print(f"{'other designs':46}{'recall':>20}{'precision':>20}{'asked':>8}")
    prints: dict[tuple[int, ...], Print] = {}
    for words, share in (("all grouped or labelled", 1.0), ("a fifth never seen before", 0.8), ("half never seen before", 0.5)):
        counts = [
            _ask(field, design, args.labelled, share=share, seed=seed, prints=prints)
            for design in _askable(field)
            for seed in range(REPEATS)
        ]
        offered = np.array([offered for *_, offered in counts]).sum(axis=0)
        _print(f"{words}: shared details", np.array([found for found, *_ in counts]))
        _print(f"{words}: and the same print", np.array([found for _, found, _ in counts]))
        print("  stay unknown and are offered: {} ({} right), of them ticked {} ({} right)".format(*offered))
    return 0


def _read(table: Path, embeddings: Path) -> Field:
    with table.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    with np.load(embeddings, allow_pickle=False) as saved:
        by_name = {Path(name).name: vector for name, vector in zip(saved["files"].tolist(), saved["embeddings"], strict=True)}
    vectors = np.stack([by_name[row["file"]] for row in rows]).astype(np.float32)
    photos = (decode((table.parent / "photos" / row["file"]).read_bytes()).pixels for row in rows)
    looks = [look_at(pixels, prepare_plate(describe_plate(pixels))) for pixels in photos]
    return Field(
        np.array([row["design"] for row in rows]),
        np.array([row["meter_group"] for row in rows]),
        vectors / np.linalg.norm(vectors, axis=1, keepdims=True),
        looks,
    )


def _remember_comparisons() -> None:
    """The same pairs come again in every trial; a comparison is a pure function of them."""
    seen: dict[tuple[int, int], int] = {}

    def remembered(a: Prepared, b: Prepared) -> int:
        pair = (id(a), id(b))
        if pair not in seen:
            seen[pair] = compared.shared_details(a, b)
        return seen[pair]

    rule.shared_details = remembered  # type: ignore[attr-defined, assignment]


SHORT: dict[tuple[int, int], float | None] = {}


def _remembered(labelled: Print, photo: Look) -> float | None:
    """What a photo falls short by, likewise."""
    if (id(labelled), id(photo)) not in SHORT:
        SHORT[id(labelled), id(photo)] = labelled.falls_short(photo)
    return SHORT[id(labelled), id(photo)]


def _askable(field: Field) -> list[str]:
    names, counts = np.unique(field.design, return_counts=True)
    return [
        str(name)
        for name, count in zip(names, counts, strict=True)
        if count >= FEWEST and len(set(field.meter[field.design == name].tolist())) >= 3
    ]


def _ask(
    field: Field, design: str, labelled: int, *, share: float, seed: int, prints: dict[tuple[int, ...], Print]
) -> tuple[tuple[int, int, int], tuple[int, int, int], tuple[int, int, int, int]]:
    """Photos of the design asked about, those called so, and others called so; by shared details, and by the print as well.

    Then of those that are offered to a person: all, those that are of the design, those ticked, and those of them that are.
    """
    rng = np.random.default_rng(seed)
    others = sorted(set(field.design.tolist()) - {design})
    rng.shuffle(others)
    taken = {design: rng.permutation(np.flatnonzero(field.design == design))[:labelled]}
    for other in others[: round(share * len(others))]:
        taken[other] = rng.permutation(np.flatnonzero(field.design == other))[:PER_GROUP]
    known = np.concatenate(list(taken.values()))
    labels = [str(field.design[index]) for index in known]
    chosen = tuple(taken[design][-REFERENCES:].tolist())
    if chosen not in prints:
        prints[chosen] = Print.of([field.looks[index] for index in chosen])
    asked, right, wrong, offered = 0, [0, 0], [0, 0], [0, 0, 0, 0]
    for index in range(len(field.design)):
        if index in known or field.meter[index] in field.meter[taken[design]]:
            continue
        found = rule.nearest(
            field.vectors[index],
            field.looks[index].details,
            labels,
            field.vectors[known],
            plate_of=lambda number: field.looks[known[number]].details,
        )
        is_one = field.design[index] == design
        asked += int(is_one)
        if found is None or found.label != design:
            continue
        short = _remembered(prints[chosen], field.looks[index])
        same, ticked = is_same(found.score, short), not speaks_against(short)
        for place, counted in enumerate((True, is_one, ticked, ticked and is_one)):
            offered[place] += int(counted and not same)
        for place, named in enumerate((True, same)):
            right[place] += int(named and is_one)
            wrong[place] += int(named and not is_one)
    return (asked, right[0], wrong[0]), (asked, right[1], wrong[1]), (offered[0], offered[1], offered[2], offered[3])


def _print(words: str, counts: NDArray[np.int64]) -> None:
    rng = np.random.default_rng(0)
    trials = counts.reshape(-1, REPEATS, 3).sum(axis=1)
    drawn = [trials[rng.integers(len(trials), size=len(trials))].sum(axis=0) for _ in range(2000)]

    def of(sums: NDArray[np.int64]) -> tuple[float, float]:
        return float(sums[1] / max(sums[0], 1)), float(sums[1] / max(sums[1] + sums[2], 1))

    recall, precision = of(trials.sum(axis=0))
    ranges = [np.quantile([of(sums)[which] for sums in drawn], (0.05, 0.95)) for which in (0, 1)]
    cells = [f"{value:.3f} ({low:.2f}-{high:.2f})" for value, (low, high) in zip((recall, precision), ranges, strict=True)]
    print(f"{words:46}{cells[0]:>20}{cells[1]:>20}{trials[:, 0].sum():>8}")


if __name__ == "__main__":
    sys.exit(main())
