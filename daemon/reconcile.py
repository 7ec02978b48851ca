"""Files against rows: what does not agree, and how it is put right. For restored backups, hand-moved files, broken disks.

| found                                                    | put right by                                                |
|----------------------------------------------------------|-------------------------------------------------------------|
| what an interruption left half-done                      | finishing it (`daemon.recovery`)                            |
| a row whose file is gone, its bytes are elsewhere        | the row says where they are: somebody moved the file        |
| a row whose file is gone, a duplicate of it is there     | giving it the duplicate's bytes                             |
| a row whose file is gone for good                        | marking it missing, with the time; never by removing it     |
| a row marked missing whose file is back                  | taking the mark away                                        |
| a file below sorted/ that no row knows                   | moving it to the inbox: it is judged and filed like any     |
| a file whose bytes are not those that were filed (--deep)| nothing: it is said, and kept                               |
"""

from __future__ import annotations

import os
import shutil
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path, PurePosixPath

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from daemon.home import Home
from daemon.inbox import is_litter, look
from daemon.naming import free_name
from daemon.placing import TEMPORARY, move, sha256_of, sync_folder
from daemon.recovery import recover
from db.tables import Outcome, Photo
from engine.names import readable

OWN_TABLES = ("groups.csv", "summary.csv")  # at the top of sorted/, written by regroupings


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """Where files and rows do not agree. Paths are below home, with "/" between folders."""

    half_done: int = 0  # rows that an interruption left
    moved: dict[int, str] = field(default_factory=dict)  # photo id -> where its file is now
    restored: dict[int, str] = field(default_factory=dict)  # photo id -> the duplicate that has its bytes
    missing: tuple[int, ...] = ()  # photo ids
    back: tuple[int, ...] = ()  # photo ids that were marked missing
    unknown: tuple[str, ...] = ()  # files without a row
    damaged: tuple[str, ...] = ()  # files with other bytes than were filed

    @property
    def is_sound(self) -> bool:
        """Whether everything agrees."""
        return not any((self.half_done, self.moved, self.restored, self.missing, self.back, self.unknown, self.damaged))


def compare(home: Home, database: Engine, *, deep: bool) -> Found:
    """Look at every row and every file below sorted/; change nothing. `deep` reads every file."""
    with Session(database) as session:
        rows = session.scalars(select(Photo).where(Photo.removed_at.is_(None))).all()
    settled = [row for row in rows if row.outcome is not None and row.moving_to is None]
    files = set(_files(home))
    unknown = files - {row.path for row in rows} - {str(row.moving_to) for row in rows}
    gone = [row for row in settled if row.path not in files]
    moved = _moved(home, gone, unknown)
    copies = {row.original_id: row.path for row in settled if row.outcome == Outcome.DUPLICATE.value and row.path in files}
    restored = {row.id: copies[row.id] for row in gone if row.id in copies and row.id not in moved}
    damaged = (row.path for row in settled if deep and row.path in files and sha256_of(home.root / row.path) != row.sha256)
    return Found(
        half_done=len(rows) - len(settled),
        moved=moved,
        restored=restored,
        missing=tuple(row.id for row in gone if row.id not in moved and row.id not in restored),
        back=tuple(row.id for row in settled if row.missing_since is not None and row.path in files),
        unknown=tuple(sorted(unknown - set(moved.values()))),
        damaged=tuple(damaged),
    )


def put_right(home: Home, database: Engine, *, deep: bool, now: datetime) -> Found:
    """Do what the table above says; returns what was found. The caller holds the daemon's lock. Safe to repeat."""
    half_done = recover(home, database, look(home.inbox))
    found = compare(home, database, deep=deep)
    for path in found.unknown:
        name = free_name(PurePosixPath(path).name, lambda candidate: os.path.lexists(home.inbox / candidate))
        move(home.root / path, home.inbox / name)
    with Session(database) as session, session.begin():
        for photo_id, copy in found.restored.items():
            _copy(home.root / copy, home.root / session.get_one(Photo, photo_id).path)
        for photo_id, path in found.moved.items():
            session.get_one(Photo, photo_id).path = path
        for photo_id in found.missing:
            photo = session.get_one(Photo, photo_id)
            photo.missing_since = photo.missing_since or now
        for photo_id in (*found.back, *found.moved, *found.restored):
            session.get_one(Photo, photo_id).missing_since = None
    return Found(
        half_done=half_done, moved=found.moved, restored=found.restored, missing=found.missing, back=found.back,
        unknown=found.unknown, damaged=found.damaged,
    )  # fmt: skip


def told(found: Found, *, done: bool = False) -> str:
    """In words, one line per kind and at most ten examples each."""
    if found.is_sound:
        return "Files and rows agree."
    lines = []
    for what, deed, each in (
        ("rows left half-done", "finished", [str(found.half_done)] if found.half_done else []),
        ("files moved by hand", "recorded where they are", [f"photo {key}: {path}" for key, path in found.moved.items()]),
        ("files gone, of which there is a copy", "restored", [f"photo {key}: {path}" for key, path in found.restored.items()]),
        ("files gone for good", "marked missing", [f"photo {key}" for key in found.missing]),
        ("files that are back", "no longer called missing", [f"photo {key}" for key in found.back]),
        ("files without a row", "moved to the inbox", list(found.unknown)),
        ("files with other bytes than were filed", "left as they are", list(found.damaged)),
    ):
        if each:
            lines += [f"{len(each):6} {what}{f': {deed}' if done else ''}", *(f"         {readable(line)}" for line in each[:10])]
    return "\n".join(lines)


def _files(home: Home) -> Iterable[str]:
    for folder, _, names in os.walk(home.sorted):
        for name in names:
            path = Path(folder) / name
            own = path.parent == home.sorted and name in OWN_TABLES
            if not own and not name.startswith(TEMPORARY) and not is_litter(name):
                yield home.relative(path)


def _moved(home: Home, gone: list[Photo], unknown: set[str]) -> dict[int, str]:
    """Rows whose file has another name now. Only files of a wanted size are read."""
    by_size: dict[int, list[str]] = defaultdict(list)
    if gone:
        for path in sorted(unknown):
            by_size[(home.root / path).lstat().st_size].append(path)
    moved: dict[int, str] = {}
    for row in gone:
        for path in by_size[row.size_bytes]:
            if path not in moved.values() and sha256_of(home.root / path) == row.sha256:
                moved[row.id] = path
                break
    return moved


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.parent / f"{TEMPORARY}{os.getpid()}-restored"
    shutil.copy2(source, draft)
    with draft.open("rb") as file:
        os.fsync(file.fileno())
    draft.replace(target)
    sync_folder(target.parent)
