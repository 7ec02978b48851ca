"""Carrying out what was decided, for a trayful of photos at once: each step for all of them, and on the disk, before the next.

Order: intent rows -> files at their places -> rows say so -> sources removed. `daemon.recovery` finishes whatever a crash
leaves between two of these. The tray shares the waiting for the disk, which is most of what a small photo costs.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from sqlalchemy import Engine, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from daemon.decisions import Decision, Duplicate, Filed, InHand, Refused, Taken, Waiting, history_line
from daemon.destinations import DUPLICATES, Place, filed_folder, refused_folder
from daemon.home import Home
from daemon.inbox import Sighting
from daemon.naming import free_path
from daemon.near import NearPhotos
from daemon.placing import SourceChanged, place, remove_sources, sync_folder
from daemon.recovery import drop_replaced
from db.claims import release
from db.database import quick_session
from db.near import put_all_but_the_best_aside, write_signature
from db.records import Arrival, filed_photo, intend, withdraw, write_embedding, write_verdict
from db.retries import plan_retry
from db.tables import Outcome, Photo
from engine.signature import NEAR, Signature, distance
from engine.verdict import Verdict

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Intent:
    """One photo on its way: the row is there, the file may be."""

    seen: Sighting
    arrival: Arrival
    decision: Decision
    photo_id: int
    path: str  # relative to home
    waits: Waiting | None = None  # why it was withdrawn


class Filing:
    """Files photos for good. `after_filing` is told a photo's id when nothing can be lost any more; must not wait or fail."""

    def __init__(
        self, home: Home, database: Engine, *, template: str, keep_best: bool, after_filing: Callable[[int], None]
    ) -> None:
        self._home = home
        self._database = database
        self._template = template
        self._keep_best = keep_best
        self._after_filing = after_filing
        self._near = NearPhotos()

    def file(self, tray: Sequence[tuple[InHand, Decision]], now: datetime) -> list[Taken]:
        """Carry out each decision; what became of each, in the same order. No two of them may have the same bytes or name."""
        try:
            intents = self._intend(tray, now)
        except IntegrityError:  # another process filed the bytes of one of them since we looked: now it is seen
            intents = self._intend(tray, now)
        self._place(intents)
        if withdrawn := [intent.photo_id for intent in intents if intent.waits]:
            self._withdraw(withdrawn)
        placed = [intent for intent in intents if not intent.waits]
        self._finish([intent.photo_id for intent in placed])
        self.remove([(intent.seen, intent.photo_id) for intent in placed])
        for intent in placed:
            log.info("%s", history_line(intent.arrival, intent.decision, intent.path))
            if isinstance(intent.decision, Filed):
                self._after_filing(intent.photo_id)
        return [intent.waits or intent.decision for intent in intents]

    def remove(self, done: Sequence[tuple[Sighting, int]]) -> None:
        """Remove the sources of finished rows from the inbox, and say so in the rows."""
        failed = remove_sources([seen for seen, _ in done])
        for path, error in failed.items():  # a read-only inbox: the row remembers which file it was
            log.warning("%s is filed but cannot be removed from the inbox: %s", path, error.strerror)
        removed = [photo_id for seen, photo_id in done if seen.path not in failed]
        if removed:
            with quick_session(self._database) as session:  # after a power cut recovery finds the sources gone
                session.execute(update(Photo).where(Photo.id.in_(removed)).values(source_removed=True))

    def _intend(self, tray: Sequence[tuple[InHand, Decision]], now: datetime) -> list[_Intent]:
        """Commit the intents: everything that will be known of each photo, and where it will be."""
        beside: list[tuple[Signature, int]] = []
        with Session(self._database) as session, session.begin():
            self._near.read_new(session)
            return [self._intend_one(session, in_hand, decision, now, beside) for in_hand, decision in tray]

    def _intend_one(
        self, session: Session, in_hand: InHand, decision: Decision, now: datetime, beside: list[tuple[Signature, int]]
    ) -> _Intent:
        arrival = in_hand.arrival
        if isinstance(decision, Filed) and (original := filed_photo(session, arrival.sha256)):
            decision = Duplicate(original.id)  # filed since we looked
        outcome, folder = self._destination(decision, arrival, now)
        path = free_path(self._home, session, "sorted" / folder, arrival.name)
        photo = intend(arrival, outcome=outcome, path=path, now=now)
        photo.replaces_id = in_hand.completes
        release(session, arrival)
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
            self._link_near(session, photo, decision.verdict, beside)
        elif isinstance(decision, Refused):
            plan_retry(photo, now)
        return _Intent(in_hand.seen, arrival, decision, photo.id, path)

    def _destination(self, decision: Decision, arrival: Arrival, now: datetime) -> tuple[Outcome, PurePosixPath]:
        match decision:
            case Filed(verdict=verdict):
                photo = Place(
                    clarity=verdict.clarity.value if verdict.clarity else None,
                    meter_type=verdict.meter_type,
                    group_id=None,
                    quality=verdict.quality.value,
                    site=arrival.site,
                    received_at=now,
                )
                return Outcome.FILED, filed_folder(photo, self._template)
            case Duplicate():
                return Outcome.DUPLICATE, DUPLICATES
            case Refused(reason=reason):
                return Outcome.REFUSED, refused_folder(reason)

    def _link_near(self, session: Session, photo: Photo, verdict: Verdict, beside: list[tuple[Signature, int]]) -> None:
        """Say which earlier photo shows nearly the same picture, one on the same tray too."""
        if (bits := verdict.signature) is None:
            return
        near = self._near.earliest_near_read(session, bits)
        photo.near_of = near or next((first for other, first in beside if distance(bits, other) <= NEAR), None)
        beside.append((bits, photo.near_of or photo.id))
        write_signature(session, photo, bits)

    def _place(self, intents: Sequence[_Intent]) -> None:
        for intent in intents:
            try:
                self._place_one(intent)
            except (SourceChanged, FileNotFoundError):
                intent.waits = Waiting(f"{intent.arrival.source} changed while it was filed")
            except OSError as error:
                self._fail(intent, error)
        placed = [intent for intent in intents if not intent.waits]
        for folder in {self._target(intent).parent for intent in placed}:
            try:
                sync_folder(folder)
            except OSError as error:  # the rows will be forgotten: no file without a row
                for intent in [each for each in placed if self._target(each).parent == folder]:
                    self._target(intent).unlink(missing_ok=True)
                    self._fail(intent, error)

    def _place_one(self, intent: _Intent) -> None:
        while True:
            try:
                place(intent.seen, self._target(intent), sha256=intent.arrival.sha256)
                return
            except FileExistsError:  # someone else took the name since: say the next one first, then try it
                with Session(self._database) as session, session.begin():
                    photo = session.get_one(Photo, intent.photo_id)
                    folder = PurePosixPath(intent.path).parent
                    photo.path = intent.path = free_path(self._home, session, folder, intent.arrival.name)

    def _target(self, intent: _Intent) -> Path:
        return self._home.root / intent.path

    def _fail(self, intent: _Intent, error: OSError) -> None:
        log.error("%s cannot be filed: %s", intent.arrival.source, error)
        intent.waits = Waiting(f"{intent.arrival.source} cannot be filed: {error.strerror}")

    def _withdraw(self, photo_ids: Sequence[int]) -> None:
        with Session(self._database) as session, session.begin():
            for photo_id in photo_ids:
                withdraw(session, session.get_one(Photo, photo_id))

    def _finish(self, photo_ids: Sequence[int]) -> None:
        with Session(self._database) as session, session.begin():
            now = datetime.now(UTC)
            for photo in session.scalars(select(Photo).where(Photo.id.in_(photo_ids)).order_by(Photo.id)).all():
                photo.outcome, photo.filed_at = photo.intended, now
                drop_replaced(self._home, session, photo)
                if self._keep_best and photo.near_of is not None:
                    put_all_but_the_best_aside(session, photo, now)
