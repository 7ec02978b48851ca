"""The main job: a photo that lies in the inbox is judged, filed and recorded, and is never in two places or in none.

What is decided here is carried out by `daemon.filing`.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from daemon import arrival as arrivals
from daemon.decisions import Decision, Duplicate, Filed, Gone, InHand, Known, Refused, Taken, Waiting
from daemon.filing import Filing
from daemon.home import Home
from daemon.inbox import Sighting
from daemon.judging import Begin, Here, JudgeDied
from db.claims import claim, count_death, release, tries
from db.database import quick_session
from db.records import filed_photo, known_file, shorter_arrivals
from db.tables import Photo
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
        self._database = database
        self._begin: Begin = begin or (lambda data, site: Here(partial(appraise, data)))
        self._max_bytes = max_bytes
        self._filing = Filing(home, database, template=template, keep_best=keep_best, after_filing=after_filing)

    def take(self, seen: Sighting, *, may_wait: bool, now: datetime | None = None) -> Taken:
        """Deal with one file that has settled. With `may_wait`, a file that looks unfinished is left where it is."""
        begun = self.begin(seen, may_wait=may_wait, now=now)
        return self.finish([begun], now=now)[0] if isinstance(begun, InHand) else begun

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
            with quick_session(self._database) as session:  # before the work: what ends this process is seen
                claim(session, read.arrival, now or datetime.now(UTC))
            judgement = self._begin(read.data, read.arrival.site)
        return InHand(seen, read.arrival, may_wait, completes, judgement, decision, is_blank)

    def finish(self, in_hand: Sequence[InHand], *, now: datetime | None = None) -> list[Taken]:
        """Decide on files in hand, waiting for the engine where it is not ready, and carry that out; in the same order."""
        taken: dict[int, Taken] = {}
        trays: list[dict[int, tuple[InHand, Decision]]] = []
        for place, each in enumerate(in_hand):
            decision = each.decision or self._decide(each)
            if isinstance(decision, Waiting):
                taken[place] = decision
            elif each.may_wait and isinstance(decision, Refused) and decision.unfinished:
                self._let_wait(each)
                taken[place] = Waiting(f"{each.seen.source}: {decision.detail}")
            else:
                _tray_for(each, trays)[place] = each, decision
        for tray in trays:
            ended = self._filing.file(list(tray.values()), now or datetime.now(UTC))
            taken |= dict(zip(tray, ended, strict=True))
        return [taken[place] for place in range(len(in_hand))]

    def _let_wait(self, in_hand: InHand) -> None:
        with quick_session(self._database) as session:
            release(session, in_hand.arrival)

    def count_death(self, in_hand: InHand) -> None:
        """The judge died of this file: written down, for three deaths make it poison."""
        with quick_session(self._database) as session:
            count_death(session, in_hand.arrival)

    def _recognise(self, seen: Sighting, photo_id: int) -> Known:
        with Session(self._database) as session, session.begin():
            session.get_one(Photo, photo_id).source_removed = False
        self._filing.remove([(seen, photo_id)])
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


def _tray_for(in_hand: InHand, trays: list[dict[int, tuple[InHand, Decision]]]) -> dict[int, tuple[InHand, Decision]]:
    """The first tray without its bytes and its name: the second of two that are the same must find the first one filed."""

    def is_apart(other: InHand) -> bool:
        one, two = in_hand.arrival, other.arrival
        return one.sha256 != two.sha256 and one.source != two.source

    for tray in trays:
        if all(is_apart(other) for other, _ in tray.values()):
            return tray
    trays.append({})
    return trays[-1]


def _completes(session: Session, read: arrivals.Read) -> int | None:
    """The photo of a cut-off upload under the same name, if these bytes begin with all of its bytes."""
    if read.data is None:
        return None
    for photo in shorter_arrivals(session, read.arrival):
        if hashlib.sha256(memoryview(read.data)[: photo.size_bytes]).hexdigest() == photo.sha256:
            return photo.id
    return None
