"""Telling people what failed: looked up in the database, said in one message every so often, sent by a thread of its own.

Nothing here is on a photo's way: the looking reads rows that are committed, and the sending may hang for as long as it likes.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from db.notices import drifted_sites, failed_jobs, highest_ended, refused_since
from db.overview import read_heartbeats

log = logging.getLogger(__name__)

TITLE = "MeterSieve"
MOST_MESSAGES = 20  # that wait to be sent; more are dropped, for nobody hears those before them
LOW_BYTES = 2_000_000_000  # of free disk; a day's drop of 1,000 photos at 2 MB


@dataclass(frozen=True, slots=True)
class Condition:
    """Something that is wrong for a while: told when it begins, and when it is over."""

    key: str
    begins: str
    ends: str


def conditions(session: Session, now: datetime, *, drift_points: float, low_bytes: int = LOW_BYTES) -> tuple[Condition, ...]:
    """What is wrong now, by what the database says: the watcher, the disk, each site."""
    found = []
    watcher = read_heartbeats(session, now).get("watcher")
    if watcher is not None and not watcher.alive and watcher.state != "stopped":
        found.append(Condition("watcher", "The watcher gives no sign of life.", "The watcher is alive again."))
    detail = watcher.detail if watcher else {}
    if detail.get("mode") == "polling":
        text = "The inbox gives no events; the watcher looks at it regularly instead."
        found.append(Condition("deaf", text, "The inbox gives events again."))
    canary = detail.get("canary")
    if isinstance(canary, dict) and canary.get("ok") is False:
        said = canary.get("why") or "it gives no answer"
        found.append(Condition("engine", f"The engine does not judge a known picture: {said}.", "The engine judges again."))
    free = detail.get("free_bytes")
    if detail.get("paused") or (isinstance(free, int) and free < low_bytes):
        said = f"{free / 1e6:,.0f} MB are free." if isinstance(free, int) else "Too little is free."
        found.append(Condition("disk", f"The disk is nearly full: {said}", "The disk has room again."))
    for drift in drifted_sites(session, now, drift_points):
        site = f"Site {drift.site!r}" if drift.site else "The inbox itself"
        text = f"{site}: {drift.lately:.0%} of the photos are unclear, {drift.usually:.0%} were before."
        found.append(Condition(f"drift {drift.site}", text, f"{site}: as clear as before."))
    return tuple(found)


@dataclass(kw_only=True)
class Notices:
    """Looks every so often and hands what is new to `send`, as one text. Not for several threads at once."""

    database: Engine
    send: Callable[[str], None]
    pause: timedelta
    drift_points: float
    low_bytes: int = LOW_BYTES
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    _photo_id: int = field(init=False)  # what came up to here is told, or was there before
    _job_ids: set[int] = field(init=False)  # those whose failure is told, or was there before
    _wrong: dict[str, Condition] = field(default_factory=dict)
    _pending: list[str] = field(default_factory=list)
    _refused: dict[str, int] = field(default_factory=dict)
    _last_sent: datetime | None = None

    def __post_init__(self) -> None:
        """Whatever ends from now on is new, also before the first look."""
        with Session(self.database) as session:
            self._photo_id = highest_ended(session) or 0
            self._job_ids = {job.id for job in failed_jobs(session)}

    def look(self) -> None:
        """Take in what is new, and send it if the last message was long enough ago."""
        now = self.clock()
        with Session(self.database) as session:
            self._read_new(session, self._photo_id)
            self._compare(conditions(session, now, drift_points=self.drift_points, low_bytes=self.low_bytes))
        quiet = self._last_sent is not None and now - self._last_sent < self.pause
        if quiet and now >= self._last_sent:  # type: ignore[operator] # a clock set back is no reason to be silent for ever
            return
        if text := self._text():
            self.send(text)
            self._last_sent, self._pending, self._refused = now, [], {}

    def _read_new(self, session: Session, after_id: int) -> None:
        refused, self._photo_id = refused_since(session, after_id)
        for reason, number in refused.items():
            self._refused[reason] = self._refused.get(reason, 0) + number
        for job in failed_jobs(session):
            if job.id not in self._job_ids:
                self._pending.append(f"The job {job.kind} failed: {job.message or 'no reason was given'}.")
                self._job_ids.add(job.id)

    def _compare(self, now_wrong: Sequence[Condition]) -> None:
        wrong = {condition.key: condition for condition in now_wrong}
        self._pending += [wrong[key].begins for key in wrong.keys() - self._wrong.keys()]
        self._pending += [self._wrong[key].ends for key in self._wrong.keys() - wrong.keys()]
        self._wrong = wrong

    def _text(self) -> str:
        total = sum(self._refused.values())
        reasons = ", ".join(f"{number} {reason}" for reason, number in self._refused.items())
        refused = [f"{total} file{'s were' if total > 1 else ' was'} refused: {reasons}."] if total else []
        return "\n".join([*refused, *sorted(self._pending)])


class Sender:
    """Sends texts one after the other, in a thread that ends with the process whatever it is doing."""

    def __init__(self, deliver: Callable[[str], object]) -> None:
        self._deliver = deliver
        self._texts: queue.Queue[str] = queue.Queue(MOST_MESSAGES)
        threading.Thread(target=self._work, name="notify", daemon=True).start()

    def send(self, text: str) -> None:
        """Hand a text over; never waits."""
        try:
            self._texts.put_nowait(text)
        except queue.Full:
            log.error("a notification is dropped: those before it cannot be sent")

    def _work(self) -> None:
        while True:
            text = self._texts.get()
            try:
                self._deliver(text)
            except Exception as error:  # an address' library may raise anything; its text may hold the address
                log.error("a notification cannot be sent: %s", type(error).__name__)


def deliver(addresses: Sequence[str], text: str) -> tuple[bool, ...]:
    """Send the text to each Apprise address; whether each took it. Addresses are secrets: none is logged."""
    import apprise

    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
    return tuple(_deliver_one(apprise, address, text) for address in addresses)


def _deliver_one(apprise: Any, address: str, text: str) -> bool:
    service = apprise.Apprise()
    try:
        sent = service.add(address) and bool(service.notify(body=text, title=TITLE))
    except Exception as error:  # as above
        log.error("an address cannot be used: %s", type(error).__name__)
        sent = False
    if not sent:
        log.error("a notification was not taken by an address of kind %s", kind(address))
    return bool(sent)


def kind(address: str) -> str:
    """What may be said of an address: its part before "://"."""
    scheme, separator, _ = address.partition("://")
    return scheme if separator and scheme.isalnum() else "unknown"
