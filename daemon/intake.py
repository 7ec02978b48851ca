"""The main job: a photo that lies in the inbox is judged, filed and recorded, and is never in two places or in none.

Order, each step on the disk before the next: intent row -> file at its place -> row says so -> source removed.
`daemon.recovery` finishes whatever a crash leaves between two of these.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePosixPath

from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from daemon import arrival as arrivals
from daemon.destinations import DUPLICATES, Place, filed_folder, refused_folder
from daemon.home import Home
from daemon.inbox import Sighting
from daemon.naming import free_path
from daemon.placing import SourceChanged, place, remove_source
from db.records import Arrival, filed_photo, intend, write_embedding, write_verdict
from db.tables import Outcome, Photo
from engine.errors import PictureError
from engine.names import readable
from engine.verdict import Verdict

log = logging.getLogger(__name__)

# What an upload that is not finished yet looks like; such a file is given time before it is refused.
UNFINISHED_REASONS = frozenset({"empty", "truncated", "unreadable"})


@dataclass(frozen=True, slots=True)
class Filed:
    """The photo was judged and filed."""

    verdict: Verdict
    judged_ms: float


@dataclass(frozen=True, slots=True)
class Duplicate:
    """The same bytes are filed already, as photo `original_id`."""

    original_id: int


@dataclass(frozen=True, slots=True)
class Refused:
    """The file cannot be judged: a reason code, the advice, and whether it may just be unfinished."""

    reason: str
    detail: str
    unfinished: bool = False


@dataclass(frozen=True, slots=True)
class Waiting:
    """Not now: somebody writes the file, it may be unfinished, or it cannot be read at the moment."""

    why: str


@dataclass(frozen=True, slots=True)
class Gone:
    """The file left the inbox before it was read."""


Decision = Filed | Duplicate | Refused
Taken = Decision | Waiting | Gone


class Intake:
    """Takes one file after the other. `appraise` turns bytes into a verdict or raises a `PictureError`."""

    def __init__(
        self, home: Home, database: Engine, appraise: Callable[[bytes], Verdict], *, template: str, max_bytes: int
    ) -> None:
        self._home = home
        self._database = database
        self._appraise = appraise
        self._template = template
        self._max_bytes = max_bytes

    def take(self, seen: Sighting, *, may_wait: bool, now: datetime | None = None) -> Taken:
        """Deal with one file that has settled. With `may_wait`, a file that looks unfinished is left where it is."""
        try:
            read = arrivals.read(seen, max_bytes=self._max_bytes)
        except arrivals.Vanished:
            return Gone()
        except arrivals.StillChanging as why:
            return Waiting(str(why))
        except OSError as error:  # permission, I/O: the cause may go away by itself
            return Waiting(f"{seen.source} cannot be read: {error.strerror}")
        decision = self._decide(read)
        if may_wait and isinstance(decision, Refused) and decision.unfinished:
            return Waiting(f"{seen.source}: {decision.detail}")
        return self._carry_out(seen, read.arrival, decision, now or datetime.now(UTC))

    def _decide(self, read: arrivals.Read) -> Decision:
        with Session(self._database) as session:
            if original := filed_photo(session, read.arrival.sha256):
                return Duplicate(original.id)
        if read.data is None:
            return Refused("too_large", f"The file has more than {self._max_bytes:,} bytes. Send a smaller one.")
        started = time.perf_counter()
        try:
            verdict = self._appraise(read.data)
        except PictureError as error:
            unfinished = error.reason in UNFINISHED_REASONS or not read.data[:512].strip(b"\0")
            return Refused(error.reason, str(error), unfinished)
        except Exception:  # the one place that catches: a photo that trips the engine must not stop the others
            log.exception("the engine failed on %s", read.arrival.source)
            return Refused("engine_error", "The engine failed on this photo; the log says how. Report it with the photo.")
        return Filed(verdict, (time.perf_counter() - started) * 1000)

    def _carry_out(self, seen: Sighting, arrival: Arrival, decision: Decision, now: datetime) -> Taken:
        try:
            photo_id, path = self._intend(arrival, decision, now)
        except IntegrityError:  # another process filed the same bytes since we looked
            with Session(self._database) as session:
                original = filed_photo(session, arrival.sha256)
            if original is None:
                raise
            return self._carry_out(seen, arrival, Duplicate(original.id), now)
        try:
            self._place(seen, arrival, photo_id, path)
        except (SourceChanged, FileNotFoundError):
            self._withdraw(photo_id)
            return Waiting(f"{arrival.source} changed while it was filed")
        except OSError as error:
            self._withdraw(photo_id)
            log.error("%s cannot be filed: %s", arrival.source, error)
            return Waiting(f"{arrival.source} cannot be filed: {error.strerror}")
        self._finish(seen, photo_id)
        log.info("%s", _history_line(arrival, decision, path))
        return decision

    def _intend(self, arrival: Arrival, decision: Decision, now: datetime) -> tuple[int, str]:
        """Commit the intent: everything that will be known of the photo, and where it will be."""
        match decision:
            case Filed(verdict=verdict):
                place = Place(
                    clarity=verdict.clarity.value if verdict.clarity else None,
                    meter_type=verdict.meter_type,
                    group_id=None,
                    quality=verdict.quality.value,
                    site=arrival.site,
                    received_at=now,
                )
                outcome, folder = Outcome.FILED, filed_folder(place, self._template)
            case Duplicate():
                outcome, folder = Outcome.DUPLICATE, DUPLICATES
            case Refused(reason=reason):
                outcome, folder = Outcome.REFUSED, refused_folder(reason)
        with Session(self._database) as session, session.begin():
            path = free_path(self._home, session, "sorted" / folder, arrival.name)
            photo = intend(arrival, outcome=outcome, path=path, now=now)
            match decision:
                case Filed(verdict=verdict, judged_ms=judged_ms):
                    write_verdict(photo, verdict, judged_ms=judged_ms)
                case Duplicate(original_id=original_id):
                    photo.original_id = original_id
                case Refused(reason=reason, detail=detail):
                    photo.reason, photo.detail = reason, detail
            session.add(photo)
            session.flush()
            if isinstance(decision, Filed):
                write_embedding(session, photo, decision.verdict)
            return photo.id, path

    def _place(self, seen: Sighting, arrival: Arrival, photo_id: int, path: str) -> None:
        while True:
            try:
                place(seen, self._home.root / path, sha256=arrival.sha256)
                return
            except FileExistsError:  # someone else took the name since: say the next one first, then try it
                with Session(self._database) as session, session.begin():
                    photo = session.get_one(Photo, photo_id)
                    photo.path = path = free_path(self._home, session, PurePosixPath(path).parent, arrival.name)

    def _withdraw(self, photo_id: int) -> None:
        with Session(self._database) as session, session.begin():
            session.delete(session.get_one(Photo, photo_id))

    def _finish(self, seen: Sighting, photo_id: int) -> None:
        with Session(self._database) as session, session.begin():
            photo = session.get_one(Photo, photo_id)
            photo.outcome = photo.intended
            photo.filed_at = datetime.now(UTC)
        try:
            remove_source(seen)
        except PermissionError as error:  # a read-only inbox: the row remembers which file it was
            log.warning("%s is filed but cannot be removed from the inbox: %s", seen.source, error.strerror)
            return
        with Session(self._database) as session, session.begin():
            session.get_one(Photo, photo_id).source_removed = True


def _history_line(arrival: Arrival, decision: Decision, path: str) -> str:
    match decision:
        case Filed(verdict=verdict, judged_ms=ms):
            return f"filed {arrival.source!r} -> {path!r} ({verdict.clarity}, {verdict.meter_type}, {ms:.0f} ms)"
        case Duplicate(original_id=original_id):
            return f"duplicate {arrival.source!r} of photo {original_id} -> {path!r}"
        case Refused(reason=reason):
            return f"refused {arrival.source!r}: {reason} -> {readable(path)!r}"
