"""Names as text that every database, JSON file, spreadsheet and folder can hold."""

from __future__ import annotations

import os
import re
from pathlib import PurePath
from typing import Any

from engine.errors import ArgumentError
from engine.verdict import UNKNOWN

LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._+-]{0,58}[A-Za-z0-9_+-]|[A-Za-z0-9]")
_RESERVED = {UNKNOWN, "UNJUDGED", "CON", "PRN", "AUX", "NUL", *(f"{port}{n}" for port in ("COM", "LPT") for n in range(1, 10))}
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet takes for a formula's beginning


def readable(path: PurePath | str) -> str:
    r"""The path as valid Unicode: bytes that are no UTF-8 are written out as \xNN, all else stays as it is."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def check_label(text: str) -> str:
    """A meter type as a person typed it, trimmed. It becomes a folder name, hence the rules.

    Raises `ArgumentError` saying what is allowed.
    """
    label = " ".join(text.split())
    if not LABEL.fullmatch(label):
        raise ArgumentError(
            "Use 1 to 60 letters A to Z, digits, spaces or . _ + -, starting with a letter or digit, no dot at the end."
        )
    if label.upper().partition(".")[0].rstrip() in _RESERVED:  # to Windows "con.txt" is CON
        raise ArgumentError(f"{label} is a reserved word. Choose the maker's name and model, such as GENUS 5.")
    return label


def formula_safe(value: Any) -> Any:
    """A cell for CSV or XLSX: text that a spreadsheet would run as a formula gets a leading apostrophe."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def from_cell(text: str) -> str:
    """What `formula_safe` made a cell of."""
    return text[1:] if text.startswith("'") and text[1:].startswith(_FORMULA) else text
