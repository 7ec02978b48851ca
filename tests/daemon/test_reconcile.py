from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from daemon.home import Home
from daemon.inbox import look
from daemon.intake import Intake
from daemon.reconcile import Found, compare, put_right, told
from db.tables import Photo
from tests.daemon.test_intake import fake_appraise, rows
from tests.photos import read, write

NOW = datetime(2026, 4, 12, tzinfo=UTC)


def take_all(home: Home, database: Engine) -> None:
    intake = Intake(home, database, fake_appraise, template="{clarity}/{meter_type}/{name}", max_bytes=100)
    for seen in sorted(look(home.inbox), key=lambda each: each.source):
        intake.take(seen, may_wait=False)


@pytest.fixture
def archive(home: Home, database: Engine) -> Home:
    """a.jpg filed, b.jpg its duplicate, c.jpg filed, d.jpg refused."""
    write(home.inbox, {"a.jpg": b"sharp", "b.jpg": b"sharp", "c.jpg": b"sharp 2", "d.jpg": b"text"})
    take_all(home, database)
    return home


def test_a_sound_archive_is_called_sound(archive: Home, database: Engine) -> None:
    assert compare(archive, database, deep=True) == Found()
    assert told(Found()) == "Files and rows agree."


def test_a_check_changes_nothing(archive: Home, database: Engine) -> None:
    (archive.sorted / "clear/ACME_1/c.jpg").unlink()
    write(archive.sorted, {"clear/ACME_1/stray.jpg": b"stray"})
    before = read(archive.root / "sorted")
    found = compare(archive, database, deep=False)
    assert (found.missing, found.unknown) == ((3,), ("sorted/clear/ACME_1/stray.jpg",))
    assert read(archive.root / "sorted") == before
    assert all(row.missing_since is None for row in rows(database))


def test_a_database_restored_older_than_the_folders_adopts_every_file_and_loses_none(home: Home, database: Engine) -> None:
    write(home.inbox, {"a.jpg": b"sharp"})
    take_all(home, database)
    write(home.inbox, {"b.jpg": b"sharp 2", "c.jpg": b"text"})
    take_all(home, database)
    with Session(database) as session, session.begin():  # yesterday's database
        for photo in session.query(Photo).where(Photo.id > 1):
            session.delete(photo)
    found = put_right(home, database, deep=False, now=NOW)
    assert found.unknown == ("sorted/clear/ACME_1/b.jpg", "sorted/refused/not_an_image/c.jpg")
    take_all(home, database)
    assert read(home.inbox) == {}
    assert {row.path: row.outcome for row in rows(database)} == {
        "sorted/clear/ACME_1/a.jpg": "filed",
        "sorted/clear/ACME_1/b.jpg": "filed",
        "sorted/refused/not_an_image/c.jpg": "refused",
    }
    assert compare(home, database, deep=True).is_sound


def test_a_file_moved_by_hand_is_recorded_where_it_is(archive: Home, database: Engine) -> None:
    (archive.sorted / "mine").mkdir()
    (archive.sorted / "clear/ACME_1/c.jpg").rename(archive.sorted / "mine/renamed.jpg")
    put_right(archive, database, deep=False, now=NOW)
    assert rows(database)[2].path == "sorted/mine/renamed.jpg"
    assert compare(archive, database, deep=True).is_sound


def test_a_lost_photo_is_restored_from_its_duplicate(archive: Home, database: Engine) -> None:
    (archive.sorted / "clear/ACME_1/a.jpg").unlink()
    put_right(archive, database, deep=False, now=NOW)
    assert read(archive.sorted)["clear/ACME_1/a.jpg"] == b"sharp"
    assert compare(archive, database, deep=True).is_sound


def test_a_row_without_its_file_is_marked_missing_and_unmarked_when_the_file_is_back(archive: Home, database: Engine) -> None:
    (archive.sorted / "clear/ACME_1/c.jpg").unlink()
    put_right(archive, database, deep=False, now=NOW)
    assert rows(database)[2].missing_since == NOW
    write(archive.sorted, {"clear/ACME_1/c.jpg": b"sharp 2"})
    assert put_right(archive, database, deep=False, now=NOW).back == (3,)
    assert rows(database)[2].missing_since is None


def test_bytes_that_rotted_are_said_by_a_deep_look_and_kept(archive: Home, database: Engine) -> None:
    write(archive.sorted, {"clear/ACME_1/c.jpg": b"sharp X"})
    assert compare(archive, database, deep=False).is_sound
    assert put_right(archive, database, deep=True, now=NOW).damaged == ("sorted/clear/ACME_1/c.jpg",)
    assert read(archive.sorted)["clear/ACME_1/c.jpg"] == b"sharp X"
