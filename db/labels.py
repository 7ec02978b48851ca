"""What people say of photos: written with who and when, withdrawn but never overwritten, and put back as it was."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, exists, func, select, update
from sqlalchemy.orm import Session

from db.group_tables import Act, ActKind, EventKind, GroupEvent
from db.jobs import JobKind, ask
from db.tables import GroupStatus, Label, Photo, PhotoGroup
from db.unknowns import begin_writing


class Field(StrEnum):
    """What a label is about."""

    METER_TYPE = "meter_type"  # value: the type
    JUNK = "junk"  # the photo shows no meter; value: JUNK
    NOT_TYPE = "not_type"  # the photo is not of this type, whatever it is taken for
    GROUP = "group"  # the photo belongs to this group of unknown meters, whatever a regrouping finds
    NOT_GROUP = "not_group"  # the photo does not belong to this group


JUNK = "JUNK"  # the meter type of a photo that a person dismissed: no type, and not unknown either
SAYS_WHAT_IT_IS = (Field.METER_TYPE.value, Field.JUNK.value)


class UndoError(Exception):
    """An act that cannot be taken back as asked. The text says why; nothing was changed."""


def standing(*fields: str) -> tuple[ColumnElement[bool], ...]:
    """The conditions for a label of these fields that nobody withdrew."""
    return Label.field.in_(fields), Label.withdrawn_at.is_(None)


def is_labelled() -> ColumnElement[bool]:
    """Whether a person said what a photo shows: no guess may change it."""
    return exists().where(Label.photo_id == Photo.id, *standing(*SAYS_WHAT_IT_IS))


def record(
    session: Session, kind: ActKind, target: str, *, photo_ids: Iterable[int], group_ids: Iterable[int], by: str, now: datetime
) -> Act:
    """Write down an act, with how its photos and groups stand, before it changes them."""
    columns = select(Photo.id, Photo.meter_type, Photo.group_id, Photo.group_strength, Photo.recognised_by)
    photos = session.execute(columns.where(Photo.id.in_(list(photo_ids))).order_by(Photo.id))
    groups = session.execute(select(PhotoGroup.id, PhotoGroup.status, PhotoGroup.name).where(PhotoGroup.id.in_(list(group_ids))))
    act = Act(
        kind=kind.value, by=by, at=now, target=target, photos=[list(row) for row in photos], groups=[list(row) for row in groups]
    )
    session.add(act)
    session.flush()
    return act


def say(session: Session, act: Act, field: Field, value: str, photo_ids: Iterable[int]) -> None:
    """Label photos as part of an act."""
    session.add_all(
        Label(photo_id=photo_id, field=field.value, value=value, by=act.by, at=act.at, act_id=act.id) for photo_id in photo_ids
    )


def withdraw(session: Session, photo_ids: Iterable[int], fields: Sequence[str], *, by: str, now: datetime) -> None:
    """Take back what was said of photos in these fields."""
    labels = update(Label).where(Label.photo_id.in_(list(photo_ids)), *standing(*fields))
    session.execute(labels.values(withdrawn_at=now, withdrawn_by=by))


def note(session: Session, act: Act, kind: EventKind, group_id: int, photos: int, *, other_id: int | None = None) -> None:
    """Write an event of a group that an act brought about."""
    session.add(GroupEvent(at=act.at, kind=kind.value, group_id=group_id, other_id=other_id, photos=photos, act_id=act.id))


@dataclass(frozen=True, slots=True)
class Undone:
    """An act that was taken back."""

    kind: ActKind
    target: str
    is_group: bool  # whether the target is a group's number
    photos: int  # that the act was about


def undo(session: Session, act_id: int, *, by: str, now: datetime) -> Undone:
    """Take an act back: its labels are withdrawn, its photos and groups stand as before. The caller commits.

    What was said of its photos afterwards must be taken back first, or the newer would be lost; so must what was done to a
    group that would become another: closed since, or about to be reopened or gone. Raises `UndoError`.
    """
    begin_writing(session)
    act = session.get(Act, act_id, with_for_update=True)
    if act is None:
        raise UndoError("There is no such act.")
    if act.undone_at is not None:
        raise UndoError(f"This was taken back already, by {act.undone_by}.")
    photo_ids = [row[0] for row in act.photos]
    if later := _later(session, act, photo_ids):
        target, is_group = later.said_target
        newer = f"{later.kind}: {'group ' if is_group else ''}{target}"
        raise UndoError(f"Something newer was done to some of these photos or their group ({newer}). Undo that first.")
    act.undone_at, act.undone_by = now, by
    session.execute(
        update(Label).where(Label.act_id == act.id, Label.withdrawn_at.is_(None)).values(withdrawn_at=now, withdrawn_by=by)
    )
    _stand_again(session, act, photo_ids)
    for group_id, status, name in act.groups:
        group = session.get_one(PhotoGroup, group_id)
        group.status, group.name = status, name
        undone = GroupEvent(at=now, kind=EventKind.UNDONE.value, group_id=group_id, photos=len(photo_ids), act_id=act.id)
        session.add(undone)
    for photo_id, meter_type, group_id, strength, *recognised_by in act.photos:
        photo = session.get(Photo, photo_id)
        if photo is not None:
            photo.meter_type, photo.group_id, photo.group_strength = meter_type, group_id, strength
            photo.recognised_by = recognised_by[0] if recognised_by else photo.recognised_by
    left = _leave_gone(session, [group_id for group_id, *_ in act.groups])
    ask(session, JobKind.MOVE_PHOTOS, {"photo_ids": [*photo_ids, *left]}, now)
    return Undone(ActKind(act.kind), *act.said_target, _meant(session, [act])[act.id])


def _later(session: Session, act: Act, photo_ids: Sequence[int]) -> Act | None:
    """The newest standing act on these photos, or on a group that lives and would have another state."""
    touched = set(photo_ids)
    before = {group_id: (status, name) for group_id, status, name in act.groups}
    now = session.execute(select(PhotoGroup.id, PhotoGroup.status, PhotoGroup.name).where(PhotoGroup.id.in_(before)))
    turned = {each for each, status, name in now if status != GroupStatus.GONE and (status, name) != before[each]}
    newer = select(Act).where(Act.id > act.id, Act.undone_at.is_(None)).order_by(Act.id.desc())
    return next(
        (
            each
            for each in session.scalars(newer)
            if touched & {row[0] for row in each.photos} or turned & {row[0] for row in each.groups}
        ),
        None,
    )


def _leave_gone(session: Session, group_ids: Iterable[int]) -> list[int]:
    """Photos that came to a group by themselves and would go with it are in none; returns their ids."""
    session.flush()
    left = session.scalars(
        select(Photo)
        .join(PhotoGroup, PhotoGroup.id == Photo.group_id)
        .where(PhotoGroup.id.in_(list(group_ids)), PhotoGroup.status == GroupStatus.GONE.value)
    ).all()
    for photo in left:
        photo.group_id = photo.group_strength = photo.joined_live_at = None
    return [photo.id for photo in left]


def _stand_again(session: Session, act: Act, photo_ids: Sequence[int]) -> None:
    """Labels that the act withdrew are said again, as new rows: what was withdrawn once stays so in the record."""
    withdrawn = session.scalars(
        select(Label).where(
            Label.photo_id.in_(photo_ids), Label.withdrawn_at == act.at, Label.withdrawn_by == act.by, Label.act_id.is_not(act.id)
        )
    ).all()
    session.add_all(
        Label(photo_id=old.photo_id, field=old.field, value=old.value, by=old.by, at=old.at, act_id=old.act_id)
        for old in withdrawn
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class ActLine:
    """One act, as a list shows it."""

    id: int
    kind: ActKind
    target: str
    is_group: bool  # whether the target is a group's number
    photos: int
    by: str
    at: datetime
    undone_by: str | None


def read_acts(session: Session, *, most: int = 20, standing_first: bool = False) -> tuple[ActLine, ...]:
    """The newest acts first; `standing_first`: those that nobody took back, then the others."""
    order = [Act.undone_at.is_not(None), Act.id.desc()] if standing_first else [Act.id.desc()]
    acts = session.scalars(select(Act).order_by(*order).limit(most)).all()
    meant = _meant(session, acts)
    return tuple(
        ActLine(
            id=act.id,
            kind=ActKind(act.kind),
            target=act.said_target[0],
            is_group=act.said_target[1],
            photos=meant[act.id],
            by=act.by,
            at=act.at,
            undone_by=act.undone_by,
        )
        for act in acts
    )


def _meant(session: Session, acts: Sequence[Act]) -> dict[int, int]:
    """How many photos each act was about: of a merge or split those that went, not those that are said to stay."""
    went = select(GroupEvent.act_id, GroupEvent.photos).where(
        GroupEvent.act_id.in_([act.id for act in acts]), GroupEvent.kind.in_([EventKind.MERGE.value, EventKind.SPLIT.value])
    )
    told: dict[int | None, int] = {row.act_id: row.photos for row in session.execute(went)}
    return {act.id: told.get(act.id, len(act.photos)) for act in acts}


@dataclass(frozen=True, kw_only=True, slots=True)
class Saying:
    """One thing a person said of a photo that nobody took back."""

    field: str
    value: str
    by: str
    at: datetime
    act_id: int | None
    photos: int  # that the act was about


def said_of(session: Session, photo_id: int) -> tuple[Saying, ...]:
    """What stands of all that people said of a photo, the newest first."""
    said = select(Label, Act).join(Act, Act.id == Label.act_id, isouter=True)
    rows = session.execute(said.where(Label.photo_id == photo_id, Label.withdrawn_at.is_(None)).order_by(Label.id.desc()))
    return tuple(
        Saying(
            field=label.field,
            value=label.value,
            by=label.by,
            at=label.at,
            act_id=act.id if act else None,
            photos=len(act.photos) if act else 1,
        )
        for label, act in rows
    )


def read_pins(session: Session) -> tuple[dict[int, int], dict[int, set[int]]]:
    """What people said of unknown photos' groups: photo -> the group it belongs to, photo -> groups it does not belong to."""
    live = select(PhotoGroup.id).where(PhotoGroup.status == GroupStatus.CANDIDATE.value)
    candidates = set(session.scalars(live))
    pinned: dict[int, int] = {}
    barred: dict[int, set[int]] = {}
    said = select(Label.photo_id, Label.field, Label.value).where(*standing(Field.GROUP, Field.NOT_GROUP)).order_by(Label.id)
    for photo_id, field, value in session.execute(said):
        if field == Field.NOT_GROUP:
            barred.setdefault(photo_id, set()).add(int(value))
        elif int(value) in candidates:
            pinned[photo_id] = int(value)  # the newest counts
    return pinned, barred


def is_barred(session: Session, photo_id: int, field: Field, value: str) -> bool:
    """Whether a person said that a photo is not of this type, or does not belong to this group."""
    said = select(Label.id).where(Label.photo_id == photo_id, Label.value == value, *standing(field))
    return session.scalar(said.limit(1)) is not None


def labels_state(session: Session) -> str:
    """A text that changes whenever the standing labels do; cheap enough to ask every second."""
    newest, withdrawn = session.execute(select(func.max(Label.id), func.max(Label.withdrawn_at))).one()
    return f"{newest or 0} {withdrawn or ''}"
