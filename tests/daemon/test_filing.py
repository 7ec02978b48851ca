"""Photos that are filed together: what they share, and what they must not."""

from __future__ import annotations

import errno
import json
import os
import threading
import time
import unicodedata
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, event
from sqlalchemy.orm import Session

from daemon.decisions import Duplicate, Filed, InHand, Refused, Taken, Waiting
from daemon.export import export
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


def test_nothing_irrevocable_follows_a_commit_that_a_power_cut_could_undo(
    home: Home, database: Engine, intake: Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    link, unlink, fsync = os.link, Path.unlink, os.fsync

    def commits(connection: Connection) -> None:
        level = connection.connection.cursor().execute("PRAGMA synchronous").fetchone()[0]
        steps.append({1: "quick commit", 2: "sure commit"}[level])

    def links(*arguments: Path, **options: bool) -> None:
        link(*arguments, **options)
        steps.append("placed")

    def unlinks(path: Path, missing_ok: bool = False) -> None:
        unlink(path, missing_ok=missing_ok)
        steps.append("source removed")

    def syncs(handle: int) -> None:
        fsync(handle)
        steps.append("synced")

    write(home.inbox, {"a.jpg": b"sharp 1", "b.jpg": b"sharp 2"})
    write(home.sorted, {"clear/ACME_1/.keep": b""})
    monkeypatch.setattr(os, "link", links)
    monkeypatch.setattr(os, "fsync", syncs)
    monkeypatch.setattr(Path, "unlink", unlinks)
    event.listen(database, "commit", commits)
    take_together(intake, home)
    writing = steps[steps.index("sure commit") :]  # the claims before it are for a daemon that is killed
    assert writing == [
        "sure commit",  # what will be known, and where
        *(["placed", "synced"] * 2),
        "synced",  # their folder
        "sure commit",  # that they are there
        *(["source removed"] * 2),
        "synced",  # the inbox
        "quick commit",  # recovery would find the sources gone
    ]


def test_photos_of_one_name_on_one_tray_get_numbers(home: Home, intake: Intake) -> None:
    write(home.inbox, {"north/a.jpg": b"sharp 1", "south/a.jpg": b"sharp 2"})
    take_together(intake, home)
    assert read(home.sorted) == {"clear/ACME_1/a.jpg": b"sharp 1", "clear/ACME_1/a (2).jpg": b"sharp 2"}


@pytest.mark.parametrize("together", [True, False])
def test_on_a_disk_without_case_names_that_differ_in_case_alone_get_numbers(
    home: Home, database: Engine, intake: Intake, monkeypatch: pytest.MonkeyPatch, together: bool
) -> None:
    link, is_there = os.link, os.path.lexists

    def there(path: Path) -> bool:
        folder = Path(path).parent
        return is_there(folder) and Path(path).name.lower() in {entry.name.lower() for entry in folder.iterdir()}

    def insensitive(source: Path, target: Path, **options: bool) -> None:
        if there(target):
            raise FileExistsError(errno.EEXIST, "exists in another case", str(target))
        link(source, target, **options)

    monkeypatch.setattr(os, "link", insensitive)
    monkeypatch.setattr("daemon.naming.os.path.lexists", there)
    write(home.inbox, {"A.jpg": b"sharp 1", "a.JPG": b"sharp 2", "a.jpg": b"sharp 3"})
    if together:
        take_together(intake, home)
    else:
        for seen in sorted(look(home.inbox), key=lambda each: each.source):
            intake.take(seen, may_wait=False)
    assert read(home.inbox) == {}
    assert read(home.sorted) == {
        "clear/ACME_1/A.jpg": b"sharp 1",
        "clear/ACME_1/a (2).JPG": b"sharp 2",
        "clear/ACME_1/a (3).jpg": b"sharp 3",
    }
    assert {row.path for row in rows(database)} == {f"sorted/{name}" for name in read(home.sorted)}


def test_both_unicode_forms_of_one_name_in_one_folder_are_filed_as_they_came(
    home: Home, database: Engine, intake: Intake
) -> None:
    composed, decomposed = (unicodedata.normalize(form, "Zähler.jpg") for form in ("NFC", "NFD"))
    write(home.inbox, {f"north/{composed}": b"sharp 1", f"north/{decomposed}": b"sharp 2"})
    take_together(intake, home)
    assert read(home.inbox) == {}
    assert read(home.sorted) == {f"clear/ACME_1/{composed}": b"sharp 1", f"clear/ACME_1/{decomposed}": b"sharp 2"}
    assert {row.source: row.path for row in rows(database)} == {
        f"north/{name}": f"sorted/clear/ACME_1/{name}" for name in (composed, decomposed)
    }


@pytest.mark.parametrize(
    "raw", [b"\xff.jpg", b"a\nb\t\x01.jpg", b"-rf.jpg", b"dot. .jpg", b"CON", b"nul.jpg", b"\xed\xa0\x80.jpg"]
)
def test_a_name_that_is_no_text_or_means_something_to_a_system_is_filed_and_can_be_exported(
    home: Home, database: Engine, intake: Intake, raw: bytes
) -> None:
    Path(os.fsdecode(os.fsencode(home.inbox) + b"/" + raw)).write_bytes(b"sharp")
    take_together(intake, home)
    assert list(read(home.sorted).values()) == [b"sharp"]
    assert export(database, home.root / "rows.jsonl") == 1
    (line,) = (home.root / "rows.jsonl").read_text("utf-8").splitlines()
    assert (home.root / json.loads(line)["path"]).read_bytes() == b"sharp"


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
