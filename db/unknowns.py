"""The unknown meters as a regrouping reads and writes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from db.group_tables import GroupEvent
from db.tables import Base, Embedding, GroupStatus, Outcome, Photo, PhotoGroup, PlateRow, VerifiedPair
from engine.grouping.life import Event
from engine.verdict import UNKNOWN


@dataclass(frozen=True, slots=True, eq=False)
class UnknownPhoto:
    """One filed photo of an unknown meter."""

    id: int
    path: str
    group_id: int | None
    embedding: NDArray[np.float32]  # (D,), unit length


def read_unknowns(session: Session, stamp: str) -> list[UnknownPhoto]:
    """All unknown meters that have an embedding of this model version, in the order of arrival."""
    query = (
        select(Photo.id, Photo.path, Photo.group_id, Embedding.vector)
        .join(Embedding, (Embedding.photo_id == Photo.id) & (Embedding.stamp == stamp))
        .where(*is_unknown())
        .order_by(Photo.id)
    )
    return [
        UnknownPhoto(photo_id, path, group_id, np.frombuffer(vector, dtype="<f4").astype(np.float32))
        for photo_id, path, group_id, vector in session.execute(query)
    ]


def count_unknown_since(session: Session, since: datetime | None) -> int:
    """How many unknown meters in no group arrived since then, or ever."""
    arrived = [] if since is None else [Photo.received_at >= since]
    return session.scalar(select(func.count()).where(*is_unknown(), Photo.group_id.is_(None), *arrived)) or 0


def newest_unknown(session: Session) -> int:
    """The id of the last unknown meter; 0 where there is none."""
    return session.scalar(select(func.max(Photo.id)).where(*is_unknown())) or 0


def is_unknown() -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """The conditions for a filed photo whose meter type nobody knows yet."""
    return Photo.outcome == Outcome.FILED.value, Photo.meter_type == UNKNOWN


def described(session: Session, photo_ids: Iterable[int]) -> set[int]:
    """Those of these photos whose plate is kept."""
    wanted = set(photo_ids)
    return wanted & set(session.scalars(select(PlateRow.photo_id)))


def read_plate(session: Session, photo_id: int) -> bytes | None:
    """A photo's plate (`engine.grouping.Plate.to_bytes`); None where it was never described."""
    return session.scalar(select(PlateRow.features).where(PlateRow.photo_id == photo_id))


def write_plates(session: Session, features: Mapping[int, bytes]) -> None:
    """Keep plates by photo; one that is there already stays."""
    if features:
        rows = [{"photo_id": photo_id, "features": data} for photo_id, data in features.items()]
        session.execute(_insert(session, PlateRow).on_conflict_do_nothing(), rows)


def read_pairs(session: Session, photo_ids: Iterable[int]) -> dict[tuple[int, int], int]:
    """Shared details of the pairs verified before among these photos, by (smaller id, larger id)."""
    wanted = set(photo_ids)
    rows = session.execute(select(VerifiedPair.photo_a, VerifiedPair.photo_b, VerifiedPair.inliers))
    return {(a, b): inliers for a, b, inliers in rows if a in wanted and b in wanted}


def write_pairs(session: Session, pairs: Mapping[tuple[int, int], int]) -> None:
    """Keep verified pairs, so that no later regrouping compares them again."""
    if not pairs:
        return
    rows = [{"photo_a": min(pair), "photo_b": max(pair), "inliers": inliers} for pair, inliers in pairs.items()]
    session.execute(_insert(session, VerifiedPair).on_conflict_do_nothing(), rows)


def _insert(session: Session, table: type[Base]) -> Any:
    """An INSERT that may leave out rows which are there already; the two databases spell it alike in two places."""
    return (postgresql_insert if session.get_bind().dialect.name == "postgresql" else sqlite_insert)(table)


def current_groups(session: Session, photo_ids: Iterable[int]) -> dict[int, int | None]:
    """The groups, now, of those of these photos that are still unknown."""
    wanted = set(photo_ids)
    rows = session.execute(select(Photo.id, Photo.group_id).where(*is_unknown()))
    return {photo_id: group_id for photo_id, group_id in rows if photo_id in wanted}


def begin_writing(session: Session) -> None:
    """Take SQLite's write lock before anything is read, so that no regrouping commits between our reading and writing."""
    session.execute(update(PhotoGroup).where(PhotoGroup.id < 0).values(status=PhotoGroup.status))


def next_group_id(session: Session) -> int:
    """One above the highest id ever given: the id of a dissolved group never returns."""
    return (session.scalar(select(func.max(PhotoGroup.id))) or 0) + 1


@dataclass(frozen=True, slots=True)
class Membership:
    """Where one photo stands after a regrouping."""

    group_id: int | None  # None = fits no group
    strength: float  # 0..1
    map_x: float  # 0..1
    map_y: float


def write_groups(
    session: Session, memberships: Mapping[int, Membership], *, stamp: str, now: datetime, events: Iterable[Event] = ()
) -> list[int]:
    """Store a regrouping: new groups, groups that are gone, what happened to each, and each photo's place.

    Returns the photos that changed group. A photo that a person labelled since the regrouping read it is left alone, and a
    group named or dismissed since takes no more.
    """
    begin_writing(session)
    live = {each.group_id for each in memberships.values() if each.group_id is not None}
    alive = select(PhotoGroup.id).where(PhotoGroup.id.in_(live))
    known = set(session.scalars(alive))
    closed = set(session.scalars(alive.where(PhotoGroup.status.in_([GroupStatus.NAMED.value, GroupStatus.DISMISSED.value]))))
    session.add_all(PhotoGroup(id=group_id, created_at=now, stamp=stamp) for group_id in sorted(live - known))
    session.flush()
    changed = []
    for photo in session.scalars(select(Photo).where(*is_unknown()).with_for_update()):
        place = memberships.get(photo.id)
        if place is None:  # came after the regrouping began
            continue
        group_id = None if place.group_id in closed else place.group_id  # the next regrouping finds it another
        if photo.group_id != group_id:
            changed.append(photo.id)
            photo.joined_live_at = None
        photo.group_id = group_id
        photo.group_strength = place.strength if group_id is not None else None
        photo.map_x, photo.map_y = place.map_x, place.map_y
    for group in session.scalars(select(PhotoGroup).where(PhotoGroup.id.in_(live))):
        if group.status == GroupStatus.GONE.value:
            group.status, group.stamp = GroupStatus.CANDIDATE.value, stamp
    session.flush()
    # Not the groups of photos that this run did not see, such as those which only another model version has embedded.
    has_photos = select(Photo.id).where(Photo.group_id == PhotoGroup.id).exists()
    emptied = update(PhotoGroup).where(PhotoGroup.status == GroupStatus.CANDIDATE.value, ~has_photos)
    session.execute(emptied.values(status=GroupStatus.GONE.value))
    session.add_all(
        GroupEvent(at=now, kind=event.turn.value, group_id=event.group_id, other_id=event.other_id, photos=event.photos)
        for event in events
    )
    return changed
