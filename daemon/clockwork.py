"""APScheduler plans by the wall clock. Set back by two hours, it would sleep for two hours; set forward by years, it would
count every run it missed. Here nothing is ever planned further ahead than its own interval, and a jump is one missed run.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger

LOOK_EVERY_S = 1.0  # on the monotonic clock
SLACK = timedelta(seconds=2)


class Every(BaseTrigger):  # type: ignore[misc] # APScheduler has no types
    """So long after now, however many runs were missed."""

    def __init__(self, interval: timedelta) -> None:
        self.interval = interval

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:
        """As APScheduler asks."""
        return now + self.interval


class Realigning:
    """Looks at the plans once a second and brings those back that a clock set back put out of reach."""

    def __init__(self, scheduler: BackgroundScheduler, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._scheduler, self._now = scheduler, now
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="realigning", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """End."""
        self._stop.set()

    def realign(self) -> None:
        """One look at all plans."""
        now = self._now()
        for job in self._scheduler.get_jobs():
            planned, interval = job.next_run_time, getattr(job.trigger, "interval", None)
            if planned is not None and interval is not None and planned - now > interval + SLACK:
                try:
                    job.modify(next_run_time=now + interval)  # which wakes the scheduler
                except JobLookupError:  # removed meanwhile
                    continue

    def _run(self) -> None:
        while not self._stop.wait(LOOK_EVERY_S):
            self.realign()
