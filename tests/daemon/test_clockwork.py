from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from apscheduler.schedulers.background import BackgroundScheduler

from daemon.clockwork import Every, Realigning


@pytest.fixture
def scheduler() -> Iterator[BackgroundScheduler]:
    made = BackgroundScheduler(timezone=UTC, job_defaults={"coalesce": True, "misfire_grace_time": None})
    made.start()
    yield made
    made.shutdown()


def test_a_clock_set_back_by_two_hours_does_not_stall_the_jobs(scheduler: BackgroundScheduler) -> None:
    ran = threading.Event()
    planned = datetime.now(UTC) + timedelta(hours=2)  # what a job planned before the clock was set back looks like after it
    scheduler.add_job(ran.set, Every(timedelta(seconds=0.1)), next_run_time=planned)
    assert not ran.wait(0.3)
    Realigning(scheduler).realign()
    assert ran.wait(5.0)


def test_a_job_that_is_due_in_time_is_left_as_planned(scheduler: BackgroundScheduler) -> None:
    planned = datetime.now(UTC) + timedelta(minutes=50)
    job = scheduler.add_job(print, Every(timedelta(hours=1)), next_run_time=planned)
    Realigning(scheduler).realign()
    assert job.next_run_time == planned


def test_a_clock_set_forward_by_fifty_years_is_one_missed_run(scheduler: BackgroundScheduler) -> None:
    runs: list[int] = []
    ran = threading.Event()

    def work() -> None:
        runs.append(1)
        ran.set()

    scheduler.add_job(work, Every(timedelta(hours=1)), next_run_time=datetime.now(UTC) - timedelta(days=50 * 365))
    assert ran.wait(5.0)
    assert len(runs) == 1
