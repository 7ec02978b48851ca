"""What is worth telling somebody who is not looking: refusals, failed jobs, a site whose photos become unclear."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.tables import Job, JobStatus, Outcome, Photo
from engine.verdict import Clarity

LATELY = timedelta(days=7)
USUALLY = timedelta(days=28)  # before that
ENOUGH = 50  # photos in either time: fewer make a share that jumps by chance


@dataclass(frozen=True, kw_only=True, slots=True)
class Drift:
    """A site whose unclear share rose; shares are 0..1."""

    site: str  # "" = the inbox itself
    lately: float
    usually: float


def refused_since(session: Session, after_id: int) -> tuple[dict[str, int], int]:
    """How many photos with a higher id were refused, by reason, and the highest id of an arrival that has ended."""
    refused = select(Photo.reason, func.count()).where(Photo.id > after_id, Photo.outcome == Outcome.REFUSED.value)
    rows = session.execute(refused.group_by(Photo.reason).order_by(func.count().desc()))
    return {str(reason): number for reason, number in rows}, highest_ended(session) or after_id


def highest_ended(session: Session) -> int | None:
    """The id of the last arrival up to which all have ended."""
    unfinished = session.scalar(select(func.min(Photo.id)).where(Photo.outcome.is_(None)))
    return unfinished - 1 if unfinished is not None else session.scalar(select(func.max(Photo.id)))


def failed_jobs(session: Session) -> Sequence[Job]:
    """Jobs that failed, the oldest first, not those that a person cancelled; one that was asked for earlier may fail later."""
    return session.scalars(select(Job).where(Job.status == JobStatus.FAILED.value).order_by(Job.id)).all()


def drifted_sites(session: Session, now: datetime, points: float) -> tuple[Drift, ...]:
    """Sites whose unclear share of the last 7 days is at least `points` percentage points above that of the 28 days before."""
    lately, usually = _shares(session, now - LATELY, now), _shares(session, now - LATELY - USUALLY, now - LATELY)
    return tuple(
        Drift(site=site, lately=share, usually=usually[site])
        for site, share in sorted(lately.items())
        if site in usually and 100 * (share - usually[site]) >= points
    )


def _shares(session: Session, since: datetime, until: datetime) -> dict[str, float]:
    unclear = func.count().filter(Photo.clarity == Clarity.UNCLEAR.value)
    judged = func.count().filter(Photo.clarity.is_not(None))
    rows = session.execute(
        select(Photo.site, judged, unclear)
        .where(Photo.outcome == Outcome.FILED.value, Photo.received_at >= since, Photo.received_at < until)
        .group_by(Photo.site)
        .having(judged >= ENOUGH)
    )
    return {site or "": bad / all_of_them for site, all_of_them, bad in rows}
