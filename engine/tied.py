"""A process that ends when the one that started it is gone, however: `python -m engine.tied PID MODULE ARGUMENTS...`."""

from __future__ import annotations

import ctypes
import os
import runpy
import signal
import sys

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def tie_to_parent(parent: int, number: signal.Signals = signal.SIGKILL) -> None:
    """Ask the kernel for this signal when the thread that started this process ends; without Linux nothing happens.

    `parent` is that process's id: where it is gone already, this process ends at once.
    """
    if sys.platform != "linux":
        return
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, number)
    if os.getppid() != parent:  # it ended before we asked
        os.kill(os.getpid(), number)


if __name__ == "__main__":
    parent, sys.argv = int(sys.argv[1]), sys.argv[2:]
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # a judging process hands down that it ignores it
    tie_to_parent(parent, signal.SIGTERM)
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
