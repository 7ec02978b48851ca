"""Removing files that retention lets go. Off unless a limit is set.

Order: the row says that and why the file is removed -> the file is removed. A crash in between leaves a file that its row
calls removed; the next run removes it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from daemon.home import Home
from daemon.placing import sync_folder
from db.retention import Limits, removable, removed_paths
from db.tables import Photo

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Retained:
    """What a run removed, or would remove."""

    files: int
    size_bytes: int
    lines: tuple[str, ...]


def retain(
    home: Home,
    database: Engine,
    limits: Limits,
    *,
    dry_run: bool = False,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Retained:
    """Remove what may go; with `dry_run` only say what."""
    now = clock()
    with Session(database) as session:
        going = list(removable(session, limits, now))
    if not dry_run:
        _finish_removals(home, database)
        for removal in going:
            with Session(database) as session, session.begin():
                photo = session.get_one(Photo, removal.photo_id)
                if photo.path != removal.path or photo.moving_to is not None:  # it moved since
                    continue
                photo.removed_at, photo.removed_why = now, removal.why
            _remove(home, removal.path)
        if going:
            log.info("retention removed %d files", len(going))
    return Retained(
        files=len(going),
        size_bytes=sum(removal.size_bytes for removal in going),
        lines=tuple(f"{removal.path}: {removal.why}" for removal in going),
    )


def _finish_removals(home: Home, database: Engine) -> None:
    """Remove what an interrupted run left. No other photo can be at such a path: paths of rows are never given again."""
    with Session(database) as session:
        left = [path for path in removed_paths(session) if (home.root / path).exists()]
    for path in left:
        _remove(home, path)


def _remove(home: Home, path: str) -> None:
    try:
        (home.root / path).unlink(missing_ok=True)
        sync_folder((home.root / path).parent)
    except OSError as error:  # the next run tries again
        log.error("%s cannot be removed: %s", path, error.strerror)
