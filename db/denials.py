"""Types that nothing but a person may call a photo."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session, aliased

from db.group_tables import Act, EventKind, GroupEvent
from db.labels import Field, is_barred, standing
from db.tables import Label, Photo


def is_denied(session: Session, photo_id: int, name: str) -> bool:
    """Whether a person said that a photo is not of this type, parted it from what is, or gave it this name and took that back.

    A model may have learned the name from the very label that was taken back, so it is no witness. Taking back that a photo
    was rightly called so (it had the name before) denies nothing.
    """
    if is_barred(session, photo_id, Field.NOT_TYPE, name) or is_parted(session, [photo_id], name):
        return True
    undone = (
        select(Act)
        .join(Label, Label.act_id == Act.id)
        .where(Label.photo_id == photo_id, Label.field == Field.METER_TYPE.value, Label.value == name, Act.undone_at.is_not(None))
    )
    return any(row[0] == photo_id and row[1] != name for act in session.scalars(undone) for row in act.photos)


def is_parted(session: Session, photo_ids: Collection[int], name: str) -> bool:
    """Whether a person parted one of these photos from photos that got this name: split a group, or took it out of one."""
    left = select(Label.value).where(Label.photo_id.in_(photo_ids), *standing(Field.NOT_GROUP))
    group_ids = [int(value) for value in session.scalars(left)]
    named = GroupEvent.group_id.in_(group_ids), GroupEvent.kind == EventKind.NAMED.value
    taken_out = (
        select(Act.id).join(GroupEvent, GroupEvent.act_id == Act.id).where(*named, Act.target == name, Act.undone_at.is_(None))
    )
    return session.scalar(taken_out.limit(1)) is not None or _is_split(session, photo_ids, name)


def _is_split(session: Session, photo_ids: Collection[int], name: str) -> bool:
    """A split says of all photos of the group where they belong; only the newest that was said of a photo's group counts."""
    mine, other = aliased(Label), aliased(Label)
    newest = select(func.max(Label.id)).where(Label.photo_id.in_(photo_ids), *standing(Field.GROUP)).group_by(Label.photo_id)
    elsewhere = and_(other.act_id == mine.act_id, other.field == Field.GROUP.value, other.value != mine.value)
    parted = select(Photo.id).join(other, other.photo_id == Photo.id).join(mine, elsewhere)
    return session.scalar(parted.where(mine.id.in_(newest), Photo.meter_type == name).limit(1)) is not None
