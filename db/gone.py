"""What became of a group that is gone: people keep its number in a link, a script or an open page."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.group_tables import Act, EventKind, GroupEvent
from db.groups import named_group
from db.tables import GroupStatus, PhotoGroup


def say_gone(session: Session, group_id: int) -> str:
    """What became of a group that cannot be chosen any more, as a sentence."""
    now = what_became(session, group_id)
    if now is None:
        return f"There is no Group {group_id}."
    if now.status == GroupStatus.DISMISSED:
        became = "it was dismissed as no meter"
    elif now.status == GroupStatus.GONE or now.id == group_id:
        is_dissolved = now.id == group_id and _last_event(session, group_id)[0] == EventKind.DEATH
        became = "a newer grouping dissolved it" if is_dissolved else "it has no photos any more"
    else:
        became = f"it is part of {now.name or f'Group {now.id}'} now"
    return f"Group {group_id} is gone: {became}."


def what_became(session: Session, group_id: int) -> PhotoGroup | None:
    """A group, or the one that took it in, however often that happened; None where there never was one of this number."""
    group = session.get(PhotoGroup, group_id)
    passed = {group_id}
    while group is not None and group.status == GroupStatus.GONE:
        into = _taken_in_by(session, group.id)
        if into is None or into in passed:
            break
        passed.add(into)
        group = session.get(PhotoGroup, into)
    return group


def _taken_in_by(session: Session, group_id: int) -> int | None:
    """The group that a gone one was merged into, or whose name it got."""
    kind, other_id, target = _last_event(session, group_id)
    if kind == EventKind.MERGE:
        return other_id
    return named_group(session, target) if kind == EventKind.NAMED and target is not None else None


def _last_event(session: Session, group_id: int) -> tuple[str | None, int | None, str | None]:
    """What happened to a group last, with which other one, and what the person's act was about."""
    events = select(GroupEvent.kind, GroupEvent.other_id, Act.target).join(Act, Act.id == GroupEvent.act_id, isouter=True)
    last = session.execute(events.where(GroupEvent.group_id == group_id).order_by(GroupEvent.id.desc()).limit(1)).one_or_none()
    return (None, None, None) if last is None else (last.kind, last.other_id, last.target)
