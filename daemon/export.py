"""The archive as a file: one row per arrival, as JSON lines, CSV or XLSX."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session, selectinload

from db.naming import Named, read_named
from db.retagging import tags_of
from db.tables import Photo
from engine.names import formula_safe
from engine.verdict import Way

COLUMNS = (
    "id", "sha256", "source", "received_at", "outcome", "reason", "detail", "path", "original_id", "near_of", "set_aside", "site",
    "camera", "name", "size_bytes", "width", "height", "clarity", "clear_probability", "unclear_reasons",
    "quality", "quality_score", "tags", "good_bad", "good_probability", "meter_type", "named_by", "named_at",
    "guessed_type", "top3", "known_score", "plain_type", "recognised_by", "type_confidence", "shared_details",
    "labelled_photos", "contradicted_type", "group_id", "group_strength", "display_box", "display_score",
    "measures", "scores", "suggestions", "stamps", "judged_ms",
    "retries", "removed_at", "removed_why",
)  # fmt: skip
WORDS = ("tags", "unclear_reasons")  # lists of words: a table joins them with |, as that of `engine judge` does
NOBODY: Mapping[int, Named] = {}
FORMATS = (".jsonl", ".csv", ".xlsx")


def export(database: Engine, out: Path) -> int:
    """Write every arrival to `out`, in the order of arrival; the ending of its name decides the format. Returns the rows.

    The file appears whole or not at all. Text that a spreadsheet would run as a formula is made harmless in CSV and XLSX.
    """
    draft = out.with_name(f".{out.name}.part")
    out.parent.mkdir(parents=True, exist_ok=True)
    try:
        with Session(database) as session:
            written = _WRITERS[out.suffix.lower()](draft, _rows(session))
        draft.replace(out)
    finally:
        draft.unlink(missing_ok=True)
    return written


def _rows(session: Session) -> Iterator[dict[str, Any]]:
    named = read_named(session)
    query = select(Photo).where(Photo.outcome.is_not(None)).order_by(Photo.id).options(selectinload(Photo.tags))
    for photo in session.scalars(query.execution_options(yield_per=1000)):
        yield as_row(photo, named)


def as_row(photo: Photo, named: Mapping[int, Named] = NOBODY) -> dict[str, Any]:
    """What an export says of one photo, as plain JSON values; `named`: who said what photos show."""
    by, at = named.get(photo.id, (None, None))
    said: dict[str, Any] = {"tags": list(tags_of(photo)), "named_by": by, "named_at": at}
    if by or photo.recognised_by == Way.LABELLED:
        said["type_confidence"] = None  # it is in what the network took the photo for
    row = {name: said[name] if name in said else getattr(photo, name) for name in COLUMNS}
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in row.items()}


def _write_jsonl(path: Path, rows: Iterator[dict[str, Any]]) -> int:
    written = 0
    with path.open("w", encoding="utf-8") as file:
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
            written += 1
    return written


def _write_csv(path: Path, rows: Iterator[dict[str, Any]]) -> int:
    written = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(COLUMNS)
        for row in rows:
            table.writerow(_cells(row))
            written += 1
    return written


def _write_xlsx(path: Path, rows: Iterator[dict[str, Any]]) -> int:
    from openpyxl import Workbook
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    book = Workbook(write_only=True)
    sheet = book.create_sheet("photos")
    sheet.freeze_panes = "A2"  # the heading stays in sight
    sheet.append(list(COLUMNS))
    written = 0
    for row in rows:
        sheet.append([ILLEGAL_CHARACTERS_RE.sub("", cell) if isinstance(cell, str) else cell for cell in _cells(row)])
        written += 1
    book.save(path)
    return written


def _cells(row: dict[str, Any]) -> list[Any]:
    return [
        "|".join(value or ()) if name in WORDS else json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list)
        else formula_safe(value)
        for name, value in row.items()
    ]  # fmt: skip


_WRITERS = {".jsonl": _write_jsonl, ".csv": _write_csv, ".xlsx": _write_xlsx}
