"""The unknown meters as a regrouping reads and writes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from db.tables import Embedding, GroupStatus, Outcome, Photo, PhotoGroup, PlateRow, VerifiedPair
from engine.verdict import UNKNOWN


@dataclass(frozen=True, slots=True, eq=False)
class UnknownPhoto:
    """One filed photo of an unknown meter."""

    id: int
    path: str
    group_id: int | None
    embedding: NDArray[np.float32]  # (D,), unit length
    features: bytes | None  # of its plate, where that was described before


def read_unknowns(session: Session, stamp: str) -> list[UnknownPhoto]:
    """All unknown meters that have an embedding of this model version, in the order of arrival."""
    query = (
        select(Photo.id, Photo.path, Photo.group_id, Embedding.vector, PlateRow.features)
        .join(Embedding, (Embedding.photo_id == Photo.id) & (Embedding.stamp == stamp))
        .outerjoin(PlateRow, PlateRow.photo_id == Photo.id)
        .where(*is_unknown())
        .order_by(Photo.id)
    )
    return [
        UnknownPhoto(photo_id, path, group_id, np.frombuffer(vector, dtype="<f4").astype(np.float32), features)
        for photo_id, path, group_id, vector, features in session.execute(query)
    ]


def is_unknown() -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """The conditions for a filed photo whose meter type nobody knows yet."""
    return Photo.outcome == Outcome.FILED.value, Photo.meter_type == UNKNOWN


def write_plates(session: Session, features: Mapping[int, bytes]) -> None:
    """Keep plates by photo."""
    session.add_all(PlateRow(photo_id=photo_id, features=data) for photo_id, data in features.items())


def read_pairs(session: Session, photo_ids: Iterable[int]) -> dict[tuple[int, int], int]:
    """Shared details of the pairs verified before among these photos, by (smaller id, larger id)."""
    wanted = set(photo_ids)
    rows = session.execute(select(VerifiedPair.photo_a, VerifiedPair.photo_b, VerifiedPair.inliers))
    return {(a, b): inliers for a, b, inliers in rows if a in wanted and b in wanted}


def write_pairs(session: Session, pairs: Mapping[tuple[int, int], int]) -> None:
    """Keep verified pairs, so that no later regrouping compares them again."""
    if not pairs:
        return
    insert = postgresql_insert if session.get_bind().dialect.name == "postgresql" else sqlite_insert
    rows = [{"photo_a": min(pair), "photo_b": max(pair), "inliers": inliers} for pair, inliers in pairs.items()]
    session.execute(insert(VerifiedPair).on_conflict_do_nothing(), rows)


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


def write_groups(session: Session, memberships: Mapping[int, Membership], *, stamp: str, now: datetime) -> list[int]:
    """Store a regrouping: new groups, groups that are gone, and each photo's place. Returns the photos that changed group.

    A photo that a person labelled since the regrouping read it is left alone, and a group named since takes no more.
    """
    live = {each.group_id for each in memberships.values() if each.group_id is not None}
    # Written before anything is read: from here on SQLite lets nobody else write, so nothing is named under our hands.
    candidates = update(PhotoGroup).where(PhotoGroup.status == GroupStatus.CANDIDATE.value)
    session.execute(candidates.where(PhotoGroup.id.not_in(live)).values(status=GroupStatus.GONE.value))
    alive = select(PhotoGroup.id).where(PhotoGroup.id.in_(live))
    known = set(session.scalars(alive))
    named = set(session.scalars(alive.where(PhotoGroup.status == GroupStatus.NAMED.value)))
    session.add_all(PhotoGroup(id=group_id, created_at=now, stamp=stamp) for group_id in sorted(live - known))
    session.flush()
    changed = []
    for photo in session.scalars(select(Photo).where(*is_unknown()).with_for_update()):
        place = memberships.get(photo.id)
        if place is None:  # came after the regrouping began
            continue
        group_id = None if place.group_id in named else place.group_id  # the next regrouping finds it another
        if photo.group_id != group_id:
            changed.append(photo.id)
        photo.group_id = group_id
        photo.group_strength = place.strength if group_id is not None else None
        photo.map_x, photo.map_y = place.map_x, place.map_y
    for group in session.scalars(select(PhotoGroup).where(PhotoGroup.id.in_(live))):
        if group.status == GroupStatus.GONE.value:
            group.status, group.stamp = GroupStatus.CANDIDATE.value, stamp
    return changed
