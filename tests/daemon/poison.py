"""What photos do to a judging process, said by their bytes. Apart from the tests: such a process imports this and little else."""

from __future__ import annotations

import os
import time
from typing import Any

from engine.errors import NotAnImage


def poisoned(bench: object, data: bytes, site: str | None) -> tuple[Any, float]:
    """Crash, hang, run out of memory, refuse; or answer with the process's own id for a verdict and for the time."""
    if data.startswith(b"abort"):
        os._exit(134)
    if data.startswith(b"hang"):
        time.sleep(600)
    if data.startswith(b"memory"):
        raise MemoryError
    if data.startswith(b"text"):
        raise NotAnImage("no picture")
    return os.getpid(), float(os.getpid())


def forever(bench: object) -> None:
    """Models that take longer to load than anybody waits."""
    time.sleep(600)


def nothing(bench: object) -> None:
    """No models to load."""
