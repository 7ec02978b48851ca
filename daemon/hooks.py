"""What a user wants run after a photo is filed: a program or a web address, told the photo's row as JSON.

It comes after the commit and in a thread of its own. A hook that fails or hangs is ended and logged; the photo is where it is.
Each photo is told at most once: what waits when the daemon ends is not told later (exports and the API have every row).
"""

from __future__ import annotations

import json
import logging
import os
import queue
import signal
import subprocess
import threading
from collections.abc import Sequence

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from db.exported import as_row
from db.history import read_photo

log = logging.getLogger(__name__)

MOST_WAITING = 10_000  # photo ids
DRAIN_S = 5.0  # what still waits at the end gets this long


class Hooks:
    """Told of photos by `filed`, which never waits."""

    def __init__(self, database: Engine, *, command: Sequence[str], url: str, timeout_s: float, drain_s: float = DRAIN_S) -> None:
        self._database, self._command, self._url, self._timeout_s = database, list(command), url, timeout_s
        self._drain_s = drain_s
        self._waiting: queue.Queue[int | None] = queue.Queue(MOST_WAITING)
        self._thread = threading.Thread(target=self._work, name="hooks", daemon=True)
        if self._command or self._url:
            self._thread.start()

    def filed(self, photo_id: int) -> None:
        """A photo was filed and committed."""
        if not self._thread.is_alive():
            return
        try:
            self._waiting.put_nowait(photo_id)
        except queue.Full:
            log.error("the hooks are %d photos behind: photo %d is not told", MOST_WAITING, photo_id)

    def stop(self) -> None:
        """Let what waits be told, for a few seconds."""
        if self._thread.is_alive():
            try:
                self._waiting.put_nowait(None)
            except queue.Full:
                return
            self._thread.join(self._drain_s)

    def _work(self) -> None:
        while (photo_id := self._waiting.get()) is not None:
            try:
                self._tell(photo_id)
            except Exception as error:  # a hook is somebody else's: nothing it does may end this thread
                log.error("the hook failed for photo %d: %s", photo_id, type(error).__name__)

    def _tell(self, photo_id: int) -> None:
        with Session(self._database) as session:
            photo = read_photo(session, photo_id)
            if photo is None:
                return
            row = json.dumps(as_row(photo), ensure_ascii=False)
        if self._command:
            self._run(photo_id, row)
        if self._url:
            import httpx  # loads for a moment, which a daemon without hooks need not wait

            answer = httpx.post(
                self._url, content=row.encode(), headers={"Content-Type": "application/json"}, timeout=self._timeout_s
            )
            if answer.is_error:
                log.error("the hook's address answered %d for photo %d", answer.status_code, photo_id)

    def _run(self, photo_id: int, row: str) -> None:
        silent = subprocess.DEVNULL  # a pipe would be waited for as long as any child of the hook lives
        process = subprocess.Popen(  # noqa: S603 - the operator's own program, no shell
            self._command, stdin=subprocess.PIPE, stdout=silent, stderr=silent, start_new_session=True
        )
        try:
            process.communicate(row.encode(), self._timeout_s)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            log.error("the hook took longer than %.0f s for photo %d and was ended", self._timeout_s, photo_id)
            return
        if process.returncode:
            log.error("the hook ended with code %d for photo %d", process.returncode, photo_id)
