"""The tables of what happens to groups: every act of a person, so that it can be taken back, and every turn a regrouping took."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from db.tables import Base


class ActKind(StrEnum):
    """What a person can do to groups and their photos."""

    NAME = "name"
    MERGE = "merge"
    SPLIT = "split"
    DISMISS = "dismiss"
    MOVE = "move"
    RELEASE = "release"  # photos taken out of their group
    DENY = "deny"  # photos are not of a type


class EventKind(StrEnum):
    """What can happen to a group."""

    BIRTH = "birth"
    MERGE = "merge"  # most of its photos went to another group
    SPLIT = "split"  # it came out of another group
    DEATH = "death"  # its photos are in no group any more, or scattered
    NAMED = "named"
    DISMISSED = "dismissed"
    JOINED = "joined"  # new photos clearly belonged to it
    UNDONE = "undone"  # a person took an act back


class Act(Base):
    """One act of a person, with how things stood before it. Only `undone_*` are ever written later."""

    __tablename__ = "act"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    by: Mapped[str] = mapped_column(String(120))
    at: Mapped[datetime]
    target: Mapped[str] = mapped_column(String(120))  # the type's name, or the group's number
    photos: Mapped[list[Any]]  # [[id, meter type, group id, strength, recognised by], ...] before it; old ones lack the last
    groups: Mapped[list[Any]]  # [[group id, status, name], ...] before it
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[str | None] = mapped_column(String(120))

    __table_args__ = (Index("ix_act_at", "at", "id"),)

    @property
    def said_target(self) -> tuple[str, bool]:
        """The type's name, or a group's number and True: a type may be called 7, and a numbered group have a name."""
        if self.kind in (ActKind.NAME, ActKind.DENY, ActKind.DISMISS):
            return self.target, False
        if self.kind == ActKind.SPLIT:
            return self.target, True
        names = {str(group_id): name for group_id, _, name in self.groups}
        if self.kind != ActKind.RELEASE and self.target in names.values():  # a release records the number alone
            return self.target, False
        return names.get(self.target) or self.target, self.target in names and not names[self.target]


class GroupEvent(Base):
    """One turn in a group's life; never changed once written."""

    __tablename__ = "group_event"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(String(16))
    group_id: Mapped[int] = mapped_column(ForeignKey("photo_group.id"))
    other_id: Mapped[int | None] = mapped_column(ForeignKey("photo_group.id"))  # came from, or went to
    photos: Mapped[int]  # how many it was about
    act_id: Mapped[int | None] = mapped_column(ForeignKey("act.id"))  # None = nobody's act

    __table_args__ = (Index("ix_group_event_group", "group_id", "id"),)


class PhotoResemblance(Base):
    """An unknown photo in no group that looks like a type people named: offered to a person, never a label or a guess.

    Of a photo that is called so for its print the row stays: what it shows by itself, as evidence for its sisters.
    """

    __tablename__ = "photo_resemblance"

    photo_id: Mapped[int] = mapped_column(ForeignKey("photo.id", ondelete="CASCADE"), primary_key=True)
    meter_type: Mapped[str] = mapped_column(String(120))
    details: Mapped[int]  # an `engine.recognition.resemblance.Resemblance`'s, as is `short`
    short: Mapped[float | None]

    __table_args__ = (Index("ix_photo_resemblance_type", "meter_type", "photo_id"),)


class GroupResemblance(Base):
    """A group that nobody has named and that looks like a type people named, likewise."""

    __tablename__ = "group_resemblance"

    group_id: Mapped[int] = mapped_column(ForeignKey("photo_group.id", ondelete="CASCADE"), primary_key=True)
    meter_type: Mapped[str] = mapped_column(String(120))
    details: Mapped[int]
    short: Mapped[float | None]
