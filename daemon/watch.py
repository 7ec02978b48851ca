"""The watch over the inbox: events wake it, a full look at the folder tells it what is there."""

from __future__ import annotations

import logging
import os
import shutil
import socket
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from daemon.canary import Canary
from daemon.decisions import Filed, Gone, InHand, Known, Taken, Waiting
from daemon.disk_floor import DiskFloor
from daemon.hearing import Hearing
from daemon.home import Home
from daemon.inbox import Sighting, ages, look
from daemon.intake import Intake
from daemon.judging import wait_ready
from daemon.recovery import held_sources, recover
from daemon.settling import Pace, Settling
from daemon.sites import PLAIN_FOLDERS, InboxFolders
from daemon.tray import TRAY_S, Tray
from db.records import beat
from engine.verdict import UNKNOWN

log = logging.getLogger(__name__)

BEAT_S = 2.0  # between signs of life; the pages call a watcher stopped after 15 s without one
TICK_S = 0.1  # shortest pause between two looks while a file settles
RETRY_S = 5.0  # before a file that could not be read or filed is tried again; doubled each time it fails again
LONGEST_RETRY_S = 300.0
POLL_S = 2.0  # between looks at an inbox that gives no events


class Watch:
    """Brings what lies in the inbox to the intake, in one thread; the events come in another and only wake it."""

    def __init__(
        self,
        home: Home,
        database: Engine,
        intake: Intake,
        pace: Pace,
        *,
        clock: Callable[[], float] = time.monotonic,
        folders: InboxFolders = PLAIN_FOLDERS,
        width: int = 1,
        canary: Canary | None = None,
    ) -> None:
        self._home = home
        self._folders = folders
        self._database = database
        self._intake = intake
        self._pace = pace
        self._width = width  # photos in hand at once
        self._canary = canary
        self._settling = Settling(pace.settle_s)
        self._clock = clock
        self._half_done = True  # a crash or a failed step may have left something for `recover`
        self._woken = threading.Event()
        self._hearing: Hearing | None = None
        self._floor = DiskFloor((home.sorted, home.db), pace.min_free_mb)
        self._has_more = False  # a round ended before all that was ready was taken
        self._failures: dict[str, int] = {}  # times in a row that a file could not be dealt with
        self._next_beat_s = 0.0
        self._waits: dict[str, str] = {}  # last reason logged per file, so that waiting is said once
        self.new_unknowns = 0  # filed since the caller last set it
        self.last_arrival_s = clock()

    def run(self, stop: threading.Event) -> None:
        """Watch until `stop` is set; the files in hand are finished first."""
        self._hearing = self._observe()
        next_look_s = self._clock()
        try:
            while not stop.is_set():
                if self._hearing is not None:
                    self._hearing.tend()
                if self._woken.is_set() or self._clock() >= next_look_s:
                    self._woken.clear()
                    looked_s = self._round(stop, may_wait=True)
                    next_look_s = self._clock() + self._pause(looked_s)
                if self._canary is not None:
                    self._canary.tend()
                self._beat_if_due()
                self._woken.wait(max(min(next_look_s, self._next_beat_s) - self._clock(), 0.0))
                if self._woken.is_set():
                    stop.wait(TICK_S)  # a burst of events is one reason to look, not thousands
        finally:
            if self._hearing is not None:
                self._hearing.close()
            self._beat("stopped")

    def once(self, stop: threading.Event) -> None:
        """Deal with what is in the inbox now, and return. A file that somebody is writing is left."""
        self._recover()
        here = {seen.path for seen in look(self._home.inbox, self._folders)}
        give_up_s = self._clock() + self._pace.longest_s
        while not stop.is_set():
            self._round(stop, may_wait=False)
            sightings = look(self._home.inbox, self._folders)
            held = self._held(sightings)
            left = {s.path for s in sightings if s.path in here and s.path not in held and s.source not in self._waits}
            if left < here:  # patience begins anew with each file that was dealt with
                here, give_up_s = left, self._clock() + self._pace.longest_s
            if not left or self._clock() > give_up_s:
                break
            stop.wait(TICK_S)
        self._beat("stopped")

    def _round(self, stop: threading.Event, *, may_wait: bool) -> float:
        """One full look, and every file that is ready; returns how long the look took, in seconds."""
        started_s = self._clock()
        sightings = look(self._home.inbox, self._folders)
        looked_s = self._clock() - started_s
        try:
            self._take_ready(sightings, stop, may_wait=may_wait, within_s=max(self._pace.rescan_s, 10 * looked_s))
        except (SQLAlchemyError, OSError) as error:
            log.error("the archive cannot be read or written: %s; trying again in %.0f s", error, RETRY_S)
            self._half_done = True
        return looked_s

    def _take_ready(self, sightings: list[Sighting], stop: threading.Event, *, may_wait: bool, within_s: float) -> None:
        """Take what is ready, as many at once as there are judges; after a while the inbox is looked at again first."""
        self._recover()
        held = self._held(sightings)
        self._forget_all_but({seen.source for seen in sightings})
        ready = self._settling.observe((seen for seen in sightings if seen.path not in held), self._clock(), ages())
        until_s, self._has_more = self._clock() + within_s, False
        in_hand: list[InHand] = []
        tray = Tray(self._clock)
        for seen in ready:
            self._has_more = self._clock() > until_s
            if stop.is_set() or self._has_more or self._floor.is_reached():
                break
            if len(in_hand) >= self._width:
                tray.put(self._next_judged(in_hand, tray))
            if begun := self._begin(seen, may_wait=may_wait):
                in_hand.append(begun)
            if tray.is_due():  # after the next was begun: the judge works while these are filed
                self._file(tray)
            self._recover()
            self._beat_if_due()
        while in_hand:
            tray.put(self._next_judged(in_hand, tray))
        self._file(tray)

    def _forget_all_but(self, sources: set[str]) -> None:
        """Files that vanish while they wait must not be remembered for months."""
        for remembered in (self._waits, self._failures):
            for source in remembered.keys() - sources:
                del remembered[source]

    def _next_judged(self, in_hand: list[InHand], tray: Tray) -> InHand:
        """The first that is ready, whichever: one that hangs must not hold up the others."""
        while not any(each.is_ready() for each in in_hand):
            if not wait_ready([each.judgement for each in in_hand if each.judgement is not None], TRAY_S):
                self._file(tray)
            self._beat_if_due()
        judged = next(each for each in in_hand if each.is_ready())
        in_hand.remove(judged)
        return judged

    def _recover(self) -> None:
        """Finish what is half-done before anything else is taken: else a photo would be taken for its own duplicate."""
        if self._half_done:
            recover(self._home, self._database, look(self._home.inbox, self._folders))
            self._half_done = False

    def _begin(self, seen: Sighting, *, may_wait: bool) -> InHand | None:
        patient = may_wait and self._settling.unchanged_s(seen, self._clock()) < self._pace.patience_s
        try:
            begun = self._intake.begin(seen, may_wait=patient)
        except Exception as error:
            self._fail(seen, error)
            return None
        if isinstance(begun, InHand):
            return begun
        self._took(seen, begun)
        return None

    def _file(self, tray: Tray) -> None:
        for together in tray.empty(apart=self._failures.keys()):
            try:
                taken = self._intake.finish(together)
            except Exception as error:
                for each in together:
                    self._fail(each.seen, error)
                self._recover()
                continue
            for each, what in zip(together, taken, strict=True):
                if self._canary is not None and each.judgement is not None and isinstance(what, Filed):
                    self._canary.rest()
                self._took(each.seen, what)

    def _fail(self, seen: Sighting, error: Exception) -> None:
        """Disk full, database locked, a bug: nothing is lost, the others go on, this one is tried again."""
        self._failures[seen.source] = failures = self._failures.get(seen.source, 0) + 1
        pause_s = min(RETRY_S * 2 ** (failures - 1), LONGEST_RETRY_S)
        bug = None if isinstance(error, SQLAlchemyError | OSError) else error
        log.error("%s: %s; trying again in %.0f s", seen.source, error, pause_s, exc_info=bug)
        self._settling.postpone(seen, self._clock() + pause_s)
        self._waits[seen.source] = str(error)
        self._half_done = True

    def _took(self, seen: Sighting, taken: Taken) -> None:
        self._failures.pop(seen.source, None)
        if isinstance(taken, Waiting):
            if self._waits.get(seen.source) != taken.why:
                log.info("waiting: %s", taken.why)
                self._waits[seen.source] = taken.why
            self._settling.postpone(seen, self._clock() + min(RETRY_S, max(self._pace.settle_s, TICK_S)))
            return
        if not isinstance(taken, Gone | Known):
            self.last_arrival_s = self._clock()
        self._waits.pop(seen.source, None)
        self._settling.forget(seen)
        if isinstance(taken, Filed) and taken.verdict.meter_type == UNKNOWN:
            self.new_unknowns += 1

    def _held(self, sightings: list[Sighting]) -> set[Path]:
        whole = self._hearing is None or self._hearing.is_whole
        return held_sources(self._database, sightings, absent_is_gone=whole)

    def _pause(self, looked_s: float) -> float:
        """Until the next file has settled or the next full look is due, in seconds; looks take at most a tenth of the time."""
        if self._half_done or self._floor.reason:
            return RETRY_S
        if self._has_more:
            return 0.0
        due_s = self._settling.next_try_s()
        regular_s = self._pace.rescan_s if self._hearing and self._hearing.mode == "events" else min(self._pace.rescan_s, POLL_S)
        until_due_s = regular_s if due_s is None else due_s - self._clock()
        return max(min(until_due_s, regular_s), TICK_S, 10 * looked_s)

    def _beat_if_due(self) -> None:
        if self._clock() >= self._next_beat_s:
            self._beat("running")
            self._next_beat_s = self._clock() + BEAT_S

    def _beat(self, state: str) -> None:
        try:
            detail: dict[str, object] = {
                "pid": os.getpid(),
                "waiting": self._settling.waiting,
                "oldest_waiting_s": round(self._settling.oldest_s(self._clock()), 1),
                "mode": self._hearing.mode if self._hearing else "polling",
                "roots": self._hearing.modes if self._hearing else {},
                "advice": self._hearing.advice if self._hearing else None,
                "paused": self._floor.reason,
                "canary": self._canary.detail if self._canary else {},
                "host": socket.gethostname(),
                "inbox": str(self._home.inbox),
                "free_bytes": shutil.disk_usage(self._home.root).free,
            }
            with Session(self._database) as session, session.begin():
                beat(session, "watcher", state=state, detail=detail, now=datetime.now(UTC))
        except (SQLAlchemyError, OSError) as error:
            log.error("the sign of life cannot be written: %s", error)

    def _observe(self) -> Hearing | None:
        """Where the events come from; a test has none."""
        return Hearing(self._home.inbox, self._woken, self._clock)
