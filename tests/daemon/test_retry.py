from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from daemon.home import Home
from daemon.inbox import look
from daemon.intake import Intake
from daemon.judging import JudgeDied
from daemon.near import NearPhotos
from daemon.retry import Retrying, refused_photos, settle
from db.retries import LONGEST_PAUSE, ask_retry, due_ids, pause, refused_by_reason, retries_of
from db.tables import Job, Photo
from engine.errors import Truncated
from engine.verdict import Verdict
from tests.daemon.test_intake import fake_appraise
from tests.photos import read, verdict, write

TEMPLATE = "{clarity}/{meter_type}/{name}"
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def good_now(data: bytes, site: str | None) -> Verdict:
    return verdict(signature=bytes(33))


def still_bad(data: bytes, site: str | None) -> Verdict:
    raise Truncated("cut off")


def retrying(home: Home, database: Engine, judge: object = good_now, now: datetime = NOW) -> Retrying:
    return Retrying(
        home=home, database=database, judge=judge, template=TEMPLATE, max_bytes=100, limit=3, near=NearPhotos(),  # type: ignore[arg-type]
        clock=lambda: now,
    )  # fmt: skip


def take(home: Home, database: Engine, files: dict[str, bytes]) -> None:
    write(home.inbox, files)
    intake = Intake(home, database, fake_appraise, template=TEMPLATE, max_bytes=100)
    for seen in sorted(look(home.inbox), key=lambda each: each.source):
        intake.take(seen, may_wait=False)


def rows(database: Engine) -> list[Photo]:
    with Session(database) as session:
        return list(session.scalars(select(Photo).order_by(Photo.id)))


def test_a_refused_photo_that_is_good_now_is_filed_as_the_same_arrival(home: Home, database: Engine) -> None:
    take(home, database, {"a.jpg": b"bug", "b.jpg": b"text"})
    assert retrying(home, database).retry([1], by="ana") == Counter(filed=1)
    assert read(home.sorted) == {"clear/ACME_1/a.jpg": b"bug", "refused/not_an_image/b.jpg": b"text"}
    first, second = rows(database)
    assert (first.outcome, first.reason, first.detail, first.meter_type) == ("filed", None, None, "ACME_1")
    assert (first.path, first.retries, first.retry_at) == ("sorted/clear/ACME_1/a.jpg", 1, None)
    assert (second.outcome, second.retries) == ("refused", 0)
    with Session(database) as session:
        (look_again,) = retries_of(session, 1)
    said = (look_again.at, look_again.by, look_again.reason_before, look_again.outcome_after, look_again.reason_after)
    assert said == (NOW, "ana", "engine_error", "filed", None)


def test_a_photo_that_is_refused_again_for_another_reason_moves_there(home: Home, database: Engine) -> None:
    take(home, database, {"a.jpg": b"text"})
    assert retrying(home, database, still_bad).retry([1], by="ana") == Counter(refused=1)
    assert read(home.sorted) == {"refused/truncated/a.jpg": b"text"}
    assert (rows(database)[0].reason, rows(database)[0].detail) == ("truncated", "cut off")


def test_a_photo_whose_bytes_were_filed_meanwhile_becomes_their_duplicate(home: Home, database: Engine) -> None:
    take(home, database, {"a.jpg": b"bug"})
    take(home, database, {"b.jpg": b"sharp"})
    with Session(database) as session, session.begin():
        refused, filed = session.get_one(Photo, 1), session.get_one(Photo, 2)
        filed.sha256 = refused.sha256
    assert retrying(home, database).retry([1], by="ana") == Counter(duplicate=1)
    assert (rows(database)[0].outcome, rows(database)[0].original_id) == ("duplicate", 2)
    assert set(read(home.sorted)) == {"duplicates/a.jpg", "clear/ACME_1/b.jpg"}


@pytest.mark.parametrize("change", ["removed", "written over"])
def test_a_kept_file_that_is_gone_or_another_changes_nothing(home: Home, database: Engine, change: str) -> None:
    take(home, database, {"a.jpg": b"bug"})
    kept = home.sorted / "refused/engine_error/a.jpg"
    kept.unlink() if change == "removed" else kept.write_bytes(b"BUG")
    assert retrying(home, database).retry([1], by="ana") == Counter(gone=1)
    assert (rows(database)[0].outcome, rows(database)[0].reason) == ("refused", "engine_error")


def test_a_crash_before_the_file_follows_is_put_right_by_the_next_settle(
    home: Home, database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Crash(BaseException):
        pass

    def crash(*_: object, **__: object) -> int:
        raise Crash

    take(home, database, {"a.jpg": b"bug"})
    with monkeypatch.context() as patched, pytest.raises(Crash):
        patched.setattr("daemon.retry.refile", crash)
        retrying(home, database).retry([1], by="ana")
    assert set(read(home.sorted)) == {"refused/engine_error/a.jpg"}
    assert settle(home, database, template=TEMPLATE) == 1
    assert set(read(home.sorted)) == {"clear/ACME_1/a.jpg"}
    assert rows(database)[0].path == "sorted/clear/ACME_1/a.jpg"
    assert settle(home, database, template=TEMPLATE) == 0


def test_a_file_that_ends_the_process_is_counted_before_it_is_looked_at(home: Home, database: Engine) -> None:
    class Killed(BaseException):
        pass

    def deadly(data: bytes, site: str | None) -> Verdict:
        raise Killed

    take(home, database, {"a.jpg": b"bug"})
    with pytest.raises(Killed):
        retrying(home, database, deadly).retry([1], by="ana")
    photo = rows(database)[0]
    assert (photo.retries, photo.retry_at) == (1, NOW + pause(1))


def test_a_cause_that_may_pass_is_looked_at_again_with_growing_pauses_until_the_limit(home: Home, database: Engine) -> None:
    def fails(data: bytes, site: str | None) -> Verdict:
        raise RuntimeError("out of something")

    take(home, database, {"a.jpg": b"bug", "b.jpg": b"text"})
    with Session(database) as session, session.begin():
        session.get_one(Photo, 1).retry_at = NOW
    now, waits = NOW, []
    while ids := refused_photos(database, [], reason=None, due=False, limit=3)[:1]:
        with Session(database) as session:
            due = session.get_one(Photo, 1).retry_at
            if due is None:
                break
            assert due_ids(session, due - timedelta(seconds=1), 3) == []
            assert due_ids(session, due, 3) == [1]
        waits.append(due - now)
        now = due
        retrying(home, database, fails, now).retry(ids, by="schedule")
    assert waits == [timedelta(0), pause(1), pause(2)]
    assert rows(database)[1].retry_at is None
    assert pause(50) == LONGEST_PAUSE


def test_what_is_kept_is_counted_by_reason_and_asked_for_once(home: Home, database: Engine) -> None:
    take(home, database, {"a.jpg": b"bug", "b.jpg": b"text", "c.jpg": b"text 2"})
    with Session(database) as session, session.begin():
        assert [(each.reason, each.photos, each.retried) for each in refused_by_reason(session)] == [
            ("not_an_image", 2, 0),
            ("engine_error", 1, 0),
        ]
        for _ in range(2):
            assert ask_retry(session, photo_id=None, reason="not_an_image", by="pages", now=NOW) == 2
        assert ask_retry(session, photo_id=1, reason=None, by="pages", now=NOW) == 1
        assert ask_retry(session, photo_id=99, reason=None, by="pages", now=NOW) == 0
        assert [job.payload for job in session.scalars(select(Job))] == [
            {"reason": "not_an_image", "by": "pages"},
            {"photo_ids": [1], "by": "pages"},
        ]


def test_a_retry_leaves_filed_photos_alone(home: Home, database: Engine, tmp_path: Path) -> None:
    take(home, database, {"a.jpg": b"sharp"})
    assert retrying(home, database, still_bad).retry([1, 99], by="ana") == Counter()
    assert rows(database)[0].outcome == "filed"


def test_a_file_that_kills_its_judge_is_poison_and_the_next_is_looked_at(home: Home, database: Engine) -> None:
    def deadly(data: bytes, site: str | None) -> Verdict:
        if data == b"bug":
            raise JudgeDied("the process is gone")
        return verdict()

    take(home, database, {"a.jpg": b"bug", "b.jpg": b"text"})
    assert retrying(home, database, deadly).retry([1, 2], by="ana") == Counter(refused=1, filed=1)
    assert (rows(database)[0].reason, rows(database)[0].retry_at) == ("poison", None)
