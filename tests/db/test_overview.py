"""The Overview's tallies."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from db.overview import (
    count_by_outcome,
    first_arrival,
    read_days,
    read_heartbeats,
    read_latest,
    read_quality_shares,
    tally,
)
from db.tables import PhotoTag, Service
from tests.archive import NOW, duplicate, photo, refused, store, unclear, unknown

DAY = timedelta(days=1)


def test_a_tally_counts_what_arrived_in_its_span(database: Engine) -> None:
    store(database, first := photo(1), unclear(2), unknown(3), refused(4), photo(5, received_at=NOW - 2 * DAY))
    store(database, duplicate(6, first))
    with Session(database) as session:
        day = tally(session, NOW - DAY, NOW)
    assert (day.photos, day.refused, day.duplicates) == (5, 1, 1)
    assert day.unclear_share == pytest.approx(1 / 3)
    assert day.unknown_share == pytest.approx(1 / 3)
    assert day.mean_ms == pytest.approx(80)


def test_where_nothing_was_judged_there_is_no_share(database: Engine) -> None:
    store(database, refused(1))
    with Session(database) as session:
        day = tally(session, NOW - DAY, NOW)
        nothing = tally(session, NOW + DAY, NOW + 2 * DAY)
    assert (day.unclear_share, day.unknown_share) == (None, None)
    assert (nothing.photos, nothing.mean_ms) == (0, None)


def test_a_photo_belongs_to_the_day_whose_span_holds_it_however_long_the_day_is(database: Engine) -> None:
    starts = [NOW - timedelta(hours=49), NOW - timedelta(hours=25), NOW - timedelta(hours=2), NOW]  # 24, 23 and 2 hours
    edge = timedelta(microseconds=1)
    store(
        database,
        photo(1, received_at=starts[0] - edge),
        photo(2, received_at=starts[0]),
        unclear(3, received_at=starts[1] - edge),
        photo(4, received_at=starts[1], site=None),
        photo(5, received_at=starts[2]),
        photo(6, received_at=starts[3]),
    )
    with Session(database) as session:
        days = read_days(session, starts)
    assert [(day.day, day.site, day.photos, day.unclear) for day in days] == [
        (0, "north", 2, 1),
        (1, "", 1, 0),
        (2, "north", 1, 0),
    ]


def test_tag_shares_are_of_the_photos_whose_quality_was_judged(database: Engine) -> None:
    store(database, unclear(1), photo(2, tags=[PhotoTag(tag="glare"), PhotoTag(tag="blurry")]), photo(3), photo(4), refused(5))
    with Session(database) as session:
        shares = read_quality_shares(session, NOW - DAY, NOW)
        assert (shares.poor, shares.tags) == (0.25, (("blurry", 0.5), ("glare", 0.25)))
        shares = read_quality_shares(session, NOW, NOW + DAY)
        assert (shares.poor, shares.tags) == (None, ())


def test_the_latest_are_filed_photos_newest_first(database: Engine) -> None:
    store(database, photo(2), photo(1), refused(0), photo(3))
    with Session(database) as session:
        assert [row.name for row in read_latest(session, 2)] == ["photo-0001.jpg", "photo-0002.jpg"]


def test_a_new_archive_has_no_first_arrival_and_no_outcome(database: Engine) -> None:
    with Session(database) as session:
        assert first_arrival(session) is None
        assert count_by_outcome(session) == {"filed": 0, "duplicate": 0, "refused": 0}
    store(database, photo(1), photo(2), refused(3), photo(0, outcome=None))
    with Session(database) as session:
        assert first_arrival(session) == datetime(2026, 11, 20, 11, 39, tzinfo=UTC)
        assert count_by_outcome(session) == {"filed": 2, "duplicate": 0, "refused": 1}


@pytest.mark.parametrize(
    ("age_s", "state", "alive"), [(2, "running", True), (14, "running", True), (16, "running", False), (2, "stopped", False)]
)
def test_a_service_is_alive_while_it_beats_and_has_not_said_goodbye(
    database: Engine, age_s: int, state: str, alive: bool
) -> None:
    store(database, Service(name="watcher", beat_at=NOW - timedelta(seconds=age_s), state=state, detail={"waiting": 3}))
    with Session(database) as session:
        beat = read_heartbeats(session, NOW)["watcher"]
    assert beat.alive is alive
    assert beat.detail == {"waiting": 3}
