"""Types that nothing but a person may call a photo."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.group_tables import Act
from db.labels import Field, is_barred
from db.tables import Label


def is_denied(session: Session, photo_id: int, name: str) -> bool:
    """Whether a person said that a photo is not of this type, or gave it this name and took that back.

    A model may have learned the name from the very label that was taken back, so it is no witness. Taking back that a photo
    was rightly called so (it had the name before) denies nothing.
    """
    if is_barred(session, photo_id, Field.NOT_TYPE, name):
        return True
    undone = (
        select(Act)
        .join(Label, Label.act_id == Act.id)
        .where(Label.photo_id == photo_id, Label.field == Field.METER_TYPE.value, Label.value == name, Act.undone_at.is_not(None))
    )
    return any(row[0] == photo_id and row[1] != name for act in session.scalars(undone) for row in act.photos)
