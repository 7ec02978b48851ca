"""What a person says of a type that photos have or look like: these too, not these, these are another. All can be undone."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import and_, exists, or_, select
from sqlalchemy.orm import Session

from db.group_acts import end_empty, move_photos
from db.group_tables import ActKind, EventKind
from db.groups import Selection, are, named_group
from db.jobs import JobKind, ask
from db.labels import JUNK, Field, note, record, say, standing, withdraw
from db.look_alikes import forget_photos
from db.naming import (
    ActError,
    Naming,
    Seen,
    call,
    join_named,
    name_photos,
    read_candidate,
    read_seen,
    read_type_names,
    type_name,
)
from db.tables import GroupStatus, Label, Outcome, Photo, PhotoGroup
from db.unknowns import begin_writing
from engine.verdict import UNKNOWN


def call_too(session: Session, photo_ids: Iterable[int], name: str, *, by: str, now: datetime) -> Naming:
    """Say that unknown photos are of a type that people named: they go to its group, where there is one. The caller commits.

    Raises `ActError`; then nothing was changed.
    """
    asked = tuple(set(photo_ids))
    begin_writing(session)
    if session.scalar(select(Label.id).where(Label.value == name, *standing(Field.METER_TYPE)).limit(1)) is None:
        raise ActError(f"Nobody calls any photo {name} any more. Look again first.")
    if not session.scalars(select(Photo.id).where(*are(Selection(asked))).limit(1)).all():
        raise ActError("None of these photos is still unknown: somebody was quicker. Look again.")
    group_id = named_group(session, name)
    if group_id is None:
        return name_photos(session, asked, name, by=by, now=now)
    moved = move_photos(session, asked, group_id, by=by, now=now)
    return Naming(name, moved, len(asked) - moved)


def deny_type(session: Session, photo_ids: Iterable[int], name: str, *, by: str, now: datetime) -> int:
    """Say that photos are not of a type; returns how many. The caller commits.

    Those that have it, whoever said so, are unknown meters in no group again; unknown ones stay where they are. Neither a
    model nor labelled photos call them so again. Raises `ActError`; then nothing was changed.
    """
    begin_writing(session)
    photos = session.scalars(
        select(Photo)
        .where(Photo.id.in_(set(photo_ids)), Photo.outcome == Outcome.FILED.value)
        .where(or_(Photo.meter_type == name, Photo.meter_type == UNKNOWN))
        .order_by(Photo.id)
        .with_for_update()
    ).all()
    if not photos or name in (UNKNOWN, JUNK):
        raise ActError(f"None of these photos is, or may be, {name}. Look again.")
    ids = [photo.id for photo in photos]
    wrong = [photo for photo in photos if photo.meter_type == name]
    group_ids = sorted({photo.group_id for photo in wrong if photo.group_id is not None})
    act = record(session, ActKind.DENY, name, photo_ids=ids, group_ids=group_ids, by=by, now=now)
    withdraw(session, [photo.id for photo in wrong], [Field.METER_TYPE, Field.GROUP], by=by, now=now)
    say(session, act, Field.NOT_TYPE, name, ids)
    for photo in wrong:
        if photo.group_id is not None:
            say(session, act, Field.NOT_GROUP, str(photo.group_id), [photo.id])
        photo.meter_type, photo.group_id, photo.group_strength = UNKNOWN, None, None
        photo.joined_live_at = photo.recognised_by = None
    forget_photos(session, ids, name)
    if wrong:
        ask(session, JobKind.MOVE_PHOTOS, {"photo_ids": [photo.id for photo in wrong]}, now)
    return len(ids)


def deny_group(session: Session, group_id: int, name: str, *, seen: Seen, by: str, now: datetime) -> int:
    """Say that a group which waits for a name is not this type; returns its photos. The caller commits. Raises `ActError`."""
    begin_writing(session)
    _, members = read_candidate(session, group_id, seen=seen)
    return deny_type(session, members, name, by=by, now=now)


def correct_type(
    session: Session, photo_ids: Iterable[int], text: str, *, by: str, now: datetime, known: Iterable[str] = ()
) -> Naming:
    """Say which type photos are, whatever they were called before; what a model called so already is confirmed by it.

    They leave a group of another name, and join the one of this name, where there is one. The caller commits.
    Raises `ActError`; then nothing was changed.
    """
    asked = set(photo_ids)
    begin_writing(session)
    name = type_name(text, known=(*known, *read_type_names(session)))
    said_so = exists().where(Label.photo_id == Photo.id, Label.value == name, *standing(Field.METER_TYPE))
    photos = session.scalars(
        select(Photo)
        .where(Photo.id.in_(asked), Photo.outcome == Outcome.FILED.value)
        .where(or_(Photo.meter_type.is_(None), Photo.meter_type.not_in([name, JUNK]), and_(Photo.meter_type == name, ~said_so)))
        .order_by(Photo.id)
        .with_for_update()
    ).all()
    if not photos:
        raise ActError(f"None of these photos can become {name}: people called them so already, or dismissed them.")
    ids, into = [photo.id for photo in photos], named_group(session, name)
    left = {photo.group_id for photo in photos if photo.group_id is not None}
    touched = sorted(left | {into} if into is not None else left)
    act = record(session, ActKind.NAME, name, photo_ids=ids, group_ids=touched, by=by, now=now)
    withdraw(session, ids, [Field.METER_TYPE], by=by, now=now)
    for photo in photos:
        photo.group_strength = photo.group_strength if photo.group_id == into else None
        photo.group_id, photo.recognised_by = into, None
    call(session, act, ids, name)
    session.flush()
    end_empty(session, left)
    ask(session, JobKind.MOVE_PHOTOS, {"photo_ids": ids}, now)
    return Naming(name, len(ids), len(asked) - len(ids))


def rename_group(
    session: Session, group_id: int, text: str, *, seen: Seen, by: str, now: datetime, known: Iterable[str] = ()
) -> str:
    """Say that a named group is called otherwise; returns the name as stored. The caller commits.

    Its photos get the name, and join the group that has it already, where there is one. Raises `ActError`; then nothing was
    changed.
    """
    begin_writing(session)
    group = session.get(PhotoGroup, group_id, with_for_update=True)
    if group is None or group.status != GroupStatus.NAMED or group.name is None:
        raise ActError("This group has no name that could be changed. Choose a named group.")
    members = read_seen(session, group_id, seen)
    outside = or_(Photo.group_id.is_(None), Photo.group_id != group_id)
    alone = session.scalar(select(Photo.id).where(Photo.meter_type == group.name, outside).limit(1)) is None
    names = [each for each in read_type_names(session) if not (alone and each == group.name)]  # its spelling may change
    name = type_name(text, known=(*known, *names))
    into = named_group(session, name, but=group_id)
    if name == group.name and into is None:
        raise ActError(f"This group is called {name} already.")
    act = record(session, ActKind.NAME, name, photo_ids=members, group_ids=[group_id], by=by, now=now)
    withdraw(session, members, [Field.METER_TYPE], by=by, now=now)
    group.name = name
    note(session, act, EventKind.NAMED, group_id, len(members))
    call(session, act, members, name)
    session.flush()
    if into is not None:
        join_named(session, act, into, members)
    ask(session, JobKind.MOVE_PHOTOS, {"photo_ids": members}, now)
    return name
