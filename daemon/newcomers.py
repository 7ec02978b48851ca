"""New unknown photos that clearly belong somewhere go there at once: to a type that people named, or to a group.

What only looks like a named type, a photo or a whole group, is noted for a person to decide (`db.look_alikes`). Photos are looked
at one by one, then judged together with their sisters. When labels change, all unknown photos in no group and all groups are
looked at again: who names a design sees its waiting photos follow.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from daemon.comparing import Comparing
from daemon.home import Home
from daemon.lock import is_locked
from daemon.sisters import Sisters
from db.exemplars import (
    Known,
    Newcomer,
    class_of,
    forget_types,
    join_group,
    newcomers,
    only_types,
    read_known,
    recognise_photo,
    strongest,
)
from db.labels import Field, is_barred, labels_state
from db.look_alikes import forget_resemblances, note_group, note_photo
from db.records import service
from engine.errors import ModelError
from engine.recognition.nearest import Nearest, belongs_clearly, nearest
from engine.recognition.resemblance import Resemblance, of_group, resemblance
from engine.recognition.sameness import is_same, shows_it

log = logging.getLogger(__name__)

SLICE_S = 1.0  # of each tick: the watcher shares this process
PAUSE_S = 0.1  # between two ticks while a regrouping waits
LONGEST_S = 120.0  # that it waits
BATCH = 20  # newcomers read at once
TOGETHER = 100  # that are looked at before they are judged, where so many wait
FULL_SCORE = 4.6  # of some 100 shared details: a strength of 1
STRONGEST = 3  # photos of a group that are compared with named types


class Newcomers:
    """Looks at the unknown photos in no group, then at the groups, a little every tick."""

    def __init__(self, home: Home, database: Engine, version: Callable[[], str | None]) -> None:
        self._home = home
        self._database = database
        self._version = version  # of the meter_type model that is CURRENT
        self._turn = threading.Lock()  # over all below: the clock's ticks and a regrouping that waits
        self._seen: tuple[object, ...] = ()
        self._known: Known | None = None
        self._types: Known | None = None  # of those known, the named types
        self._after = 0
        self._groups: list[tuple[int, tuple[Newcomer, ...]]] = []  # still to be looked at, with their strongest photos
        self._comparing = Comparing(home, database)
        self._sisters = Sisters(database, self._comparing)

    def tick(self, *, slice_s: float = SLICE_S) -> int:
        """Deal with newcomers for at most about `slice_s` seconds; returns how many found their place."""
        with self._turn:
            stamp = self._stamp()
            if stamp is None or is_locked(self._home.db / "regroup.lock"):  # a regrouping deals with them all
                return 0
            return self._look(stamp, time.monotonic() + slice_s)

    def finish(self, newest: int, give_up: Callable[[], bool]) -> None:
        """Deal with the newcomers up to this id (0: there are none) before a regrouping makes groups of those of a named type.

        Ends before that when told to, and after `LONGEST_S`: then they are grouped as they are.
        """
        until_s = time.monotonic() + LONGEST_S
        while newest and not give_up() and not self._is_through(newest):
            if time.monotonic() >= until_s:
                log.info("not all unknown photos were compared with what people named before they are grouped")
                return
            try:
                self.tick()
            except Exception:  # whatever it is, they can still be grouped
                log.exception("unknown photos cannot be compared with what people named before they are grouped")
                return
            time.sleep(PAUSE_S)

    def _is_through(self, newest: int) -> bool:
        with self._turn:
            stamp = self._stamp()
            if stamp is None:
                return True
            with Session(self._database) as session:
                if self._known is None or self._seen != _state(session, stamp):
                    return False
                left = newcomers(session, stamp, after=self._after, most=1)
            return not len(self._known.labels) or not (len(self._sisters) or [each for each in left if each.id <= newest])

    def _stamp(self) -> str | None:
        try:
            return self._version()
        except ModelError:  # said on the pages
            return None

    def _look(self, stamp: str, until_s: float) -> int:
        self._refresh(stamp)
        placed = 0
        while self._known is not None and len(self._known.labels) and time.monotonic() < until_s:
            with Session(self._database) as session:
                batch = newcomers(session, stamp, after=self._after, most=BATCH)
            if not batch or len(self._sisters) >= TOGETHER:
                break
            for newcomer in batch:
                placed += self._deal_with(newcomer, self._known)
                self._after = newcomer.id
                if time.monotonic() >= until_s:
                    break
        for photo, found in self._sisters.judged(stamp, until_s):
            placed += shows_it(found.short) and self._recognise(photo, found)
        while self._groups and time.monotonic() < until_s:
            self._look_at_group(*self._groups.pop())
        return placed

    def _refresh(self, stamp: str) -> None:
        """Read anew what is compared, where people or a regrouping changed it, and begin again."""
        now = datetime.now(UTC)
        with Session(self._database) as session, session.begin():
            seen = _state(session, stamp)
            if seen == self._seen:
                return
            self._known = read_known(session, stamp)
            self._types = only_types(self._known)
            if forgotten := forget_types(session, self._known.labelled, now):
                log.info("%d photos are unknown again: nobody says any more what they are", forgotten)
            forget_resemblances(session)
            self._groups = list(strongest(session, stamp, most=STRONGEST).items())
        self._seen, self._after = seen, 0
        self._sisters.clear()

    def _deal_with(self, newcomer: Newcomer, known: Known) -> bool:
        """Give a newcomer its place, or note which type it looks like; returns whether it found its place."""
        found = self._nearest(newcomer, known)
        like = None
        if found is not None:
            place = class_of(found.label)
            if isinstance(place, int):
                if self._join(newcomer, place, found, known):
                    return True
            else:
                like = resemblance(place, found.details, self._comparing.falls_short(newcomer, found.label, known))
                if like.short is None and is_same(found.score, None) and self._recognise(newcomer, like):
                    return True
        self._note(newcomer, like)
        self._sisters.add(newcomer)
        return False

    def _recognise(self, photo: Newcomer, found: Resemblance) -> bool:
        labelled = self._known.labelled[found.name] if self._known is not None else 0
        now = datetime.now(UTC)
        with Session(self._database) as session, session.begin():
            done = recognise_photo(session, photo.id, found.name, labelled=labelled, details=found.details, now=now)
        if done:
            log.info("%s: %s, %d shared details", photo.path, found.name, found.details)
        return done

    def _join(self, newcomer: Newcomer, group_id: int, found: Nearest, known: Known) -> bool:
        strength, beside = min(1.0, found.score / FULL_SCORE), known.photo_ids[found.photo]
        now = datetime.now(UTC)
        with Session(self._database) as session, session.begin():
            done = belongs_clearly(found) and join_group(
                session, newcomer.id, group_id, strength=strength, beside=beside, now=now
            )
        if done:
            log.info("%s: %s, %d shared details", newcomer.path, found.label, found.details)
        return done

    def _note(self, newcomer: Newcomer, found: Resemblance | None) -> None:
        with Session(self._database) as session, session.begin():
            note_photo(session, newcomer.id, found)

    def _look_at_group(self, group_id: int, photos: tuple[Newcomer, ...]) -> None:
        """Note which named type a group looks like as a whole."""
        found = of_group([self._resembles(photo, self._types) for photo in photos]) if self._types else None
        with Session(self._database) as session, session.begin():
            if note_group(session, group_id, found) and found:
                log.info("group %d looks like %s, %d shared details", group_id, found.name, found.details)

    def _resembles(self, photo: Newcomer, types: Known) -> Resemblance | None:
        found = self._nearest(photo, types)
        if found is None:
            return None
        name = str(class_of(found.label))
        with Session(self._database) as session:
            if is_barred(session, photo.id, Field.NOT_TYPE, name):
                return None
        return resemblance(name, found.details, self._comparing.falls_short(photo, found.label, types))

    def _nearest(self, photo: Newcomer, known: Known) -> Nearest | None:
        plate = self._comparing.plate(photo.id)
        if not len(plate.keypoints):
            return None
        return nearest(
            photo.vector,
            plate,
            known.labels,
            known.vectors,
            plate_of=lambda index: self._comparing.plate(known.photo_ids[index]),
        )


def _state(session: Session, stamp: str) -> tuple[object, ...]:
    """Changes with whatever has all newcomers looked at again."""
    grouping = service(session, "grouping")
    return stamp, labels_state(session), grouping.detail.get("last_ended") if grouping else None
