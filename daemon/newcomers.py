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
from engine.errors import ModelError, PictureError
from engine.grouping import Plate
from engine.grouping.verification import Prepared, prepare_plate
from engine.picture import decode
from engine.recognition.nearest import belongs_clearly, nearest
from engine.recognition.sameness import REFERENCES, Look, Print, is_same, look_at

log = logging.getLogger(__name__)

SLICE_S = 1.0  # of each tick: the watcher shares this process
BATCH = 20  # newcomers read at once
HELD = 400  # plates ready for comparing: 0.46 MB each
PRINTS_HELD = 20  # types ready for comparing patches: 4 MB each
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
        self._prints: OrderedDict[tuple[int, ...], Print] = OrderedDict()  # by the photos they are made of

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
        if isinstance(place, str) and not is_same(found.score, self._falls_short(newcomer, plate, found.label, known)):
            log.info("%s: like %s, but its print differs", newcomer.path, place)
            return False
        now = datetime.now(UTC)
        with Session(self._database) as session, session.begin():
            if isinstance(place, str):
                labelled = known.labelled[place]
                done = recognise_photo(session, newcomer.id, place, labelled=labelled, details=found.details, now=now)
            else:
                done = belongs_clearly(found) and join_group(
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

    def _falls_short(self, newcomer: Newcomer, plate: Prepared, label: str, known: Known) -> float | None:
        """By how much the newcomer repeats less of a type's print than its labelled photos do; None where nothing can be said."""
        held = [photo_id for photo_id, each in zip(known.photo_ids, known.labels, strict=True) if each == label]
        chosen = tuple(held[-REFERENCES:])
        if chosen not in self._prints:
            looks = (self._look_of(photo_id) for photo_id in chosen)
            self._prints[chosen] = Print([look for look in looks if look is not None])
            if len(self._prints) > PRINTS_HELD:
                self._prints.popitem(last=False)
        look = _read_look(self._home.root / newcomer.path, plate)
        return self._prints[chosen].falls_short(look) if look is not None else None

    def _look_of(self, photo_id: int) -> Look | None:
        with Session(self._database) as session:
            path = session.get_one(Photo, photo_id).path
        return _read_look(self._home.root / path, self._plate(photo_id, path))

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


def _read_look(path: Path, plate: Prepared) -> Look | None:
    """A photo as patches are compared; None where its file cannot be read now."""
    try:
        return look_at(decode(path.read_bytes()).pixels, plate)
    except (OSError, PictureError) as error:
        log.warning("%s cannot be compared: %s", path, error)
        return None
