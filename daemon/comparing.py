"""What photos are compared by, read and described as it is needed, and kept ready for the next comparison."""

from __future__ import annotations

import logging
from collections import OrderedDict
from functools import lru_cache
from itertools import islice
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from daemon.home import Home
from daemon.plates import NO_PLATE, describe_file
from db.exemplars import Known, Newcomer
from db.tables import Photo
from db.unknowns import read_plate, write_plates
from engine.errors import PictureError
from engine.grouping import Plate
from engine.grouping.verification import Prepared, prepare_plate, shared_details
from engine.picture import decode
from engine.recognition.marks import Look, look_at
from engine.recognition.sameness import REFERENCES, Print

log = logging.getLogger(__name__)

HELD = 400  # plates ready for comparing: 0.46 MB each
PAIRS_HELD = 20_000  # of photos, how many details they share
PRINTS_HELD = 20  # types whose print is ready for comparing: 1 MB each


class Unread(Exception):
    """A photo's file cannot be read now, so nothing that would rest on it is kept."""


class Comparing:
    """Plates of photos, and what the labelled photos of types agree on."""

    def __init__(self, home: Home, database: Engine) -> None:
        self._home = home
        self._database = database
        self._plates: OrderedDict[int, Prepared] = OrderedDict()
        self._prints: OrderedDict[tuple[int, ...], Print] = OrderedDict()  # by the photos they are made of
        self._shared = lru_cache(maxsize=PAIRS_HELD)(self._compare)

    def shared(self, one: int, other: int) -> int:
        """How many details two photos share, by their ids; none while a file cannot be read."""
        try:
            return self._shared(min(one, other), max(one, other))
        except Unread:
            return 0

    def _compare(self, one: int, other: int) -> int:
        return shared_details(self._plate(one), self._plate(other))

    def falls_short(self, newcomer: Newcomer, label: str, known: Known) -> float | None:
        """By how much the newcomer repeats less of a type's print than its labelled photos do; None where nothing can be said."""
        held = [photo_id for photo_id, each in zip(known.photo_ids, known.labels, strict=True) if each == label]
        newest = (photo_id for photo_id in reversed(held) if self._file(photo_id).exists())
        chosen = tuple(islice(newest, REFERENCES))[::-1]
        look = self._look_of(newcomer.id)
        return self._print_of(chosen).falls_short(look) if look is not None else None

    def _print_of(self, photo_ids: tuple[int, ...]) -> Print:
        """What these photos agree on; kept where all of them could be read."""
        if photo_ids in self._prints:
            return self._prints[photo_ids]
        looks = [self._look_of(photo_id) for photo_id in photo_ids]
        made = Print.of([look for look in looks if look is not None])
        if None not in looks:
            self._prints[photo_ids] = made
            if len(self._prints) > PRINTS_HELD:
                self._prints.popitem(last=False)
        return made

    def _look_of(self, photo_id: int) -> Look | None:
        """A photo as marks are compared; None where its file cannot be read now."""
        path = self._file(photo_id)
        try:
            return look_at(decode(path.read_bytes()).pixels, self._plate(photo_id))
        except Unread:  # said there
            return None
        except (OSError, PictureError) as error:
            log.warning("%s cannot be compared: %s", path, error)
            return None

    def plate(self, photo_id: int) -> Prepared:
        """A photo's plate, described and kept where it is not yet; an empty one while its file cannot be read."""
        try:
            return self._plate(photo_id)
        except Unread:
            return prepare_plate(NO_PLATE)

    def _plate(self, photo_id: int) -> Prepared:
        if photo_id in self._plates:
            self._plates.move_to_end(photo_id)
            return self._plates[photo_id]
        with Session(self._database) as session:
            features = read_plate(session, photo_id)
        prepared = prepare_plate(Plate.from_bytes(features) if features else self._describe(photo_id))
        self._plates[photo_id] = prepared
        if len(self._plates) > HELD:
            self._plates.popitem(last=False)
        return prepared

    def _describe(self, photo_id: int) -> Plate:
        plate = describe_file(self._file(photo_id))
        if plate is None:
            raise Unread
        with Session(self._database) as session, session.begin():
            write_plates(session, {photo_id: plate.to_bytes()})
        return plate

    def _file(self, photo_id: int) -> Path:
        """Where a photo's file is now, be it on its way elsewhere."""
        with Session(self._database) as session:
            photo = session.get_one(Photo, photo_id)
            path, moving_to = self._home.root / photo.path, photo.moving_to
        return self._home.root / moving_to if moving_to and not path.exists() else path
