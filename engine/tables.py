"""Tables that people open and keep: CSV as any spreadsheet reads and writes it, and one clear line where it cannot be used."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import DataError

if TYPE_CHECKING:
    from _csv import Writer

ENCODING = "utf-8-sig"  # without the mark Excel on Windows takes UTF-8 for its own code page; read, it may be there or not
_SEPARATORS = ",;\t"  # a spreadsheet writes the one of its language
_SAID = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)  # a first line that tells Excel the separator

Row = dict[str, str]


@contextmanager
def open_table(table: Path, heading: Sequence[str]) -> Iterator[Writer]:
    """Begin a CSV for people, in a folder that is made: what it yields writes the lines below the heading, cells as they are."""
    table.parent.mkdir(parents=True, exist_ok=True)
    with table.open("w", encoding=ENCODING, newline="") as file:
        writer = csv.writer(file)
        writer.writerow(heading)
        yield writer


def read_table(
    table: Path, *, needed: Collection[str], optional: Collection[str] = (), other_names: Mapping[str, str] | None = None
) -> list[tuple[int, Row]]:
    """The lines below the heading, each with its number in the file; cells trimmed, "" where a line is short.

    A column's name counts in any case of letters; `other_names` are those that a needed column may have instead. Raises
    `DataError` for what is no CSV in UTF-8, lacks a needed column or has one twice, or has a line with more cells than the
    heading.
    """
    try:
        text = table.read_text(encoding=ENCODING)
    except UnicodeDecodeError as error:
        raise DataError(f'{table} is no CSV in UTF-8. Save it as "CSV UTF-8".') from error
    except OSError as error:
        raise DataError(f"{table} cannot be read: {error.strerror}.") from error
    if "\0" in text:
        raise DataError(f'{table} is no CSV. Save it as "CSV UTF-8".')
    first = text.partition("\n")[0]
    said = _SAID.fullmatch(first)
    separator = said[1] if said else max(_SEPARATORS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    if said:
        next(reader)
    try:
        columns = _columns(table, next(reader, []), other_names or {})
        if missing := [name for name in needed if name not in columns]:
            extra = f"; it may have: {', '.join(optional)}" if optional else ""
            raise DataError(f"{table} has no column {' and '.join(missing)}. It needs: {', '.join(needed)}{extra}.")
        return [(reader.line_num, _row(table, reader.line_num, columns, cells)) for cells in reader if any(cells)]
    except csv.Error as error:
        raise DataError(f"{table}, line {reader.line_num}: {error}.") from error


def _columns(table: Path, heading: list[str], other_names: Mapping[str, str]) -> list[str]:
    names = [name.strip().lower() for name in heading]
    columns = [name if other_names.get(name) in (None, *names) else other_names[name] for name in names]
    if twice := [name for name, count in Counter(columns).items() if name and count > 1]:
        raise DataError(f"{table} has two columns {twice[0]}. Take one out, or give it another name.")
    return columns


def _row(table: Path, number: int, columns: list[str], cells: list[str]) -> Row:
    if any(cells[len(columns) :]):
        raise DataError(f"{table}, line {number} has more cells than the heading. Put a cell that holds a separator in quotes.")
    row = dict.fromkeys(columns, "")
    return {**row, **{name: cell.strip() for name, cell in zip(columns, cells, strict=False)}}
