"""Labelled photos as the threshold fit reads them: numbers, what is known to be there, and what belongs together."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from engine.errors import DataError
from engine.names import from_cell
from engine.quality.thresholds import DEFECT_TAGS, Tag
from engine.spelling import counted, hint
from engine.tables import Row, read_table
from engine.verdict import Reason

_SEPARATOR = re.compile("[;|,]")
_OTHER_NAMES = {"image": "file"}  # as `evaluate quality` writes it


@dataclass(frozen=True, kw_only=True, slots=True)
class LabelledPhoto:
    """One line of a labelled CSV. What is in neither `present` nor `unsure` is known to be absent."""

    path: Path
    present: frozenset[Tag]
    unsure: frozenset[Tag]
    group: str
    is_alone: bool = False  # no group was named: it is one of its own


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


def read_labelled(table: Path, tell: Callable[[str], object]) -> tuple[LabelledPhoto, ...]:
    """A CSV with the columns file and tags, and, if known, unsure (tags not to learn from) and group (the same scene or meter).

    Files are relative to the table or to the working folder; several tags are separated by ";" or "|". Lines that say the same
    of one file count once. What `engine judge` writes is understood: its `no_display` among the tags does not count, nor does a
    line whose photo could not be judged, which is told. Raises `DataError` with the line's number, also where two lines do not
    agree.
    """
    if not table.is_file():
        raise DataError(f"{table} is not a file. Give a CSV with the columns file and tags.")
    first: dict[Path, tuple[int, LabelledPhoto]] = {}  # by file
    again: list[tuple[int, int]] = []
    no_display, unjudged = 0, 0
    for number, row in read_table(table, needed=("file", "tags"), optional=("unsure", "group"), other_names=_OTHER_NAMES):
        if row.get("ok", "").lower() == "false" and not row["tags"]:  # no tags are known, which is not none
            unjudged += 1
            continue
        no_display += Reason.NO_DISPLAY.value in row["tags"].lower()
        photo = _photo(table, number, row)
        before, known = first.setdefault(photo.path.resolve(), (number, photo))
        if _said(known) != _said(photo):
            raise DataError(
                f"{table}, lines {before} and {number} do not agree on {photo.path.name} ({_said(known)}; {_said(photo)}). "
                "Keep one of them, with the tags that are disputed in unsure."
            )
        if before != number:
            again.append((number, before))
    if not first:
        raise DataError(f"{table} has no lines below its heading.")
    if again:
        lines = "line repeats an earlier one" if len(again) == 1 else "lines repeat earlier ones"
        tell(f"{table}: {len(again)} {lines} (line {again[0][0]} says what line {again[0][1]} says); each photo counts once.")
    if unjudged:
        lines, its = ("1 line is", "its photo") if unjudged == 1 else (f"{unjudged:,} lines are", "their photos")
        tell(f"{table}: {lines} left out: {its} could not be judged (column ok).")
    if no_display:
        lines = counted(no_display, "line")
        tell(f"{table}: no_display is passed over ({lines}): it says that no display was found, not how good a photo is.")
    return tuple(photo for _, photo in first.values())


def _said(photo: LabelledPhoto) -> str:
    """What a line says of its file, in words."""
    said = " ".join(sorted(photo.present)) or "none"
    said += f", perhaps {' '.join(sorted(photo.unsure))}" if photo.unsure else ""
    return said if photo.is_alone else f"{said}, of {photo.group}"


def _photo(table: Path, number: int, row: Row) -> LabelledPhoto:
    if not row["file"]:
        raise DataError(f"{table}, line {number}: no file is named.")
    present, unsure = (_tags(row.get(column, ""), f"{table}, line {number}") for column in ("tags", "unsure"))
    if both := sorted(present & unsure):
        raise DataError(f"{table}, line {number}: {both[0]} is in tags and in unsure. Take it out of one.")
    return LabelledPhoto(
        path=_place(table, row["file"]), present=present, unsure=unsure,
        group=row.get("group", "") or row["file"], is_alone=not row.get("group", ""),
    )  # fmt: skip


def _place(table: Path, name: str) -> Path:
    """Beside the table; else, as `engine judge` names files, from where one is."""
    places = (folder / each for each in (name, from_cell(name)) for folder in (table.parent, Path()))
    return next((place for place in places if place.is_file()), table.parent / name)


def _tags(text: str, place: str) -> frozenset[Tag]:
    tags = {tag.value for tag in DEFECT_TAGS}
    passed_over = {"none", Tag.WELL_EXPOSED.value, Reason.NO_DISPLAY.value}
    found: set[str] = set()
    for part in _SEPARATOR.split(text.lower()):
        words = part.split()
        if strange := " ".join(word for word in words if word not in tags | passed_over):
            raise DataError(f"{place}: {strange!r} is no tag.{hint(strange, tags)} Tags: {', '.join(DEFECT_TAGS)}.")
        found.update(words)
    return frozenset(Tag(word) for word in found - passed_over)
