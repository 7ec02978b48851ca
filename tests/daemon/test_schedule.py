"""The clock's work on a real folder and database, with the real scheduler: it looks for jobs every second."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from daemon.home import Home
from daemon.inbox import look
from daemon.intake import Intake
from daemon.lock import locked
from daemon.schedule import Schedule
from daemon.watch import Pace, Watch
from db.groups import name_photos
from db.records import service
from db.tables import Job, Photo
from engine.verdict import UNKNOWN, Verdict
from tests.photos import jpeg, read, verdict, write
from tests.product.processes import wait_until

TEMPLATE = "{clarity}/{meter_type}/{name}"
NOW = datetime(2026, 4, 12, tzinfo=UTC)


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
