"""How well photos of a design are recognised right after a person named it: five labelled photos, no training.

    python benchmarks/naming.py --data ../shared/data --embeddings FILE.npz [--labelled 5]

For each design of the hand-labelled field photos in turn: five photos of it are labelled; the other designs are groups that
nobody has named (or labelled types), all but a share that appears for the first time. Photos of the labelled meters are left
out. All others wait, are looked at one by one, and judged together with their sisters. Recall: of the design's other photos,
those called by its name. Precision: of all photos called so, those that are. FILE.npz holds files and embeddings of a network
that never saw these designs, as `python -m engine judge --embeddings` writes them. Intervals: 5-95 %, bootstrap over designs.
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
from engine.recognition.resemblance import Resemblance, resemblance, speaks_against
from engine.recognition.sameness import REFERENCES, Print, is_same, shows_it
from engine.recognition.sisters import AMONG, Sister, with_sisters

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
    rule.shared_details = _shared  # type: ignore[attr-defined, assignment]
    print(f"{len(field.design)} photos of {len(set(field.design.tolist()))} designs, {args.labelled} labelled of one at a time")
    print(f"{'other designs':48}{'recall':>20}{'precision':>20}{'asked':>8}")
    prints: dict[tuple[int, ...], Print] = {}
    for words, share in (("all grouped or labelled", 1.0), ("a fifth never seen before", 0.8), ("half never seen before", 0.5)):
        counts = [
            _ask(field, design, args.labelled, share=share, seed=seed, prints=prints)
            for design in _askable(field)
            for seed in range(REPEATS)
        ]
        offered = np.array([offered for *_, offered in counts]).sum(axis=0)
        _print(f"{words}: shared details", np.array([found for found, *_ in counts]))
        _print(f"{words}: and the same print", np.array([found for _, found, *_ in counts]))
        _print(f"{words}: or that of sisters", np.array([found for _, _, found, _ in counts]))
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


SHARED: dict[tuple[int, int], int] = {}


def _shared(a: Prepared, b: Prepared) -> int:
    """How many details two photos share: the same pairs come again in every trial."""
    if (id(a), id(b)) not in SHARED:
        SHARED[id(a), id(b)] = compared.shared_details(a, b)
    return SHARED[id(a), id(b)]


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


Counts = tuple[int, int, int]  # photos of the design asked about, those called so, and others called so


def _ask(
    field: Field, design: str, labelled: int, *, share: float, seed: int, prints: dict[tuple[int, ...], Print]
) -> tuple[Counts, Counts, Counts, tuple[int, int, int, int]]:
    """By shared details, by the print as well, and by that of the photo and its sisters.

    Then of those that are offered to a person: all, those that are of the design, those ticked, and those of them that are.
    """
    rng = np.random.default_rng(seed)
    others = sorted(set(field.design.tolist()) - {design})
    rng.shuffle(others)
    taken = {design: rng.permutation(np.flatnonzero(field.design == design))[:labelled]}
    for other in others[: round(share * len(others))]:
        taken[other] = rng.permutation(np.flatnonzero(field.design == other))[:PER_GROUP]
    known = np.concatenate(list(taken.values()))
    chosen = tuple(taken[design][-REFERENCES:].tolist())
    if chosen not in prints:
        prints[chosen] = Print.of([field.looks[index] for index in chosen])
    outside = ~np.isin(np.arange(len(field.design)), known) & ~np.isin(field.meter, field.meter[taken[design]])
    waiting = np.flatnonzero(outside).tolist()
    found = {index: _nearest(field, index, known) for index in waiting}
    alike = {
        index: resemblance(design, each.details, _remembered(prints[chosen], field.looks[index]))
        for index, each in found.items()
        if each is not None and each.label == design
    }
    named_by_print = {index for index, own in alike.items() if is_same(_score(found[index]), own.short)}
    unproven = {index for index in named_by_print if alike[index].short is None}
    elsewhere = {index for index, each in found.items() if each is not None and each.label != design}
    together = {index for index in set(waiting) - elsewhere if _shows_it_with_sisters(field, index, alike)}
    named = unproven | together
    asked = {index for index in waiting if field.design[index] == design}

    def counts(called: set[int]) -> Counts:
        return len(asked), len(called & asked), len(called - asked)

    offered = set(alike) - named
    ticked = {index for index in offered if not speaks_against(alike[index].short)}
    return (
        counts(set(alike)),
        counts(named_by_print),
        counts(named),
        (len(offered), len(offered & asked), len(ticked), len(ticked & asked)),
    )


def _nearest(field: Field, index: int, known: NDArray[np.int64]) -> rule.Nearest | None:
    return rule.nearest(
        field.vectors[index],
        field.looks[index].details,
        [str(field.design[each]) for each in known],
        field.vectors[known],
        plate_of=lambda number: field.looks[known[number]].details,
    )


def _score(found: rule.Nearest | None) -> float:
    return found.score if found is not None else 0.0


def _shows_it_with_sisters(field: Field, index: int, alike: dict[int, Resemblance]) -> bool:
    others = [other for other in alike if other != index]
    closest = sorted(others, key=lambda other: -float(field.vectors[other] @ field.vectors[index]))[:AMONG]
    details = field.looks[index].details
    together = with_sisters(
        alike.get(index), [Sister(_shared(field.looks[other].details, details), alike[other]) for other in closest]
    )
    return together is not None and shows_it(together.short)


def _print(words: str, counts: NDArray[np.int64]) -> None:
    rng = np.random.default_rng(0)
    trials = counts.reshape(-1, REPEATS, 3).sum(axis=1)
    drawn = [trials[rng.integers(len(trials), size=len(trials))].sum(axis=0) for _ in range(2000)]

    def of(sums: NDArray[np.int64]) -> tuple[float, float]:
        return float(sums[1] / max(sums[0], 1)), float(sums[1] / max(sums[1] + sums[2], 1))

    recall, precision = of(trials.sum(axis=0))
    ranges = [np.quantile([of(sums)[which] for sums in drawn], (0.05, 0.95)) for which in (0, 1)]
    cells = [f"{value:.3f} ({low:.2f}-{high:.2f})" for value, (low, high) in zip((recall, precision), ranges, strict=True)]
    print(f"{words:48}{cells[0]:>20}{cells[1]:>20}{trials[:, 0].sum():>8}")


if __name__ == "__main__":
    sys.exit(main())
