"""What the Groups page asks and does: groups with their faces, members page by page, naming, a regroup on demand."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.orm import Session

from db.tables import GroupStatus, Job, JobStatus, Label, Outcome, Photo, PhotoGroup
from engine.errors import ArgumentError
from engine.names import check_label
from engine.verdict import UNKNOWN

FACES = 4  # photos in a group's mosaic
_WEAKEST = -1.0  # stands for "no strength": sorts after every real one, which are 0..1


class NamingError(Exception):
    """A group that cannot be named as asked. The text says why and what to do; nothing was stored."""


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
        newest = select(Photo.sha256).where(*_in_group(None), Photo.sha256.is_not(None)).order_by(Photo.id.desc()).limit(FACES)
        cards.append(GroupCard(id=None, status=None, name=None, photos=ungrouped, faces=tuple(map(str, session.scalars(newest)))))
    return tuple(cards)


def read_members(session: Session, group_id: int | None, *, after: Place | None = None, size: int = 60) -> tuple[Photo, ...]:
    """At most `size` photos of a group, most typical first, beyond `after`. `group_id` None = the ungrouped unknowns."""
    strength = func.coalesce(Photo.group_strength, _WEAKEST)
    statement = select(Photo).where(*_in_group(group_id))
    if after is not None:
        statement = statement.where(or_(strength < after.strength, and_(strength == after.strength, Photo.id > after.id)))
    return tuple(session.scalars(statement.order_by(strength.desc(), Photo.id).limit(size)).all())


def count_members(session: Session, group_id: int | None) -> int:
    """How many photos a group has."""
    return session.scalar(select(func.count()).where(*_in_group(group_id))) or 0


def name_group(
    session: Session, group_id: int, text: str, *, seen: int, by: str, now: datetime, known: Iterable[str] = ()
) -> str:
    """Say which meter type a group is; returns the name as stored. The caller commits.

    Every member gets a label and the new type, and the daemon is asked to move the files. A type that exists already,
    in a photo or among `known` (the model's labels), keeps its own spelling: one type never has two folders. `seen` is
    the number of photos the person looked at: a group that changed meanwhile is not named blindly.

    Raises `NamingError`; then nothing was changed.
    """
    name = _type_name(text, known=(*known, *read_type_names(session)))
    group = session.get(PhotoGroup, group_id, with_for_update=True)
    if group is None or group.status == GroupStatus.GONE:
        raise NamingError("This group is gone: a newer grouping dissolved it. Choose another group.")
    if group.status == GroupStatus.NAMED:
        raise NamingError(f"This group is already named {group.name}.")
    members = list(session.scalars(select(Photo.id).where(*_in_group(group_id))))
    if len(members) != seen:
        raise NamingError(f"The group changed: it now has {len(members):,} photos instead of {seen:,}. Look again, then name it.")
    group.status, group.name = GroupStatus.NAMED.value, name
    session.add_all(Label(photo_id=member, field="meter_type", value=name, by=by, at=now) for member in members)
    session.execute(update(Photo).where(*_in_group(group_id)).values(meter_type=name))
    session.add(_job("move_group", {"group_id": group_id}, now))
    return name


def ask_regroup(session: Session, now: datetime) -> bool:
    """Ask the daemon to group the unknowns now; False where that is asked for already. The caller commits."""
    if is_regroup_asked(session):
        return False
    session.add(_job("regroup", {}, now))
    return True


def is_regroup_asked(session: Session) -> bool:
    """Whether a regroup waits or runs."""
    open_jobs = select(Job.id).where(Job.kind == "regroup", Job.status.in_([JobStatus.WAITING, JobStatus.RUNNING]))
    return session.scalar(open_jobs.limit(1)) is not None


def read_type_names(session: Session) -> tuple[str, ...]:
    """Every meter type that any photo has, without UNKNOWN."""
    names = session.scalars(select(Photo.meter_type).where(Photo.meter_type.is_not(None)).distinct())
    return tuple(sorted(name for name in names if name is not None and name != UNKNOWN))


def _type_name(text: str, *, known: Iterable[str]) -> str:
    if not text.strip():
        raise NamingError("Type a name first, for example GENUS6.")
    try:
        name = check_label(text)
    except ArgumentError as error:
        raise NamingError(str(error)) from error
    return next((other for other in known if other.casefold() == name.casefold()), name)


def _in_group(group_id: int | None) -> tuple[ColumnElement[bool], ...]:
    if group_id is not None:
        return (Photo.group_id == group_id,)
    return (Photo.group_id.is_(None), Photo.meter_type == UNKNOWN, Photo.outcome == Outcome.FILED)


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


def _job(kind: str, payload: dict[str, int], now: datetime) -> Job:
    return Job(kind=kind, status=JobStatus.WAITING.value, payload=payload, asked_at=now)
