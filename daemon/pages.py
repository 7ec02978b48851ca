"""The pages' process, started beside the daemon and started again when it ends by itself."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

log = logging.getLogger(__name__)

ROOT = Path(__file__).resolve().parent.parent
FIRST_PAUSE_S = 1.0  # before they are started again, doubled each time
LONGEST_PAUSE_S = 60.0
GRACE_S = 10.0  # between asking the process to end and ending it


class Pages:
    """Keeps `python -m ui` running until told to stop."""

    def __init__(self, arguments: Sequence[str]) -> None:
        tied = ["engine.tied", str(os.getpid())]  # a killed daemon takes them along: the next one needs their port
        self._command = [sys.executable, "-m", *tied, "ui", *arguments]
        self._stop = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._keep_running, name="pages", daemon=True)

    def start(self) -> None:
        """Start the process, and the thread that watches it."""
        self._thread.start()

    def stop(self) -> None:
        """End the process and wait for it."""
        self._stop.set()
        if self._process is not None:
            self._process.terminate()
        self._thread.join(GRACE_S + 5)

    def _keep_running(self) -> None:
        pause_s = FIRST_PAUSE_S
        while not self._stop.is_set():
            try:
                self._process = subprocess.Popen(self._command, cwd=ROOT)  # noqa: S603 - our own module
            except OSError as error:  # no memory or no process left at the moment
                ended = f"cannot be started ({error})"
            else:
                ended = f"ended with code {self._wait(self._process)}"
            if self._stop.wait(pause_s):  # a signal to all processes reaches the pages first
                break
            log.error("the pages %s; starting them again after %.0f s", ended, pause_s)
            pause_s = min(pause_s * 2, LONGEST_PAUSE_S)
        self._end()

    def _wait(self, process: subprocess.Popen[bytes]) -> int | None:
        while not self._stop.is_set() and process.poll() is None:
            self._stop.wait(0.5)
        return process.returncode

    def _end(self) -> None:
        if self._process is None or self._process.poll() is not None:
            return
        self._process.terminate()
        try:
            self._process.wait(GRACE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
