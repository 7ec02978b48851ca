"""What the Groups page asks and does: groups with their faces, members page by page, the map of unknowns, naming."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.orm import Session

from db.jobs import JobKind, ask
from db.tables import GroupStatus, Label, Photo, PhotoGroup
from db.unknowns import is_unknown
from engine.errors import ArgumentError
from engine.names import check_label
from engine.verdict import UNKNOWN

FACES = 4  # photos in a group's mosaic
MAP_MOST = 5000  # points on the map: half a megabyte for the browser, and more would hide one another
_WEAKEST = -1.0  # stands for "no strength": sorts after every real one, which are 0..1


class NamingError(Exception):
    """A group or selection that cannot be named as asked. The text says why and what to do; nothing was stored."""


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
        return cls(float(strength), int(photo_id))

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


@dataclass(frozen=True, slots=True)
class Naming:
    """What a naming did."""

    name: str  # as stored
    photos: int  # named
    left_out: int  # asked for, but no longer unknown


def read_groups(session: Session) -> tuple[GroupCard, ...]:
    """Candidates first, largest first, then the named; last the ungrouped unknowns, where there are any."""
    rows = session.execute(
        select(PhotoGroup.id, PhotoGroup.status, PhotoGroup.name, func.count(Photo.id))
        .join(Photo, Photo.group_id == PhotoGroup.id)
        .where(PhotoGroup.status != GroupStatus.GONE)
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
        newest = select(Photo.sha256).where(*_are(None), Photo.sha256.is_not(None)).order_by(Photo.id.desc()).limit(FACES)
        cards.append(GroupCard(id=None, status=None, name=None, photos=ungrouped, faces=tuple(map(str, session.scalars(newest)))))
    return tuple(cards)


def read_members(session: Session, members: Members, *, after: Place | None = None, size: int = 60) -> tuple[Photo, ...]:
    """At most `size` photos of a group or selection, most typical first, beyond `after`."""
    strength = func.coalesce(Photo.group_strength, _WEAKEST)
    statement = select(Photo).where(*_are(members))
    if after is not None:
        statement = statement.where(or_(strength < after.strength, and_(strength == after.strength, Photo.id > after.id)))
    return tuple(session.scalars(statement.order_by(strength.desc(), Photo.id).limit(size)).all())


def count_members(session: Session, members: Members) -> int:
    """How many photos a group has, or how many of a selection are still unknown."""
    return session.scalar(select(func.count()).where(*_are(members))) or 0


def still_unknown(session: Session, photo_ids: Iterable[int]) -> Selection:
    """These photos without those that are not, or no longer, unknown."""
    return Selection(tuple(session.scalars(select(Photo.id).where(*_are(Selection(tuple(photo_ids)))).order_by(Photo.id))))


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


def name_group(
    session: Session, group_id: int, text: str, *, seen: int, by: str, now: datetime, known: Iterable[str] = ()
) -> str:
    """Say which meter type a group is; returns the name as stored. The caller commits.

    Every member gets a label and the new type, and the daemon is asked to move the files. A type that exists already,
    in a photo or among `known` (the model's labels), keeps its own spelling: one type never has two folders. `seen` is
    the number of photos the person looked at: a group that changed meanwhile is not named blindly.

    Raises `NamingError`; then nothing was changed.
    """
    _begin_writing(session)
    name = _type_name(text, known=(*known, *read_type_names(session)))
    group = session.get(PhotoGroup, group_id, with_for_update=True)
    if group is None or group.status == GroupStatus.GONE:
        raise NamingError("This group is gone: a newer grouping dissolved it. Choose another group.")
    if group.status == GroupStatus.NAMED:
        raise NamingError(f"This group is already named {group.name}.")
    members = list(session.scalars(select(Photo.id).where(*_are(group_id))))
    if len(members) != seen:
        raise NamingError(f"The group changed: it now has {len(members):,} photos instead of {seen:,}. Look again, then name it.")
    group.status, group.name = GroupStatus.NAMED.value, name
    _label(session, members, name, by=by, now=now)
    ask(session, JobKind.MOVE_GROUP, {"group_id": group_id}, now)
    return name


def name_photos(
    session: Session, photo_ids: Iterable[int], text: str, *, by: str, now: datetime, known: Iterable[str] = ()
) -> Naming:
    """Say which meter type these photos are, whatever their groups; as `name_group` otherwise. The caller commits.

    Only photos that are still unknown are named. They leave their candidate group, which keeps the others; a group
    taken whole becomes a named one, as if it had been named by itself.

    Raises `NamingError`; then nothing was changed.
    """
    asked = set(photo_ids)
    _begin_writing(session)
    name = _type_name(text, known=(*known, *read_type_names(session)))
    rows = session.execute(select(Photo.id, Photo.group_id).where(*_are(Selection(tuple(asked)))).with_for_update()).all()
    if not rows:
        raise NamingError("None of these photos is still unknown. Select others.")
    taken = Counter(group_id for _, group_id in rows if group_id is not None)
    whole = {group_id for group_id, photos in taken.items() if photos == count_members(session, group_id)}
    for group in session.scalars(select(PhotoGroup).where(PhotoGroup.id.in_(whole))):
        group.status, group.name = GroupStatus.NAMED.value, name
    leaving = [photo_id for photo_id, group_id in rows if group_id not in whole]
    session.execute(update(Photo).where(Photo.id.in_(leaving)).values(group_id=None, group_strength=None))
    named = [photo_id for photo_id, _ in rows]
    _label(session, named, name, by=by, now=now)
    ask(session, JobKind.MOVE_PHOTOS, {"photo_ids": named}, now)
    return Naming(name, len(named), len(asked) - len(named))


def read_type_names(session: Session) -> tuple[str, ...]:
    """Every meter type that any photo has, without UNKNOWN."""
    names = session.scalars(select(Photo.meter_type).where(Photo.meter_type.is_not(None)).distinct())
    return tuple(sorted(name for name in names if name is not None and name != UNKNOWN))


def _begin_writing(session: Session) -> None:
    """Take SQLite's write lock before anything is read, so that no regrouping commits between our reading and writing."""
    session.execute(update(PhotoGroup).where(PhotoGroup.id < 0).values(status=PhotoGroup.status))


def _type_name(text: str, *, known: Iterable[str]) -> str:
    if not text.strip():
        raise NamingError("Type a name first, for example GENUS6.")
    try:
        name = check_label(text)
    except ArgumentError as error:
        raise NamingError(str(error)) from error
    return next((other for other in known if other.casefold() == name.casefold()), name)


def _label(session: Session, photo_ids: Sequence[int], name: str, *, by: str, now: datetime) -> None:
    session.add_all(Label(photo_id=photo_id, field="meter_type", value=name, by=by, at=now) for photo_id in photo_ids)
    session.execute(update(Photo).where(Photo.id.in_(photo_ids)).values(meter_type=name))


def _are(members: Members) -> tuple[ColumnElement[bool], ...]:
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
