"""What people said of photos, as training reads it: the newest label of each photo, never a guess of the product's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.labels import Field, standing
from db.tables import Label, Outcome, Photo


@dataclass(frozen=True, kw_only=True, slots=True)
class Verified:
    """A filed photo of which a person said the meter type."""

    photo_id: int
    path: str  # below home
    sha256: str
    label: str
    meter: str  # sha256 of the first photo of the same picture; near duplicates share it


def verified_labels(session: Session) -> tuple[Verified, ...]:
    """All photos whose type a person said, in the order of arrival."""
    return _labelled(session, Field.METER_TYPE)


def dismissed(session: Session) -> tuple[Verified, ...]:
    """All photos of which a person said that they show no meter: nothing learns from them, so they can judge a training."""
    return _labelled(session, Field.JUNK)


def _labelled(session: Session, field: Field) -> tuple[Verified, ...]:
    newest = select(func.max(Label.id)).where(*standing(field)).group_by(Label.photo_id)
    rows = session.execute(
        select(Photo.id, Photo.path, Photo.sha256, Label.value)
        .join(Label, Label.photo_id == Photo.id)
        .where(Label.id.in_(newest), Photo.outcome == Outcome.FILED.value, Photo.removed_at.is_(None))
        .order_by(Photo.id)
    ).all()
    meters = meters_of(session, {photo_id: str(sha256) for photo_id, _, sha256, _ in rows})
    return tuple(
        Verified(photo_id=photo_id, path=path, sha256=str(sha256), label=label, meter=meters[photo_id])
        for photo_id, path, sha256, label in rows
    )


def meters_of(session: Session, hashes: Mapping[int, str]) -> dict[int, str]:
    """The meter of each of these photos (id -> sha256): the sha256 of the first photo of the same picture."""
    links = {row.id: row.near_of for row in session.execute(select(Photo.id, Photo.near_of).where(Photo.near_of.is_not(None)))}
    first = {photo_id: first_of(photo_id, links) for photo_id in hashes}
    elsewhere = {root for photo_id, root in first.items() if root != photo_id}
    known = {row.id: row.sha256 for row in session.execute(select(Photo.id, Photo.sha256).where(Photo.id.in_(elsewhere)))}
    return {photo_id: known.get(first[photo_id]) or sha256 for photo_id, sha256 in hashes.items()}


def count_labelled(session: Session) -> int:
    """How many filed photos have a standing label of their type."""
    query = select(func.count(Label.photo_id.distinct())).join(Photo, Photo.id == Label.photo_id)
    return session.scalar(query.where(*standing(Field.METER_TYPE), Photo.outcome == Outcome.FILED.value)) or 0


def first_of(photo_id: int, near_of: Mapping[int, int | None]) -> int:
    """The first photo of a chain of near duplicates; links lead to earlier photos, so a chain ends."""
    while (earlier := near_of.get(photo_id)) is not None and earlier < photo_id:
        photo_id = earlier
    return photo_id
