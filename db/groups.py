"""What the Groups page asks: groups with their faces, members page by page, the map of unknowns."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from db.tables import GroupStatus, Photo, PhotoGroup
from db.unknowns import is_unknown

FACES = 4  # photos in a group's mosaic
MAP_MOST = 5000  # points on the map: half a megabyte for the browser, and more would hide one another
_WEAKEST = -1.0  # stands for "no strength": sorts after every real one, which are 0..1


@dataclass(frozen=True, kw_only=True, slots=True)
class GroupCard:
    """One group as the list shows it. `id` None stands for the unknown photos that are in no group."""

    id: int | None
    status: str | None
    name: str | None
    photos: int
    faces: tuple[str, ...]  # sha256 of the most typical photos, at most `FACES`


@dataclass(frozen=True, slots=True)
class Place:
    """The place of one photo in its group: most typical first, then by id."""

    strength: float
    id: int

    def __str__(self) -> str:
        """The text for a URL."""
        return f"{self.strength!r}_{self.id}"

    @classmethod
    def parse(cls, text: str) -> Place:
        """Read what `str` wrote. Raises `ValueError` on anything else."""
        strength, _, photo_id = text.partition("_")
        place = cls(float(strength), int(photo_id))
        if not 0 <= place.id < 2**63:
            raise ValueError(f"{photo_id} is no photo's id")
        return place

    @classmethod
    def of(cls, photo: Photo) -> Place:
        """The place of this photo."""
        return cls(_WEAKEST if photo.group_strength is None else photo.group_strength, photo.id)


@dataclass(frozen=True, slots=True)
class Selection:
    """Unknown photos that a person picked out, whatever their groups."""

    photo_ids: tuple[int, ...]


Members = int | Selection | None  # a group's id; a selection; None = the unknown photos in no group


class MapPoint(NamedTuple):
    """One unknown photo on the map of unknown meters: near = alike."""

    id: int
    sha256: str
    x: float  # 0..1
    y: float
    group_id: int | None


def read_groups(session: Session) -> tuple[GroupCard, ...]:
    """Candidates first, largest first, then the named; last the ungrouped unknowns, where there are any."""
    rows = session.execute(
        select(PhotoGroup.id, PhotoGroup.status, PhotoGroup.name, func.count(Photo.id))
        .join(Photo, Photo.group_id == PhotoGroup.id)
        .where(PhotoGroup.status.in_([GroupStatus.CANDIDATE, GroupStatus.NAMED]))
        .group_by(PhotoGroup.id)
        .order_by(PhotoGroup.status, func.count(Photo.id).desc(), PhotoGroup.id)  # "candidate" sorts before "named"
    ).all()
    faces = _faces(session)
    cards = [
        GroupCard(id=group_id, status=status, name=name, photos=photos, faces=tuple(faces.get(group_id, ())))
        for group_id, status, name, photos in rows
    ]
    ungrouped = count_members(session, None)
    if ungrouped:
        newest = select(Photo.sha256).where(*are(None), Photo.sha256.is_not(None)).order_by(Photo.id.desc()).limit(FACES)
        cards.append(GroupCard(id=None, status=None, name=None, photos=ungrouped, faces=tuple(map(str, session.scalars(newest)))))
    return tuple(cards)


def read_members(session: Session, members: Members, *, after: Place | None = None, size: int = 60) -> tuple[Photo, ...]:
    """At most `size` photos of a group or selection, most typical first, beyond `after`."""
    strength = func.coalesce(Photo.group_strength, _WEAKEST)
    statement = select(Photo).where(*are(members))
    if after is not None:
        statement = statement.where(or_(strength < after.strength, and_(strength == after.strength, Photo.id > after.id)))
    return tuple(session.scalars(statement.order_by(strength.desc(), Photo.id).limit(size)).all())


def count_members(session: Session, members: Members) -> int:
    """How many photos a group has, or how many of a selection are still unknown."""
    return session.scalar(select(func.count()).where(*are(members))) or 0


def digest_of(photo_ids: Iterable[int]) -> str:
    """A text that tells whether a group still has these photos and no others."""
    return hashlib.sha256(",".join(map(str, sorted(photo_ids))).encode()).hexdigest()[:16]


def read_digests(session: Session) -> dict[int, str]:
    """`digest_of` the photos of each group that waits for a name, by its id."""
    waits = select(Photo.group_id, Photo.id).join(PhotoGroup).where(PhotoGroup.status == GroupStatus.CANDIDATE.value)
    members: dict[int, list[int]] = {}
    for group_id, photo_id in session.execute(waits):
        if group_id is not None:
            members.setdefault(group_id, []).append(photo_id)
    return {group_id: digest_of(photo_ids) for group_id, photo_ids in members.items()}


def still_unknown(session: Session, photo_ids: Iterable[int]) -> Selection:
    """These photos without those that are not, or no longer, unknown."""
    return Selection(tuple(session.scalars(select(Photo.id).where(*are(Selection(tuple(photo_ids)))).order_by(Photo.id))))


def count_unknown(session: Session) -> int:
    """How many photos are of unknown meters, grouped or not."""
    return session.scalar(select(func.count()).where(*is_unknown())) or 0


def read_map(session: Session, *, most: int = MAP_MOST) -> tuple[tuple[MapPoint, ...], int]:
    """The newest `most` unknown photos that a regrouping gave a place, newest first; and how many have one."""
    placed = (*is_unknown(), Photo.map_x.is_not(None), Photo.map_y.is_not(None), Photo.sha256.is_not(None))
    rows = session.execute(
        select(Photo.id, Photo.sha256, Photo.map_x, Photo.map_y, Photo.group_id)
        .where(*placed)
        .order_by(Photo.id.desc())
        .limit(most)
    ).all()
    total = len(rows) if len(rows) < most else session.scalar(select(func.count()).where(*placed)) or 0
    return tuple(map(MapPoint._make, rows)), total


def are(members: Members) -> tuple[ColumnElement[bool], ...]:
    """The conditions for a photo to be one of these."""
    match members:
        case Selection(photo_ids):
            return (*is_unknown(), Photo.id.in_(photo_ids))
        case None:
            return (*is_unknown(), Photo.group_id.is_(None))
        case group_id:
            return (Photo.group_id == group_id,)


def _faces(session: Session) -> dict[int, list[str]]:
    rank = func.row_number().over(
        partition_by=Photo.group_id, order_by=(func.coalesce(Photo.group_strength, _WEAKEST).desc(), Photo.id)
    )
    ranked = select(Photo.group_id, Photo.sha256, rank.label("rank")).where(
        Photo.group_id.is_not(None), Photo.sha256.is_not(None)
    )
    inner = ranked.subquery()
    faces: dict[int, list[str]] = {}
    for group_id, sha256 in session.execute(
        select(inner.c.group_id, inner.c.sha256).where(inner.c.rank <= FACES).order_by(inner.c.group_id, inner.c.rank)
    ):
        faces.setdefault(group_id, []).append(sha256)
    return faces


def named_group(session: Session, name: str, *, but: int | None = None) -> int | None:
    """The group that people named so; the oldest, where two have that name. `but`: not this one."""
    named = select(PhotoGroup.id).where(PhotoGroup.name == name, PhotoGroup.status == GroupStatus.NAMED.value)
    if but is not None:
        named = named.where(PhotoGroup.id != but)
    return session.scalar(named.order_by(PhotoGroup.id).limit(1))
