"""Which files may go: older or more than the limits of their outcome say. Rows stay for ever, labelled photos' files too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, aliased

from db.tables import Label, Outcome, Photo

GIGABYTE = 10**9


class Limit(Protocol):
    """How long files stay."""

    @property
    def days(self) -> float | None:
        """Files of photos that came longer ago go."""

    @property
    def gigabytes(self) -> float | None:
        """The oldest files go until the rest takes no more."""


Limits = Mapping[Any, Limit]  # by outcome


@dataclass(frozen=True, kw_only=True, slots=True)
class Keep:
    """How long the files of one outcome stay; None = without limit."""

    days: float | None = None
    gigabytes: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Removal:
    """One file that may go, and why; `path` below home."""

    photo_id: int
    path: str
    size_bytes: int
    why: str


def removable(session: Session, limits: Limits, now: datetime) -> Iterator[Removal]:
    """The files that may go, per outcome, the oldest first."""
    for outcome, keep in limits.items():
        yield from _of_outcome(session, Outcome(outcome), keep, now)


def removed_paths(session: Session) -> Sequence[str]:
    """Where every removed file lay: a crash may have left it there."""
    return session.scalars(select(Photo.path).where(Photo.removed_at.is_not(None))).all()


def _of_outcome(session: Session, outcome: Outcome, keep: Limit, now: datetime) -> Iterator[Removal]:
    if keep.days is None and keep.gigabytes is None:
        return
    original = aliased(Photo)
    labelled = select(Label.id).where(or_(Label.photo_id == Photo.id, Label.photo_id == Photo.original_id)).exists()
    original_is_kept = select(original.id).where(
        original.id == Photo.original_id, original.removed_at.is_(None), original.missing_since.is_(None)
    )
    kept = (Photo.outcome == outcome.value, Photo.removed_at.is_(None), Photo.moving_to.is_(None))
    columns = (Photo.id, Photo.path, Photo.size_bytes, Photo.received_at, labelled, original_is_kept.exists())
    rows = session.execute(select(*columns).where(*kept).order_by(Photo.received_at.desc(), Photo.id.desc()))
    total, removals = 0, []
    for photo_id, path, size, received_at, is_labelled, has_original in rows:
        total += size
        why = _why(keep, now - received_at, total)
        if why and not (is_labelled and not has_original):
            removals.append(Removal(photo_id=photo_id, path=path, size_bytes=size, why=why))
            total -= size
    yield from reversed(removals)


def _why(keep: Limit, age: timedelta, total_bytes: int) -> str | None:
    """Why a file of this age may go, where it and the newer ones that stay take so many bytes; None where it stays."""
    if keep.days is not None and age > timedelta(days=keep.days):
        return f"older than {keep.days:g} days"
    if keep.gigabytes is not None and total_bytes > keep.gigabytes * GIGABYTE:
        return f"more than {keep.gigabytes:g} GB"
    return None
