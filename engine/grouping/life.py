"""What becomes of groups from one grouping to the next: which ids live on, what people said of them, what happened to each."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Hashable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from engine.grouping.ids import keep_ids

Photo = TypeVar("Photo", bound=Hashable)

NOWHERE = -1  # the id of no group


class Turn(StrEnum):
    """What can become of a group by itself."""

    BIRTH = "birth"
    SPLIT = "split"  # a new group, most of it out of one that lives on
    MERGE = "merge"  # a group that is gone, most of it into another
    DEATH = "death"  # a group that is gone, its photos scattered or in no group


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """One turn in the life of one group."""

    turn: Turn
    group_id: int
    other_id: int | None  # the group it came from or went to
    photos: int  # of the group, when it was born or before it was gone


def settle(
    previous: Mapping[Photo, int],
    found: Mapping[Photo, int],
    *,
    pinned: Mapping[Photo, int] | None = None,
    barred: Mapping[Photo, Collection[int]] | None = None,
    first_fresh: int = 0,
) -> dict[Photo, int]:
    """Where each photo of a new grouping belongs: ids live on as `keep_ids` says, and what people said holds.

    Args:
        previous: photo -> id of its group before; -1 is ignored.
        found: photo -> its group in the new grouping, by numbers of that grouping; -1 = none.
        pinned: photo -> the group that a person put it into. A new group that mostly consists of photos pinned to one
            group is that group, so that who looks like them joins them.
        barred: photo -> groups that a person took it out of; where it would belong to one of them, it is in none.
        first_fresh: the smallest id that may be given anew.
    """
    pinned, barred = pinned or {}, barred or {}
    ids = keep_ids(previous, found, first_fresh=first_fresh)
    members: dict[int, list[Photo]] = defaultdict(list)
    for photo, group in found.items():
        members[group].append(photo)
    for group in ids:
        said = Counter(pinned[photo] for photo in members[group] if photo in pinned)
        if said and said.most_common(1)[0][1] > len(members[group]) / 2:
            ids[group] = said.most_common(1)[0][0]
    places = {}
    for photo, group in found.items():
        place = ids.get(group, NOWHERE)
        places[photo] = pinned.get(photo, NOWHERE if place in barred.get(photo, ()) else place)
    return places


def turns(before: Mapping[Photo, int], after: Mapping[Photo, int]) -> tuple[Event, ...]:
    """What happened to each group that is new or gone, by id; -1 = no group. Groups that live on make no event."""
    were, are = _members(before), _members(after)
    events = []
    for group in sorted(set(are) - set(were)):
        origin, photos = _most(before, are[group])
        came_from = origin if origin in are and photos * 2 >= len(are[group]) else None
        turn = Turn.BIRTH if came_from is None else Turn.SPLIT
        events.append(Event(turn=turn, group_id=group, other_id=came_from, photos=len(are[group])))
    for group in sorted(set(were) - set(are)):
        goal, photos = _most(after, were[group])
        went_to = goal if photos * 2 >= len(were[group]) else None
        turn = Turn.DEATH if went_to is None else Turn.MERGE
        events.append(Event(turn=turn, group_id=group, other_id=went_to, photos=len(were[group])))
    return tuple(events)


def _members(places: Mapping[Photo, int]) -> dict[int, list[Photo]]:
    members = defaultdict(list)
    for photo, group in places.items():
        if group != NOWHERE:
            members[group].append(photo)
    return dict(members)


def _most(places: Mapping[Photo, int], photos: Collection[Photo]) -> tuple[int | None, int]:
    """The group that most of these photos are in, and how many; None where they are in none."""
    counted = Counter(places[photo] for photo in photos if places.get(photo, NOWHERE) != NOWHERE)
    return counted.most_common(1)[0] if counted else (None, 0)
