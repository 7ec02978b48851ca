"""Second looks at refused files: which are asked for or due, what came of them, and what waits under each reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from db.intake_tables import Retry
from db.jobs import JobKind, ask, open_jobs
from db.tables import Outcome, Photo

# Causes that may pass by themselves; a damaged picture stays damaged, however often one looks.
PASSING_REASONS = frozenset(
    {"disk_full", "io_error", "stale", "permission", "busy", "timeout", "judge_died", "out_of_memory", "engine_error"}
)
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=6)
REFUSED_FOLDER = "sorted/refused/"  # where only refused photos belong


@dataclass(frozen=True, kw_only=True, slots=True)
class RefusedFor:
    """The kept files of one reason."""

    reason: str
    photos: int
    newest: datetime
    retried: int  # of them, how many were looked at again at least once
    next_retry: datetime | None  # when the first of them is looked at again by itself


def pause(retries: int) -> timedelta:
    """How long to wait before the next look by itself, after so many: doubled each time, up to a limit."""
    return min(FIRST_PAUSE * (1 << min(retries, 20)), LONGEST_PAUSE)


def plan_retry(photo: Photo, now: datetime, limit: int = 6) -> None:
    """Say when a refused photo is looked at again by itself: never where its cause does not pass, or after `limit` looks."""
    passes = photo.intended == Outcome.REFUSED.value and photo.reason in PASSING_REASONS
    photo.retry_at = now + pause(photo.retries) if passes and photo.retries < limit else None


def refused_ids(session: Session, *, reason: str | None = None) -> list[int]:
    """Refused photos whose file is kept, of one reason or all, the oldest first."""
    query = select(Photo.id).where(*_kept()).order_by(Photo.id)
    return list(session.scalars(query if reason is None else query.where(Photo.reason == reason)))


def due_ids(session: Session, now: datetime, limit: int) -> list[int]:
    """Refused photos that are to be looked at again by now, and were not `limit` times already."""
    due = select(Photo.id).where(*_kept(), Photo.retry_at <= now, Photo.retries < limit)
    return list(session.scalars(due.order_by(Photo.retry_at)))


def record_retry(session: Session, photo: Photo, *, reason_before: str | None, by: str, now: datetime) -> None:
    """Add a second look to the photo's history. The caller has written its outcome, and commits."""
    session.add(
        Retry(
            photo_id=photo.id,
            at=now,
            by=by,
            reason_before=reason_before,
            outcome_after=photo.outcome,
            reason_after=photo.reason,
        )
    )


def retries_of(session: Session, photo_id: int) -> Sequence[Retry]:
    """The photo's second looks, the latest first."""
    return session.scalars(select(Retry).where(Retry.photo_id == photo_id).order_by(Retry.id.desc())).all()


def misplaced_ids(session: Session) -> list[int]:
    """Photos that are no longer refused, or refused for another reason, and whose file still lies where it lay before."""
    below_refused = (Photo.path >= REFUSED_FOLDER, Photo.path < REFUSED_FOLDER[:-1] + "0")  # "0" follows "/"
    rows = session.execute(
        select(Photo.id, Photo.outcome, Photo.reason, Photo.path)
        .join(Retry, Retry.photo_id == Photo.id)
        .where(*below_refused, Photo.outcome.is_not(None), Photo.removed_at.is_(None))
        .distinct()
    )
    return [
        photo_id
        for photo_id, outcome, reason, path in rows
        if outcome != Outcome.REFUSED.value or not path.startswith(f"{REFUSED_FOLDER}{reason}/")
    ]


def refused_by_reason(session: Session) -> tuple[RefusedFor, ...]:
    """What is kept under each reason, the most first."""
    times = func.count()
    rows = session.execute(
        select(Photo.reason, times, func.max(Photo.received_at), func.count().filter(Photo.retries > 0), func.min(Photo.retry_at))
        .where(*_kept())
        .group_by(Photo.reason)
        .order_by(times.desc(), Photo.reason)
    )
    return tuple(
        RefusedFor(reason=reason or "", photos=photos, newest=newest, retried=retried, next_retry=due)
        for reason, photos, newest, retried, due in rows
    )


def ask_retry(session: Session, *, photo_id: int | None, reason: str | None, by: str, now: datetime) -> int:
    """Ask the daemon to look again at one refused photo, or all of a reason; returns how many. The caller commits.

    Nothing is asked where the photo is not refused or nothing is kept under the reason, or where that is asked already.
    """
    if photo_id is not None:
        kept = list(session.scalars(select(Photo.id).where(*_kept(), Photo.id == photo_id)))
        payload: dict[str, object] = {"photo_ids": kept, "by": by}
    else:
        kept = refused_ids(session, reason=reason)
        payload = {"reason": reason, "by": by}
    asked = [job.payload for job in open_jobs(session, JobKind.RETRY)]
    if kept and payload not in asked:
        ask(session, JobKind.RETRY, payload, now)
    return len(kept)


def _kept() -> tuple[ColumnElement[bool], ...]:
    return Photo.outcome == Outcome.REFUSED.value, Photo.removed_at.is_(None)
