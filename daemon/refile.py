"""Moving filed photos to where their rows now say they belong: into a group's folder, or a named type's."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from daemon.destinations import DUPLICATES, Place, filed_folder, refused_folder
from daemon.home import Home
from daemon.naming import free_path
from daemon.placing import move
from daemon.recovery import finish_move
from db.tables import Outcome, Photo

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Refiled:
    """How many photos moved, and why which others could not."""

    moved: int = 0
    unmoved: dict[int, str] = field(default_factory=dict)

    def __iadd__(self, other: Refiled) -> Refiled:
        """One sum of what several calls did."""
        self.moved += other.moved
        self.unmoved |= other.unmoved
        return self


def refile(home: Home, database: Engine, photo_ids: Iterable[int], *, template: str) -> Refiled:
    """Move each photo whose folder is no longer the right one.

    Order: the row says where to (`moving_to`) -> the file moves -> the row says it is there. `daemon.recovery` finishes
    a move that was interrupted.
    """
    done = Refiled()
    for photo_id in photo_ids:
        with Session(database) as session, session.begin():
            photo = session.get(Photo, photo_id)
            target = _target(home, session, photo, template) if photo else None
            if photo is None or target is None:
                continue
            old, photo.moving_to = photo.path, target
        failure = None
        try:
            move(home.root / old, home.root / target)
        except OSError as error:
            log.error("%s cannot be moved to %s: %s", old, target, error)
            failure = error.strerror or str(error)
        with Session(database) as session, session.begin():
            photo = session.get_one(Photo, photo_id)
            if failure is not None:  # perhaps after the file had its new name: the row says where it is
                finish_move(home, photo)
            else:
                photo.path, photo.moving_to = target, None
            if failure is None or photo.path == target:
                done.moved += 1
            else:
                done.unmoved[photo_id] = failure
        _remove_if_empty(home, home.root / old)
    return done


def _target(home: Home, session: Session, photo: Photo, template: str) -> str | None:
    """The path the photo should have, or None where it is in the right folder already."""
    if photo.removed_at is not None:
        return None
    folder = PurePosixPath("sorted") / _folder(photo, template)
    if PurePosixPath(photo.path).parent == folder:
        return None
    return free_path(home, session, folder, photo.name)


def _folder(photo: Photo, template: str) -> PurePosixPath:
    match photo.outcome:
        case Outcome.REFUSED:
            return refused_folder(photo.reason or "unreadable")
        case Outcome.DUPLICATE:
            return DUPLICATES
    place = Place(
        clarity=photo.clarity,
        meter_type=photo.meter_type,
        group_id=photo.group_id,
        quality=photo.quality,
        site=photo.site,
        received_at=photo.received_at,
        set_aside=photo.set_aside,
    )
    return filed_folder(place, template)


def _remove_if_empty(home: Home, path: os.PathLike[str]) -> None:
    """Remove the folders a move left empty, up to sorted/."""
    folder = home.root / os.fspath(path)
    for parent in folder.parents:
        if parent == home.sorted or home.sorted not in parent.parents:
            return
        try:
            parent.rmdir()
        except OSError:
            return
