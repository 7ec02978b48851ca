"""Photos of groups that nobody has named: no training learns from them, so they show whether UNKNOWN stays UNKNOWN."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.look_alikes import group_resemblances
from db.tables import GroupStatus, Photo, PhotoGroup
from db.unknowns import is_unknown
from db.verified import meters_of
from engine.recognition.resemblance import speaks_against

PER_GROUP = 10  # photos: a large group shall not speak for all


@dataclass(frozen=True, kw_only=True, slots=True)
class Stranger:
    """An unknown photo of a group that waits for a name."""

    path: str  # below home
    meter: str  # as `db.verified.Verified.meter`
    group_id: int


def strangers(session: Session, labelled_meters: Collection[str], *, most: int) -> tuple[Stranger, ...]:
    """At most `most` photos of groups that nobody has named, group by group, the same ones as long as the groups live.

    Without groups that look like a named type, print and all: they may well be of it, and are offered to a person. Without
    pictures of labelled meters. Which groups and which of their photos is drawn by a hash: neither the typical nor the odd.
    """
    alike = {group_id for group_id, like in group_resemblances(session).items() if not speaks_against(like.short)}
    rows = session.execute(
        select(Photo.id, Photo.path, Photo.sha256, Photo.group_id)
        .join(PhotoGroup, PhotoGroup.id == Photo.group_id)
        .where(*is_unknown(), Photo.removed_at.is_(None), Photo.sha256.is_not(None))
        .where(PhotoGroup.status == GroupStatus.CANDIDATE.value, PhotoGroup.id.not_in(alike))
    ).all()
    meters = meters_of(session, {row.id: str(row.sha256) for row in rows})
    of_group: dict[int, list[Stranger]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: _draw(str(row.sha256))):
        if meters[row.id] not in labelled_meters and len(of_group[row.group_id]) < PER_GROUP:
            of_group[row.group_id].append(Stranger(path=row.path, meter=meters[row.id], group_id=row.group_id))
    drawn = sorted(of_group, key=lambda group_id: _draw(f"group {group_id}"))
    return tuple(stranger for group_id in drawn for stranger in of_group[group_id])[:most]


def _draw(name: str) -> bytes:
    return hashlib.sha256(f"stranger:{name}".encode()).digest()
