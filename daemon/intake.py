"""The main job: a photo that lies in the inbox is judged, filed and recorded, and is never in two places or in none.

Order, each step on the disk before the next: intent row -> file at its place -> row says so -> source removed.
`daemon.recovery` finishes whatever a crash leaves between two of these.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import PurePosixPath

from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from daemon import arrival as arrivals
from daemon.decisions import Decision, Duplicate, Filed, Gone, InHand, Known, Refused, Taken, Waiting, history_line
from daemon.destinations import DUPLICATES, Place, filed_folder, refused_folder
from daemon.home import Home
from daemon.inbox import Sighting
from daemon.judging import Begin, Here, JudgeDied
from daemon.naming import free_path
from daemon.near import NearPhotos
from daemon.placing import SourceChanged, place, remove_source
from daemon.recovery import drop_replaced
from db.claims import claim, count_death, release, tries
from db.near import put_all_but_the_best_aside, write_signature
from db.records import Arrival, filed_photo, intend, known_file, shorter_arrivals, write_embedding, write_verdict
from db.retries import plan_retry
from db.tables import Outcome, Photo
from engine.errors import PictureError
from engine.verdict import Verdict

log = logging.getLogger(__name__)

# What an upload that is not finished yet looks like; such a file is given time before it is refused.
UNFINISHED_REASONS = frozenset({"empty", "truncated", "unreadable"})


POISON_DEATHS = 3  # judgements of one file that ended their process
POISON_ATTEMPTS = 10  # judgements of one file that never ended, for whatever reason: the daemon itself was killed


class Intake:
    """Takes files in. `appraise` turns bytes into a verdict or raises a `PictureError`; `begin`, where given, does so in
    another process, and several files can be in hand at once.
    """

    def __init__(
        self,
        home: Home,
        database: Engine,
        appraise: Callable[[bytes], Verdict],
        *,
        template: str,
        max_bytes: int,
        begin: Begin | None = None,
        keep_best: bool = False,
        after_filing: Callable[[int], None] = lambda photo_id: None,
    ) -> None:
        self._home = home
        self._database = database
        self._begin: Begin = begin or (lambda data, site: Here(partial(appraise, data)))
        self._template = template
        self._max_bytes = max_bytes
        self._near = NearPhotos()
        self._keep_best = keep_best
        self._after_filing = after_filing  # told the photo's id when nothing can be lost any more; must not wait or fail

    def take(self, seen: Sighting, *, may_wait: bool, now: datetime | None = None) -> Taken:
        """Deal with one file that has settled. With `may_wait`, a file that looks unfinished is left where it is."""
        begun = self.begin(seen, may_wait=may_wait, now=now)
        return self.finish(begun, now=now) if isinstance(begun, InHand) else begun

    def begin(self, seen: Sighting, *, may_wait: bool, now: datetime | None = None) -> InHand | Waiting | Gone | Known:
        """Read one file that has settled and hand it to the engine."""
        try:
            read = arrivals.read(seen, max_bytes=self._max_bytes)
        except arrivals.Vanished:
            return Gone()
        except arrivals.StillChanging as why:
            return Waiting(str(why))
        except OSError as error:  # permission, I/O: the cause may go away by itself
            return Waiting(f"{seen.source} cannot be read: {error.strerror}")
        with Session(self._database) as session:
            if photo_id := known_file(session, read.arrival):
                return self._recognise(seen, photo_id)
            decision = self._decide_unjudged(session, read)
            completes = _completes(session, read)
        judgement, is_blank = None, read.data is not None and not read.data[:512].strip(b"\0")
        if decision is None and read.data is not None:
            with Session(self._database) as session, session.begin():  # before the work: what never ends is seen
                claim(session, read.arrival, now or datetime.now(UTC))
            judgement = self._begin(read.data, read.arrival.site)
        return InHand(seen, read.arrival, may_wait, completes, judgement, decision, is_blank)

    def finish(self, in_hand: InHand, *, now: datetime | None = None) -> Taken:
        """Decide on a file in hand, waiting for the engine where it is not ready, and carry that out."""
        decision = in_hand.decision or self._decide(in_hand)
        if isinstance(decision, Waiting):
            return decision
        if in_hand.may_wait and isinstance(decision, Refused) and decision.unfinished:
            with Session(self._database) as session, session.begin():
                release(session, in_hand.arrival)
            return Waiting(f"{in_hand.seen.source}: {decision.detail}")
        return self._carry_out(in_hand, decision, now or datetime.now(UTC))

    def count_death(self, in_hand: InHand) -> None:
        """The judge died of this file: written down, for three deaths make it poison."""
        with Session(self._database) as session, session.begin():
            count_death(session, in_hand.arrival)

    def _recognise(self, seen: Sighting, photo_id: int) -> Known:
        with Session(self._database) as session, session.begin():
            session.get_one(Photo, photo_id).source_removed = False
        self._remove_source(seen, photo_id)
        return Known(photo_id)

    def _decide_unjudged(self, session: Session, read: arrivals.Read) -> Decision | None:
        """What can be said without the engine."""
        if original := filed_photo(session, read.arrival.sha256):
            return Duplicate(original.id)
        if read.data is None:
            return Refused("too_large", f"The file has more than {self._max_bytes:,} bytes. Send a smaller one.")
        so_far = tries(session, read.arrival)
        if so_far.deaths >= POISON_DEATHS or so_far.attempts >= POISON_ATTEMPTS:
            return Refused("poison", f"Judging this file was tried {so_far.attempts} times and never ended. Report it.")
        return None

    def _decide(self, in_hand: InHand) -> Decision | Waiting:
        source = in_hand.arrival.source
        try:
            verdict, judged_ms = in_hand.judgement.verdict()  # type: ignore[union-attr] # without one there is a decision
        except PictureError as error:
            return Refused(error.reason, str(error), error.reason in UNFINISHED_REASONS or in_hand.is_blank)
        except JudgeDied as error:
            self.count_death(in_hand)
            log.error("%s: %s", source, error)
            return Waiting(f"{source}: {error}")
        except Exception:  # the one place that catches: a photo that trips the engine must not stop the others
            log.exception("the engine failed on %s", source)
            return Refused("engine_error", "The engine failed on this photo; the log says how. Report it with the photo.")
        return Filed(verdict, judged_ms)

    def _carry_out(self, in_hand: InHand, decision: Decision, now: datetime) -> Taken:
        seen, arrival = in_hand.seen, in_hand.arrival
        try:
            photo_id, path = self._intend(in_hand, decision, now)
        except IntegrityError:  # another file of the same bytes was filed since we looked
            with Session(self._database) as session:
                original = filed_photo(session, arrival.sha256)
            if original is None:
                raise
            return self._carry_out(in_hand, Duplicate(original.id), now)
        try:
            self._place(seen, arrival, photo_id, path)
        except (SourceChanged, FileNotFoundError):
            self._withdraw(photo_id)
            return Waiting(f"{arrival.source} changed while it was filed")
        except OSError as error:
            self._withdraw(photo_id)
            log.error("%s cannot be filed: %s", arrival.source, error)
            return Waiting(f"{arrival.source} cannot be filed: {error.strerror}")
        self._settle(seen, photo_id)
        log.info("%s", history_line(arrival, decision, path))
        if isinstance(decision, Filed):
            self._after_filing(photo_id)
        return decision

    def _intend(self, in_hand: InHand, decision: Decision, now: datetime) -> tuple[int, str]:
        """Commit the intent: everything that will be known of the photo, and where it will be."""
        arrival = in_hand.arrival
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
                self._link_near(session, photo, decision.verdict)
            elif isinstance(decision, Refused):
                plan_retry(photo, now)
            return photo.id, path

    def _link_near(self, session: Session, photo: Photo, verdict: Verdict) -> None:
        """Say which earlier photo shows nearly the same picture, before this one can be found itself."""
        if verdict.signature is not None:
            photo.near_of = self._near.earliest_near(session, verdict.signature)
            write_signature(session, photo, verdict.signature)

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

    def _settle(self, seen: Sighting, photo_id: int) -> None:
        with Session(self._database) as session, session.begin():
            photo = session.get_one(Photo, photo_id)
            photo.outcome = photo.intended
            photo.filed_at = now = datetime.now(UTC)
            drop_replaced(self._home, session, photo)
            if self._keep_best and photo.near_of is not None:
                put_all_but_the_best_aside(session, photo, now)
        self._remove_source(seen, photo_id)

    def _remove_source(self, seen: Sighting, photo_id: int) -> None:
        try:
            remove_source(seen)
        except OSError as error:  # a read-only inbox: the row remembers which file it was
            log.warning("%s is filed but cannot be removed from the inbox: %s", seen.source, error.strerror)
            return
        with Session(self._database) as session, session.begin():
            session.get_one(Photo, photo_id).source_removed = True


def _completes(session: Session, read: arrivals.Read) -> int | None:
    """The photo of a cut-off upload under the same name, if these bytes begin with all of its bytes."""
    if read.data is None:
        return None
    for photo in shorter_arrivals(session, read.arrival):
        if hashlib.sha256(memoryview(read.data)[: photo.size_bytes]).hexdigest() == photo.sha256:
            return photo.id
    return None
