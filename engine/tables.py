"""Tables that people keep: CSV as any spreadsheet writes it, and one clear line where it cannot be used."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection
from pathlib import Path

from engine.errors import DataError

_SEPARATORS = ",;\t"  # a spreadsheet writes the one of its language

Row = dict[str, str]


def read_table(table: Path, *, needed: Collection[str], optional: Collection[str] = ()) -> list[tuple[int, Row]]:
    """The lines below the heading, each with its number in the file; cells trimmed, "" where a line is short.

    A column's name counts in any case of letters. Raises `DataError` for what is no CSV in UTF-8, lacks a needed column, or
    has a line with more cells than the heading.
    """
    try:
        text = table.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f'{table} is no CSV in UTF-8. Save it as "CSV UTF-8".') from error
    except OSError as error:
        raise DataError(f"{table} cannot be read: {error.strerror}.") from error
    if "\0" in text:
        raise DataError(f'{table} is no CSV. Save it as "CSV UTF-8".')
    heading = text.partition("\n")[0]
    separator = max(_SEPARATORS, key=heading.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        columns = [name.strip().lower() for name in next(reader, [])]
        if missing := [name for name in needed if name not in columns]:
            extra = f"; it may have: {', '.join(optional)}" if optional else ""
            raise DataError(f"{table} has no column {' and '.join(missing)}. It needs: {', '.join(needed)}{extra}.")
        return [(reader.line_num, _row(table, reader.line_num, columns, cells)) for cells in reader if any(cells)]
    except csv.Error as error:
        raise DataError(f"{table}, line {reader.line_num}: {error}.") from error


def _row(table: Path, number: int, columns: list[str], cells: list[str]) -> Row:
    if any(cells[len(columns) :]):
        raise DataError(f"{table}, line {number} has more cells than the heading. Put a cell that holds a separator in quotes.")
    row = dict.fromkeys(columns, "")
    return {**row, **{name: cell.strip() for name, cell in zip(columns, cells, strict=False)}}
