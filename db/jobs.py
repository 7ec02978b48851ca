"""Jobs: what one process asks another to do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from db.tables import Job, JobStatus


class JobKind(StrEnum):
    """Everything the daemon can be asked to do."""

    REGROUP = "regroup"
    MOVE_GROUP = "move_group"


def waiting_jobs(session: Session) -> Sequence[Job]:
    """Jobs nobody has begun, the oldest first."""
    return session.scalars(select(Job).where(Job.status == JobStatus.WAITING.value).order_by(Job.id)).all()


def begin(session: Session, job: Job, now: datetime) -> None:
    """The job is being worked on."""
    job.status, job.started_at = JobStatus.RUNNING.value, now


def end(session: Session, job: Job, now: datetime, *, ok: bool, message: str) -> None:
    """The job is over."""
    job.status, job.ended_at, job.message = (JobStatus.DONE if ok else JobStatus.FAILED).value, now, message


def ask_again(session: Session) -> None:
    """Jobs that a stopped daemon had begun wait again."""
    running = update(Job).where(Job.status == JobStatus.RUNNING.value)
    session.execute(running.values(status=JobStatus.WAITING.value, started_at=None))
