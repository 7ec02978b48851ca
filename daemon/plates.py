"""The plates of the unknown meters, read one by one as a grouping asks for them: ten thousand are a gigabyte."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import overload

import numpy as np
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from daemon.home import Home
from db.unknowns import UnknownPhoto, described, read_plate, write_plates
from engine.errors import PictureError
from engine.grouping import Plate
from engine.grouping.details import describe_whole
from engine.picture import decode
from engine.runtime import Model

log = logging.getLogger(__name__)

NO_PLATE = Plate(
    keypoints=np.zeros((0, 4), np.float32), descriptors=np.zeros((0, 128), np.uint8)
)  # shares nothing with any photo


class StoredPlates(Sequence[Plate]):
    """The plates of these photos, in their order; an empty one for a photo that was never described. Safe to use from threads."""

    def __init__(self, database: Engine, photos: Sequence[UnknownPhoto]) -> None:
        self._database = database
        self._ids = [photo.id for photo in photos]

    def __len__(self) -> int:
        return len(self._ids)

    @overload
    def __getitem__(self, index: int) -> Plate: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Plate]: ...
    def __getitem__(self, index: int | slice) -> Plate | Sequence[Plate]:
        if isinstance(index, slice):
            return [self[each] for each in range(*index.indices(len(self)))]
        with Session(self._database) as session:
            features = read_plate(session, self._ids[index])
        return NO_PLATE if features is None else Plate.from_bytes(features)


def describe_missing(
    home: Home, database: Engine, photos: Iterable[UnknownPhoto], details: Callable[[], Model | None]
) -> set[int]:
    """Describe the plates of photos that have none yet; returns the ids of those that have one now.

    `details` loads what describes print beside SIFT; it is asked only where a photo is missing. A file that cannot be read now is
    left to the next time.
    """
    photos = tuple(photos)
    details = cache(details)
    with Session(database) as session:
        known = described(session, [photo.id for photo in photos])
    for photo in photos:
        if photo.id in known:
            continue
        plate = describe_file(home.root / photo.path, details())
        if plate is not None:
            with Session(database) as session, session.begin():
                write_plates(session, {photo.id: plate.to_bytes()})
            known.add(photo.id)
    return known


def describe_file(path: Path, details: Model | None = None) -> Plate | None:
    """The photo's plate, described by the model too where there is one; None where the file cannot be read now."""
    try:
        return describe_whole(decode(path.read_bytes()).pixels, details)
    except (OSError, PictureError) as error:
        log.warning("%s cannot be read for grouping: %s", path, error)
        return None
