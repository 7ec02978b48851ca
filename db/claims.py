"""Claims: which file of the inbox is being judged, written before the work and gone with its end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import Session

from db.intake_tables import Claim
from db.records import Arrival, int64


@dataclass(frozen=True, slots=True)
class Tries:
    """What came of a file's judgements so far: begun and never ended, and ended by the death of the judge."""

    attempts: int = 0
    deaths: int = 0


def tries(session: Session, arrival: Arrival) -> Tries:
    """How often this very file was tried without an end."""
    row = _row(session, arrival)
    return Tries(row.attempts, row.deaths) if row else Tries()


def claim(session: Session, arrival: Arrival, now: datetime) -> None:
    """Write down that the file is about to be judged. The caller commits."""
    row = _row(session, arrival)
    if row is None:
        row = Claim(
            source=arrival.source, size_bytes=arrival.size, mtime_ns=int64(arrival.mtime_ns), attempts=0, deaths=0, at=now
        )
        session.add(row)
    row.attempts, row.at = row.attempts + 1, now


def count_death(session: Session, arrival: Arrival) -> None:
    """Write down that judging the file ended its judge. The caller commits."""
    if row := _row(session, arrival):
        row.deaths += 1


def release(session: Session, arrival: Arrival) -> None:
    """The judgement came to an end, whichever. The caller commits."""
    session.execute(delete(Claim).where(*_is(arrival)))


def forget_older(session: Session, before: datetime) -> None:
    """Drop claims of files that went away. The caller commits."""
    session.execute(delete(Claim).where(Claim.at < before))


def _row(session: Session, arrival: Arrival) -> Claim | None:
    return session.scalar(select(Claim).where(*_is(arrival)))


def _is(arrival: Arrival) -> tuple[ColumnElement[bool], ...]:
    return (Claim.source == arrival.source, Claim.size_bytes == arrival.size, Claim.mtime_ns == int64(arrival.mtime_ns))
