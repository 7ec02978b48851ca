"""A name that nobody has: on disk, in a row, or as the aim of a move."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import PurePosixPath

from sqlalchemy.orm import Session

from daemon.home import Home
from db.records import path_taken

MAX_NAME_BYTES = 255  # of one path component on ext4, NTFS, APFS
MAX_ENDING_BYTES = 20  # a longer text after the last dot is no ending that must be kept whole


def free_path(home: Home, session: Session, folder: PurePosixPath, name: str) -> str:
    """A path below home, in `folder` below home, for a file of that name."""

    def is_taken(candidate: str) -> bool:
        path = str(folder / candidate)
        return os.path.lexists(home.root / path) or path_taken(session, path)

    return str(folder / free_name(name, is_taken))


def free_name(name: str, is_taken: Callable[[str], bool]) -> str:
    """The name itself, or "name (2).jpg", "name (3).jpg", ..., within the byte limit of a file name.

    Numbers are doubled until one is free and then halved in between: cameras that send every photo as image.jpg make
    thousands of one name, and asking for each would take longer with every photo.
    """
    if not is_taken(numbered(name, 1)):
        return numbered(name, 1)
    taken, free = 1, 2
    while is_taken(numbered(name, free)):
        taken, free = free, free * 2
    while free - taken > 1:
        middle = (taken + free) // 2
        if is_taken(numbered(name, middle)):
            taken = middle
        else:
            free = middle
    return numbered(name, free)


def numbered(name: str, number: int) -> str:
    """The name with its number before its ending; number 1 is the name itself."""
    stem, dot, suffix = name.rpartition(".")
    if not stem or len(suffix.encode()) > MAX_ENDING_BYTES:
        stem, dot, suffix = name, "", ""
    ending = f"{'' if number == 1 else f' ({number})'}{dot}{suffix}"
    room = MAX_NAME_BYTES - len(ending.encode())
    return stem.encode()[: max(room, 1)].decode(errors="ignore") + ending
