"""What the Overview page asks: tallies, days, tag shares and the services' signs of life."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session, selectinload

from db.tables import Outcome, Photo, PhotoTag, Service
from engine.verdict import UNKNOWN, Clarity, Quality

BEAT_LIMIT = timedelta(seconds=15)  # the watcher beats every 2 s; seven missed beats mean it is gone
START_LIMIT = timedelta(minutes=10)  # the first start converts the models: four minutes on a very busy two-core machine


@dataclass(frozen=True, kw_only=True, slots=True)
class Tally:
    """Counts of the photos that arrived in one span of time. Shares are None where nothing was judged."""

    photos: int
    refused: int
    duplicates: int
    clarity_judged: int
    unclear: int
    type_judged: int
    unknown: int
    mean_ms: float | None  # engine time a photo, milliseconds

    @property
    def unclear_share(self) -> float | None:
        """Unclear photos among those judged, 0..1."""
        return self.unclear / self.clarity_judged if self.clarity_judged else None

    @property
    def unknown_share(self) -> float | None:
        """Unknown meters among those judged, 0..1."""
        return self.unknown / self.type_judged if self.type_judged else None


@dataclass(frozen=True, kw_only=True, slots=True)
class DayTally:
    """One site's photos of one day; `day` counts the spans handed to `read_days`."""

    day: int
    site: str  # "" = the inbox itself
    photos: int
    clarity_judged: int
    unclear: int


@dataclass(frozen=True, kw_only=True, slots=True)
class QualityShares:
    """Shares, 0..1, of the photos whose quality was judged; `poor` is None where there is none, `tags` most frequent first."""

    poor: float | None
    tags: tuple[tuple[str, float], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Heartbeat:
    """A service's last sign of life."""

    state: str
    age: timedelta
    detail: Mapping[str, Any]

    @property
    def alive(self) -> bool:
        """Whether the service runs now: it beat lately and did not say goodbye. A clock set back makes no dead one live."""
        return abs(self.age) < BEAT_LIMIT and self.state not in ("stopped", "starting")

    @property
    def starting(self) -> bool:
        """Whether the service said lately that it begins; until it runs it does not beat again."""
        return abs(self.age) < START_LIMIT and self.state == "starting"


def tally(session: Session, since: datetime, until: datetime) -> Tally:
    """Counts over since <= received < until."""
    row = session.execute(
        select(
            func.count(),
            func.count().filter(Photo.outcome == Outcome.REFUSED),
            func.count().filter(Photo.outcome == Outcome.DUPLICATE),
            func.count().filter(Photo.clarity.is_not(None)),
            func.count().filter(Photo.clarity == Clarity.UNCLEAR),
            func.count().filter(Photo.meter_type.is_not(None)),
            func.count().filter(Photo.meter_type == UNKNOWN),
            func.avg(Photo.judged_ms),
        ).where(Photo.outcome.is_not(None), Photo.received_at >= since, Photo.received_at < until)
    ).one()
    names = ("photos", "refused", "duplicates", "clarity_judged", "unclear", "type_judged", "unknown", "mean_ms")
    return Tally(**dict(zip(names, row, strict=True)))


def read_days(session: Session, starts: Sequence[datetime]) -> tuple[DayTally, ...]:
    """Photos per site and span; span i is starts[i] <= received < starts[i + 1], so `starts` has one more than there are spans.

    Spans are handed in, not computed by the database: a day is the reader's own, summer time included.
    """
    whens = [(Photo.received_at >= start, index) for index, start in reversed(list(enumerate(starts[:-1])))]
    day = case(*whens).label("day")
    rows = session.execute(
        select(
            day,
            Photo.site,
            func.count(),
            func.count().filter(Photo.clarity.is_not(None)),
            func.count().filter(Photo.clarity == Clarity.UNCLEAR),
        )
        .where(Photo.outcome.is_not(None), Photo.received_at >= starts[0], Photo.received_at < starts[-1])
        .group_by(day, Photo.site)
        .order_by(day, Photo.site)
    ).all()
    return tuple(
        DayTally(day=index, site=site or "", photos=photos, clarity_judged=judged, unclear=unclear)
        for index, site, photos, judged, unclear in rows
    )


def read_quality_shares(session: Session, since: datetime, until: datetime) -> QualityShares:
    """What was said of the quality of the photos of since <= received < until."""
    judged = (Photo.received_at >= since, Photo.received_at < until, Photo.quality.is_not(None))
    poor = func.count().filter(Photo.quality == Quality.POOR)
    total, poor_total = session.execute(select(func.count(), poor).select_from(Photo).where(*judged)).one()
    times = func.count()
    statement = select(PhotoTag.tag, times).join(PhotoTag.photo).where(*judged).group_by(PhotoTag.tag)
    rows = session.execute(statement.order_by(times.desc(), PhotoTag.tag)).all()
    return QualityShares(poor=poor_total / total if total else None, tags=tuple((tag, count / total) for tag, count in rows))


def read_latest(session: Session, limit: int) -> tuple[Photo, ...]:
    """The newest filed photos."""
    statement = select(Photo).options(selectinload(Photo.tags)).where(Photo.outcome == Outcome.FILED)
    return tuple(session.scalars(statement.order_by(Photo.received_at.desc(), Photo.id.desc()).limit(limit)).all())


def first_arrival(session: Session) -> datetime | None:
    """When the oldest photo came, or None for an empty archive."""
    arrived = select(Photo.received_at).where(Photo.outcome.is_not(None))
    return session.scalar(arrived.order_by(Photo.received_at, Photo.id).limit(1))


def count_by_outcome(session: Session) -> dict[str, int]:
    """All photos ever, per outcome."""
    rows = session.execute(select(Photo.outcome, func.count()).where(Photo.outcome.is_not(None)).group_by(Photo.outcome))
    counts = {outcome.value: 0 for outcome in Outcome}
    return counts | {str(outcome): count for outcome, count in rows}


def read_heartbeats(session: Session, now: datetime) -> dict[str, Heartbeat]:
    """Every service that ever beat, by name."""
    return {
        service.name: Heartbeat(state=service.state, age=now - service.beat_at, detail=service.detail)
        for service in session.scalars(select(Service))
    }
