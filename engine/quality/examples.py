"""Labelled photos as the threshold fit reads them: numbers, what is known to be there, and what belongs together."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from engine.errors import DataError
from engine.quality.thresholds import DEFECT_TAGS, Tag
from engine.tables import Row, read_table

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
    lines: dict[str, int] = {}
    photos = []
    for number, row in read_table(table, needed=("file", "tags"), optional=("unsure", "group")):
        photos.append(_photo(table, number, row))
        first = lines.setdefault(os.path.normpath(photos[-1].path), number)
        if first != number:
            raise DataError(f"{table}, line {number}: {row['file']} is on line {first} already. Keep one of them.")
    if not photos:
        raise DataError(f"{table} has no lines below its heading.")
    return tuple(photos)


def _photo(table: Path, number: int, row: Row) -> LabelledPhoto:
    if not row["file"]:
        raise DataError(f"{table}, line {number}: no file is named.")
    present, unsure = (_tags(row.get(column, ""), f"{table}, line {number}") for column in ("tags", "unsure"))
    if both := sorted(present & unsure):
        raise DataError(f"{table}, line {number}: {both[0]} is in tags and in unsure. Take it out of one.")
    return LabelledPhoto(
        path=table.parent / row["file"], present=present, unsure=unsure, group=row.get("group", "") or row["file"]
    )


def _tags(text: str, place: str) -> frozenset[Tag]:
    for separator in _SEPARATORS:
        text = text.replace(separator, " ")
    words = set(text.lower().split()) - {"none", Tag.WELL_EXPOSED.value}
    if strange := sorted(words - {tag.value for tag in DEFECT_TAGS}):
        raise DataError(f"{place}: {strange[0]!r} is no tag. Tags: {', '.join(tag.value for tag in DEFECT_TAGS)}.")
    return frozenset(Tag(word) for word in words)
