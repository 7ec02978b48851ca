"""Second looks that were asked for on the pages or are due: one process of `python -m daemon retry` at a time.

A process of its own: it needs the models for a minute a day, and whatever a refused file does to it, the watcher goes on.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from daemon.home import Home
from daemon.retry import settle
from db.jobs import JobKind, begin, end, open_jobs
from db.retries import due_ids
from db.tables import Job

log = logging.getLogger(__name__)

ROOT = Path(__file__).resolve().parent.parent
TIMEOUT_S = 6 * 3600.0
GRACE_S = 10.0
EXIT_RUNNING = 4  # of the process: another one is at it


class RetryJobs:
    """Asked by the schedule every few seconds; starts the process, and ends the job it was for."""

    def __init__(self, home: Home, database: Engine, arguments: Sequence[str], *, template: str, limit: int) -> None:
        self._home, self._database, self._template, self._limit = home, database, template, limit
        tied = ["engine.tied", str(os.getpid())]  # a killed daemon takes it along: its job is begun anew by the next one
        self._command = [sys.executable, "-m", *tied, "daemon", "retry", *arguments]
        self._process: subprocess.Popen[bytes] | None = None
        self._job_id: int | None = None
        self._begun = datetime.now(UTC)

    def tick(self) -> None:
        """Look after the process; with none running, start the next where one is asked for or due."""
        if self._process is not None:
            self._look_after(self._process)
            return
        settle(self._home, self._database, template=self._template)
        with Session(self._database) as session, session.begin():
            asked = open_jobs(session, JobKind.RETRY)
            if asked:
                begin(session, asked[0], datetime.now(UTC))
                self._start(asked[0].id, _arguments(asked[0]))
            elif due_ids(session, datetime.now(UTC), self._limit):
                self._start(None, ["--due", "--by", "schedule"])

    def stop(self) -> None:
        """End the process; what it has not looked at is asked again by the next start."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(GRACE_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def _start(self, job_id: int | None, arguments: Sequence[str]) -> None:
        self._job_id, self._begun = job_id, datetime.now(UTC)
        self._process = subprocess.Popen(["nice", "-n", "10", *self._command, *arguments], cwd=ROOT)  # noqa: S603, S607

    def _look_after(self, process: subprocess.Popen[bytes]) -> None:
        if (datetime.now(UTC) - self._begun).total_seconds() > TIMEOUT_S:
            process.kill()
        if (code := process.poll()) is None:
            return
        self._process = None
        if code == EXIT_RUNNING:  # an operator looks again right now: the job waits for that
            return
        if code:
            log.error("looking at refused files again ended with code %d", code)
        if self._job_id is not None:
            with Session(self._database) as session, session.begin():
                message = "looked again" if code == 0 else f"ended with code {code}"
                end(session, session.get_one(Job, self._job_id), datetime.now(UTC), ok=code == 0, message=message)


def _arguments(job: Job) -> list[str]:
    by = ["--by", str(job.payload.get("by", "pages"))]
    if "photo_ids" in job.payload:
        return [*by, *(str(int(photo_id)) for photo_id in job.payload["photo_ids"])]
    return [*by, "--reason", str(job.payload["reason"])]
