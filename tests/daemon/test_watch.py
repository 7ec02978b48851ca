from __future__ import annotations

import threading
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import NoReturn

import pytest
from sqlalchemy import Engine, event
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from daemon.home import Home
from daemon.inbox import Sighting, look
from daemon.intake import Intake
from daemon.settling import Pace, Settling
from daemon.watch import Watch
from db.records import service
from tests.daemon.test_intake import fake_appraise, rows
from tests.photos import read, write

TEMPLATE = "{clarity}/{meter_type}/{name}"


class Clock:
    """Seconds that pass only when told to."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


class Stop(threading.Event):
    """A stop signal whose waiting moves the clock instead of waiting, and that ends the run after so many seconds."""

    def __init__(self, clock: Clock, after_s: float, meanwhile: Callable[[float], None] = lambda elapsed_s: None) -> None:
        super().__init__()
        self._clock, self._start_s, self._after_s, self._meanwhile = clock, clock.now_s, after_s, meanwhile

    def wait(self, timeout: float | None = None) -> bool:
        self._clock.now_s += timeout or 0.0
        elapsed_s = self._clock.now_s - self._start_s
        self._meanwhile(elapsed_s)
        if elapsed_s >= self._after_s:
            self.set()
        return self.is_set()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def watch(home: Home, database: Engine, clock: Clock) -> Watch:
    intake = Intake(home, database, fake_appraise, template=TEMPLATE, max_bytes=100)
    return Watch(home, database, intake, Pace(settle_s=2.0, patience_s=30.0, rescan_s=5.0), clock=clock)


def run(watch: Watch, stop: Stop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run the watch without a real observer and without real waiting."""
    monkeypatch.setattr(watch, "_observe", lambda: None)
    monkeypatch.setattr(watch._woken, "wait", stop.wait)
    watch.run(stop)


def test_once_files_everything_there_and_ends(home: Home, database: Engine) -> None:
    write(home.inbox, {"a.jpg": b"sharp", "b/c.jpg": b"text", "d.jpg": b"half"})
    intake = Intake(home, database, fake_appraise, template=TEMPLATE, max_bytes=100)
    Watch(home, database, intake, Pace(settle_s=0.0, patience_s=30.0, rescan_s=5.0)).once(threading.Event())
    assert read(home.inbox) == {}
    assert set(read(home.sorted)) == {"clear/ACME_1/a.jpg", "refused/not_an_image/c.jpg", "refused/truncated/d.jpg"}


def test_once_leaves_a_file_that_somebody_is_writing_and_still_ends(
    home: Home, database: Engine, clock: Clock, watch: Watch
) -> None:
    write(home.inbox, {"done.jpg": b"sharp"})
    with (home.inbox / "open.jpg").open("wb") as writer:
        writer.write(b"half")
        writer.flush()
        watch.once(Stop(clock, after_s=600.0))
    assert read(home.inbox) == {"open.jpg": b"half"}
    assert set(read(home.sorted)) == {"clear/ACME_1/done.jpg"}
    assert clock.now_s < 1040.0


def test_once_takes_as_long_as_many_photos_need(home: Home, clock: Clock, watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    begin = watch._intake.begin

    def slowly(*args: object, **options: object) -> object:
        clock.now_s += 10.0
        return begin(*args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(watch._intake, "begin", slowly)
    write(home.inbox, {f"{n}.jpg": f"sharp {n}".encode() for n in range(10)})
    watch.once(Stop(clock, after_s=3600.0))
    assert len(read(home.sorted)) == 10


def test_files_that_were_there_before_the_start_are_filed(
    home: Home, clock: Clock, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(home.inbox, {f"{n}.jpg": f"sharp {n}".encode() for n in range(10)})
    run(watch, Stop(clock, after_s=10.0), monkeypatch)
    assert len(read(home.sorted)) == 10


def test_without_any_event_an_arrival_is_found_by_looking(
    home: Home, clock: Clock, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    def arrive(elapsed_s: float) -> None:
        if elapsed_s > 20.0 and not (home.inbox / "late.jpg").exists() and not read(home.sorted):
            write(home.inbox, {"late.jpg": b"sharp"})

    run(watch, Stop(clock, after_s=40.0, meanwhile=arrive), monkeypatch)
    assert set(read(home.sorted)) == {"clear/ACME_1/late.jpg"}


def test_a_writer_that_stalls_longer_than_the_window_makes_one_row_of_the_whole_file(
    home: Home, database: Engine, clock: Clock, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(home.inbox, {"a.jpg": b"half"})

    def finish(elapsed_s: float) -> None:
        if elapsed_s > 15.0 and read(home.inbox) == {"a.jpg": b"half"}:
            write(home.inbox, {"a.jpg": b"sharp at last"})

    run(watch, Stop(clock, after_s=40.0, meanwhile=finish), monkeypatch)
    assert read(home.sorted) == {"clear/ACME_1/a.jpg": b"sharp at last"}
    assert [row.outcome for row in rows(database)] == ["filed"]


def test_an_upload_that_never_ends_is_refused_when_patience_is_over(
    home: Home, clock: Clock, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(home.inbox, {"a.jpg": b"half"})
    seen: dict[str, set[str]] = {}

    def watch_it(elapsed_s: float) -> None:
        seen["early" if elapsed_s < 30 else "late"] = set(read(home.sorted))

    run(watch, Stop(clock, after_s=45.0, meanwhile=watch_it), monkeypatch)
    assert seen == {"early": set(), "late": {"refused/truncated/a.jpg"}}


def test_a_database_that_fails_for_a_while_loses_and_doubles_nothing(
    home: Home, database: Engine, clock: Clock, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin, failures = watch._intake.begin, iter(range(3))

    def failing(*args: object, **options: object) -> object:
        if next(failures, None) is not None:
            raise OperationalError("INSERT", {}, Exception("database or disk is full"))
        return begin(*args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(watch._intake, "begin", failing)
    write(home.inbox, {"a.jpg": b"sharp"})
    run(watch, Stop(clock, after_s=60.0), monkeypatch)
    assert (read(home.inbox), set(read(home.sorted))) == ({}, {"clear/ACME_1/a.jpg"})
    assert [row.outcome for row in rows(database)] == ["filed"]


def test_a_read_only_inbox_files_each_photo_once_and_does_not_loop(
    home: Home, database: Engine, clock: Clock, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    unlink = Path.unlink

    def refuse(path: Path, missing_ok: bool = False) -> None:
        if home.inbox in path.parents:
            raise PermissionError(13, "read-only", str(path))
        unlink(path, missing_ok=missing_ok)

    write(home.inbox, {"a.jpg": b"sharp"})
    with monkeypatch.context() as patched:
        patched.setattr(Path, "unlink", refuse)
        run(watch, Stop(clock, after_s=30.0), patched)
        assert (set(read(home.inbox)), set(read(home.sorted))) == ({"a.jpg"}, {"clear/ACME_1/a.jpg"})
        assert len(rows(database)) == 1
    run(watch, Stop(clock, after_s=10.0), monkeypatch)
    assert read(home.inbox) == {}
    assert [(row.outcome, row.source_removed) for row in rows(database)] == [("filed", True)]


def test_the_watch_gives_signs_of_life_and_says_when_it_stops(
    home: Home, database: Engine, clock: Clock, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    states: list[tuple[str, int]] = []

    def listen(_: float) -> None:
        with Session(database) as session:
            if row := service(session, "watcher"):
                states.append((row.state, row.detail["waiting"]))

    with (home.inbox / "open.jpg").open("wb") as writer:
        writer.write(b"half")
        writer.flush()
        run(watch, Stop(clock, after_s=10.0, meanwhile=listen), monkeypatch)
    assert ("running", 1) in states
    with Session(database) as session:
        row = service(session, "watcher")
    assert row is not None
    assert row.state == "stopped"


def test_unknown_meters_are_counted_for_the_next_regrouping(
    home: Home, clock: Clock, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(home.inbox, {"a.jpg": b"unknown 1", "b.jpg": b"unknown 2", "c.jpg": b"sharp"})
    run(watch, Stop(clock, after_s=5.0), monkeypatch)
    assert watch.new_unknowns == 2


@pytest.mark.parametrize("failing", range(2, 9))
def test_a_database_that_fails_at_any_write_and_during_recovery_loses_and_doubles_nothing(
    home: Home, clock: Clock, watch: Watch, monkeypatch: pytest.MonkeyPatch, failing: int
) -> None:
    commits = 0

    def full(session: Session) -> None:
        nonlocal commits
        commits += bool(session.new or session.dirty or session.deleted)
        if failing <= commits < failing + 6:
            raise OperationalError("COMMIT", {}, Exception("database or disk is full"))

    write(home.inbox, {"a.jpg": b"sharp", "b.jpg": b"sharp", "c.jpg": b"text"})
    event.listen(Session, "before_commit", full)
    try:
        run(watch, Stop(clock, after_s=90.0), monkeypatch)
    finally:
        event.remove(Session, "before_commit", full)
    assert read(home.inbox) == {}
    found = {row.outcome: row for row in rows(watch._database)}
    assert len(rows(watch._database)) == 3
    assert {found["filed"].source, found["duplicate"].source} == {"a.jpg", "b.jpg"}  # the one that failed comes later
    assert {row.path: row.size_bytes for row in found.values()} == {
        f"sorted/clear/ACME_1/{found['filed'].source}": 5,
        f"sorted/duplicates/{found['duplicate'].source}": 5,
        "sorted/refused/not_an_image/c.jpg": 4,
    }
    assert {f"sorted/{name}" for name in read(home.sorted)} == {row.path for row in found.values()}


def test_a_disk_that_is_away_for_a_while_does_not_end_the_watch(
    home: Home, clock: Clock, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(path: Path) -> NoReturn:
        raise FileNotFoundError(2, "not mounted", str(path))

    monkeypatch.setattr("daemon.watch.shutil.disk_usage", away)
    write(home.inbox, {"a.jpg": b"sharp"})
    run(watch, Stop(clock, after_s=20.0), monkeypatch)
    assert set(read(home.sorted)) == {"clear/ACME_1/a.jpg"}


def test_a_file_that_trips_the_intake_does_not_stop_the_others(
    home: Home, clock: Clock, watch: Watch, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    begin = watch._intake.begin

    def tripping(seen: Sighting, **options: bool) -> object:
        if seen.source == "a.jpg":
            raise OverflowError("a bug in the intake")
        return begin(seen, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(watch._intake, "begin", tripping)
    write(home.inbox, {"a.jpg": b"sharp", "b.jpg": b"sharp 2"})
    run(watch, Stop(clock, after_s=20.0), monkeypatch)
    assert (set(read(home.inbox)), set(read(home.sorted))) == ({"a.jpg"}, {"clear/ACME_1/b.jpg"})
    assert "a bug in the intake" in caplog.text


def test_a_file_that_waits_is_no_arrival(home: Home, clock: Clock, watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    before_s = watch.last_arrival_s
    with (home.inbox / "open.jpg").open("wb") as writer:
        writer.write(b"half")
        writer.flush()
        run(watch, Stop(clock, after_s=60.0), monkeypatch)
    assert watch.last_arrival_s == before_s


def test_files_that_vanish_while_they_wait_are_not_remembered_for_ever(home: Home, clock: Clock, watch: Watch) -> None:
    for number in range(3):
        write(home.inbox, {f"{number}.jpg": b"half"})
        for _ in range(2):
            watch._round(threading.Event(), may_wait=True)
            clock.now_s += 3.0
        (home.inbox / f"{number}.jpg").unlink()
        watch._failures[f"{number}.jpg"] = 1
        watch._round(threading.Event(), may_wait=True)
    assert (watch._waits, watch._failures) == ({}, {})


def test_below_the_disk_floor_intake_pauses_says_so_and_goes_on_by_itself(
    home: Home, database: Engine, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    free, said = {"bytes": 5 * 2**20}, []

    def disk(_: Path) -> object:
        return SimpleNamespace(free=free["bytes"])

    def watch_it(elapsed_s: float) -> None:
        with Session(database) as session:
            row = service(session, "watcher")
        if row is not None:
            said.append((row.detail["paused"], len(read(home.sorted))))
        if elapsed_s > 20.0:
            free["bytes"] = 50 * 2**20

    monkeypatch.setattr("daemon.watch.shutil.disk_usage", disk)
    intake = Intake(home, database, fake_appraise, template=TEMPLATE, max_bytes=100)
    pace = Pace(settle_s=2.0, patience_s=30.0, rescan_s=5.0, min_free_mb=10)
    write(home.inbox, {"a.jpg": b"sharp"})
    run(Watch(home, database, intake, pace, clock=clock), Stop(clock, after_s=60.0, meanwhile=watch_it), monkeypatch)
    assert ("5 MB are free on the disk, min_free_mb is 10", 0) in said
    assert said[-1] == (None, 1)


def test_what_keeps_failing_is_tried_less_and_less_often(
    home: Home, clock: Clock, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[float] = []

    def failing(seen: Sighting, **_: bool) -> NoReturn:
        tries.append(clock.now_s)
        raise OSError(16, "Device or resource busy")

    monkeypatch.setattr(watch._intake, "begin", failing)
    write(home.inbox, {"a.jpg": b"sharp"})
    run(watch, Stop(clock, after_s=100.0), monkeypatch)
    pauses = [later - earlier for earlier, later in pairwise(tries)]
    assert len(tries) >= 3
    assert pauses == sorted(pauses)
    assert pauses[-1] >= 2 * pauses[0]


def test_photos_that_come_in_one_burst_are_taken_in_the_order_in_which_they_came(home: Home, database: Engine) -> None:
    names = [f"{number:02}.jpg" for number in range(30)]
    write(home.inbox, {name: f"sharp {name}".encode() for name in names})
    intake = Intake(home, database, fake_appraise, template=TEMPLATE, max_bytes=100)
    Watch(home, database, intake, Pace(settle_s=0.0, patience_s=30.0, rescan_s=5.0)).once(threading.Event())
    assert [row.source for row in rows(database)] == names


def test_the_age_of_the_oldest_waiting_file_counts_from_its_arrival_not_from_the_start(home: Home, clock: Clock) -> None:
    settling = Settling(2.0)
    write(home.inbox, {"a.jpg": b"sharp"})
    settling.observe(look(home.inbox), clock(), lambda seen: 3600.0)
    assert settling.oldest_s(clock()) == 3600.0
