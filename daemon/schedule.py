"""What happens by the clock: regrouping the unknown meters, and the jobs the pages ask for."""

from __future__ import annotations

import logging
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from daemon.home import Home
from daemon.lock import Busy, locked
from daemon.refile import refile
from daemon.watch import Watch
from db.jobs import JobKind, ask_again, begin, end, photos_to_move, waiting_jobs
from db.records import beat, service
from db.tables import Job, JobStatus

log = logging.getLogger(__name__)

ROOT = Path(__file__).resolve().parent.parent
JOBS_EVERY_S = 1.0
REGROUP_TIMEOUT_S = 6 * 3600.0
NICENESS = 10  # regrouping yields to judging


class Schedule:
    """Runs the clock's work in threads of its own, each kind one at a time; a regroup in a process of its own."""

    def __init__(
        self,
        home: Home,
        database: Engine,
        watch: Watch,
        *,
        regroup_arguments: Sequence[str],
        minutes: float,
        after_new: int,
        quiet_s: float,
        template: str,
    ) -> None:
        self._home = home
        self._database = database
        self._watch = watch
        self._command = [sys.executable, "-m", "daemon", "regroup", *regroup_arguments]
        self._minutes = minutes
        self._after_new = after_new
        self._quiet_s = quiet_s
        self._template = template
        self._regrouping: subprocess.Popen[bytes] | None = None
        self._scheduler = BackgroundScheduler(
            timezone=UTC, job_defaults={"max_instances": 1, "coalesce": True, "misfire_grace_time": None}
        )

    def start(self) -> None:
        """Begin; a regrouping that was due while nothing ran is caught up at once."""
        with Session(self._database) as session, session.begin():
            ask_again(session)
            last = service(session, "grouping")
            if last is not None:
                last.state = "idle"  # whatever a stopped daemon left it at
            ended = datetime.fromisoformat(str(last.detail["last_ended"])) if last and "last_ended" in last.detail else None
        first = max(datetime.now(UTC), ended + timedelta(minutes=self._minutes)) if ended else None
        self._scheduler.add_job(
            self._regroup, "interval", minutes=self._minutes, id="regroup", **({"next_run_time": first} if first else {})
        )
        self._scheduler.add_job(self._work, "interval", seconds=JOBS_EVERY_S, id="jobs")
        self._scheduler.start()

    def stop(self) -> None:
        """End; a regrouping under way is ended too, its half-done moves are finished by the next start."""
        if self._regrouping is not None and self._regrouping.poll() is None:
            self._regrouping.terminate()
        self._scheduler.shutdown(wait=True)

    def _regroup(self) -> None:
        self._watch.new_unknowns = 0
        self._regrouping = subprocess.Popen(["nice", "-n", str(NICENESS), *self._command], cwd=ROOT)  # noqa: S603, S607
        code = self._regrouping.wait(REGROUP_TIMEOUT_S)
        if code != 0:
            log.error("the regrouping ended with code %s", code)
        with Session(self._database) as session, session.begin():
            for job in session.scalars(select(Job).where(Job.kind == JobKind.REGROUP, Job.status == JobStatus.RUNNING)):
                end(
                    session, job, datetime.now(UTC), ok=code == 0, message="regrouped" if code == 0 else f"ended with code {code}"
                )

    def _work(self) -> None:
        """Once a second: begin what was asked for, and say when the next regrouping is."""
        busy = self._regrouping is not None and self._regrouping.poll() is None
        with Session(self._database) as session:
            asked = [(job.id, job.kind, job.payload) for job in waiting_jobs(session)]
        for job_id, kind, payload in asked:
            match kind:
                case JobKind.REGROUP:
                    if not busy:  # else it waits for the next: the one under way began before it was asked for
                        self._mark_begun(job_id)
                        self._regroup_now()
                case JobKind.MOVE_GROUP | JobKind.MOVE_PHOTOS:
                    self._move(job_id, payload)
                case _:
                    self._finish(job_id, ok=False, message=f"no such kind of job: {kind}")
        quiet_s = time.monotonic() - self._watch.last_arrival_s
        if not busy and self._watch.new_unknowns >= self._after_new and quiet_s >= self._quiet_s:
            self._watch.new_unknowns = 0
            self._regroup_now()
        self._say_next_run()

    def _regroup_now(self) -> None:
        self._scheduler.modify_job("regroup", next_run_time=datetime.now(UTC))

    def _move(self, job_id: int, payload: Mapping[str, Any]) -> None:
        """Move photos that a person named to their type's folder; not while a regrouping moves photos."""
        try:
            with locked(self._home.db / "regroup.lock"):
                self._mark_begun(job_id)
                with Session(self._database) as session:
                    named = photos_to_move(session, payload)
                moved = refile(self._home, self._database, named, template=self._template)
        except Busy:
            return
        self._finish(job_id, ok=True, message=f"moved {moved} photos")

    def _mark_begun(self, job_id: int) -> None:
        with Session(self._database) as session, session.begin():
            begin(session, session.get_one(Job, job_id), datetime.now(UTC))

    def _finish(self, job_id: int, *, ok: bool, message: str) -> None:
        with Session(self._database) as session, session.begin():
            end(session, session.get_one(Job, job_id), datetime.now(UTC), ok=ok, message=message)

    def _say_next_run(self) -> None:
        planned = self._scheduler.get_job("regroup")
        next_run = planned.next_run_time.isoformat(timespec="seconds") if planned and planned.next_run_time else None
        with Session(self._database) as session, session.begin():
            row = service(session, "grouping")
            if row is None or row.detail.get("next_run") != next_run:
                detail = {**(row.detail if row else {}), "next_run": next_run}
                beat(session, "grouping", state=row.state if row else "idle", detail=detail, now=datetime.now(UTC))
