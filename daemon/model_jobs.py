"""Training and second looks that were asked for on the pages: one process at a time, at low priority.

Training comes first: what it promotes asks for the next second look.
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
from daemon.lock import is_locked
from db.jobs import JobKind, begin, end, open_jobs
from db.tables import Job, JobStatus
from db.training import cancel_running, end_killed

log = logging.getLogger(__name__)

ROOT = Path(__file__).resolve().parent.parent
NICENESS = 15  # below regrouping: nobody waits for it
GRACE_S = 10.0  # a photo under way is finished first
KINDS = {JobKind.RETRAIN: "retrain", JobKind.REJUDGE: "rejudge"}  # the command that does each


class ModelJobs:
    """Asked by the schedule every few seconds; starts the process of the next job, and ends the job with it."""

    def __init__(self, home: Home, database: Engine, arguments: Sequence[str]) -> None:
        self._home, self._database, self._arguments = home, database, arguments
        self._process: subprocess.Popen[bytes] | None = None
        self._job_id: int | None = None

    def tick(self) -> None:
        """Look after the process; with none running, start that of the next job."""
        if self._process is not None:
            self._look_after(self._process)
            return
        with Session(self._database) as session, session.begin():
            kinds = list(KINDS)
            if is_locked(self._home.db / "retrain.lock"):  # by hand, or of a daemon that was killed: its turn comes after
                kinds.remove(JobKind.RETRAIN)
            else:
                end_killed(session, datetime.now(UTC))
            asked = [job for kind in kinds for job in open_jobs(session, kind)]
            if asked:
                begin(session, asked[0], datetime.now(UTC))
                self._job_id = asked[0].id
                self._start(asked[0])

    def stop(self) -> None:
        """End the process; its job waits for the next start."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(GRACE_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def _start(self, job: Job) -> None:
        by = ["--by", str(job.payload["by"])] if "by" in job.payload else []
        tied = ["engine.tied", str(os.getpid())]  # a killed daemon takes it along: its job is begun anew by the next one
        command = [sys.executable, "-m", *tied, "daemon", KINDS[JobKind(job.kind)], *self._arguments, *by]
        self._process = subprocess.Popen(["nice", "-n", str(NICENESS), *command], cwd=ROOT)  # noqa: S603, S607

    def _look_after(self, process: subprocess.Popen[bytes]) -> None:
        code = process.poll()
        with Session(self._database) as session, session.begin():
            job = session.get_one(Job, self._job_id)
            is_withdrawn = job.status != JobStatus.RUNNING
            if code is None:
                if is_withdrawn and not cancel_running(session, datetime.now(UTC)):  # it has not begun its run yet
                    process.terminate()
                return
            self._process = None
            if is_withdrawn:
                return
            message = "done" if code == 0 else f"ended with code {code}; the log says why"
            end(session, job, datetime.now(UTC), ok=code == 0, message=message)
            if code:
                log.error("%s ended with code %d", KINDS[JobKind(job.kind)], code)
