"""What newcomers are compared with: a few photos of each type that people named, and of each group nobody has named yet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Select, String, cast, func, literal, select, union_all
from sqlalchemy.orm import Session

from db.denials import is_denied
from db.group_tables import EventKind, GroupEvent
from db.jobs import JobKind, ask
from db.labels import Field, is_barred, is_labelled, standing
from db.tables import Embedding, GroupStatus, Label, Outcome, Photo, PhotoGroup
from db.unknowns import is_unknown
from engine.verdict import UNKNOWN, Way

PER_CLASS = 12  # photos of each type or group that are held; the closest few of them are compared
_TYPE, _GROUP = "type ", "group "


@dataclass(frozen=True, slots=True)
class Known:
    """Photos that stand for their class. A class is the name of a type or the number of a group."""

    labels: tuple[str, ...]  # (M,) of the classes
    photo_ids: tuple[int, ...]  # (M,)
    vectors: NDArray[np.float32]  # (M, D)
    labelled: Counter[str]  # type -> how many photos people labelled so


@dataclass(frozen=True, slots=True)
class Newcomer:
    """An unknown photo in no group."""

    id: int
    path: str
    vector: NDArray[np.float32]  # (D,), unit length


def class_of(label: str) -> str | int:
    """The type's name or the group's id that a class label stands for."""
    return int(label.removeprefix(_GROUP)) if label.startswith(_GROUP) else label.removeprefix(_TYPE)


def read_known(session: Session, stamp: str) -> Known:
    """At most `PER_CLASS` photos of each class that this version has embedded: the strongest of groups, the newest labels."""
    newest = select(func.max(Label.id)).where(*standing(Field.METER_TYPE)).group_by(Label.photo_id)
    labelled = (
        select(Photo.id, (literal(_TYPE) + Label.value).label("class"), Label.id.label("rank"))
        .join(Label, Label.photo_id == Photo.id)
        .where(Label.id.in_(newest), Photo.outcome == Outcome.FILED.value, Photo.removed_at.is_(None))
    )
    rows = session.execute(_best(union_all(labelled, _grouped()).subquery(), stamp)).all()
    counts = session.execute(select(Label.value, func.count()).where(Label.id.in_(newest)).group_by(Label.value)).all()
    return Known(
        labels=tuple(row[1] for row in rows),
        photo_ids=tuple(row[0] for row in rows),
        vectors=np.stack([vector_of(row[2]) for row in rows]) if rows else np.zeros((0, 1), np.float32),
        labelled=Counter({row[0]: row[1] for row in counts}),
    )


def strongest(session: Session, stamp: str, *, most: int) -> dict[int, tuple[Newcomer, ...]]:
    """The strongest photos of each group that nobody has named, at most `most` of each."""
    best = _best(_grouped().subquery(), stamp, most=most).subquery()
    rows = session.execute(select(best.c["class"], Photo.id, Photo.path, best.c.vector).join(Photo, Photo.id == best.c.id))
    found: dict[int, list[Newcomer]] = {}
    for label, photo_id, path, vector in rows.all():
        found.setdefault(int(class_of(label)), []).append(Newcomer(photo_id, path, vector_of(vector)))
    return {group_id: tuple(photos) for group_id, photos in sorted(found.items())}


def _grouped() -> Select[int, str, float]:
    return (
        select(
            Photo.id,
            (literal(_GROUP) + cast(PhotoGroup.id, String)).label("class"),
            func.coalesce(Photo.group_strength, 0.0).label("rank"),
        )
        .join(PhotoGroup, PhotoGroup.id == Photo.group_id)
        .where(*is_unknown(), PhotoGroup.status == GroupStatus.CANDIDATE.value)
    )


def only_types(known: Known) -> Known:
    """What is known of the types that people named, without the groups."""
    kept = [index for index, label in enumerate(known.labels) if label.startswith(_TYPE)]
    return Known(
        labels=tuple(known.labels[index] for index in kept),
        photo_ids=tuple(known.photo_ids[index] for index in kept),
        vectors=known.vectors[kept],
        labelled=known.labelled,
    )


def _best(classes: object, stamp: str, *, most: int = PER_CLASS) -> Select[int, str, bytes]:
    """The first photos of each class by rank, among those that have an embedding."""
    table = classes.c  # type: ignore[attr-defined]
    place = func.row_number().over(partition_by=table["class"], order_by=(table.rank.desc(), table.id.desc())).label("place")
    embedded = (Embedding.photo_id == table.id) & (Embedding.stamp == stamp)
    ranked = select(table.id, table["class"], Embedding.vector, place).join(Embedding, embedded).subquery()
    return select(ranked.c.id, ranked.c["class"], ranked.c.vector).where(ranked.c.place <= most).order_by(ranked.c.id)


def newcomers(session: Session, stamp: str, *, after: int, most: int) -> tuple[Newcomer, ...]:
    """Unknown photos in no group beyond id `after`, in the order of arrival."""
    query = (
        select(Photo.id, Photo.path, Embedding.vector)
        .join(Embedding, (Embedding.photo_id == Photo.id) & (Embedding.stamp == stamp))
        .where(*is_unknown(), Photo.group_id.is_(None), Photo.id > after, Photo.moving_to.is_(None), Photo.removed_at.is_(None))
    )
    rows = session.execute(query.order_by(Photo.id).limit(most))
    return tuple(Newcomer(photo_id, path, vector_of(vector)) for photo_id, path, vector in rows)


def vector_of(data: bytes) -> NDArray[np.float32]:
    """(D,) an embedding as its row keeps it."""
    return np.frombuffer(data, dtype="<f4").astype(np.float32)


def join_group(session: Session, photo_id: int, group_id: int, *, strength: float, beside: int, now: datetime) -> bool:
    """A newcomer joins a group that still waits for a name, at the place of the photo it is most like. The caller commits."""
    photo, group = session.get(Photo, photo_id, with_for_update=True), session.get(PhotoGroup, group_id)
    if photo is None or group is None or not is_free(photo) or group.status != GroupStatus.CANDIDATE:
        return False
    if is_barred(session, photo_id, Field.NOT_GROUP, str(group_id)):
        return False
    twin = session.get(Photo, beside)
    photo.group_id, photo.group_strength, photo.joined_live_at = group_id, strength, now
    if twin is not None:
        photo.map_x, photo.map_y = twin.map_x, twin.map_y
    session.add(GroupEvent(at=now, kind=EventKind.JOINED.value, group_id=group_id, photos=1))
    ask(session, JobKind.MOVE_PHOTOS, {"photo_ids": [photo_id]}, now)
    return True


def recognise_photo(session: Session, photo_id: int, name: str, *, labelled: int, details: int, now: datetime) -> bool:
    """A newcomer is of a type that people named, recognised from their labelled photos. The caller commits."""
    photo = session.get(Photo, photo_id, with_for_update=True)
    if photo is None or not is_free(photo) or is_denied(session, photo_id, name):
        return False
    photo.meter_type, photo.recognised_by = name, Way.LABELLED.value
    photo.labelled_photos, photo.shared_details = labelled, details
    ask(session, JobKind.MOVE_PHOTOS, {"photo_ids": [photo_id]}, now)
    return True


def is_free(photo: Photo) -> bool:
    """Whether a photo is unknown, in no group and not on its way elsewhere."""
    return photo.outcome == Outcome.FILED and photo.meter_type == UNKNOWN and photo.group_id is None and photo.moving_to is None


def forget_types(session: Session, known: Iterable[str], now: datetime) -> int:
    """Photos recognised as a type of which no label stands any more are unknown again; returns how many. The caller commits."""
    still: Sequence[str] = sorted(known)
    lost = session.scalars(
        select(Photo).where(Photo.recognised_by == Way.LABELLED.value, Photo.meter_type.not_in([*still, UNKNOWN]), ~is_labelled())
    ).all()
    for photo in lost:
        photo.meter_type, photo.recognised_by = UNKNOWN, None
        photo.labelled_photos = photo.shared_details = None
    if lost:
        ask(session, JobKind.MOVE_PHOTOS, {"photo_ids": [photo.id for photo in lost]}, now)
    return len(lost)
