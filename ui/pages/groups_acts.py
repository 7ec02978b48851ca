"""Correcting groups: merge, split, move, take out, dismiss; what was done last, and its undo."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from jinja2 import Environment
from sqlalchemy.orm import Session

from db.group_acts import dismiss, merge_groups, move_photos, release_photos, split_photos
from db.groups import GroupCard, Selection, named_group, read_groups
from db.labels import UndoError, read_acts, undo
from db.naming import ActError
from db.review import review_order
from db.tables import GroupStatus
from db.type_acts import rename_group
from ui import words_groups as words
from ui.archive import Archive
from ui.pages.groups_map import key_of, name_of
from ui.pages.groups_naming import Said, Target
from ui.who import who

REVIEWED = 8  # photos that the page offers to label next
ACTS, ACTS_MOST = 8, 60  # last changes that are in sight, and those that "More" shows
PICKED_MOST = 5000  # photos one act may be about; a page of the gallery has 60


def render_acts(archive: Archive, templates: Environment, *, group: GroupCard | None) -> str:
    """The card with what can be done to a group and its photos, and the last acts."""
    with Session(archive.engine) as session:
        groups = [each for each in read_groups(session) if each.id is not None]
        acts = read_acts(session, most=ACTS_MOST, standing_first=True)
        review = review_order(session, most=REVIEWED)
    others = [(key_of(each.id), each.name or name_of(each.id)) for each in groups if group is None or each.id != group.id]
    whole = group is not None and group.id is not None and group.status == GroupStatus.CANDIDATE
    lines = [(act, words.act_line(act)) for act in acts]
    return templates.get_template("groups_acts.html").render(
        w=words,
        others=others,
        whole=whole,
        named=group if group is not None and group.status == GroupStatus.NAMED else None,
        grouped=group is not None and group.id is not None,
        acts=lines[:ACTS],
        more=lines[ACTS:],
        review=[(each, words.WHY[each.why]) for each in review],
    )


def rename(event: dict[str, Any], group_id: object, archive: Archive) -> Said:
    """Give a named group another name, or say why not and leave everything as it is."""
    if not isinstance(group_id, int):
        return Said(False, (words.DO_FIRST,))
    text, seen, known = str(event.get("into") or ""), int(event["seen"]), archive.judge.known_types()
    with Session(archive.engine) as session:
        try:
            name = rename_group(session, group_id, text, seen=seen, by=who(), now=archive.clock(), known=known)
            session.commit()
        except ActError as error:
            return Said(False, (str(error),))
        return Said(True, (_done(session),), named_group(session, name))


def act_on(event: dict[str, Any], target: Target | Selection | None, archive: Archive) -> Said:
    """Do what was pressed, or say why not and leave everything as it is."""
    kind = str(event.get("act", ""))
    photos = tuple(int(photo_id) for photo_id in list(event.get("photos") or [])[:PICKED_MOST])
    into = str(event.get("into") or "")
    now = archive.clock()
    with Session(archive.engine) as session:
        try:
            said = _ACTS[kind](session, photos, into, target, now) if kind in _ACTS else ""
            session.commit()
        except (ActError, UndoError) as error:
            return Said(False, (str(error),))
    return Said(bool(said), (said,) if said else ())


def _merge(session: Session, photos: Sequence[int], into: str, target: Target | Selection | None, now: Any) -> str:
    if photos:
        return _move(session, photos, into, target, now)
    if not isinstance(target, Target):
        raise ActError("Choose a group that waits for a name first.")
    merge_groups(session, target.group_id, _group(into), seen=target.seen, by=who(), now=now)
    return _done(session)


def _split(session: Session, photos: Sequence[int], into: str, target: Target | Selection | None, now: Any) -> str:
    picked = _picked(photos, target)
    split_photos(session, picked, by=who(), now=now)
    return _done(session, picked)


def _move(session: Session, photos: Sequence[int], into: str, target: Target | Selection | None, now: Any) -> str:
    picked = _picked(photos, target)
    move_photos(session, picked, _group(into), by=who(), now=now)
    return _done(session, picked)


def _release(session: Session, photos: Sequence[int], into: str, target: Target | Selection | None, now: Any) -> str:
    picked = _picked(photos, target)
    release_photos(session, picked, by=who(), now=now)
    return _done(session, picked)


def _dismiss(session: Session, photos: Sequence[int], into: str, target: Target | Selection | None, now: Any) -> str:
    if photos or isinstance(target, Selection):
        picked = _picked(photos, target)
        dismiss(session, Selection(tuple(picked)), by=who(), now=now)
        return _done(session, picked)
    if isinstance(target, Target):
        dismiss(session, target.group_id, seen=target.seen, by=who(), now=now)
    else:
        raise ActError(words.DO_FIRST)
    return _done(session)


def _done(session: Session, picked: Sequence[int] = ()) -> str:
    """The act just recorded, as the list of changes shows it, and how many of the photos picked out for it were left out."""
    (act,) = read_acts(session, most=1)
    left = len(set(picked)) - act.photos
    return f"{words.act_line(act)}. {words.left_out(left, act.kind)}" if left > 0 else f"{words.act_line(act)}."


def _undo(session: Session, photos: Sequence[int], into: str, target: Target | Selection | None, now: Any) -> str:
    back = undo(session, int(into), by=who(), now=now)
    return words.undone(back)


def _picked(photos: Sequence[int], target: Target | Selection | None) -> Sequence[int]:
    """The ticked photos; where none is, those selected on the map."""
    if photos:
        return photos
    if isinstance(target, Selection):
        return target.photo_ids
    raise ActError(words.DO_FIRST)


def _group(into: str) -> int:
    if not into.isdigit():
        raise ActError(words.CHOOSE_OTHER)
    return int(into)


_ACTS: dict[str, Callable[[Session, Sequence[int], str, Target | Selection | None, Any], str]] = {
    "merge": _merge,
    "split": _split,
    "move": _move,
    "release": _release,
    "dismiss": _dismiss,
    "undo": _undo,
}
