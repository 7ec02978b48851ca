"""The archive as a file: one row per arrival, as JSON lines, CSV or XLSX."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from db.exported import COLUMNS, read_rows
from engine.names import formula_safe
from engine.tables import open_table

WORDS = ("tags", "unclear_reasons")  # lists of words: a table joins them with |, as that of `engine judge` does
FORMATS = (".jsonl", ".csv", ".xlsx")


def export(database: Engine, out: Path) -> int:
    """Write every arrival to `out`, in the order of arrival; the ending of its name decides the format. Returns the rows.

    The file appears whole or not at all. Text that a spreadsheet would run as a formula is made harmless in CSV and XLSX.
    """
    draft = out.with_name(f".{out.name}.part")
    out.parent.mkdir(parents=True, exist_ok=True)
    try:
        with Session(database) as session:
            written = _WRITERS[out.suffix.lower()](draft, read_rows(session))
        draft.replace(out)
    finally:
        draft.unlink(missing_ok=True)
    return written


def _write_jsonl(path: Path, rows: Iterator[dict[str, Any]]) -> int:
    written = 0
    with path.open("w", encoding="utf-8") as file:
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
            written += 1
    return written


def _write_csv(path: Path, rows: Iterator[dict[str, Any]]) -> int:
    written = 0
    with open_table(path, COLUMNS) as table:
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
