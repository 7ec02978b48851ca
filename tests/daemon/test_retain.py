from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from daemon.home import Home
from daemon.inbox import look
from daemon.intake import Intake
from daemon.retain import retain
from db.retention import Keep, _why
from db.tables import Label, Photo
from tests.archive import NOW, duplicate, photo, refused, store
from tests.daemon.test_intake import fake_appraise
from tests.photos import read, write

MONTH = timedelta(days=30)


def kept(home: Home, database: Engine, *rows: Photo) -> list[Photo]:
    """Store rows, each with a file of its size."""
    store(database, *rows)
    for row in rows:
        write(home.root, {row.path: b"x" * row.size_bytes})
    return list(rows)


def run(home: Home, database: Engine, dry_run: bool = False, **limits: Keep) -> int:
    return retain(home, database, limits, dry_run=dry_run, clock=lambda: NOW).files


def test_nothing_goes_without_a_limit(home: Home, database: Engine) -> None:
    kept(home, database, photo(1, received_at=NOW - 100 * MONTH))
    assert run(home, database) == run(home, database, filed=Keep()) == 0
    assert len(read(home.sorted)) == 1


def test_old_files_go_and_their_rows_say_when_and_why(home: Home, database: Engine) -> None:
    old, new = kept(home, database, refused(1, received_at=NOW - MONTH), refused(2, received_at=NOW - MONTH / 3))
    assert run(home, database, refused=Keep(days=20)) == 1
    assert list(read(home.root / "sorted")) == [new.path.removeprefix("sorted/")]
    with Session(database) as session:
        row = session.get_one(Photo, old.id)
    assert (row.outcome, row.removed_at, row.removed_why) == ("refused", NOW, "older than 20 days")


def test_a_dry_run_names_the_files_and_touches_nothing(home: Home, database: Engine) -> None:
    kept(home, database, photo(1, received_at=NOW - MONTH))
    told = retain(home, database, {"filed": Keep(days=1)}, dry_run=True, clock=lambda: NOW)
    assert (told.files, told.size_bytes, told.lines) == (1, 12_345, ("sorted/photo-0001.jpg: older than 1 days",))
    with Session(database) as session:
        assert session.get_one(Photo, 1).removed_at is None
    assert len(read(home.sorted)) == 1


def test_the_oldest_go_until_the_rest_fits(home: Home, database: Engine) -> None:
    rows = [photo(n, size_bytes=400, received_at=NOW - n * MONTH) for n in range(1, 5)]
    kept(home, database, *rows)
    assert run(home, database, filed=Keep(gigabytes=900e-9)) == 2
    assert set(read(home.sorted)) == {"photo-0001.jpg", "photo-0002.jpg"}


def test_other_outcomes_are_left_alone(home: Home, database: Engine) -> None:
    kept(home, database, photo(1, received_at=NOW - MONTH), refused(2, received_at=NOW - MONTH))
    assert run(home, database, duplicate=Keep(days=1)) == 0


def test_a_labelled_photo_stays_and_its_duplicate_may_go(home: Home, database: Engine) -> None:
    (original,) = kept(home, database, photo(1, received_at=NOW - MONTH))
    kept(home, database, duplicate(2, original, received_at=NOW - MONTH))
    store(database, Label(photo_id=original.id, field="meter_type", value="X", by="ana", at=NOW))
    assert run(home, database, filed=Keep(days=1), duplicate=Keep(days=1)) == 1
    assert set(read(home.sorted)) == {"photo-0001.jpg"}


@pytest.mark.parametrize("change", [{"missing_since": NOW}, {"removed_at": NOW}])
def test_the_only_copy_of_a_labelled_photo_stays_even_if_it_is_a_duplicate(
    home: Home, database: Engine, change: dict[str, object]
) -> None:
    original = photo(1, received_at=NOW - MONTH, **change)
    store(database, original)
    kept(home, database, duplicate(2, original, received_at=NOW - MONTH))
    store(database, Label(photo_id=original.id, field="meter_type", value="X", by="ana", at=NOW))
    assert run(home, database, filed=Keep(days=1), duplicate=Keep(days=1)) == 0


def test_a_crash_after_the_row_is_finished_by_the_next_run(home: Home, database: Engine) -> None:
    kept(home, database, photo(1, removed_at=NOW, removed_why="older than 1 days"))
    assert run(home, database, filed=Keep(days=1)) == 0
    assert read(home.sorted) == {}


def test_the_same_bytes_again_are_a_duplicate_and_the_name_is_not_given_again(home: Home, database: Engine) -> None:
    intake = Intake(home, database, fake_appraise, template="{clarity}/{meter_type}/{name}", max_bytes=100)
    for content in (b"first", b"second", b"first"):
        write(home.inbox, {"a.jpg": content})
        for seen in look(home.inbox):
            intake.take(seen, may_wait=False)
        retain(home, database, {"filed": Keep(days=1)}, clock=lambda: NOW + 100 * MONTH)
    assert read(home.sorted) == {"duplicates/a.jpg": b"first"}
    with Session(database) as session:
        paths = [(photo.path, photo.outcome) for photo in session.query(Photo).order_by(Photo.id)]
    assert paths[:2] == [("sorted/clear/ACME_1/a.jpg", "filed"), ("sorted/clear/ACME_1/a (2).jpg", "filed")]


@given(age=st.floats(0, 1e4), days=st.floats(0.1, 1e4), total=st.integers(0, 10**13), gigabytes=st.floats(0.001, 1e4))
def test_a_file_stays_exactly_while_it_is_within_both_limits(age: float, days: float, total: int, gigabytes: float) -> None:
    why = _why(Keep(days=days, gigabytes=gigabytes), timedelta(days=age), total)
    assert (why is None) == (timedelta(days=age) <= timedelta(days=days) and total <= gigabytes * 10**9)
