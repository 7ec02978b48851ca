"""A second look at refused files: judged again where they are kept, the row says what came of it, then the file follows.

The row of the arrival stays the same one; each look is added to its history (`db.retries`). A crash in between leaves a row
that says the truth and a file that is moved by the next `settle`.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from daemon.decisions import Decision, Duplicate, Filed, Refused
from daemon.home import Home
from daemon.judging import JudgeDied
from daemon.lock import Busy, locked
from daemon.near import NearPhotos
from daemon.refile import refile
from db.near import write_signature
from db.records import filed_photo, write_embedding, write_verdict
from db.retries import due_ids, misplaced_ids, plan_retry, record_retry, refused_ids
from db.tables import Outcome, Photo
from engine.errors import PictureError
from engine.verdict import Verdict

log = logging.getLogger(__name__)

Judge = Callable[[bytes, str | None], Verdict]  # a file's bytes and its site
GONE = "gone"  # the kept file is not there any more, or is another


@dataclass(frozen=True, kw_only=True)
class Retrying:
    """What a second look needs."""

    home: Home
    database: Engine
    judge: Judge
    template: str
    max_bytes: int
    limit: int  # looks by itself, per photo
    near: NearPhotos
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    def retry(self, photo_ids: Iterable[int], *, by: str) -> Counter[str]:
        """Look at each photo again; returns how many ended how: "filed", "duplicate", "refused" or "gone"."""
        ended: Counter[str] = Counter()
        for photo_id in photo_ids:
            if (outcome := self._look_again(photo_id, by)) is not None:
                ended[outcome] += 1
                settle(self.home, self.database, [photo_id], template=self.template)
        return ended

    def _look_again(self, photo_id: int, by: str) -> str | None:
        with Session(self.database) as session:
            photo = session.get(Photo, photo_id)
        if photo is None or photo.outcome != Outcome.REFUSED.value or photo.removed_at is not None:
            return None
        self._begin(photo_id)
        if (data := self._read(photo)) is None:
            log.error("%s is not there any more, or is another file: photo %d stays as it is", photo.path, photo_id)
            return GONE
        decision = self._decide(photo, data)
        try:
            self._record(photo_id, decision, by)
        except IntegrityError:  # the same bytes were filed since we looked
            decision = self._decide(photo, data)
            if not isinstance(decision, Duplicate):
                raise
            self._record(photo_id, decision, by)
        log.info("looked again at photo %d: %s", photo_id, _outcome(decision).value)
        return _outcome(decision).value

    def _begin(self, photo_id: int) -> None:
        """Count the look before the work: a file that ends the process is not the first in line for ever."""
        with Session(self.database) as session, session.begin():
            photo = session.get_one(Photo, photo_id)
            photo.retries += 1
            plan_retry(photo, self.clock(), self.limit)

    def _read(self, photo: Photo) -> bytes | None:
        """The kept file's bytes; None where it is not the one that was refused."""
        path = self.home.root / photo.path
        try:
            data = path.read_bytes() if path.stat().st_size == photo.size_bytes else b""
        except FileNotFoundError:
            return None
        return data if hashlib.sha256(data).hexdigest() == photo.sha256 else None

    def _decide(self, photo: Photo, data: bytes) -> Decision:
        with Session(self.database) as session:
            if original := filed_photo(session, str(photo.sha256)):
                return Duplicate(original.id)
        if len(data) > self.max_bytes:
            return Refused("too_large", f"The file has more than {self.max_bytes:,} bytes. Send a smaller one.")
        started = time.perf_counter()
        try:
            verdict = self.judge(data, photo.site)
        except PictureError as error:
            return Refused(error.reason, str(error))
        except JudgeDied as error:
            return Refused("poison", f"Looking at this file again did not end well: {error}. Report it.")
        except Exception:  # a photo that trips the engine must not stop the others
            log.exception("the engine failed on photo %d", photo.id)
            return Refused("engine_error", "The engine failed on this photo; the log says how. Report it with the photo.")
        return Filed(verdict, (time.perf_counter() - started) * 1000)

    def _record(self, photo_id: int, decision: Decision, by: str) -> None:
        now = self.clock()
        with Session(self.database) as session, session.begin():
            photo = session.get_one(Photo, photo_id)
            before, photo.reason, photo.detail = photo.reason, None, None
            photo.outcome = photo.intended = _outcome(decision).value
            match decision:
                case Filed(verdict=verdict, judged_ms=judged_ms):
                    photo.filed_at = now
                    write_verdict(photo, verdict, judged_ms=judged_ms)
                    write_embedding(session, photo, verdict)
                    if verdict.signature is not None:
                        photo.near_of = self.near.earliest_near(session, verdict.signature)
                        write_signature(session, photo, verdict.signature)
                case Duplicate(original_id=original_id):
                    photo.original_id = original_id
                case Refused(reason=reason, detail=detail):
                    photo.reason, photo.detail = reason, detail
            record_retry(session, photo, reason_before=before, by=by, now=now)
            plan_retry(photo, now, self.limit)


def refused_photos(database: Engine, photo_ids: Sequence[int], *, reason: str | None, due: bool, limit: int) -> list[int]:
    """The refused photos that are meant: some ids, all of a reason, all that are due, or simply all."""
    with Session(database) as session:
        ids = due_ids(session, datetime.now(UTC), limit) if due else refused_ids(session, reason=reason)
    return [photo_id for photo_id in ids if not photo_ids or photo_id in photo_ids]


def settle(home: Home, database: Engine, photo_ids: Iterable[int] | None = None, *, template: str) -> int:
    """Move files to where their rows say since a second look; without ids all that are left. Returns how many moved.

    Does nothing while a regrouping moves photos: the next call does it.
    """
    if photo_ids is None:
        with Session(database) as session:
            photo_ids = misplaced_ids(session)
    try:
        with locked(home.db / "regroup.lock"):
            return refile(home, database, photo_ids, template=template).moved
    except Busy:
        return 0


def _outcome(decision: Decision) -> Outcome:
    match decision:
        case Filed():
            return Outcome.FILED
        case Duplicate():
            return Outcome.DUPLICATE
        case Refused():
            return Outcome.REFUSED
