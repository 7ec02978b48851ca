"""Names as text that every database, JSON file, spreadsheet and folder can hold."""

from __future__ import annotations

import os
import re
import unicodedata
from pathlib import PurePath
from typing import Any

from engine.errors import ArgumentError
from engine.verdict import UNKNOWN

_LONGEST = 60  # characters of a type's name; a character takes four bytes at most
_FOLDER_BYTES = 240  # of a folder's name; file systems hold 255
_SIGNS = " ._+-"
_WRITTEN = {"Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Nd"}  # Unicode's letters, their marks, digits
# Letters and marks by Unicode's tables that nobody sees: fillers, joiners, variation selectors.
_INVISIBLE = frozenset(map(chr, (
    0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, *range(0x180B, 0x1810), 0x3164, *range(0xFE00, 0xFE10), 0xFFA0,
    *range(0xE0100, 0xE01F0),
)))  # fmt: skip
_RESERVED = {UNKNOWN, "UNJUDGED", "CON", "PRN", "AUX", "NUL", *(f"{port}{n}" for port in ("COM", "LPT") for n in range(1, 10))}
_OF_GROUPS = re.compile(r"group[ ._+-]*[0-9]+|ungrouped", re.IGNORECASE)  # as pages and folders call them
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet takes for a formula's beginning


def readable(path: PurePath | str) -> str:
    r"""The path as valid Unicode: bytes that are no UTF-8 are written out as \xNN, all else stays as it is."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def check_label(text: str) -> str:
    """A meter type as a person typed it, trimmed and in the form of `composed`. It becomes a folder name, hence the rules.

    Raises `ArgumentError` saying what is allowed.
    """
    label = " ".join(composed(text).split())
    fits = 0 < len(label) <= _LONGEST and label[0].isalnum() and not label.endswith(".")
    if not fits or not all(map(_may_stand, label)):
        raise ArgumentError(
            f"Use 1 to {_LONGEST} letters (of any script), digits, spaces or . _ + -, starting with a letter or digit, "
            "no dot at the end."
        )
    if label.upper().partition(".")[0].rstrip() in _RESERVED:  # to Windows "con.txt" is CON
        raise ArgumentError(f"{label} is a reserved word. Choose the maker's name and model, such as GENUS 5.")
    if _OF_GROUPS.fullmatch(label):
        raise ArgumentError(
            f"{label} would look like a group without a name. Choose the maker's name and model, such as GENUS 5."
        )
    return label


def composed(text: str) -> str:
    """One of the ways in which Unicode writes the same letters: a Mac's ä is two characters, a wide G another one than G."""
    return unicodedata.normalize("NFKC", text)


def folded(label: str) -> str:
    """What two names have in common that are one to a person, and one folder to many a file system."""
    return composed(composed(label).casefold())


def as_folder(text: str) -> str:
    """One safe folder name; what `check_label` took stays as it is."""
    safe = "".join(char if _may_stand(char) else "_" for char in composed(text)).strip(" .")
    return safe.encode()[:_FOLDER_BYTES].decode(errors="ignore").strip(" .") or "_"


def _may_stand(char: str) -> bool:
    """Whether a character may stand in a name: seen by a person, and without a meaning to a file system or page."""
    if char.isascii():
        return char.isalnum() or char in _SIGNS
    return unicodedata.category(char) in _WRITTEN and char not in _INVISIBLE


def formula_safe(value: Any) -> Any:
    """A cell for CSV or XLSX: text that a spreadsheet would run as a formula gets a leading apostrophe."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def from_cell(text: str) -> str:
    """What `formula_safe` made a cell of."""
    return text[1:] if text.startswith("'") and text[1:].startswith(_FORMULA) else text
