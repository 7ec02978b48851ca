"""New unknown photos that clearly belong somewhere go there at once: to a type that people named, or to a group.

When labels change, all unknown photos in no group are looked at again: who names a design sees its waiting photos follow.
"""

from __future__ import annotations

import logging
import time
from collections import OrderedDict
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from daemon.home import Home
from daemon.lock import is_locked
from daemon.plates import NO_PLATE, describe_file
from db.exemplars import Known, Newcomer, class_of, forget_types, join_group, newcomers, read_known, recognise_photo
from db.labels import labels_state
from db.records import service
from db.tables import Photo
from db.unknowns import read_plate, write_plates
from engine.errors import ModelError
from engine.grouping import Plate
from engine.grouping.verification import Prepared, prepare_plate
from engine.recognition.nearest import Nearest, nearest

log = logging.getLogger(__name__)

SLICE_S = 1.0  # of each tick: the watcher shares this process
BATCH = 20  # newcomers read at once
HELD = 400  # plates ready for comparing: 0.46 MB each
CLEARLY = 2.5  # score of shared details from which a newcomer joins a group that nobody has named
CLEARLY_AHEAD = 0.5  # of the next best class, likewise
FULL_SCORE = 4.6  # of some 100 shared details: a strength of 1


class Newcomers:
    """Looks at the unknown photos in no group, a little every tick."""

    def __init__(self, home: Home, database: Engine, version: Callable[[], str | None]) -> None:
        self._home = home
        self._database = database
        self._version = version  # of the meter_type model that is CURRENT
        self._seen: tuple[object, ...] = ()
        self._known: Known | None = None
        self._after = 0
        self._plates: OrderedDict[int, Prepared] = OrderedDict()

    def tick(self, *, slice_s: float = SLICE_S) -> int:
        """Deal with newcomers for at most about `slice_s` seconds; returns how many found their place."""
        try:
            stamp = self._version()
        except ModelError:  # said on the pages
            return 0
        if stamp is None:
            return 0
        if is_locked(self._home.db / "regroup.lock"):  # a regrouping deals with them all
            return 0
        return self._look(stamp, time.monotonic() + slice_s)

    def _look(self, stamp: str, until_s: float) -> int:
        self._refresh(stamp)
        placed = 0
        while self._known is not None and len(self._known.labels) and time.monotonic() < until_s:
            with Session(self._database) as session:
                batch = newcomers(session, stamp, after=self._after, most=BATCH)
            if not batch:
                break
            for newcomer in batch:
                placed += self._deal_with(newcomer, self._known)
                self._after = newcomer.id
                if time.monotonic() >= until_s:
                    break
        return placed

    def _refresh(self, stamp: str) -> None:
        """Read anew what newcomers are compared with, where people or a regrouping changed it, and begin again."""
        now = datetime.now(UTC)
        with Session(self._database) as session, session.begin():
            grouping = service(session, "grouping")
            seen = (stamp, labels_state(session), grouping.detail.get("last_ended") if grouping else None)
            if seen == self._seen:
                return
            self._known = read_known(session, stamp)
            if forgotten := forget_types(session, self._known.labelled, now):
                log.info("%d photos are unknown again: nobody says any more what they are", forgotten)
        self._seen, self._after = seen, 0

    def _deal_with(self, newcomer: Newcomer, known: Known) -> bool:
        plate = self._plate(newcomer.id, newcomer.path)
        if not len(plate.keypoints):
            return False
        found = nearest(
            newcomer.vector, plate, known.labels, known.vectors, plate_of=lambda index: self._plate(known.photo_ids[index])
        )
        if found is None:
            return False
        place = class_of(found.label)
        now = datetime.now(UTC)
        with Session(self._database) as session, session.begin():
            if isinstance(place, str):
                labelled = known.labelled[place]
                done = recognise_photo(session, newcomer.id, place, labelled=labelled, details=found.details, now=now)
            else:
                done = _belongs_clearly(found) and join_group(
                    session,
                    newcomer.id,
                    place,
                    strength=min(1.0, found.score / FULL_SCORE),
                    beside=known.photo_ids[found.photo],
                    now=now,
                )
        if done:
            log.info("%s: %s, %d shared details", newcomer.path, found.label, found.details)
        return done

    def _plate(self, photo_id: int, path: str | None = None) -> Prepared:
        """A photo's plate, described and kept where it is not yet; an empty one where its file cannot be read now."""
        if photo_id in self._plates:
            self._plates.move_to_end(photo_id)
            return self._plates[photo_id]
        with Session(self._database) as session:
            features = read_plate(session, photo_id)
            path = path or session.get_one(Photo, photo_id).path
        prepared = prepare_plate(Plate.from_bytes(features) if features else self._describe(photo_id, self._home.root / path))
        self._plates[photo_id] = prepared
        if len(self._plates) > HELD:
            self._plates.popitem(last=False)
        return prepared

    def _describe(self, photo_id: int, path: Path) -> Plate:
        plate = describe_file(path)
        if plate is None:
            return NO_PLATE
        with Session(self._database) as session, session.begin():
            write_plates(session, {photo_id: plate.to_bytes()})
        return plate


def _belongs_clearly(found: Nearest) -> bool:
    return found.score >= CLEARLY and found.ahead >= CLEARLY_AHEAD
