"""What happens by the clock: regrouping the unknown meters, and the jobs the pages ask for."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from daemon.clockwork import Every, Realigning
from daemon.home import Home
from daemon.lock import is_locked
from daemon.moving import Moves
from daemon.watch import Watch
from db.jobs import JobKind, ask_again, begin, end, move_again, open_jobs
from db.records import beat, service
from db.tables import Job, JobStatus
from db.unknowns import count_unknown_since, newest_unknown

log = logging.getLogger(__name__)

ROOT = Path(__file__).resolve().parent.parent
JOBS_EVERY_S = 1.0
REGROUP_TIMEOUT_S = 6 * 3600.0
CANCELLED = "was cancelled by a person"
NICENESS = 10  # regrouping yields to judging


@dataclass(frozen=True, kw_only=True, slots=True)
class Chore:
    """Something else that is done by the clock; `work` does not wait long, `stop` is called once at the end."""

    name: str
    every_s: float
    work: Callable[[], object]
    stop: Callable[[], None] = lambda: None
    finish: Callable[[int, Callable[[], bool]], None] = lambda *_: None  # with photos up to an id, or as soon as told


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
        chores: Sequence[Chore] = (),
    ) -> None:
        self._home = home
        self._database = database
        self._watch = watch
        tied = ["engine.tied", str(os.getpid())]  # a killed daemon takes it along: what the pages say of it stays true
        self._command = [sys.executable, "-m", *tied, "daemon", "regroup", *regroup_arguments]
        self._minutes = minutes
        self._after_new = after_new
        self._quiet_s = quiet_s
        self._chores = chores
        self._regrouping: subprocess.Popen[bytes] | None = None
        self._turn = threading.Lock()  # over the four below: a cancel meets a regrouping before, in or after its work
        self._is_called = False  # a regrouping shall begin at once; its thread has not begun yet
        self._is_called_off = False  # a person asked not to
        self._is_cancelled = False  # a person asked to end the regrouping under way
        self._is_regrouping = False  # from before the process starts until its jobs are over
        self._stopping = threading.Event()
        self._moves = Moves(home, database, template, self._stopping)
        self._threads = ThreadPoolExecutor()
        self._scheduler = BackgroundScheduler(
            timezone=UTC,
            job_defaults={"max_instances": 1, "coalesce": True, "misfire_grace_time": None},
            executors={"default": self._threads},
        )
        self._realigning = Realigning(self._scheduler)

    def start(self) -> None:
        """Begin; a regrouping that was due while nothing ran is caught up, as is one that new unknown meters wait for."""
        with Session(self._database) as session, session.begin():
            ask_again(session)
            last = service(session, "grouping")
            ended = datetime.fromisoformat(str(last.detail["last_ended"])) if last and "last_ended" in last.detail else None
            took = timedelta(seconds=float(last.detail.get("last_seconds", 0))) if last and ended else timedelta(0)
            self._watch.new_unknowns = count_unknown_since(session, ended - took if ended else None)
        now, pause = datetime.now(UTC), timedelta(minutes=self._minutes)
        first = min(max(now, ended + pause), now + pause) if ended else now + pause  # `ended` may be of a clock put right since
        self._scheduler.add_job(self._regroup, Every(pause), id="regroup", next_run_time=first)
        self._scheduler.add_job(self._work, Every(timedelta(seconds=JOBS_EVERY_S)), id="jobs")
        for chore in self._chores:
            self._scheduler.add_job(chore.work, Every(timedelta(seconds=chore.every_s)), id=chore.name)
        self._scheduler.start()
        self._realigning.start()

    def stop(self) -> None:
        """End; a regrouping under way is ended too, its half-done moves are finished by the next start."""
        self._stopping.set()
        self._end_regrouping()
        self._realigning.stop()
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)  # it would wait with its locks held, which work under way may ask for
        self._threads.shutdown(wait=True)
        for chore in self._chores:
            chore.stop()

    def _end_regrouping(self) -> None:
        if self._regrouping is not None and self._regrouping.poll() is None:
            self._regrouping.terminate()

    def _regroup(self) -> None:
        """One regrouping, for all who asked for it before it began."""
        with self._turn:
            is_called_off, self._is_called, self._is_called_off = self._is_called_off, False, False
            self._is_regrouping, self._is_cancelled = not is_called_off, False
        if is_called_off:
            return
        try:
            self._watch.new_unknowns = 0
            with Session(self._database) as session, session.begin():
                for job in open_jobs(session, JobKind.REGROUP):
                    begin(session, job, datetime.now(UTC))
            failure, level = self._run_regrouping(), logging.INFO if self._shall_end() else logging.ERROR
            if self._is_cancelled:
                failure, self._is_cancelled = CANCELLED, False
            if failure:
                log.log(level, "the regrouping %s", failure)
            if not self._stopping.is_set():  # else the next start asks again
                self._end_regroup_jobs(failure)
        finally:
            self._is_regrouping = False

    def _run_regrouping(self) -> str | None:
        """Run the process to its end; returns what went wrong."""
        with Session(self._database) as session:
            newest = newest_unknown(session)
        for chore in self._chores:
            chore.finish(newest, self._shall_end)
        if self._shall_end():
            return "was not begun"
        command = ["nice", "-n", str(NICENESS), *self._command, "--newest", str(newest)]
        try:
            self._regrouping = subprocess.Popen(command, cwd=ROOT)  # noqa: S603
        except OSError as error:
            return f"could not be started: {error}"
        if self._shall_end():  # who asked may have looked before there was a process
            self._end_regrouping()
        try:
            code = self._regrouping.wait(REGROUP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._regrouping.kill()
            self._regrouping.wait()
            return f"was ended after {REGROUP_TIMEOUT_S:.0f} s"
        return None if code == 0 else f"ended with code {code}"

    def _shall_end(self) -> bool:
        return self._stopping.is_set() or self._is_cancelled

    def _end_regroup_jobs(self, failure: str | None) -> None:
        now = datetime.now(UTC)
        with Session(self._database) as session, session.begin():
            for job in open_jobs(session, JobKind.REGROUP):
                if job.status == JobStatus.RUNNING:
                    end(session, job, now, ok=not failure, message=failure or "regrouped", is_cancelled=failure == CANCELLED)
            move_again(session)
            row = service(session, "grouping")
            if failure and row is not None:
                row.state = "idle"  # the process could not say so itself

    def _work(self) -> None:
        """Once a second: begin what was asked for, and say when the next regrouping is."""
        with Session(self._database) as session:  # one that runs already was interrupted, for nobody else works them
            asked = [(job.id, job.kind, job.payload) for job in open_jobs(session)]
        cancelled = max((job_id for job_id, kind, _ in asked if kind == JobKind.CANCEL_REGROUP), default=0)
        for job_id, kind, payload in asked:
            if self._stopping.is_set():
                return
            if kind == JobKind.REGROUP and job_id < cancelled:  # asked for and cancelled since the last look
                continue
            try:
                self._work_on(job_id, kind, payload)
            except (KeyError, TypeError, ValueError) as error:
                self._finish(job_id, ok=False, message=f"cannot be understood: {error!r}")
        self._moves.refresh_tables()
        quiet_s = time.monotonic() - self._watch.last_arrival_s
        if not self._is_regrouping and self._watch.new_unknowns >= self._after_new and quiet_s >= self._quiet_s:
            self._watch.new_unknowns = 0
            self._regroup_now()
        self._say_how_it_stands()

    def _work_on(self, job_id: int, kind: str, payload: Mapping[str, Any]) -> None:
        match kind:
            case JobKind.REGROUP:
                if not self._is_regrouping:  # else it waits for the next: the one under way began before it was asked for
                    self._regroup_now()
            case JobKind.CANCEL_REGROUP:
                self._cancel(job_id)
            case JobKind.MOVE_GROUP | JobKind.MOVE_PHOTOS:
                self._moves.work(job_id, payload)
            case JobKind.RETRY | JobKind.RETRAIN | JobKind.REJUDGE:  # `daemon.retry_jobs` and `daemon.model_jobs` work these
                pass
            case _:
                self._finish(job_id, ok=False, message=f"no such kind of job: {kind}")

    def _regroup_now(self) -> None:
        with self._turn:
            self._is_called, self._is_called_off = True, False
        with suppress(JobLookupError):  # the daemon is ending
            self._scheduler.modify_job("regroup", next_run_time=datetime.now(UTC))

    def _cancel(self, job_id: int) -> None:
        """End the regrouping under way and forget those asked for before.

        Its writing is one transaction, and moves half done are finished before the next.
        """
        self._mark_begun(job_id)
        with self._turn:
            was_there = self._is_regrouping or self._is_called
            self._is_cancelled, self._is_called_off = self._is_regrouping, self._is_called
        self._end_regrouping()
        now = datetime.now(UTC)
        with Session(self._database) as session, session.begin():
            waiting = [job for job in open_jobs(session, JobKind.REGROUP) if job.id < job_id and job.status == JobStatus.WAITING]
            for job in waiting:
                end(session, job, now, ok=False, message=CANCELLED, is_cancelled=True)
            if was_there or waiting:
                row = service(session, "grouping")
                detail = {**(row.detail if row else {}), "last_cancelled": now.isoformat()}
                beat(session, "grouping", state=row.state if row else "idle", detail=detail, now=now)
        self._finish(job_id, ok=True, message=CANCELLED if was_there else "none was running")

    def _mark_begun(self, job_id: int) -> None:
        with Session(self._database) as session, session.begin():
            begin(session, session.get_one(Job, job_id), datetime.now(UTC))

    def _finish(self, job_id: int, *, ok: bool, message: str) -> None:
        with Session(self._database) as session, session.begin():
            end(session, session.get_one(Job, job_id), datetime.now(UTC), ok=ok, message=message)

    def _say_how_it_stands(self) -> None:
        """When the next regrouping is; and where one was killed and could not say so, that none runs."""
        planned = self._scheduler.get_job("regroup")
        if planned is None:  # the daemon is ending
            return
        next_run = planned.next_run_time.isoformat(timespec="seconds") if planned.next_run_time else None
        with Session(self._database) as session, session.begin():
            row = service(session, "grouping")
            state = row.state if row else "idle"
            # Whoever groups holds the lock; before that ours still has unknown photos judged.
            if state == "running" and not (self._is_regrouping or is_locked(self._home.db / "regroup.lock")):
                state = "idle"
            if row is None or row.detail.get("next_run") != next_run or row.state != state:
                detail = {**(row.detail if row else {}), "next_run": next_run}
                beat(session, "grouping", state=state, detail=detail, now=datetime.now(UTC))
