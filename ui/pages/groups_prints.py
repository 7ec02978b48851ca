"""Comparing the prints of a group on the Groups page: what is said meanwhile, and which photos are ticked then."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy.orm import Session

from db.groups import GroupCard, count_members, read_members
from db.tables import GroupStatus
from engine.recognition.marks import Look
from engine.recognition.sameness import REFERENCES
from ui import words, words_groups
from ui.archive import Archive
from ui.comparing import COMPARED_MOST, differing_ids, read_look


@dataclass(frozen=True, slots=True)
class Compared:
    """What is said at some moment of a comparison."""

    tone: str
    lines: tuple[str, ...]
    ticked: frozenset[int] | None = None  # ids of the photos that differ; None while nothing is known


def can_compare(group: GroupCard) -> bool:
    """Whether the page offers a comparison: a group that waits for a name, of enough photos."""
    return group.status == GroupStatus.CANDIDATE and group.photos > REFERENCES


def compare(group_id: int, archive: Archive) -> Iterator[Compared]:
    """What is said while a group's most typical photos are compared, and at last what was found."""
    with Session(archive.engine) as session:
        members = read_members(session, group_id, size=COMPARED_MOST)
        total = count_members(session, group_id)
    looks: dict[int, Look] = {}
    for done, photo in enumerate(members):
        yield Compared("busy", (words_groups.READING.format(done=done, all=len(members)),))
        look = read_look(photo, archive.engine, archive.home, archive.judge.limits)
        if look is not None:
            looks[photo.id] = look
    yield Compared("busy", (words_groups.LAYING.format(photos=words.count_photos(len(looks))),))
    found = differing_ids(looks)
    missing = len(members) - len(looks)
    left_out = (words_groups.UNREADABLE.format(photos=words.count_photos(missing)),) if missing else ()
    if found is None:
        yield Compared("warn", (words_groups.NO_PRINT, *left_out), frozenset())
        return
    said = words_groups.differ(len(found), len(looks), is_part=total > len(members))
    yield Compared("warn" if found else "ok", (said, *left_out), frozenset(found))
