"""Real small disks (tmpfs): full, of another device, and read-only. Mounting needs the right to; without it these are skipped."""

from __future__ import annotations

import subprocess

import pytest
from sqlalchemy import Engine

from daemon.home import Home
from daemon.inbox import look
from daemon.intake import Intake
from daemon.recovery import recover
from db.database import open_database, sqlite_url
from tests.conftest import Mount
from tests.daemon.test_intake import fake_appraise, rows
from tests.photos import read, write

TEMPLATE = "{clarity}/{meter_type}/{name}"


def take_all(home: Home, database: Engine) -> None:
    intake = Intake(home, database, fake_appraise, template=TEMPLATE, max_bytes=10**7)
    recover(home, database, look(home.inbox))
    for seen in sorted(look(home.inbox), key=lambda each: each.source):
        intake.take(seen, may_wait=False)


def test_a_full_sorted_of_two_megabytes_keeps_the_rest_in_the_inbox_until_there_is_room(
    home: Home, database: Engine, mount: Mount
) -> None:
    mount(home.sorted, "size=2m")
    photos = {f"{number}.jpg": b"sharp %d " % number + bytes(900_000) for number in range(4)}
    write(home.inbox, photos)
    take_all(home, database)
    kept, waiting = read(home.sorted), read(home.inbox)
    assert (len(kept), len(waiting)) == (2, 2)
    assert {name.rpartition("/")[2]: data for name, data in kept.items()} | waiting == photos
    assert [row.outcome for row in rows(database)] == ["filed", "filed"]
    subprocess.run(["mount", "-o", "remount,size=8m", str(home.sorted)], check=True)
    take_all(home, database)
    assert read(home.inbox) == {}
    assert {name.rpartition("/")[2]: data for name, data in read(home.sorted).items()} == photos
    assert [row.outcome for row in rows(database)] == ["filed"] * 4


def test_a_sorted_without_inodes_left_keeps_the_rest_in_the_inbox(home: Home, database: Engine, mount: Mount) -> None:
    mount(home.sorted, "nr_inodes=6")
    write(home.inbox, {f"{number}.jpg": b"sharp %d" % number for number in range(6)})
    take_all(home, database)
    assert len(read(home.sorted)) + len(read(home.inbox)) == 6
    assert {row.outcome for row in rows(database)} == {"filed"}
    assert len(rows(database)) == len(read(home.sorted))


def test_a_database_on_a_full_disk_loses_and_doubles_nothing(home: Home, mount: Mount) -> None:
    mount(home.db, "size=2m")
    database = open_database(sqlite_url(home.db / "x.sqlite"))
    photos = {f"{number}.jpg": b"sharp %d" % number for number in range(3)}
    write(home.inbox, photos)
    ballast = home.db / "ballast"
    with pytest.raises(OSError, match="No space"), ballast.open("wb", buffering=0) as file:
        while file.write(bytes(4096)) == 4096:
            pass
        file.write(b"1")
    with pytest.raises(Exception, match=r"full|disk I/O|No space"):
        take_all(home, database)
    assert len(read(home.inbox)) == 3
    ballast.unlink()
    take_all(home, database)
    assert read(home.inbox) == {}
    assert sorted(read(home.sorted).values()) == sorted(photos.values())
    assert [row.outcome for row in rows(database)] == ["filed"] * 3
    database.dispose()


def test_an_inbox_on_another_device_is_copied_from_and_emptied(home: Home, database: Engine, mount: Mount) -> None:
    mount(home.inbox, "size=2m")
    write(home.inbox, {"a.jpg": b"sharp", "b.jpg": b"sharp", "c.jpg": b"text"})
    take_all(home, database)
    assert read(home.inbox) == {}
    assert set(read(home.sorted)) == {"clear/ACME_1/a.jpg", "duplicates/b.jpg", "refused/not_an_image/c.jpg"}


def test_a_read_only_inbox_is_filed_once_also_after_it_was_unmounted(home: Home, database: Engine, mount: Mount) -> None:
    mount(home.inbox, "size=2m")
    write(home.inbox, {"a.jpg": b"sharp", "b.jpg": b"text"})
    subprocess.run(["mount", "-o", "remount,ro", str(home.inbox)], check=True)
    take_all(home, database)
    away = home.root / "away"
    away.mkdir()
    subprocess.run(["mount", "--bind", str(home.inbox), str(away)], check=True)
    subprocess.run(["umount", "-l", str(home.inbox)], check=True)
    take_all(home, database)  # the empty mount point: looks as if everything had been deleted
    subprocess.run(["mount", "--bind", str(away), str(home.inbox)], check=True)
    subprocess.run(["umount", "-l", str(away)], check=True)
    take_all(home, database)
    assert [(row.source, row.outcome) for row in rows(database)] == [("a.jpg", "filed"), ("b.jpg", "refused")]
    assert set(read(home.inbox)) == {"a.jpg", "b.jpg"}
