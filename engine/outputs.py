"""Where results go: asked before the work whether they can be written there, and written whole or not at all."""

from __future__ import annotations

import fcntl
import os
import select
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from engine.errors import ArgumentError

_DRAFT = ".draft."
UNREAD = 141  # the exit code that a shell gives what a broken pipe has ended


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


def write_whole(path: Path, data: bytes) -> None:
    """Write under another name beside it, then rename: there is all of it or what was there before, also on a full disk."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with _told_as(path, draft):
        try:
            draft.write_bytes(data)
            draft.replace(path)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise


def clear_drafts(folder: Path) -> None:
    """Remove what a killed `whole_folder` left, where that is all there is in `folder` and no process writes it any more."""
    drafts = list(folder.glob(f"{_DRAFT}*"))
    if folder.is_dir() and len(drafts) == len(list(folder.iterdir())):
        for draft in drafts:
            if _is_left(draft):
                shutil.rmtree(draft, ignore_errors=True)


def _is_left(draft: Path) -> bool:
    """Whether the process that wrote it is gone: the kernel lets go of its lock."""
    handle = os.open(draft, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:  # held, or a file system without locks: then nobody knows
        return False
    finally:
        os.close(handle)
    return True


@contextmanager
def whole_folder(folder: Path) -> Iterator[Path]:
    """A folder to write into; what is in it is `folder`'s when the block ends. A block that fails leaves nothing.

    `folder` is empty or not there yet. The draft lies within, for it may be the only place to write to, as a mounted disk is.
    """
    is_new = not folder.exists()
    draft = folder / f"{_DRAFT}{os.getpid()}"
    with _told_as(folder, draft), ExitStack() as held:
        try:
            draft.mkdir(parents=True)
            held.callback(os.close, _locked(draft))
            yield draft
            for path in sorted(draft.iterdir(), key=Path.is_dir):  # tables first: no pictures without them
                path.rename(folder / path.name)
            draft.rmdir()
        except BaseException:
            shutil.rmtree(draft, ignore_errors=True)
            if is_new and folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()
            raise


@contextmanager
def draft_in(folder: Path, prefix: str) -> Iterator[Path]:
    """A new folder in `folder` to write into, for the caller to rename. If it is still there at the end it goes.

    So do those that killed processes left.
    """
    for left in folder.glob(f"{prefix}*"):
        if _is_left(left):
            shutil.rmtree(left, ignore_errors=True)
    draft = Path(tempfile.mkdtemp(prefix=prefix, dir=folder))
    handle = _locked(draft)
    try:
        yield draft
    finally:
        os.close(handle)
        shutil.rmtree(draft, ignore_errors=True)


def ends_unread(error: BaseException) -> bool:
    """Whether `error` means that the reader of our output went away, as behind `| head`; what is in the buffer then goes nowhere.

    The exit code for it is `UNREAD`. Pipes to other processes break too; that is for the caller to tell.
    """
    if not isinstance(error, BrokenPipeError):
        return False
    output = sys.stdout.fileno()
    asked = select.poll()
    asked.register(output, 0)
    if not any(state & select.POLLERR for _, state in asked.poll(0)):
        return False
    os.dup2(os.open(os.devnull, os.O_WRONLY), output)
    return True


def _locked(draft: Path) -> int:
    handle = os.open(draft, os.O_RDONLY | os.O_CLOEXEC)
    with suppress(OSError):  # a file system without locks: drafts then stay
        fcntl.flock(handle, fcntl.LOCK_SH)
    return handle


@contextmanager
def _told_as(path: Path, draft: Path) -> Iterator[None]:
    """A failure names `path`, which the person knows, instead of nothing (a full disk) or of the draft, which is gone."""
    try:
        yield
    except OSError as error:
        if error.filename is None or Path(str(error.filename)).is_relative_to(draft):
            error.filename = str(path)
        raise
