"""Photos that are filed together: what they share, and what they must not."""

from __future__ import annotations

import errno
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

from daemon.decisions import Duplicate, Filed, InHand, Refused, Taken, Waiting
from daemon.home import Home
from daemon.inbox import look
from daemon.intake import Intake
from daemon.judging import Judgement
from daemon.placing import place, sync_folder
from daemon.settling import Pace
from daemon.watch import Watch
from engine.verdict import Verdict
from tests.daemon.test_intake import fake_appraise, rows
from tests.photos import read, verdict, write

TEMPLATE = "{clarity}/{meter_type}/{name}"
LOOK = bytes(33)  # one signature: photos with it show nearly the same picture


def judged(data: bytes) -> Verdict:
    return verdict(signature=LOOK) if data.startswith(b"alike") else fake_appraise(data)


@pytest.fixture
def intake(home: Home, database: Engine) -> Intake:
    return Intake(home, database, judged, template=TEMPLATE, max_bytes=100)


def take_together(intake: Intake, home: Home) -> dict[str, Taken]:
    """File everything in the inbox as one tray."""
    seen = sorted(look(home.inbox), key=lambda each: each.source)
    begun = [intake.begin(each, may_wait=False) for each in seen]
    in_hand = [each for each in begun if isinstance(each, InHand)]
    return dict(zip([each.seen.source for each in in_hand], intake.finish(in_hand), strict=True))


def test_a_tray_of_twelve_costs_as_many_waits_for_the_disk_as_a_tray_of_one(home: Home, database: Engine, intake: Intake) -> None:
    commits: list[Session] = []

    def count(session: Session) -> None:
        commits.append(session)

    def commits_of(photos: int) -> int:
        commits.clear()
        write(home.inbox, {f"{photos}-{n}.jpg": b"sharp %d %d" % (photos, n) for n in range(photos)})
        taken = take_together(intake, home)
        assert {type(each) for each in taken.values()} == {Filed}
        return len(commits) - photos  # the claims, which wait for nothing

    event.listen(Session, "after_commit", count)
    try:
        assert commits_of(1) == commits_of(12) == 3  # intents, outcomes, sources removed
    finally:
        event.remove(Session, "after_commit", count)
    assert len(read(home.sorted)) == 13


def test_of_the_same_bytes_on_one_tray_the_first_is_filed_and_the_others_are_its_duplicates(
    home: Home, database: Engine, intake: Intake
) -> None:
    write(home.inbox, {"a.jpg": b"same", "b.jpg": b"same", "c.jpg": b"text", "d.jpg": b"same", "e.jpg": b"text"})
    assert {source: type(each) for source, each in take_together(intake, home).items()} == {
        "a.jpg": Filed,
        "b.jpg": Duplicate,
        "c.jpg": Refused,
        "d.jpg": Duplicate,
        "e.jpg": Refused,
    }
    found = {row.source: row for row in rows(database)}
    assert (found["b.jpg"].original_id, found["d.jpg"].original_id) == (found["a.jpg"].id, found["a.jpg"].id)
    assert read(home.inbox) == {}


def test_photos_of_one_name_on_one_tray_get_numbers(home: Home, intake: Intake) -> None:
    write(home.inbox, {"north/a.jpg": b"sharp 1", "south/a.jpg": b"sharp 2"})
    take_together(intake, home)
    assert read(home.sorted) == {"clear/ACME_1/a.jpg": b"sharp 1", "clear/ACME_1/a (2).jpg": b"sharp 2"}


def test_nearly_the_same_photos_on_one_tray_are_linked_to_the_earliest(home: Home, database: Engine, intake: Intake) -> None:
    write(home.inbox, {f"{n}.jpg": b"alike %d" % n for n in range(3)})
    take_together(intake, home)
    assert [row.near_of for row in rows(database)] == [None, 1, 1]


def test_a_photo_that_cannot_be_filed_leaves_the_others_of_its_tray_alone_and_no_link_to_it(
    home: Home, database: Engine, intake: Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(seen: object, target: Path, **options: str) -> None:
        if target.name == "0.jpg":
            raise OSError(errno.ENOSPC, "No space left on device")
        place(seen, target, **options)  # type: ignore[arg-type]

    write(home.inbox, {f"{n}.jpg": b"alike %d" % n for n in range(3)})
    with monkeypatch.context() as patched:
        patched.setattr("daemon.filing.place", full)
        taken = take_together(intake, home)
    assert taken["0.jpg"] == Waiting("0.jpg cannot be filed: No space left on device")
    assert (read(home.inbox), set(read(home.sorted))) == ({"0.jpg": b"alike 0"}, {"clear/ACME_1/1.jpg", "clear/ACME_1/2.jpg"})
    assert [(row.source, row.near_of) for row in rows(database)] == [("1.jpg", None), ("2.jpg", None)]
    assert isinstance(take_together(intake, home)["0.jpg"], Filed)


def test_a_folder_whose_entries_cannot_be_made_sure_of_keeps_none_of_them(
    home: Home, database: Engine, intake: Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(folder: Path) -> None:
        if folder.name == "ACME_1":
            raise OSError(errno.EIO, "Input/output error")
        sync_folder(folder)

    write(home.inbox, {"a.jpg": b"sharp 1", "b.jpg": b"sharp 2", "c.jpg": b"text"})
    with monkeypatch.context() as patched:
        patched.setattr("daemon.filing.sync_folder", broken)
        taken = take_together(intake, home)
    assert {source: type(each) for source, each in taken.items()} == {"a.jpg": Waiting, "b.jpg": Waiting, "c.jpg": Refused}
    assert (set(read(home.inbox)), set(read(home.sorted))) == ({"a.jpg", "b.jpg"}, {"refused/not_an_image/c.jpg"})
    assert [row.source for row in rows(database)] == ["c.jpg"]


def test_a_photo_that_trips_filing_is_tried_by_itself_the_next_time_and_the_others_are_filed(
    home: Home, database: Engine, intake: Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    trays: list[list[str]] = []
    finish = intake.finish

    def tripping(in_hand: Sequence[InHand]) -> list[Taken]:
        trays.append([each.seen.source for each in in_hand])
        if "b.jpg" in trays[-1]:
            raise OverflowError("a bug in filing")
        return finish(in_hand)

    monkeypatch.setattr(intake, "finish", tripping)
    clock = {"s": 100.0}
    watch = Watch(home, database, intake, Pace(0.0, 30.0, 5.0), clock=lambda: clock["s"], width=3)
    write(home.inbox, {f"{name}.jpg": f"sharp {name}".encode() for name in "abc"})
    for _ in range(2):
        watch._round(threading.Event(), may_wait=True)
        clock["s"] += 6.0
    assert [sorted(tray) for tray in trays] == [["a.jpg", "b.jpg", "c.jpg"], ["a.jpg"], ["b.jpg"], ["c.jpg"]]
    assert (set(read(home.inbox)), set(read(home.sorted))) == ({"b.jpg"}, {"clear/ACME_1/a.jpg", "clear/ACME_1/c.jpg"})


class Hanging:
    """A judgement that is not ready for a second."""

    def __init__(self) -> None:
        self._ready_s = time.monotonic() + 1.0

    def is_ready(self) -> bool:
        return time.monotonic() >= self._ready_s

    def verdict(self) -> tuple[Verdict, float]:
        return verdict(), 1000.0


class Ready:
    def is_ready(self) -> bool:
        return True

    def verdict(self) -> tuple[Verdict, float]:
        return verdict(), 1.0


def test_a_photo_that_hangs_does_not_keep_judged_ones_from_being_filed(home: Home, database: Engine) -> None:
    filed_meanwhile: list[set[str]] = []

    class Seen(Hanging):
        def is_ready(self) -> bool:
            filed_meanwhile.append(set(read(home.sorted)))
            return super().is_ready()

    begin: Callable[[bytes, str | None], Judgement] = lambda data, site: Seen() if data == b"hangs" else Ready()  # noqa: E731
    intake = Intake(home, database, fake_appraise, template=TEMPLATE, max_bytes=100, begin=begin)
    watch = Watch(home, database, intake, Pace(0.0, 30.0, 5.0), width=2)
    write(home.inbox, {"a.jpg": b"hangs", "b.jpg": b"sharp"})
    watch._round(threading.Event(), may_wait=True)
    assert {"clear/ACME_1/b.jpg"} in filed_meanwhile
    assert set(read(home.sorted)) == {"clear/ACME_1/a.jpg", "clear/ACME_1/b.jpg"}
