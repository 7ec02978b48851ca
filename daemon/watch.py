"""The watch over the inbox: events wake it, a full look at the folder tells it what is there."""

from __future__ import annotations

import logging
import os
import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver

from daemon.decisions import Filed, Waiting
from daemon.home import Home
from daemon.inbox import Sighting, look
from daemon.intake import Intake
from daemon.recovery import is_source_of, recover, settle_sources
from daemon.settling import Settling
from daemon.sites import PLAIN_FOLDERS, InboxFolders
from db.records import beat, unsettled
from engine.verdict import UNKNOWN

log = logging.getLogger(__name__)

BEAT_S = 2.0  # between signs of life; the pages call a watcher stopped after 15 s without one
TICK_S = 0.1  # shortest pause between two looks while a file settles
RETRY_S = 5.0  # before a file that could not be read or filed is tried again


@dataclass(frozen=True, slots=True)
class Pace:
    """The waiting times of the watch, in seconds."""

    settle_s: float
    patience_s: float
    rescan_s: float


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
    ) -> None:
        self._home = home
        self._folders = folders
        self._database = database
        self._intake = intake
        self._pace = pace
        self._settling = Settling(pace.settle_s)
        self._clock = clock
        self._half_done = True  # a crash or a failed step may have left something for `recover`
        self._woken = threading.Event()
        self._has_events = False
        self._next_beat_s = 0.0
        self._waits: dict[str, str] = {}  # last reason logged per file, so that waiting is said once
        self.new_unknowns = 0  # filed since the caller last set it to 0
        self.last_arrival_s = clock()

    def run(self, stop: threading.Event) -> None:
        """Watch until `stop` is set; the file in hand is finished first."""
        observer = self._observe()
        next_look_s = self._clock()
        try:
            while not stop.is_set():
                if self._woken.is_set() or self._clock() >= next_look_s:
                    self._woken.clear()
                    looked_s = self._round(stop, may_wait=True)
                    next_look_s = self._clock() + self._pause(looked_s)
                self._beat_if_due()
                self._woken.wait(max(min(next_look_s, self._next_beat_s) - self._clock(), 0.0))
                if self._woken.is_set():
                    stop.wait(TICK_S)  # a burst of events is one reason to look, not thousands
        finally:
            if observer is not None:
                observer.stop()
                observer.join()
            self._beat("stopped")

    def once(self, stop: threading.Event) -> None:
        """Deal with what is in the inbox now, and return. A file that somebody is writing is left."""
        self._recover()
        here = {seen.path for seen in look(self._home.inbox, self._folders)}
        give_up_s = self._clock() + self._pace.settle_s + self._pace.patience_s
        while not stop.is_set():
            self._round(stop, may_wait=False)
            sightings = look(self._home.inbox, self._folders)
            held = self._held(sightings)
            left = [s for s in sightings if s.path in here and s.path not in held and s.source not in self._waits]
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
            self._take_ready(sightings, stop, may_wait=may_wait)
        except (SQLAlchemyError, OSError) as error:
            log.error("the archive cannot be read or written: %s; trying again in %.0f s", error, RETRY_S)
            self._half_done = True
        return looked_s

    def _take_ready(self, sightings: list[Sighting], stop: threading.Event, *, may_wait: bool) -> None:
        self._recover()
        held = self._held(sightings)
        ready = self._settling.observe((seen for seen in sightings if seen.path not in held), self._clock())
        for seen in ready:
            if stop.is_set():
                break
            self._take(seen, may_wait=may_wait)
            self._recover()
            self._beat_if_due()

    def _recover(self) -> None:
        """Finish what is half-done before anything else is taken: else a photo would be taken for its own duplicate."""
        if self._half_done:
            recover(self._home, self._database, look(self._home.inbox, self._folders))
            self._half_done = False

    def _take(self, seen: Sighting, *, may_wait: bool) -> None:
        now_s = self._clock()
        patient = may_wait and self._settling.unchanged_s(seen, now_s) < self._pace.patience_s
        try:
            taken = self._intake.take(seen, may_wait=patient)
        except Exception as error:  # disk full, database locked, a bug: nothing is lost, the others go on, try again
            is_bug = not isinstance(error, SQLAlchemyError | OSError)
            log.error("%s: %s; trying again in %.0f s", seen.source, error, RETRY_S, exc_info=is_bug)
            self._settling.postpone(seen, now_s + RETRY_S)
            self._waits[seen.source] = str(error)
            self._half_done = True
            return
        if isinstance(taken, Waiting):
            if self._waits.get(seen.source) != taken.why:
                log.info("waiting: %s", taken.why)
                self._waits[seen.source] = taken.why
            self._settling.postpone(seen, self._clock() + min(RETRY_S, max(self._pace.settle_s, TICK_S)))
            return
        self.last_arrival_s = self._clock()
        self._waits.pop(seen.source, None)
        self._settling.forget(seen)
        if isinstance(taken, Filed) and taken.verdict.meter_type == UNKNOWN:
            self.new_unknowns += 1

    def _held(self, sightings: list[Sighting]) -> set[Path]:
        """Files that are done with but could not be removed; removed now where that has become possible."""
        by_source = {seen.source: seen for seen in sightings}
        with Session(self._database) as session:
            rows = [photo for photo in unsettled(session) if photo.source in by_source]
        if not rows:
            return set()
        settle_sources(self._database, by_source)
        sources = {photo.source for photo in rows if is_source_of(photo, by_source[photo.source])}
        return {by_source[source].path for source in sources if by_source[source].path.exists()}

    def _pause(self, looked_s: float) -> float:
        """Until the next file has settled or the next full look is due, in seconds; looks take at most a tenth of the time."""
        if self._half_done:
            return RETRY_S
        due_s = self._settling.next_try_s()
        until_due_s = self._pace.rescan_s if due_s is None else due_s - self._clock()
        return max(min(until_due_s, self._pace.rescan_s), TICK_S, 10 * looked_s)

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
                "mode": "events" if self._has_events else "polling",
                "inbox": str(self._home.inbox),
                "free_bytes": shutil.disk_usage(self._home.root).free,
            }
            with Session(self._database) as session, session.begin():
                beat(session, "watcher", state=state, detail=detail, now=datetime.now(UTC))
        except (SQLAlchemyError, OSError) as error:
            log.error("the sign of life cannot be written: %s", error)

    def _observe(self) -> BaseObserver | None:
        """Start the events. Without them (too many watches, a network share) the regular looks do the work alone."""
        observer = Observer()
        observer.schedule(_Waker(self._woken), str(self._home.inbox), recursive=True)
        try:
            observer.start()
        except OSError as error:
            log.warning("no events from the inbox (%s); looking every %.0f s instead", error, self._pace.rescan_s)
            return None
        self._has_events = True
        return observer


class _Waker(FileSystemEventHandler):
    """Any event only says: look."""

    def __init__(self, woken: threading.Event) -> None:
        self._woken = woken

    def on_any_event(self, event: FileSystemEvent) -> None:
        """Wake the watch, except for what its own looking causes."""
        if event.event_type not in ("opened", "closed_no_write"):
            self._woken.set()
