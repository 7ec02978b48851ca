"""One process at a time, told by the kernel: a lock that a crash cannot leave behind."""

from __future__ import annotations

import fcntl
import logging
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

log = logging.getLogger(__name__)

ASKING_S = 0.05  # asking takes microseconds
WAITING_S = 0.5  # between two tries of who waits


class Busy(Exception):
    """Another process holds the lock; `pid` says which, as far as it wrote it down."""

    def __init__(self, pid: str) -> None:
        super().__init__(pid)
        self.pid = pid


@contextmanager
def locked(path: Path, *, unless: threading.Event | None = None) -> Iterator[None]:
    """Hold the lock file while the block runs. Raises `Busy` if another process has it; with `unless` it waits for its turn
    and raises only once that event is set.
    """
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        is_told = False
        while True:
            try:
                _take(handle)
                break
            except BlockingIOError as error:
                pid = os.pread(handle, 32, 0).decode(errors="replace").strip()
                if unless is None or unless.wait(WAITING_S):
                    raise Busy(pid) from error
            if not is_told:
                log.info("waiting for process %s, which has %s", pid, path.name)
                is_told = True
        os.ftruncate(handle, 0)
        os.pwrite(handle, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(handle)


def is_locked(path: Path) -> bool:
    """Whether some process holds the lock now."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


def _take(handle: int) -> None:
    """Try twice, for somebody may just be asking whether it is locked. Raises `BlockingIOError`."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        time.sleep(ASKING_S)
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
