"""The table beside a Good/Bad dataset that `engine degrade` made: which photo was spoilt how, and how much."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from engine.errors import DataError
from engine.quality import DEFECT_TAGS, Tag
from engine.quality.examples import LabelledPhoto
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
            table.writerow([row.image_path, row.label.value, row.defect, strength, row.unit, row.tag, row.source])


def read_degraded(folder: Path) -> tuple[LabelledPhoto, ...]:
    """The dataset as labelled photos. Of a spoilt photo only its own defect is known; a good one has none."""
    with (folder / TABLE).open(newline="", encoding="utf-8-sig") as file:
        reader = csv.DictReader(file)
        if not {"image_path", "label"} <= set(reader.fieldnames or ()):
            raise DataError(f"{folder / TABLE} has no columns image_path and label.")
        return tuple(_labelled(folder, row) for row in reader)


def _labelled(folder: Path, row: dict[str, str | None]) -> LabelledPhoto:
    tag, bad = row.get("tag") or "", (row["label"] or "").lower() == GoodBad.BAD.value.lower()
    present = frozenset({Tag(tag)}) if tag else frozenset[Tag]()
    # A blurred photo may look hazy too, and one that is called bad without saying how may be anything.
    unsure = frozenset(DEFECT_TAGS) - present if bad else frozenset[Tag]()
    path = folder / (row["image_path"] or "")
    return LabelledPhoto(path=path, present=present, unsure=unsure, group=row.get("source") or path.name)
