"""Whether results can be written where they shall go: asked before the work, not after it."""

from __future__ import annotations

import os
from pathlib import Path

from engine.errors import ArgumentError


def check_file(path: Path) -> None:
    """Raise `ArgumentError` where no file can be written at `path`; its folder need not be there yet."""
    if path.is_dir():
        raise ArgumentError(f"{path} cannot be written: it is a folder. Name a file.")
    if path.exists() and not os.access(path, os.W_OK):
        raise ArgumentError(f"{path} cannot be written: it is read-only. Name another file.")
    check_folder(path.parent)


def check_folder(folder: Path) -> None:
    """Raise `ArgumentError` where `folder` is no folder to write into and none can be made."""
    there = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    if not there.is_dir():
        raise ArgumentError(f"Nothing can be written in {folder}: {there} is a file. Name a folder.")
    if not os.access(there, os.W_OK | os.X_OK):
        raise ArgumentError(f"Nothing can be written in {folder}: {there} is read-only. Name another folder.")
