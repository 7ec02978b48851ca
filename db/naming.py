"""Naming: a person says which meter type a group, or photos picked out, are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from db.gone import say_gone
from db.group_tables import Act, ActKind, EventKind
from db.groups import Selection, are, count_members, digest_of, named_group
from db.jobs import JobKind, ask
from db.labels import JUNK, SAYS_WHAT_IT_IS, Field, note, record, say, standing
from db.tables import GroupStatus, Label, Photo, PhotoGroup
from db.unknowns import begin_writing
from engine.errors import ArgumentError
from engine.names import check_label, folded
from engine.verdict import UNKNOWN

Named = tuple[str, datetime]  # who said what a photo shows, and when
Seen = int | str  # how many photos of a group a person saw; or, surer, which: `digest_of` their ids


class ActError(Exception):
    """Groups or photos that cannot be dealt with as asked. The text says why and what to do; nothing was stored."""


@dataclass(frozen=True, slots=True)
class Naming:
    """What a naming did."""

    name: str  # as stored
    photos: int  # named
    left_out: int  # asked for, but no longer unknown


def name_group(
    session: Session, group_id: int, text: str, *, seen: Seen, by: str, now: datetime, known: Iterable[str] = ()
) -> str:
    """Say which meter type a group is; returns the name as stored. The caller commits.

    Every member gets a label and the new type, and the daemon is asked to move the files. A type that exists already,
    in a photo or among `known` (the model's labels), keeps its own spelling: one type never has two folders. Where another
    group has that name, the photos join it. A group that changed since it was `seen` is not named blindly.

    Raises `ActError`; then nothing was changed.
    """
    begin_writing(session)
    name = type_name(text, known=(*known, *read_type_names(session)))
    group, members = read_candidate(session, group_id, seen=seen)
    act = record(session, ActKind.NAME, name, photo_ids=members, group_ids=[group_id], by=by, now=now)
    close_group(session, act, group, EventKind.NAMED, len(members), name=name)
    call(session, act, members, name)
    into = named_group(session, name, but=group_id)
    if into is not None:
        join_named(session, act, into, members)
    ask(session, JobKind.MOVE_GROUP, {"group_id": group_id if into is None else into}, now)
    return name


def name_photos(
    session: Session, photo_ids: Iterable[int], text: str, *, by: str, now: datetime, known: Iterable[str] = ()
) -> Naming:
    """Say which meter type these photos are, whatever their groups; as `name_group` otherwise. The caller commits.

    Only photos that are still unknown are named. They leave their candidate group, which keeps the others, and join the one
    of that name, where there is one; else a group taken whole becomes a named one, as if it had been named by itself.

    Raises `ActError`; then nothing was changed.
    """
    asked = set(photo_ids)
    begin_writing(session)
    name = type_name(text, known=(*known, *read_type_names(session)))
    into = named_group(session, name)
    act, named = take_out(session, ActKind.NAME, name, asked, EventKind.NAMED, by=by, now=now, name=name)
    call(session, act, named, name)
    if into is not None:
        join_named(session, act, into, named)
    ask(session, JobKind.MOVE_PHOTOS, {"photo_ids": named}, now)
    return Naming(name, len(named), len(asked) - len(named))


def read_named(session: Session, photo_ids: Sequence[int]) -> dict[int, Named]:
    """Of those of these photos of which people said what they show: who said it last, and when."""
    said = select(Label.photo_id, Label.by, Label.at).where(Label.photo_id.in_(photo_ids), *standing(*SAYS_WHAT_IT_IS))
    return {photo_id: (by, at) for photo_id, by, at in session.execute(said.order_by(Label.id))}


def read_type_names(session: Session) -> tuple[str, ...]:
    """Every meter type that any photo has, without UNKNOWN and what was dismissed."""
    names = session.scalars(select(Photo.meter_type).where(Photo.meter_type.is_not(None)).distinct())
    return tuple(sorted(name for name in names if name is not None and name not in (UNKNOWN, JUNK)))


def type_name(text: str, *, known: Iterable[str] = ()) -> str:
    """The name as it is stored. Raises `ActError` where it cannot be a type's."""
    if not text.strip():
        raise ActError("Type a name first, for example GENUS6.")
    try:
        name = check_label(text)
    except ArgumentError as error:
        raise ActError(str(error)) from error
    if name.casefold() == JUNK.casefold():
        raise ActError(f"{JUNK} is what dismissed photos are called. Dismiss them, or choose another name.")
    return next((other for other in known if folded(other) == folded(name)), name)


def read_candidate(session: Session, group_id: int, *, seen: Seen | None = None) -> tuple[PhotoGroup, list[int]]:
    """A group that waits for a name, with its photos. Raises `ActError` where it does not, or is not what the person saw."""
    group = session.get(PhotoGroup, group_id, with_for_update=True)
    if group is None or group.status == GroupStatus.GONE:
        raise ActError(f"{say_gone(session, group_id)} Choose another group.")
    if group.status == GroupStatus.NAMED:
        raise ActError(f"This group is already named {group.name}.")
    if group.status == GroupStatus.DISMISSED:
        raise ActError("This group was dismissed. Undo that first.")
    return group, read_seen(session, group_id, seen)


def read_seen(session: Session, group_id: int, seen: Seen | None) -> list[int]:
    """A group's photos. Raises `ActError` where they are not what the person saw."""
    members = list(session.scalars(select(Photo.id).where(*are(group_id))))
    if isinstance(seen, int) and len(members) != seen:
        raise ActError(f"The group changed: it now has {len(members):,} photos instead of {seen:,}. Look again first.")
    if isinstance(seen, str) and digest_of(members) != seen:
        raise ActError(f"The group changed: it now has {len(members):,} photos, not those you saw. Look again first.")
    return members


def take_out(
    session: Session,
    kind: ActKind,
    target: str,
    photo_ids: Iterable[int],
    event: EventKind,
    *,
    by: str,
    now: datetime,
    name: str | None = None,
) -> tuple[Act, list[int]]:
    """Begin an act on unknown photos, whatever their groups; groups taken whole are closed, others keep the rest."""
    rows = session.execute(
        select(Photo.id, Photo.group_id).where(*are(Selection(tuple(set(photo_ids))))).order_by(Photo.id).with_for_update()
    ).all()
    if not rows:
        raise ActError("None of these photos is still unknown. Select others.")
    taken = Counter(group_id for _, group_id in rows if group_id is not None)
    ids = [photo_id for photo_id, _ in rows]
    act = record(session, kind, target, photo_ids=ids, group_ids=taken, by=by, now=now)
    whole = {group_id for group_id, photos in taken.items() if photos == count_members(session, group_id)}
    for group in session.scalars(select(PhotoGroup).where(PhotoGroup.id.in_(whole))):
        close_group(session, act, group, event, taken[group.id], name=name)
    leaving = [photo_id for photo_id, group_id in rows if group_id not in whole]
    session.execute(update(Photo).where(Photo.id.in_(leaving)).values(group_id=None, group_strength=None))
    return act, ids


def close_group(session: Session, act: Act, group: PhotoGroup, event: EventKind, photos: int, *, name: str | None) -> None:
    """A group becomes a named or a dismissed one."""
    status = GroupStatus.NAMED if event is EventKind.NAMED else GroupStatus.DISMISSED
    group.status, group.name = status.value, name
    note(session, act, event, group.id, photos)


def join_named(session: Session, act: Act, into: int, photo_ids: Sequence[int]) -> None:
    """Photos that were just named go to the group that has the name already: one design is one entry of the list."""
    closed = [group_id for group_id, *_ in act.groups]
    act.groups = [*act.groups, [into, GroupStatus.NAMED.value, act.target]]
    again = PhotoGroup.id.in_(closed), PhotoGroup.status == GroupStatus.NAMED.value
    session.execute(update(PhotoGroup).where(*again).values(status=GroupStatus.GONE.value, name=None))
    session.execute(update(Photo).where(Photo.id.in_(photo_ids)).values(group_id=into, group_strength=None))


def call(session: Session, act: Act, photo_ids: Sequence[int], name: str) -> None:
    """Photos are of this type because a person says so."""
    say(session, act, Field.METER_TYPE, name, photo_ids)
    session.execute(update(Photo).where(Photo.id.in_(photo_ids)).values(meter_type=name))
