"""Labelled photos as the threshold fit reads them: numbers, what is known to be there, and what belongs together."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from engine.errors import DataError
from engine.quality.thresholds import DEFECT_TAGS, Tag

_SEPARATORS = ";|,"


@dataclass(frozen=True, kw_only=True, slots=True)
class LabelledPhoto:
    """One line of a labelled CSV. What is in neither `present` nor `unsure` is known to be absent."""

    path: Path
    present: frozenset[Tag]
    unsure: frozenset[Tag]
    group: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Example:
    """One measured photo.

    `group`: never on both sides of a cross-validation. `source`: a large one does not outvote the others by its number.
    `good`: a photo that nobody would want to see tagged.
    """

    measures: Mapping[str, float]
    present: frozenset[Tag]
    unsure: frozenset[Tag] = frozenset()
    group: str
    source: str = ""
    good: bool = False


def read_labelled(table: Path) -> tuple[LabelledPhoto, ...]:
    """A CSV with the columns file and tags, and, if known, unsure (tags not to learn from) and group (the same scene or meter).

    Files are relative to the table; several tags are separated by ";" or "|". Raises `DataError` with the line's number.
    """
    if not table.is_file():
        raise DataError(f"{table} is not a file. Give a CSV with the columns file and tags.")
    with table.open(newline="", encoding="utf-8-sig") as file:
        reader = csv.DictReader(file)
        missing = {"file", "tags"} - set(reader.fieldnames or ())
        if missing:
            raise DataError(
                f"{table} has no column {' and '.join(sorted(missing))}. It needs: file, tags; it may have: unsure, group."
            )
        rows = [_row(table, number, row) for number, row in enumerate(reader, start=2)]
    if not rows:
        raise DataError(f"{table} has no lines below its heading.")
    return tuple(rows)


def _row(table: Path, number: int, row: Mapping[str, str | None]) -> LabelledPhoto:
    def tags(column: str) -> frozenset[Tag]:
        text = (row.get(column) or "").lower()
        for separator in _SEPARATORS:
            text = text.replace(separator, " ")
        words = set(text.split()) - {"none", Tag.WELL_EXPOSED.value}
        strange = sorted(words - {tag.value for tag in DEFECT_TAGS})
        if strange:
            known = ", ".join(tag.value for tag in DEFECT_TAGS)
            raise DataError(f"{table}, line {number}: {strange[0]!r} is no tag. Tags: {known}.")
        return frozenset(Tag(word) for word in words)

    name = (row["file"] or "").strip()
    if not name:
        raise DataError(f"{table}, line {number}: no file is named.")
    path = table.parent / name
    return LabelledPhoto(path=path, present=tags("tags"), unsure=tags("unsure"), group=(row.get("group") or "").strip() or name)
