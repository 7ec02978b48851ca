"""The table beside a Good/Bad dataset that `engine degrade` made: which photo was spoilt how, and how much."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from engine.errors import DataError
from engine.names import formula_safe
from engine.quality import DEFECT_TAGS, Tag
from engine.quality.examples import LabelledPhoto
from engine.tables import Row, read_table
from engine.verdict import GoodBad

TABLE = "dataset_labels.csv"
_COLUMNS = ("image_path", "label", "defect", "strength", "unit", "tag", "source")


@dataclass(frozen=True, kw_only=True, slots=True)
class DegradedRow:
    """One photo of the dataset; defect, strength, unit and tag are empty for a good one."""

    image_path: str  # below the dataset's folder
    label: GoodBad
    source: str  # the good photo it was made from: both lie on the same side of every split
    defect: str = ""
    strength: float | None = None
    unit: str = ""
    tag: str = ""


def write_table(folder: Path, rows: Iterable[DegradedRow]) -> None:
    """Write dataset_labels.csv."""
    with (folder / TABLE).open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(_COLUMNS)
        for row in rows:
            strength = "" if row.strength is None else f"{row.strength:.4g}"
            table.writerow([row.image_path, row.label.value, row.defect, strength, row.unit, row.tag, formula_safe(row.source)])


def twins(folder: Path) -> dict[Path, str]:
    """Photo -> the good photo it was made from, in what `engine degrade` made; empty for any other folder."""
    return {photo.path: photo.group for photo in read_degraded(folder)} if (folder / TABLE).is_file() else {}


def read_degraded(folder: Path) -> tuple[LabelledPhoto, ...]:
    """The dataset as labelled photos. Of a spoilt photo only its own defect is known; a good one has none.

    Raises `DataError` with the line's number.
    """
    table = folder / TABLE
    rows = read_table(table, needed=("image_path", "label"), optional=("tag", "source"))
    if not rows:
        raise DataError(f"{table} has no lines below its heading.")
    return tuple(_labelled(folder, row, f"{table}, line {number}") for number, row in rows)


def _labelled(folder: Path, row: Row, place: str) -> LabelledPhoto:
    label, tag = row["label"].capitalize(), row.get("tag", "")
    if label not in (GoodBad.GOOD, GoodBad.BAD):
        raise DataError(f"{place}: {row['label']!r} is no label. Labels: Good, Bad.")
    if tag not in ("", *DEFECT_TAGS):
        raise DataError(f"{place}: {tag!r} is no tag. Tags: {', '.join(each.value for each in DEFECT_TAGS)}.")
    present = frozenset({Tag(tag)}) if tag else frozenset[Tag]()
    # A blurred photo may look hazy too, and one that is called bad without saying how may be anything.
    unsure = frozenset(DEFECT_TAGS) - present if label == GoodBad.BAD else frozenset[Tag]()
    path = folder / row["image_path"]
    return LabelledPhoto(path=path, present=present, unsure=unsure, group=row.get("source", "") or path.name)
