"""Putting a file at its place: never over another, whole or not at all, and on the disk before anyone says so."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
from contextlib import suppress
from pathlib import Path

TEMPORARY = ".metersieve-"  # beginning of the names of copies under way; recovery removes what a crash left


class SourceChanged(Exception):
    """The file is no longer the one that was read and hashed."""


def place(source: Path, target: Path, *, inode: int, sha256: str) -> None:
    """Make `source` appear at `target` as well; the source stays until the caller removes it.

    On one file system this is a hard link, else a copy. Raises `FileExistsError` if something is at `target`, and
    `SourceChanged` if the source is no longer the file with that inode or content.
    """
    make_folder(target.parent)
    try:
        if not os.access(source.parent, os.W_OK):  # the source will stay: two names of one file would change together
            raise OSError(errno.EXDEV, "the source cannot be removed")
        os.link(source, target, follow_symlinks=False)
    except OSError as error:
        if error.errno not in (errno.EXDEV, errno.EPERM, errno.EMLINK, errno.ENOTSUP, errno.EACCES):
            raise
        _copy(source, target, sha256)
    else:
        if target.lstat().st_ino != inode:
            target.unlink()
            raise SourceChanged(source)
        with target.open("rb") as file:
            os.fsync(file.fileno())
    sync_folder(target.parent)


def move(path: Path, target: Path) -> None:
    """Rename within one file system, never over another file. Raises `FileExistsError`."""
    make_folder(target.parent)
    try:
        os.link(path, target, follow_symlinks=False)
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.ENOTSUP, errno.EMLINK):
            raise
        _reserve(target)
        path.replace(target)
    else:
        path.unlink()
    sync_folder(target.parent)
    sync_folder(path.parent)


def make_folder(folder: Path) -> None:
    """Create a folder and its parents, each on the disk in its parent."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    with suppress(FileExistsError):
        folder.mkdir()
    sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    """Wait until the folder's entries are on the disk."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sha256_of(path: Path) -> str:
    """The file's SHA-256 as hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _copy(source: Path, target: Path, sha256: str) -> None:
    if target.exists():
        raise FileExistsError(errno.EEXIST, "exists", str(target))
    draft = target.parent / f"{TEMPORARY}{os.getpid()}-{sha256[:16]}"
    try:
        shutil.copy2(source, draft, follow_symlinks=False)
        with draft.open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != sha256:
                raise SourceChanged(source)
            os.fsync(file.fileno())
        try:
            os.link(draft, target)
        except FileExistsError:
            raise
        except OSError:  # a file system without hard links
            _reserve(target)
            draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)


def _reserve(target: Path) -> None:
    """Claim the name, so that the rename over it cannot hit another's file."""
    os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
