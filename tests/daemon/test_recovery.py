"""Crashes at every single step of filing and moving, each followed by a restart."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event, select
from sqlalchemy.orm import Session

from daemon.decisions import InHand
from daemon.home import Home
from daemon.inbox import look
from daemon.intake import Intake
from daemon.recovery import recover
from daemon.refile import refile
from db.tables import Photo
from engine.verdict import UNKNOWN
from tests.daemon.test_intake import fake_appraise
from tests.photos import read, write

TEMPLATE = "{clarity}/{meter_type}/{name}"


class Crash(BaseException):
    """The process is gone: nothing of ours may catch it."""


@contextmanager
def crashing(monkeypatch: pytest.MonkeyPatch, database: Engine, at: int | None, cross_device: bool) -> Iterator[list[str]]:
    """Count every effect on disk and database, and crash right before or right after effect number `at // 2`."""
    effects: list[str] = []

    def step(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def effect(*args: Any, **options: Any) -> Any:
            effects.append(name)
            if at == 2 * len(effects) - 2:
                raise Crash
            done = real(*args, **options)
            if at == 2 * len(effects) - 1:
                raise Crash
            return done

        return effect

    def link(source: Path, target: Path, **options: Any) -> None:
        if cross_device and Path(source).parent != Path(target).parent:
            raise OSError(18, "another device")
        os_link(source, target, **options)

    os_link = os.link

    def before_commit(session: Session) -> None:
        effects.append("commit")
        if at == 2 * len(effects) - 2:
            raise Crash

    def after_commit(session: Session) -> None:
        if at == 2 * len(effects) - 1:
            raise Crash

    with monkeypatch.context() as patched:
        patched.setattr(os, "link", step("link", link))
        patched.setattr(Path, "unlink", step("unlink", Path.unlink))
        patched.setattr(Path, "replace", step("replace", Path.replace))
        event.listen(Session, "before_commit", before_commit)
        event.listen(Session, "after_commit", after_commit)
        try:
            yield effects
        finally:
            event.remove(Session, "before_commit", before_commit)
            event.remove(Session, "after_commit", after_commit)


ARRIVALS = {"a.jpg": b"sharp", "b.jpg": b"text", "c.jpg": b"sharp"}  # one filed, one refused, one duplicate
END = {"clear/ACME_1/a.jpg": b"sharp", "refused/not_an_image/b.jpg": b"text", "duplicates/c.jpg": b"sharp"}


def take_all(home: Home, database: Engine) -> None:
    intake = Intake(home, database, fake_appraise, template=TEMPLATE, max_bytes=100)
    for seen in sorted(look(home.inbox), key=lambda each: each.source):
        intake.take(seen, may_wait=False)


def take_all_together(home: Home, database: Engine) -> None:
    intake = Intake(home, database, fake_appraise, template=TEMPLATE, max_bytes=100)
    begun = [intake.begin(seen, may_wait=False) for seen in sorted(look(home.inbox), key=lambda each: each.source)]
    intake.finish([each for each in begun if isinstance(each, InHand)])


def outcomes(database: Engine) -> list[tuple[str, str | None, str]]:
    with Session(database) as session:
        return sorted((row.source, row.outcome, row.path) for row in session.scalars(select(Photo)))


@pytest.mark.parametrize("take", [take_all, take_all_together])
@pytest.mark.parametrize("cross_device", [False, True])
def test_a_crash_at_any_step_of_filing_loses_and_doubles_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cross_device: bool, take: Callable[[Home, Engine], None]
) -> None:
    from db.database import open_database, sqlite_url

    at, crashes = 0, 0
    while True:
        home = Home(tmp_path / str(at)).make()
        database = open_database(sqlite_url(home.db / "x.sqlite"))
        write(home.inbox, ARRIVALS)
        with crashing(monkeypatch, database, at, cross_device) as effects:
            try:
                take(home, database)
            except Crash:
                crashes += 1
        recover(home, database, look(home.inbox))
        take_all(home, database)
        assert (read(home.inbox), read(home.sorted)) == ({}, END), f"crash at {at} of {effects}"
        assert outcomes(database) == [
            ("a.jpg", "filed", "sorted/clear/ACME_1/a.jpg"),
            ("b.jpg", "refused", "sorted/refused/not_an_image/b.jpg"),
            ("c.jpg", "duplicate", "sorted/duplicates/c.jpg"),
        ], f"crash at {at} of {effects}"
        database.dispose()
        if at >= 2 * len(effects):
            break
        at += 1
    assert crashes >= 2 * 3 * 4  # before and after at least four effects for each of the three files


@pytest.mark.parametrize("at", range(8))
def test_a_crash_at_any_step_of_a_move_leaves_the_photo_in_one_place(
    home: Home, database: Engine, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    write(home.inbox, {"u.jpg": b"unknown"})
    take_all(home, database)
    with Session(database) as session, session.begin():
        photo = session.scalars(select(Photo)).one()
        assert photo.meter_type == UNKNOWN
        photo.meter_type = "GENUS5"
        photo_id = photo.id
    with crashing(monkeypatch, database, at, False) as effects:
        try:
            refile(home, database, [photo_id], template=TEMPLATE)
            crashed = False
        except Crash:
            crashed = True
    assert crashed, effects
    recover(home, database, look(home.inbox))
    refile(home, database, [photo_id], template=TEMPLATE)
    assert read(home.sorted) == {"clear/GENUS5/u.jpg": b"unknown"}
    assert outcomes(database) == [("u.jpg", "filed", "sorted/clear/GENUS5/u.jpg")]


def test_a_photo_that_arrives_again_under_its_old_name_is_a_new_arrival(home: Home, database: Engine) -> None:
    write(home.inbox, {"a.jpg": b"sharp"})
    take_all(home, database)
    write(home.inbox, {"a.jpg": b"sharp"})
    recover(home, database, look(home.inbox))
    take_all(home, database)
    assert read(home.sorted) == {"clear/ACME_1/a.jpg": b"sharp", "duplicates/a.jpg": b"sharp"}


def test_a_source_written_over_after_a_crash_leaves_no_file_without_a_row(
    home: Home, database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(home.inbox, {"a.jpg": b"sharp"})
    with crashing(monkeypatch, database, 5, False) as effects, pytest.raises(Crash):
        take_all(home, database)
    assert effects == ["commit", "commit", "link"]  # the claim, the intent, the file
    write(home.inbox, {"a.jpg": b"sharper"})
    recover(home, database, look(home.inbox))
    take_all(home, database)
    assert read(home.sorted) == {"clear/ACME_1/a.jpg": b"sharper"}
    assert outcomes(database) == [("a.jpg", "filed", "sorted/clear/ACME_1/a.jpg")]


def test_a_photo_that_came_under_the_name_of_a_filed_one_since_the_look_is_not_removed(
    home: Home, database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(home.inbox, {"a.jpg": b"sharp"})
    with crashing(monkeypatch, database, 7, False) as effects, pytest.raises(Crash):
        take_all(home, database)
    assert effects == ["commit", "commit", "link", "commit"]
    sightings = look(home.inbox)
    write(home.inbox, {"b.jpg": b"sharp 2"})
    (home.inbox / "b.jpg").replace(home.inbox / "a.jpg")
    recover(home, database, sightings)
    assert read(home.inbox) == {"a.jpg": b"sharp 2"}


def named(home: Home, database: Engine) -> int:
    write(home.inbox, {"u.jpg": b"unknown"})
    take_all(home, database)
    with Session(database) as session, session.begin():
        photo = session.scalars(select(Photo)).one()
        photo.meter_type = "GENUS5"
        return photo.id


def test_a_move_that_fails_after_the_file_has_moved_is_recorded_where_it_is(
    home: Home, database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(folder: Path) -> None:
        if folder.name == "ungrouped":
            raise OSError(5, "the disk fails")

    photo_id = named(home, database)
    with monkeypatch.context() as patched:
        patched.setattr("daemon.placing.sync_folder", broken)
        refile(home, database, [photo_id], template=TEMPLATE)
    assert outcomes(database) == [("u.jpg", "filed", "sorted/clear/GENUS5/u.jpg")]
    assert read(home.sorted) == {"clear/GENUS5/u.jpg": b"unknown"}


def test_a_disk_that_does_not_answer_is_no_reason_to_withdraw_an_intent(
    home: Home, database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: Path) -> str:
        raise OSError(errno.EIO, "Input/output error")

    write(home.inbox, {"a.jpg": b"sharp"})
    take_all(home, database)
    with Session(database) as session, session.begin():
        session.scalars(select(Photo)).one().outcome = None
    with monkeypatch.context() as patched, pytest.raises(OSError, match="Input/output"):
        patched.setattr("daemon.recovery.sha256_of", broken)
        recover(home, database, look(home.inbox))
    recover(home, database, look(home.inbox))
    assert outcomes(database) == [("a.jpg", "filed", "sorted/clear/ACME_1/a.jpg")]
