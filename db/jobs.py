"""Jobs: what one process asks another to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from db.tables import Job, JobStatus, Photo
from engine.spelling import counted


class JobKind(StrEnum):
    """Everything the daemon can be asked to do."""

    REGROUP = "regroup"
    CANCEL_REGROUP = "cancel_regroup"  # end the regrouping that runs, and forget those that wait
    MOVE_GROUP = "move_group"  # payload {"group_id"}: its photos move to where their rows say they belong
    MOVE_PHOTOS = "move_photos"  # payload {"photo_ids"}: likewise
    RETRY = "retry"  # payload {"photo_ids", "by"} or {"reason", "by"}: look at refused files again
    RETRAIN = "retrain"  # payload {"by"}: train a new version from the labels
    REJUDGE = "rejudge"  # judge unknown and doubtful photos again, with the version that judges now


def ask(session: Session, kind: JobKind, payload: Mapping[str, Any], now: datetime) -> Job:
    """Ask the daemon to do something. The caller commits."""
    job = Job(kind=kind.value, status=JobStatus.WAITING.value, payload=dict(payload), asked_at=now)
    session.add(job)
    return job


def ask_regroup(session: Session, now: datetime) -> bool:
    """Ask the daemon to group the unknowns now; False where that is asked for already. The caller commits."""
    if is_regroup_asked(session):
        return False
    ask(session, JobKind.REGROUP, {}, now)
    return True


def is_regroup_asked(session: Session) -> bool:
    """Whether a regroup waits or runs."""
    return bool(open_jobs(session, JobKind.REGROUP))


def ask_cancel(session: Session, now: datetime) -> bool:
    """Ask the daemon to end the regrouping that runs or waits; False where that is asked for already. The caller commits."""
    if open_jobs(session, JobKind.CANCEL_REGROUP):
        return False
    ask(session, JobKind.CANCEL_REGROUP, {}, now)
    return True


def photos_to_move(session: Session, payload: Mapping[str, Any]) -> list[int]:
    """The ids of the photos that a `MOVE_GROUP` or `MOVE_PHOTOS` job is about."""
    if "photo_ids" in payload:
        return [int(photo_id) for photo_id in payload["photo_ids"]]
    return list(session.scalars(select(Photo.id).where(Photo.group_id == int(payload["group_id"]))))


def open_jobs(session: Session, kind: JobKind | None = None) -> Sequence[Job]:
    """Jobs, of one kind or all, that wait or were begun and are not over, the oldest first."""
    query = select(Job).where(Job.status.in_([JobStatus.WAITING, JobStatus.RUNNING]))
    if kind is not None:
        query = query.where(Job.kind == kind)
    return session.scalars(query.order_by(Job.id)).all()


def begin(session: Session, job: Job, now: datetime) -> None:
    """The job is being worked on."""
    job.status, job.started_at = JobStatus.RUNNING.value, now


def end(session: Session, job: Job, now: datetime, *, ok: bool, message: str, is_cancelled: bool = False) -> None:
    """The job is over."""
    failed = JobStatus.CANCELLED if is_cancelled else JobStatus.FAILED
    job.status, job.ended_at, job.message = (JobStatus.DONE if ok else failed).value, now, message


def end_moves(session: Session, job: Job, moved: int, unmoved: Mapping[int, str], now: datetime) -> None:
    """A `MOVE_GROUP` or `MOVE_PHOTOS` job is over; of `unmoved` photos (id -> why) it stays, for `move_again`."""
    message = f"moved {counted(moved, 'photo')}"
    if unmoved:
        left = f"{counted(len(unmoved), 'photo')} could not be moved"
        message = f"{message}; {left} ({next(iter(unmoved.values()))}), tried again after the next regrouping or start"
        job.kind, job.payload = JobKind.MOVE_PHOTOS.value, {"photo_ids": list(unmoved), "unmoved": True}
    end(session, job, now, ok=not unmoved, message=message)


def unmoved_photos(session: Session) -> tuple[frozenset[int], str]:
    """The photos that could not be moved to where they belong, and what the newest try said; as long as no try succeeds."""
    jobs = session.scalars(select(Job).where(Job.kind == JobKind.MOVE_PHOTOS, Job.status != JobStatus.DONE).order_by(Job.id))
    left = [job for job in jobs if job.payload.get("unmoved")]
    ids = frozenset(int(photo_id) for job in left for photo_id in job.payload["photo_ids"])
    return ids, (left[-1].message or "") if left else ""


def move_again(session: Session) -> None:
    """What could not be moved is tried once more, by the daemon. The caller commits."""
    failed = select(Job).where(Job.kind == JobKind.MOVE_PHOTOS, Job.status == JobStatus.FAILED)
    for job in session.scalars(failed):
        if job.payload.get("unmoved"):
            job.status, job.started_at = JobStatus.WAITING.value, None


def ask_again(session: Session) -> None:
    """Jobs that a stopped daemon had begun wait again, and so do moves that failed."""
    move_again(session)
    running = update(Job).where(Job.status == JobStatus.RUNNING.value)
    session.execute(running.values(status=JobStatus.WAITING.value, started_at=None))
