"""What a person does to groups beside naming them: merge, split, dismiss, move photos, take photos out."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.orm import Session

from db.gone import say_gone
from db.group_tables import ActKind, EventKind
from db.groups import Members, Selection, are
from db.jobs import JobKind, ask
from db.labels import JUNK, Field, note, record, say, withdraw
from db.naming import ActError, Seen, call, close_group, read_candidate, take_out
from db.tables import GroupStatus, Outcome, Photo, PhotoGroup
from db.unknowns import begin_writing, next_group_id
from engine.verdict import UNKNOWN, Way


def merge_groups(session: Session, group_id: int, into_id: int, *, seen: Seen, by: str, now: datetime) -> int:
    """Say that a candidate group is the same design as another; returns how many photos went over. The caller commits.

    Where the other is named, the photos get its name. Raises `ActError`; then nothing was changed.
    """
    begin_writing(session)
    if group_id == into_id:
        raise ActError("A group cannot be merged with itself. Choose another group.")
    group, members = read_candidate(session, group_id, seen=seen)
    into = _open_group(session, into_id)
    others = list(session.scalars(select(Photo.id).where(*are(into_id))))
    act = record(
        session,
        ActKind.MERGE,
        into.name or str(into_id),
        photo_ids=[*members, *others],
        group_ids=[group_id, into_id],
        by=by,
        now=now,
    )
    group.status = GroupStatus.GONE.value
    note(session, act, EventKind.MERGE, group_id, len(members), other_id=into_id)
    session.execute(update(Photo).where(Photo.id.in_(members)).values(group_id=into_id))
    if into.status == GroupStatus.NAMED and into.name:
        call(session, act, members, into.name)
    else:
        say(session, act, Field.GROUP, str(into_id), [*members, *others])
    ask(session, JobKind.MOVE_PHOTOS, {"photo_ids": members}, now)
    return len(members)


def split_photos(session: Session, photo_ids: Iterable[int], *, by: str, now: datetime) -> int:
    """Say that these unknown photos are a design of their own; returns the id of the group they now are. The caller commits.

    What stays behind is said to stay, so that no regrouping puts the two together again. Raises `ActError`.
    """
    begin_writing(session)
    asked = set(photo_ids)
    taken = list(session.scalars(select(Photo.id).where(*are(Selection(tuple(asked))))))
    if not taken:
        raise ActError("None of these photos is still unknown. Select others.")
    if len(taken) == 1 < len(asked):
        raise ActError(f"Only one of these {len(asked):,} photos is still unknown, so none was split off. Look again first.")
    rows = session.execute(select(Photo.id, Photo.group_id).where(Photo.id.in_(taken))).all()
    from_ids = sorted({group_id for _, group_id in rows if group_id is not None})
    rest = session.execute(
        select(Photo.id, Photo.group_id).where(Photo.group_id.in_(from_ids), Photo.id.not_in(taken)).order_by(Photo.id)
    ).all()
    if len(from_ids) == 1 and not rest and len(rows) == sum(group_id is not None for _, group_id in rows):
        raise ActError("These are all photos of the group. Select only those that are another design.")
    new_id = next_group_id(session)
    act = record(
        session, ActKind.SPLIT, str(new_id), photo_ids=[*taken, *(row.id for row in rest)], group_ids=from_ids, by=by, now=now
    )
    stamp = session.scalar(select(PhotoGroup.stamp).where(PhotoGroup.id.in_(from_ids)).order_by(PhotoGroup.id)) or ""
    session.add(PhotoGroup(id=new_id, created_at=now, stamp=stamp))
    session.flush()
    act.groups = [*act.groups, [new_id, GroupStatus.GONE.value, None]]  # what it is when the act is taken back
    session.execute(update(Photo).where(Photo.id.in_(taken)).values(group_id=new_id, group_strength=1.0, joined_live_at=None))
    say(session, act, Field.GROUP, str(new_id), taken)
    for photo_id, group_id in rest:
        say(session, act, Field.GROUP, str(group_id), [photo_id])
    note(session, act, EventKind.SPLIT, new_id, len(taken), other_id=from_ids[0] if from_ids else None)
    end_empty(session, from_ids)
    ask(session, JobKind.MOVE_PHOTOS, {"photo_ids": taken}, now)
    return new_id


def dismiss(session: Session, members: Members, *, seen: Seen | None = None, by: str, now: datetime) -> int:
    """Say that a candidate group, or unknown photos picked out, show no meter; returns how many. The caller commits.

    They are junk from then on: not unknown, not grouped, not learnt from. Raises `ActError`.
    """
    begin_writing(session)
    if isinstance(members, int):
        group, photo_ids = read_candidate(session, members, seen=seen)
        act = record(session, ActKind.DISMISS, JUNK, photo_ids=photo_ids, group_ids=[members], by=by, now=now)
        close_group(session, act, group, EventKind.DISMISSED, len(photo_ids), name=None)
    else:
        chosen = members.photo_ids if members else ()
        act, photo_ids = take_out(session, ActKind.DISMISS, JUNK, chosen, EventKind.DISMISSED, by=by, now=now)
    say(session, act, Field.JUNK, JUNK, photo_ids)
    session.execute(update(Photo).where(Photo.id.in_(photo_ids)).values(meter_type=JUNK))
    ask(session, JobKind.MOVE_PHOTOS, {"photo_ids": photo_ids}, now)
    return len(photo_ids)


def move_photos(session: Session, photo_ids: Iterable[int], to_id: int, *, by: str, now: datetime) -> int:
    """Say that these unknown photos belong to a group, candidate or named; returns how many. The caller commits.

    Raises `ActError`; then nothing was changed.
    """
    begin_writing(session)
    into = _open_group(session, to_id)
    rows = session.execute(
        select(Photo.id, Photo.group_id).where(*are(Selection(tuple(set(photo_ids)))), func.coalesce(Photo.group_id, -1) != to_id)
    ).all()
    if not rows:
        raise ActError("None of these photos can be moved there: they are there already, or no longer unknown.")
    moved = [row.id for row in rows]
    from_ids = sorted({row.group_id for row in rows if row.group_id is not None})
    act = record(session, ActKind.MOVE, into.name or str(to_id), photo_ids=moved, group_ids=[*from_ids, to_id], by=by, now=now)
    session.execute(update(Photo).where(Photo.id.in_(moved)).values(group_id=to_id, group_strength=1.0, joined_live_at=None))
    if into.status == GroupStatus.NAMED and into.name:
        call(session, act, moved, into.name)
    else:
        say(session, act, Field.GROUP, str(to_id), moved)
    end_empty(session, from_ids)
    ask(session, JobKind.MOVE_PHOTOS, {"photo_ids": moved}, now)
    return len(moved)


def release_photos(session: Session, photo_ids: Iterable[int], *, by: str, now: datetime) -> int:
    """Say that these photos do not belong to their group, or are not of its type; returns how many. The caller commits.

    Photos in no group can be asked where labelled photos named them: they are not of that type. All become unknown meters in
    no group; the next regrouping may put them into any other. Raises `ActError`.
    """
    begin_writing(session)
    named = and_(Photo.recognised_by == Way.LABELLED.value, Photo.meter_type != UNKNOWN)
    photos = session.scalars(
        select(Photo).where(
            Photo.id.in_(set(photo_ids)), or_(Photo.group_id.is_not(None), named), Photo.outcome == Outcome.FILED.value
        )
    ).all()
    if not photos:
        raise ActError("None of these photos is in a group, or named by labelled photos. Select others.")
    ids = [photo.id for photo in photos]
    group_ids = sorted({photo.group_id for photo in photos if photo.group_id is not None})
    target = str(group_ids[0]) if group_ids else str(photos[0].meter_type)
    act = record(session, ActKind.RELEASE, target, photo_ids=ids, group_ids=group_ids, by=by, now=now)
    types = {group.id: group.name for group in session.scalars(select(PhotoGroup).where(PhotoGroup.id.in_(group_ids)))}
    withdraw(session, ids, [Field.METER_TYPE, Field.JUNK, Field.GROUP], by=by, now=now)
    for photo in photos:
        if photo.group_id is not None:
            say(session, act, Field.NOT_GROUP, str(photo.group_id), [photo.id])
        if name := photo.meter_type if photo.group_id is None else types.get(photo.group_id):
            say(session, act, Field.NOT_TYPE, name, [photo.id])
        photo.meter_type, photo.group_id, photo.group_strength, photo.joined_live_at = UNKNOWN, None, None, None
        photo.recognised_by = None
    session.flush()
    end_empty(session, group_ids)
    ask(session, JobKind.MOVE_PHOTOS, {"photo_ids": ids}, now)
    return len(ids)


def _open_group(session: Session, group_id: int) -> PhotoGroup:
    group = session.get(PhotoGroup, group_id, with_for_update=True)
    if group is None or group.status not in (GroupStatus.CANDIDATE, GroupStatus.NAMED):
        raise ActError(f"{say_gone(session, group_id)} Choose another group.")
    return group


def end_empty(session: Session, group_ids: Iterable[int]) -> None:
    """Candidate groups whose last photo was taken are gone; the act's own event says where to."""
    for group_id in group_ids:
        group = session.get_one(PhotoGroup, group_id)
        if group.status == GroupStatus.CANDIDATE and not session.scalar(
            select(Photo.id).where(Photo.group_id == group_id).limit(1)
        ):
            group.status = GroupStatus.GONE.value
