"""After a crash: finish every half-done step, so that each input is in exactly one place with one row.

| the crash left                          | so                                                       |
|-----------------------------------------|----------------------------------------------------------|
| an intent, the file not at its place    | the intent is withdrawn; the inbox still has the file    |
| an intent, the file at its place        | the row is finished, the source removed                  |
| a finished row, the source still there  | the source removed, if it is that very file              |
| a move begun                            | the move finished, or withdrawn where it had not started |
| copies under way                        | removed                                                  |
"""

from __future__ import annotations

import logging
import os
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from daemon.home import Home
from daemon.inbox import Sighting
from daemon.lock import Busy, locked
from daemon.placing import TEMPORARY, remove_sources, sha256_of, sync_folder
from db.records import int64, moving, replace_references, unfinished, unsettled, withdraw
from db.tables import Photo

log = logging.getLogger(__name__)


def recover(home: Home, database: Engine, sightings: list[Sighting]) -> int:
    """Finish what a crash left; `sightings` is a full look at the inbox. Returns how many rows were touched."""
    by_source = {seen.source: seen for seen in sightings}
    with Session(database) as session, session.begin():
        touched = _finish_intents(home, session, by_source)
    touched += settle_sources(database, by_source)
    try:
        with locked(home.db / "regroup.lock"):
            touched += finish_moves(home, database)
    except Busy:  # a regrouping is moving photos right now
        pass
    _remove_drafts(home)
    if touched:
        log.info("recovered %d rows that an interruption had left half-done", touched)
    return touched


def _finish_intents(home: Home, session: Session, by_source: dict[str, Sighting]) -> int:
    rows = unfinished(session)
    for photo in rows:
        target = home.root / photo.path
        if _holds(photo, target):
            photo.outcome, photo.filed_at = photo.intended, datetime.now(UTC)
            drop_replaced(home, session, photo)
        else:
            _release(photo, target, by_source.get(photo.source))
            withdraw(session, photo)
    return len(rows)


def _holds(photo: Photo, target: Path) -> bool:
    """Whether the photo's very bytes are at `target`. Raises the `OSError` of a disk that does not answer: that is no "no"."""
    try:
        return target.lstat().st_size == photo.size_bytes and sha256_of(target) == photo.sha256
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return False


def drop_replaced(home: Home, session: Session, photo: Photo) -> None:
    """Drop the cut-off upload that this photo completes, file and row: every byte of it is in this photo. Safe to repeat."""
    cut_off = session.get(Photo, photo.replaces_id) if photo.replaces_id else None
    photo.replaces_id = None
    if cut_off is None:
        return
    path = home.root / cut_off.path
    if _holds(cut_off, path):
        path.unlink()
        sync_folder(path.parent)
    replace_references(session, cut_off, photo)
    session.delete(cut_off)


def _release(photo: Photo, target: Path, source: Sighting | None = None) -> None:
    """Remove a name that was claimed for the photo (an empty file) but never filled, or a link to its source that is left
    from before somebody wrote the source over.
    """
    if not target.is_file():
        return
    never_filled = photo.size_bytes > 0 and target.stat().st_size == 0
    if never_filled or (source is not None and source.path.exists() and target.samefile(source.path)):
        target.unlink()


def settle_sources(database: Engine, by_source: dict[str, Sighting], *, absent_is_gone: bool = True) -> int:
    """Remove the sources of finished rows, where they are still the very files those rows were made from.

    Without `absent_is_gone` a source that is not seen is left open: the inbox itself may be away.
    """
    with Session(database) as session, session.begin():
        seen = {photo: by_source.get(photo.source) for photo in unsettled(session)}
        sources = {photo: sighting for photo, sighting in seen.items() if sighting is not None and is_source_of(photo, sighting)}
        failed = remove_sources(list(sources.values()))  # in a read-only inbox the row goes on remembering the file
        done = [
            photo
            for photo, sighting in seen.items()
            if (sighting is not None or absent_is_gone) and not (photo in sources and sources[photo].path in failed)
        ]
        for photo in done:
            photo.source_removed = True
        return len(done)


def held_sources(database: Engine, sightings: list[Sighting], *, absent_is_gone: bool) -> set[Path]:
    """Files in the inbox that are done with but could not be removed; removed now where that has become possible."""
    by_source = {seen.source: seen for seen in sightings}
    with Session(database) as session:
        rows = [photo for photo in unsettled(session) if photo.source in by_source]
    if not rows:
        return set()
    settle_sources(database, by_source, absent_is_gone=absent_is_gone)
    sources = {photo.source for photo in rows if is_source_of(photo, by_source[photo.source])}
    return {by_source[source].path for source in sources if by_source[source].path.exists()}


def is_source_of(photo: Photo, seen: Sighting) -> bool:
    """Whether the file in the inbox is the one the row was made from, and not another arrival under its name."""
    return (photo.source, photo.source_inode, photo.source_mtime_ns, photo.size_bytes) == (
        seen.source,
        int64(seen.inode),
        int64(seen.mtime_ns),
        seen.size,
    )


def finish_moves(home: Home, database: Engine) -> int:
    """Finish the moves that were begun. The caller holds the regroup lock."""
    with Session(database) as session, session.begin():
        rows = moving(session)
        for photo in rows:
            finish_move(home, photo)
        return len(rows)


def finish_move(home: Home, photo: Photo) -> None:
    """Make the row of a photo whose move was begun say where its file is, and leave it there once."""
    new_path = str(photo.moving_to)
    old, new = home.root / photo.path, home.root / new_path
    if _holds(photo, new):
        if old.exists():
            old.unlink()
            sync_folder(old.parent)
        photo.path = new_path
    else:
        _release(photo, new)
    photo.moving_to = None


def _remove_drafts(home: Home) -> None:
    for folder, _, names in os.walk(home.sorted):  # a folder that a regrouping removes meanwhile is passed over
        for name in names:
            if name.startswith(TEMPORARY):
                (Path(folder) / name).unlink(missing_ok=True)
