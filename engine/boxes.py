"""Tables of photos with their display's box: what the locator learns from and is measured on."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from engine.errors import DataError
from engine.picture import Pixels, decode
from engine.tables import read_table
from engine.verdict import Box

TABLE = "boxes.csv"  # in a folder of photos
TRUTH = ".truth.csv"  # the same, as `engine sample` writes it


@dataclass(frozen=True, kw_only=True, slots=True)
class Boxed:
    """One photo. `box` in pixels of the upright photo, None = it shows no display. `group`: the same meter or scene."""

    path: Path
    box: Box | None
    group: str
    source: str = ""
    licence: str = ""
    clear: float | None = None  # share of raters who could read all digits, 0..1; None = nobody rated it
    flags: tuple[str, ...] = ()  # what raters saw on it


def is_table(data: Path) -> bool:
    """Whether `data` is a table of boxes or a folder that holds one."""
    return data.suffix.lower() == ".csv" or any((data / name).is_file() for name in (TABLE, TRUTH))


def read_boxes(data: Path) -> tuple[Boxed, ...]:
    """Read a CSV, or `boxes.csv` (or a drawn sample's truth) in a folder.

    Columns: `file` relative to the table; `x`, `y`, `w`, `h` in pixels of the upright photo, all empty where no display is to be
    seen (or one column `display_box`, "x y w h"); optional `group`, `source`, `licence`, `clear` (0..1: can a person read it)
    and `flags` (what hides the digits: blurry|glare|dark|occluded|blank_display). Raises `DataError` with advice.
    """
    table = next((data / name for name in (TABLE, TRUTH) if (data / name).is_file()), data)
    if not table.is_file():
        raise DataError(f"{data} is no table of boxes. Give a CSV with the columns file,x,y,w,h, or a folder with {TABLE}.")
    lines = read_table(table, needed=("file",), optional=("x", "y", "w", "h", "display_box"))
    columns = set().union(*(row for _, row in lines[:1]))
    if lines and not ({"x", "y", "w", "h"} <= columns or "display_box" in columns):
        raise DataError(f"{table} must have the columns file,x,y,w,h (or file,display_box); it has {', '.join(sorted(columns))}.")
    rows = tuple(_row(table, number, row) for number, row in lines)
    if sum(row.box is not None for row in rows) < 2:
        raise DataError(f"{table} has fewer than two boxes. A locator learns from a hundred or more.")
    return rows


def opened(photo: Boxed) -> tuple[Pixels, Boxed]:
    """A photo's pixels, and its row with the box in those: large photos are decoded to fewer. Raises a `PictureError`."""
    picture = decode(photo.path.read_bytes())
    return picture.pixels, replace(photo, box=picture.in_pixels(photo.box) if photo.box else None)


def fold_of(rows: Sequence[Boxed], folds: int, seed: int) -> list[int]:
    """The fold of each row, 0..folds-1, by its group: photos of one meter or scene stay on one side."""
    return [int(hashlib.sha256(f"{seed}:{row.group}".encode()).hexdigest(), 16) % folds for row in rows]


def _row(table: Path, line: int, row: dict[str, str]) -> Boxed:
    path = table.parent / (row["file"] or "")
    if not path.is_file():
        raise DataError(f"{table}, line {line}: {row['file']!r} is not there. Paths are relative to the table.")
    parts = row["display_box"].split() if row.get("display_box") else [row.get(name) or "" for name in "xywh"]
    return Boxed(
        path=path, box=_box(parts, f"{table}, line {line}"), group=row.get("group") or row.get("meter_id") or row["file"],
        source=row.get("source") or "", licence=row.get("licence") or "",
        clear=_share(row.get("clear") or "", f"{table}, line {line}"),
        flags=tuple(flag for flag in (row.get("flags") or "").split("|") if flag),
    )  # fmt: skip


def _box(parts: Sequence[str], where: str) -> Box | None:
    if not any(parts):
        return None
    try:
        x, y, width, height = (round(float(part)) for part in parts)
    except ValueError as error:
        raise DataError(f"{where}: a box is four numbers (x, y, w, h in pixels) or four empty cells, not {parts}.") from error
    if width < 1 or height < 1:
        raise DataError(f"{where}: a box is at least a pixel wide and high, not {width} x {height}.")
    return x, y, width, height


def _share(text: str, where: str) -> float | None:
    try:
        share = float(text) if text else None
    except ValueError:
        share = -1.0
    if share is not None and not 0 <= share <= 1:
        raise DataError(f"{where}: `clear` is a number from 0 (nobody can read it) to 1, or empty, not {text!r}.")
    return share
