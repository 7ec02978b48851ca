"""Photos and groups that look like a type people named: kept by the daemon, offered to a person.

A row counts only while its photo is unknown and in no group, its group waits for a name, and people call photos by that
name; whatever changes, nobody is offered what no longer stands. The rows of photos that were called so for their print stay as
evidence for others.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, delete, func, or_, select
from sqlalchemy.orm import Session

from db.denials import is_parted
from db.exemplars import Newcomer, is_free, vector_of
from db.group_tables import GroupResemblance, PhotoResemblance
from db.groups import Place, are
from db.labels import Field, is_barred, is_labelled, standing
from db.tables import Embedding, GroupStatus, Label, Outcome, Photo, PhotoGroup
from db.unknowns import is_unknown
from engine.recognition.resemblance import AGAINST_FROM, Resemblance, speaks_against
from engine.verdict import UNKNOWN, Way


def note_photo(session: Session, photo_id: int, found: Resemblance | None) -> bool:
    """An unknown photo in no group looks like a type, or like none any more; returns whether it does. The caller commits."""
    photo = session.get(Photo, photo_id, with_for_update=True)
    free = photo is not None and is_free(photo)
    if found is not None and is_parted(session, [photo_id], found.name):
        found = None
    if found is None or not free or is_barred(session, photo_id, Field.NOT_TYPE, found.name):
        session.execute(delete(PhotoResemblance).where(PhotoResemblance.photo_id == photo_id))
        return False
    session.merge(PhotoResemblance(photo_id=photo_id, meter_type=found.name, details=found.details, short=found.short))
    return True


def note_group(session: Session, group_id: int, found: Resemblance | None) -> bool:
    """A group that nobody has named looks like a type, or like none any more; returns whether it does. The caller commits."""
    group = session.get(PhotoGroup, group_id, with_for_update=True)
    if found is not None and is_parted(session, session.scalars(select(Photo.id).where(*are(group_id))).all(), found.name):
        found = None
    if found is None or group is None or group.status != GroupStatus.CANDIDATE:
        session.execute(delete(GroupResemblance).where(GroupResemblance.group_id == group_id))
        return False
    session.merge(GroupResemblance(group_id=group_id, meter_type=found.name, details=found.details, short=found.short))
    return True


def forget_resemblances(session: Session) -> None:
    """Remove the rows that no longer count, nor are evidence. The caller commits."""
    counts = or_(and_(*_photos()), and_(*_called_so()))
    photos = select(PhotoResemblance.photo_id).join(Photo, Photo.id == PhotoResemblance.photo_id).where(counts)
    groups = select(GroupResemblance.group_id).join(PhotoGroup, PhotoGroup.id == GroupResemblance.group_id).where(*_groups())
    session.execute(delete(PhotoResemblance).where(PhotoResemblance.photo_id.not_in(photos.correlate(None))))
    session.execute(delete(GroupResemblance).where(GroupResemblance.group_id.not_in(groups.correlate(None))))


_CALLED = select(Label.value).where(*standing(Field.METER_TYPE))  # the types that people call photos


def _photos() -> tuple[ColumnElement[bool], ...]:
    """The conditions for a photo and its row to count."""
    return *is_unknown(), Photo.group_id.is_(None), Photo.removed_at.is_(None), PhotoResemblance.meter_type.in_(_CALLED)


def _called_so() -> tuple[ColumnElement[bool], ...]:
    """The conditions for a photo to be called what its row says it looks like, for its print."""
    called = Photo.meter_type == PhotoResemblance.meter_type, Photo.recognised_by == Way.LABELLED.value
    return *called, Photo.removed_at.is_(None), PhotoResemblance.meter_type.in_(_CALLED)


def _groups() -> tuple[ColumnElement[bool], ...]:
    return PhotoGroup.status == GroupStatus.CANDIDATE.value, GroupResemblance.meter_type.in_(_CALLED)


@dataclass(frozen=True, slots=True, eq=False)
class Alike:
    """A photo that looks like a type by itself, and may be called so."""

    photo: Newcomer
    found: Resemblance
    waits: bool  # is unknown


def read_alike(session: Session, stamp: str, *, most: int) -> tuple[Alike, ...]:
    """The newest photos that this version has embedded and that look like a type, or are called so for their print."""
    query = (
        select(Photo.id, Photo.path, Photo.meter_type, Embedding.vector, PhotoResemblance)
        .join(PhotoResemblance, PhotoResemblance.photo_id == Photo.id)
        .join(Embedding, (Embedding.photo_id == Photo.id) & (Embedding.stamp == stamp))
        .where(or_(and_(*_photos()), and_(*_called_so())))
    )
    rows = session.execute(query.order_by(Photo.id.desc()).limit(most)).all()
    return tuple(
        Alike(Newcomer(photo_id, path, vector_of(data)), _resemblance(row), waits=called == UNKNOWN)
        for photo_id, path, called, data, row in rows
    )


def _resemblance(row: PhotoResemblance | GroupResemblance) -> Resemblance:
    return Resemblance(name=row.meter_type, details=row.details, short=row.short)


def count_look_alikes(session: Session) -> dict[str, int]:
    """How many unknown photos in no group look like each type, by its name."""
    rows = session.execute(
        select(PhotoResemblance.meter_type, func.count())
        .join(Photo, Photo.id == PhotoResemblance.photo_id)
        .where(*_photos())
        .group_by(PhotoResemblance.meter_type)
        .order_by(PhotoResemblance.meter_type)
    ).all()
    return {row[0]: row[1] for row in rows}


@dataclass(frozen=True, slots=True)
class LookAlike:
    """A photo that looks like a type."""

    photo: Photo
    details: int
    short: float | None

    @property
    def is_against(self) -> bool:
        """Whether its print speaks strongly against the type."""
        return speaks_against(self.short)

    @property
    def place(self) -> Place:
        """Its place in the gallery."""
        return Place(AGAINST_FROM if self.short is None else self.short, self.photo.id)


def read_look_alikes(session: Session, name: str, *, after: Place | None = None, size: int = 60) -> tuple[LookAlike, ...]:
    """At most `size` photos that look like a type, beyond `after`: those whose print is most like it first."""
    rank = func.coalesce(PhotoResemblance.short, AGAINST_FROM)
    query = (
        select(Photo, PhotoResemblance.details, PhotoResemblance.short)
        .join(PhotoResemblance, PhotoResemblance.photo_id == Photo.id)
        .where(*_photos(), PhotoResemblance.meter_type == name)
    )
    if after is not None:
        query = query.where(or_(rank > after.strength, and_(rank == after.strength, Photo.id > after.id)))
    rows = session.execute(query.order_by(rank, Photo.id).limit(size))
    return tuple(LookAlike(photo, details, short) for photo, details, short in rows)


def group_resemblances(session: Session) -> dict[int, Resemblance]:
    """What the groups that wait for a name look like, by their id."""
    rows = session.scalars(
        select(GroupResemblance).join(PhotoGroup, PhotoGroup.id == GroupResemblance.group_id).where(*_groups())
    )
    return {row.group_id: _resemblance(row) for row in rows}


def examples_of(session: Session, name: str, *, most: int = 4) -> tuple[Photo, ...]:
    """The photos that people labelled with a type last, to compare look-alikes with."""
    said = select(Label.photo_id).where(Label.value == name, *standing(Field.METER_TYPE))
    shown = Photo.id.in_(said), Photo.meter_type == name, Photo.removed_at.is_(None)
    return tuple(session.scalars(select(Photo).where(*shown).order_by(Photo.id.desc()).limit(most)))


def _recognised(name: str) -> tuple[ColumnElement[bool], ...]:
    return Photo.meter_type == name, Photo.outcome == Outcome.FILED.value, Photo.removed_at.is_(None), ~is_labelled()


def read_recognised(session: Session, name: str, *, after: Place | None = None, size: int = 60) -> tuple[Photo, ...]:
    """At most `size` photos of a type that no person labelled, beyond `after`, the newest first."""
    query = select(Photo).where(*_recognised(name))
    if after is not None:
        query = query.where(Photo.id < after.id)
    return tuple(session.scalars(query.order_by(Photo.id.desc()).limit(size)))


def count_recognised(session: Session, name: str) -> int:
    """How many photos of a type no person labelled: labelled photos or a model named them."""
    return session.scalar(select(func.count()).where(*_recognised(name))) or 0


def forget_photos(session: Session, photo_ids: Iterable[int], name: str) -> None:
    """These photos are not offered as this type any more, nor are groups that a person denied with them. The caller commits."""
    ids = list(photo_ids)
    mine = PhotoResemblance.photo_id.in_(ids), PhotoResemblance.meter_type == name
    session.execute(delete(PhotoResemblance).where(*mine))
    whole = select(Photo.group_id).where(Photo.group_id.is_not(None)).group_by(Photo.group_id)
    denied = whole.having(func.count() == func.count().filter(Photo.id.in_(ids)))
    session.execute(delete(GroupResemblance).where(GroupResemblance.meter_type == name, GroupResemblance.group_id.in_(denied)))
