"""The clock's work on a real folder and database, with the real scheduler: it looks for jobs every second."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from daemon.clockwork import Every
from daemon.home import Home
from daemon.inbox import look
from daemon.intake import Intake
from daemon.lock import locked
from daemon.placing import move
from daemon.regroup import tell_begun
from daemon.schedule import Chore, Schedule
from daemon.settling import Pace
from daemon.status import status
from daemon.watch import Watch
from db.jobs import JobKind, ask
from db.naming import name_photos
from db.records import beat, service
from db.tables import Job, Photo
from engine.verdict import UNKNOWN, Verdict
from tests.photos import jpeg, read, verdict, write
from tests.product.processes import wait_until

TEMPLATE = "{clarity}/{meter_type}/{name}"
NOW = datetime(2026, 4, 12, tzinfo=UTC)
ENDLESS = [sys.executable, "-c", "import time; time.sleep(600)"]


def unknown(_: bytes) -> Verdict:
    return verdict(UNKNOWN)


@pytest.fixture
def schedule(home: Home, database: Engine) -> Iterator[Schedule]:
    """A schedule over three unknown meters in sorted/; started by the test."""
    write(home.inbox, {f"{number}.jpg": jpeg(number) for number in range(3)})
    intake = Intake(home, database, unknown, template=TEMPLATE, max_bytes=10**8)
    for seen in sorted(look(home.inbox), key=lambda each: each.source):
        intake.take(seen, may_wait=False)
    watch = Watch(home, database, intake, Pace(settle_s=2.0, patience_s=30.0, rescan_s=5.0))
    made = Schedule(home, database, watch, regroup_arguments=(), minutes=60.0, after_new=100, quiet_s=1000.0, template=TEMPLATE)
    yield made
    made.stop()


def job(database: Engine) -> tuple[str, str | None]:
    with Session(database) as session:
        only = session.scalars(select(Job)).one()
        return only.status, only.message


def next_run(database: Engine) -> object:
    """What a look at the jobs says last."""
    with Session(database) as session:
        said = service(session, "grouping")
        return said and said.detail.get("next_run")


def test_a_named_selection_moves_to_its_types_folder(home: Home, database: Engine, schedule: Schedule) -> None:
    with Session(database) as session, session.begin():
        name_photos(session, [1, 3], "GENUS 5", by="ana", now=NOW)
    schedule.start()
    wait_until(lambda: job(database) == ("done", "moved 2 photos"), what="the move")
    assert set(read(home.sorted / "clear")) == {"GENUS 5/0.jpg", "UNKNOWN/ungrouped/1.jpg", "GENUS 5/2.jpg"}
    with Session(database) as session:
        assert session.scalars(select(Photo.path).order_by(Photo.id)).all() == [
            "sorted/clear/GENUS 5/0.jpg",
            "sorted/clear/UNKNOWN/ungrouped/1.jpg",
            "sorted/clear/GENUS 5/2.jpg",
        ]
        assert session.scalar(select(func.count()).where(Photo.moving_to.is_not(None))) == 0


def test_a_move_waits_while_a_regrouping_moves_photos(home: Home, database: Engine, schedule: Schedule) -> None:
    with Session(database) as session, session.begin():
        name_photos(session, [1], "GENUS 5", by="ana", now=NOW)
    with locked(home.db / "regroup.lock"):
        schedule.start()
        wait_until(lambda: next_run(database), what="the end of a look at the jobs")
        assert job(database) == ("waiting", None)
    wait_until(lambda: job(database)[0] == "done", what="the move")


@pytest.fixture
def idle(schedule: Schedule) -> Schedule:
    """Begun, but doing only what a test calls."""
    schedule.start()
    schedule._scheduler.pause()
    return schedule


def test_work_that_asks_for_the_plan_while_the_daemon_stops_does_not_keep_it_from_ending(
    schedule: Schedule, monkeypatch: pytest.MonkeyPatch
) -> None:
    working, stopping = threading.Event(), threading.Event()

    def asks() -> None:
        working.set()
        stopping.wait(30)
        schedule._say_how_it_stands()

    schedule.start()
    schedule._scheduler.add_job(asks, Every(timedelta(hours=1)), next_run_time=datetime.now(UTC))
    assert working.wait(30)
    executor = schedule._scheduler._executors["default"]
    end = executor.shutdown
    monkeypatch.setattr(executor, "shutdown", lambda wait=True: (stopping.set(), end(wait)))
    ending = threading.Thread(target=schedule.stop, daemon=True)
    ending.start()
    ending.join(20)
    assert not ending.is_alive()


def ask_for(database: Engine, kind: JobKind, **payload: object) -> None:
    with Session(database) as session, session.begin():
        ask(session, kind, payload, NOW)


def test_a_regrouping_that_takes_too_long_is_ended_and_said_to_have_failed(
    database: Engine, idle: Schedule, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Session(database) as session, session.begin():
        beat(session, "grouping", state="running", detail={}, now=NOW)
    ask_for(database, JobKind.REGROUP)
    monkeypatch.setattr("daemon.schedule.REGROUP_TIMEOUT_S", 0.1)
    monkeypatch.setattr(idle, "_command", ENDLESS)
    idle._regroup()
    assert idle._regrouping is not None
    assert idle._regrouping.poll() is not None
    assert job(database)[0] == "failed"
    with Session(database) as session:
        said = service(session, "grouping")
    assert said is not None
    assert said.state == "idle"


def test_a_regrouping_under_way_is_ended_when_a_person_cancels_it(
    database: Engine, idle: Schedule, monkeypatch: pytest.MonkeyPatch
) -> None:
    popen = subprocess.Popen

    def start(*given: Any, **named: Any) -> Any:
        ask_for(database, JobKind.CANCEL_REGROUP)
        idle._work()
        return popen(*given, **named)

    ask_for(database, JobKind.REGROUP)
    monkeypatch.setattr("daemon.schedule.subprocess.Popen", start)
    monkeypatch.setattr(idle, "_command", ENDLESS)
    idle._regroup()
    with Session(database) as session:
        ended = [(each.kind, each.status, each.message) for each in session.scalars(select(Job).order_by(Job.id))]
    assert ended == [
        ("regroup", "cancelled", "was cancelled by a person"),
        ("cancel_regroup", "done", "was cancelled by a person"),
    ]
    assert is_told_as_cancelled(database)


def test_a_regrouping_that_ends_with_the_daemon_is_no_error(
    idle: Schedule, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    popen = subprocess.Popen

    def start(*given: Any, **named: Any) -> Any:
        idle._stopping.set()
        return popen(*given, **named)

    monkeypatch.setattr("daemon.schedule.subprocess.Popen", start)
    monkeypatch.setattr(idle, "_command", ENDLESS)
    with caplog.at_level("INFO"):
        idle._regroup()
    assert [(each.levelname, each.message) for each in caplog.records] == [("INFO", "the regrouping ended with code -15")]


def is_told_as_cancelled(database: Engine) -> bool:
    with Session(database) as session:
        said = service(session, "grouping")
    return said is not None and said.state == "idle" and "last_cancelled" in said.detail


@pytest.mark.parametrize("waits", [True, False])
def test_cancelling_where_none_runs_forgets_those_that_wait(database: Engine, idle: Schedule, waits: bool) -> None:
    ask_for(database, JobKind.REGROUP if waits else JobKind.MOVE_GROUP)
    ask_for(database, JobKind.CANCEL_REGROUP)
    idle._cancel(2)
    assert is_told_as_cancelled(database) is waits
    with Session(database) as session:
        ended = [each.status for each in session.scalars(select(Job).order_by(Job.id))]
    assert ended == ["cancelled" if waits else "waiting", "done"]


def processes(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """The regroupings that are started from now on; each ends at once."""
    begun: list[object] = []

    class Done:
        def poll(self) -> int:
            return 0

        def wait(self, timeout: float) -> int:
            return 0

    def start(command: object, **_: object) -> Done:
        begun.append(command)
        return Done()

    monkeypatch.setattr("daemon.schedule.subprocess.Popen", start)
    return begun


def told(database: Engine) -> list[tuple[str, str, str | None]]:
    with Session(database) as session:
        return [(each.kind, each.status, each.message) for each in session.scalars(select(Job).order_by(Job.id))]


def test_a_regrouping_is_about_the_photos_that_were_there_when_it_was_due_and_newcomers_deal_with_them_first(
    idle: Schedule, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = processes(monkeypatch)
    finished: list[int] = []

    def finish(newest: int, give_up: Callable[[], bool]) -> None:
        assert (begun, give_up()) == ([], False)
        finished.append(newest)

    monkeypatch.setattr(idle, "_chores", [Chore(name="newcomers", every_s=2, work=list, finish=finish)])
    monkeypatch.setattr(idle, "_command", ["regroup"])
    idle._regroup()
    assert finished == [3]
    assert begun == [["nice", "-n", "10", "regroup", "--newest", "3"]]


def test_a_regrouping_that_is_cancelled_while_newcomers_are_dealt_with_never_runs(
    database: Engine, idle: Schedule, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = processes(monkeypatch)

    def finish(_: int, give_up: Callable[[], bool]) -> None:
        ask_for(database, JobKind.CANCEL_REGROUP)
        idle._work()
        assert give_up()

    monkeypatch.setattr(idle, "_chores", [Chore(name="newcomers", every_s=2, work=list, finish=finish)])
    ask_for(database, JobKind.REGROUP)
    idle._regroup()
    assert begun == []
    assert told(database)[0] == ("regroup", "cancelled", "was cancelled by a person")


def test_a_regrouping_that_is_cancelled_before_its_thread_begins_never_runs(
    database: Engine, idle: Schedule, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = processes(monkeypatch)
    ask_for(database, JobKind.REGROUP)
    idle._work()
    ask_for(database, JobKind.CANCEL_REGROUP)
    idle._work()
    idle._regroup()  # as the scheduler was told
    assert begun == []
    assert told(database) == [
        ("regroup", "cancelled", "was cancelled by a person"),
        ("cancel_regroup", "done", "was cancelled by a person"),
    ]
    ask_for(database, JobKind.REGROUP)
    idle._work()
    idle._regroup()
    assert len(begun) == 1 and told(database)[2][1] == "done", "the next one that is asked for runs"


def test_what_was_asked_for_and_cancelled_while_no_daemon_ran_is_not_begun_and_what_was_asked_for_since_is(
    database: Engine, idle: Schedule, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = processes(monkeypatch)
    ask_for(database, JobKind.REGROUP)
    ask_for(database, JobKind.CANCEL_REGROUP)
    now: list[datetime] = []
    monkeypatch.setattr(idle._scheduler, "modify_job", lambda *_, next_run_time: now.append(next_run_time))
    idle._work()
    assert now == []
    assert told(database) == [
        ("regroup", "cancelled", "was cancelled by a person"),
        ("cancel_regroup", "done", "none was running"),
    ]
    ask_for(database, JobKind.CANCEL_REGROUP)
    ask_for(database, JobKind.REGROUP)
    idle._work()
    assert len(now) == 1
    idle._regroup()
    assert len(begun) == 1 and told(database)[3][1] == "done"


def test_a_regrouping_asked_for_while_the_clock_s_own_runs_is_cancelled_with_it(
    database: Engine, idle: Schedule, monkeypatch: pytest.MonkeyPatch
) -> None:
    def start(*_: object, **__: object) -> Any:
        ask_for(database, JobKind.REGROUP)
        ask_for(database, JobKind.CANCEL_REGROUP)
        idle._work()
        raise FileNotFoundError(2, "no such file", "nice")

    monkeypatch.setattr("daemon.schedule.subprocess.Popen", start)
    idle._regroup()
    assert [state for _, state, _ in told(database)] == ["cancelled", "done"]


@pytest.fixture
def called(schedule: Schedule, monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Regroupings that were begun before their time; three unknown meters are enough for one."""
    now: list[object] = []
    monkeypatch.setattr(schedule, "_after_new", 3)
    monkeypatch.setattr(schedule, "_quiet_s", 0.0)
    monkeypatch.setattr(schedule, "_regroup_now", lambda: now.append("regroup"))
    return now


def test_unknown_meters_that_a_killed_daemon_left_ungrouped_are_grouped_by_the_next_one(
    schedule: Schedule, called: list[object]
) -> None:
    schedule._watch.new_unknowns = 0  # they were filed by the daemon before
    schedule.start()
    schedule._scheduler.pause()
    schedule._work()
    assert called


def test_unknown_meters_that_a_regrouping_has_seen_start_none_after_a_restart(
    database: Engine, schedule: Schedule, called: list[object]
) -> None:
    ended = datetime.now(UTC)
    with Session(database) as session, session.begin():
        beat(session, "grouping", state="idle", detail={"last_ended": ended.isoformat(), "last_seconds": 0.0}, now=ended)
    schedule.start()
    schedule._scheduler.pause()
    schedule._work()
    assert not called


def test_a_regrouping_that_cannot_start_is_said_to_have_failed(
    database: Engine, idle: Schedule, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(*_: object, **__: object) -> NoReturn:
        raise FileNotFoundError(2, "no such file", "nice")

    ask_for(database, JobKind.REGROUP)
    monkeypatch.setattr("daemon.schedule.subprocess.Popen", missing)
    idle._regroup()
    assert job(database)[0] == "failed"


def test_a_regrouping_asked_for_while_another_ends_is_not_called_done(
    database: Engine, idle: Schedule, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Ending:
        """A process that has ended when `wait` notices it, and not a moment earlier."""

        def poll(self) -> int:
            return 0

        def wait(self, timeout: float) -> int:
            ask_for(database, JobKind.REGROUP)
            idle._work()
            return 0

    monkeypatch.setattr("daemon.schedule.subprocess.Popen", lambda *_, **__: Ending())
    idle._regroup()
    assert job(database) == ("waiting", None)


def test_no_regrouping_starts_once_the_schedule_is_told_to_stop(idle: Schedule, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(idle._scheduler, "shutdown", lambda wait: idle._regroup())
    monkeypatch.setattr(idle, "_command", ENDLESS)
    idle.stop()
    monkeypatch.undo()
    assert idle._regrouping is None


def test_a_job_that_makes_no_sense_fails_and_the_next_one_is_done(home: Home, database: Engine, idle: Schedule) -> None:
    ask_for(database, JobKind.MOVE_GROUP)
    with Session(database) as session, session.begin():
        name_photos(session, [1], "GENUS 5", by="ana", now=NOW)
    idle._work()
    with Session(database) as session:
        assert session.scalars(select(Job.status).order_by(Job.id)).all() == ["failed", "done"]


def state(home: Home, database: Engine) -> tuple[str, str]:
    """What the pages read, and what `daemon status` says."""
    with Session(database) as session:
        said = service(session, "grouping")
    assert said is not None
    return said.state, status(home, database)["grouping"]["state"]


def test_a_regrouping_that_was_killed_is_no_longer_said_to_run_and_one_that_runs_is(
    home: Home, database: Engine, schedule: Schedule
) -> None:
    with Session(database) as session, session.begin():
        beat(session, "grouping", state="running", detail={}, now=NOW)
    with locked(home.db / "regroup.lock"):  # one by hand, or of a daemon that was killed
        schedule.start()
        schedule._scheduler.pause()
        schedule._work()
        assert state(home, database) == ("running", "running")
    assert state(home, database) == ("running", "idle")
    schedule._work()
    assert state(home, database) == ("idle", "idle")


def test_a_regrouping_that_still_has_unknown_photos_judged_is_said_to_run(
    home: Home, database: Engine, idle: Schedule, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []

    def start(*_: object, **__: object) -> NoReturn:
        tell_begun(database)  # as the process does
        idle._work()
        said.append(state(home, database)[0])
        raise FileNotFoundError(2, "no such file", "nice")

    monkeypatch.setattr("daemon.schedule.subprocess.Popen", start)
    idle._regroup()
    assert said == ["running"] and state(home, database)[0] == "idle"


def test_what_could_not_be_moved_is_tried_again_after_each_regrouping(
    home: Home, database: Engine, idle: Schedule, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(*_: object) -> NoReturn:
        raise PermissionError(13, "Permission denied")

    with Session(database) as session, session.begin():
        name_photos(session, [1], "GENUS 5", by="ana", now=NOW)
    with monkeypatch.context() as patched:
        patched.setattr("daemon.refile.move", denied)
        idle._work()
    idle._work()  # not every second
    assert job(database)[0] == "failed"
    monkeypatch.setattr(idle, "_command", ["true"])
    idle._regroup()
    idle._work()
    assert job(database) == ("done", "moved 1 photo")
    assert "clear/GENUS 5/0.jpg" in read(home.sorted)


def test_a_move_that_the_database_interrupted_is_done_again(
    home: Home, database: Engine, idle: Schedule, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked_out(*_: object, **__: object) -> NoReturn:
        raise OperationalError("UPDATE", {}, Exception("database is locked"))

    with Session(database) as session, session.begin():
        name_photos(session, [1], "GENUS 5", by="ana", now=NOW)
    with monkeypatch.context() as patched, pytest.raises(OperationalError):
        patched.setattr("daemon.moving.refile", locked_out)
        idle._work()
    idle._work()
    assert job(database) == ("done", "moved 1 photo")


def test_a_move_that_a_killed_regrouping_left_half_done_is_finished_before_the_next(
    home: Home, database: Engine, idle: Schedule
) -> None:
    with Session(database) as session, session.begin():
        session.get_one(Photo, 1).moving_to = "sorted/clear/UNKNOWN/group-0001/0.jpg"
    move(home.sorted / "clear/UNKNOWN/ungrouped/0.jpg", home.sorted / "clear/UNKNOWN/group-0001/0.jpg")
    with Session(database) as session, session.begin():
        name_photos(session, [1], "GENUS 5", by="ana", now=NOW)
    idle._work()
    with Session(database) as session:
        assert session.get_one(Photo, 1).path == "sorted/clear/GENUS 5/0.jpg"
    assert "clear/GENUS 5/0.jpg" in read(home.sorted)


def test_a_last_run_in_the_future_of_a_clock_put_right_delays_the_next_by_one_pause_at_most(
    database: Engine, schedule: Schedule
) -> None:
    with Session(database) as session, session.begin():
        beat(session, "grouping", state="idle", detail={"last_ended": "2099-01-01T00:00:00+00:00"}, now=NOW)
    schedule.start()
    assert schedule._scheduler.get_job("regroup").next_run_time <= datetime.now(UTC) + timedelta(minutes=60)
