"""Putting a file at its place: never over another, whole or not at all, and on the disk before anyone says so."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from daemon.arrival import is_being_written
from daemon.inbox import Sighting

TEMPORARY = ".metersieve-"  # beginning of the names of copies under way; recovery removes what a crash left


class SourceChanged(Exception):
    """The file is no longer the one that was read and hashed."""


def place(seen: Sighting, target: Path, *, sha256: str) -> None:
    """Make the file that was seen appear at `target` as well; the source stays until the caller removes it.

    On one file system this is a hard link, else a copy. Raises `FileExistsError` if something is at `target`, and
    `SourceChanged` if the source is no longer that very file, or somebody writes it. Whatever is raised, nothing is left.
    The new name is on the disk when the caller has synced its folder.
    """
    make_folder(target.parent)
    linked = _link(seen.path, target)
    if not linked:
        _copy(seen.path, target, sha256)
    try:
        if linked:
            _check(seen, target)
    except (OSError, SourceChanged):  # the caller will forget the target: no file without a row
        target.unlink(missing_ok=True)
        raise


def remove_sources(sources: Sequence[Sighting]) -> dict[Path, OSError]:
    """Remove filed files from the inbox, except where another has come under the name since; returns which could not be."""
    failed: dict[Path, OSError] = {}
    for seen in sources:
        try:
            if seen.is_still(seen.path.lstat()):
                seen.path.unlink()
        except FileNotFoundError:
            pass
        except OSError as error:
            failed[seen.path] = error
    for folder in {seen.path.parent for seen in sources if seen.path not in failed}:
        try:
            sync_folder(folder)
        except FileNotFoundError:  # the sender removed the folder too
            pass
        except OSError as error:
            failed |= {seen.path: error for seen in sources if seen.path.parent == folder}
    return failed


def move(path: Path, target: Path) -> None:
    """Rename within one file system, never over another file. Raises `FileExistsError`."""
    make_folder(target.parent)
    try:
        os.link(path, target, follow_symlinks=False)
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.ENOTSUP, errno.EMLINK):
            raise
        _rename_to_free(path, target)
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


def _link(source: Path, target: Path) -> bool:
    """Whether the file could be given a second name; if not, it must be copied."""
    if not os.access(source.parent, os.W_OK):  # the source will stay: two names of one file would change together
        return False
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError as error:
        if error.errno not in (errno.EXDEV, errno.EPERM, errno.EMLINK, errno.ENOTSUP, errno.EACCES):
            raise
        return False
    return True


def _check(seen: Sighting, target: Path) -> None:
    """The link leads to the file that was judged: nobody has it open for writing, and nothing was written since."""
    handle = os.open(target, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        if is_being_written(handle) or not seen.is_still(os.fstat(handle)):
            raise SourceChanged(seen.source)
        os.fsync(handle)
    finally:
        os.close(handle)


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
            _rename_to_free(draft, target)
    finally:
        draft.unlink(missing_ok=True)


def _rename_to_free(path: Path, target: Path) -> None:
    """Rename where there are no hard links: the name is claimed first, so that the rename cannot hit another's file."""
    os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
    try:
        path.replace(target)
    except OSError:
        target.unlink()
        raise
