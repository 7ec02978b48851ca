from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from daemon.decisions import Duplicate, Filed, Gone, InHand, Known, Refused, Taken, Waiting
from daemon.home import Home
from daemon.inbox import Sighting, look
from daemon.intake import Intake
from daemon.placing import place
from daemon.recovery import is_source_of
from db.records import Arrival
from db.tables import Embedding, Label, Photo
from engine.appraise import Models, appraise
from engine.errors import NotAnImage, Truncated
from engine.verdict import UNKNOWN, Clarity, Verdict
from tests.photos import jpeg, read, verdict, write


def fake_appraise(data: bytes) -> Verdict:
    """Content decides: what the files of these tests say is what they get."""
    if data.startswith(b"half"):
        raise Truncated("cut off")
    if data.startswith(b"text"):
        raise NotAnImage("no picture")
    if data.startswith(b"bug"):
        raise ZeroDivisionError("a bug in the engine")
    if data.startswith(b"unknown"):
        return verdict(UNKNOWN)
    if data.startswith(b"blurred"):
        return verdict(clarity=Clarity.UNCLEAR)
    return verdict()


@pytest.fixture
def intake(home: Home, database: Engine) -> Intake:
    return Intake(home, database, fake_appraise, template="{clarity}/{meter_type}/{name}", max_bytes=100)


def take_all(intake: Intake, home: Home, *, may_wait: bool = False) -> dict[str, Taken]:
    return {seen.source: intake.take(seen, may_wait=may_wait) for seen in sorted(look(home.inbox), key=lambda each: each.source)}


def rows(database: Engine) -> list[Photo]:
    with Session(database) as session:
        return list(session.scalars(select(Photo).order_by(Photo.id)))


def test_photos_are_filed_by_what_the_verdict_says(home: Home, database: Engine, intake: Intake) -> None:
    write(home.inbox, {"a.jpg": b"sharp", "site/b.jpg": b"blurred", "c.jpg": b"unknown"})
    take_all(intake, home)
    assert read(home.inbox) == {}
    assert read(home.sorted) == {
        "clear/ACME_1/a.jpg": b"sharp",
        "clear/UNKNOWN/ungrouped/c.jpg": b"unknown",
        "unclear/ACME_1/b.jpg": b"blurred",
    }
    found = {row.source: row for row in rows(database)}
    assert {source: row.path for source, row in found.items()} == {
        "a.jpg": "sorted/clear/ACME_1/a.jpg",
        "c.jpg": "sorted/clear/UNKNOWN/ungrouped/c.jpg",
        "site/b.jpg": "sorted/unclear/ACME_1/b.jpg",
    }
    assert all(row.outcome == "filed" and row.source_removed for row in found.values())
    assert found["site/b.jpg"].site == "site"
    assert (found["a.jpg"].meter_type, found["a.jpg"].clear_probability, found["a.jpg"].stamps["clarity"]) == (
        "ACME_1",
        0.9,
        "v1",
    )


def test_the_embedding_is_kept_apart_under_its_model_version(home: Home, database: Engine, intake: Intake) -> None:
    write(home.inbox, {"a.jpg": b"unknown"})
    take_all(intake, home)
    with Session(database) as session:
        (embedding,) = session.scalars(select(Embedding))
    assert (embedding.stamp, len(embedding.vector)) == ("v1", 8)


def test_a_name_that_is_taken_gets_a_number_and_nothing_is_overwritten(home: Home, intake: Intake) -> None:
    for content in (b"first", b"second", b"third"):
        write(home.inbox, {"IMG_0001.jpg": content})
        take_all(intake, home)
    assert read(home.sorted) == {
        "clear/ACME_1/IMG_0001.jpg": b"first",
        "clear/ACME_1/IMG_0001 (2).jpg": b"second",
        "clear/ACME_1/IMG_0001 (3).jpg": b"third",
    }


def test_a_name_taken_by_somebody_else_at_the_last_moment_is_left_alone(
    home: Home, intake: Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    def beaten_to_it(source: Path, target: Path, **identity: object) -> None:
        if target.name == "a.jpg":
            write(target.parent, {"a.jpg": b"not ours"})
        place(source, target, **identity)  # type: ignore[arg-type]

    monkeypatch.setattr("daemon.filing.place", beaten_to_it)
    write(home.inbox, {"a.jpg": b"ours"})
    take_all(intake, home)
    assert read(home.sorted) == {"clear/ACME_1/a.jpg": b"not ours", "clear/ACME_1/a (2).jpg": b"ours"}


def test_the_same_bytes_again_are_a_duplicate_of_the_first(home: Home, database: Engine, intake: Intake) -> None:
    write(home.inbox, {"a.jpg": b"same", "b.jpg": b"same"})
    taken = take_all(intake, home)
    assert isinstance(taken["a.jpg"], Filed)
    assert taken["b.jpg"] == Duplicate(1)
    assert read(home.sorted) == {"clear/ACME_1/a.jpg": b"same", "duplicates/b.jpg": b"same"}
    assert [(row.outcome, row.original_id) for row in rows(database)] == [("filed", None), ("duplicate", 1)]


def test_a_refused_file_is_kept_under_its_reason_with_the_advice(home: Home, database: Engine, intake: Intake) -> None:
    write(home.inbox, {"notes.jpg": b"text", "big.jpg": b"x" * 101, "cut.jpg": b"half"})
    taken = take_all(intake, home)
    assert {source: each.reason for source, each in taken.items() if isinstance(each, Refused)} == {
        "notes.jpg": "not_an_image",
        "big.jpg": "too_large",
        "cut.jpg": "truncated",
    }
    assert set(read(home.sorted)) == {
        "refused/not_an_image/notes.jpg",
        "refused/too_large/big.jpg",
        "refused/truncated/cut.jpg",
    }
    assert {row.reason: row.detail for row in rows(database)}["truncated"] == "cut off"


def test_two_empty_files_are_not_duplicates_of_each_other(home: Home, database: Engine) -> None:
    intake = Intake(
        home, database, lambda data: appraise(data, models=Models()), template="{clarity}/{meter_type}/{name}", max_bytes=100
    )
    write(home.inbox, {"a.jpg": b"", "b.jpg": b""})
    assert [each.reason for each in take_all(intake, home).values() if isinstance(each, Refused)] == ["empty", "empty"]


def test_a_photo_that_trips_the_engine_is_refused_and_the_next_one_is_filed(
    home: Home, intake: Intake, caplog: pytest.LogCaptureFixture
) -> None:
    write(home.inbox, {"a.jpg": b"bug", "b.jpg": b"sharp"})
    taken = take_all(intake, home)
    assert isinstance(taken["a.jpg"], Refused)
    assert isinstance(taken["b.jpg"], Filed)
    assert "ZeroDivisionError" in caplog.text
    assert set(read(home.sorted)) == {"refused/engine_error/a.jpg", "clear/ACME_1/b.jpg"}


def test_an_unfinished_upload_may_wait_and_is_filed_when_it_is_whole(home: Home, database: Engine, intake: Intake) -> None:
    write(home.inbox, {"a.jpg": b"half"})
    assert isinstance(take_all(intake, home, may_wait=True)["a.jpg"], Waiting)
    assert rows(database) == []
    write(home.inbox, {"a.jpg": b"whole"})
    assert isinstance(take_all(intake, home, may_wait=True)["a.jpg"], Filed)
    assert read(home.root / "inbox") == {}


def test_a_preallocated_file_full_of_zeros_may_wait_too(home: Home, database: Engine) -> None:
    intake = Intake(
        home, database, lambda data: appraise(data, models=Models()), template="{clarity}/{meter_type}/{name}", max_bytes=10**6
    )
    write(home.inbox, {"a.jpg": bytes(len(jpeg()))})
    assert isinstance(take_all(intake, home, may_wait=True)["a.jpg"], Waiting)
    write(home.inbox, {"a.jpg": jpeg()})
    assert isinstance(take_all(intake, home, may_wait=True)["a.jpg"], Filed)


def test_good_bytes_under_the_name_of_a_refused_file_are_filed(home: Home, intake: Intake) -> None:
    write(home.inbox, {"a.jpg": b"text"})
    take_all(intake, home)
    write(home.inbox, {"a.jpg": b"sharp"})
    take_all(intake, home)
    assert read(home.sorted) == {"refused/not_an_image/a.jpg": b"text", "clear/ACME_1/a.jpg": b"sharp"}


def test_a_file_that_left_before_it_was_read_makes_no_row(home: Home, database: Engine, intake: Intake) -> None:
    write(home.inbox, {"a.jpg": b"sharp"})
    (seen,) = look(home.inbox)
    seen.path.unlink()
    assert intake.take(seen, may_wait=False) == Gone()
    assert rows(database) == []


def test_hostile_names_are_filed_under_names_that_stay_inside(home: Home, database: Engine, intake: Intake) -> None:
    names = ['it\'s "new"\n😀.jpg', "-rf.jpg", "=1+1.jpg", "x" * 251 + ".jpg", " .jpg.jpg"]
    write(home.inbox, {name: f"sharp {n}".encode() for n, name in enumerate(names)})
    take_all(intake, home)
    assert {row.name for row in rows(database)} == set(names)
    assert set(read(home.sorted)) == {f"clear/ACME_1/{name}" for name in names}


def test_a_folder_that_cannot_be_written_leaves_the_photo_in_the_inbox(
    home: Home, database: Engine, intake: Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    write(home.inbox, {"a.jpg": b"sharp"})
    with monkeypatch.context() as patched:
        patched.setattr("daemon.filing.place", full)
        assert take_all(intake, home)["a.jpg"] == Waiting("a.jpg cannot be filed: No space left on device")
    assert (read(home.inbox), rows(database)) == ({"a.jpg": b"sharp"}, [])
    assert isinstance(take_all(intake, home)["a.jpg"], Filed)


@pytest.mark.parametrize("how", ["in place", "by rename"])
def test_a_file_that_is_written_over_while_it_is_judged_is_filed_as_it_is_then(home: Home, database: Engine, how: str) -> None:
    def overwritten(data: bytes) -> Verdict:
        if data == b"first":
            target = home.inbox / ("a.jpg" if how == "in place" else ".new")
            target.write_bytes(b"the next one")
            target.replace(home.inbox / "a.jpg")
        return verdict()

    intake = Intake(home, database, overwritten, template="{clarity}/{meter_type}/{name}", max_bytes=100)
    write(home.inbox, {"a.jpg": b"first"})
    assert isinstance(take_all(intake, home)["a.jpg"], Waiting)
    assert (read(home.inbox), read(home.sorted), rows(database)) == ({"a.jpg": b"the next one"}, {}, [])
    take_all(intake, home)
    assert read(home.sorted) == {"clear/ACME_1/a.jpg": b"the next one"}
    assert [row.size_bytes for row in rows(database)] == [12]


def test_a_photo_that_comes_under_the_same_name_while_the_first_is_filed_is_not_lost(
    home: Home, database: Engine, intake: Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    def then_replaced(*arguments: object, **options: object) -> None:
        place(*arguments, **options)  # type: ignore[arg-type]
        write(home.inbox, {".new": b"second"})
        (home.inbox / ".new").replace(home.inbox / "a.jpg")

    write(home.inbox, {"a.jpg": b"first"})
    with monkeypatch.context() as patched:
        patched.setattr("daemon.filing.place", then_replaced)
        take_all(intake, home)
    assert read(home.inbox) == {"a.jpg": b"second"}
    take_all(intake, home)
    assert read(home.sorted) == {"clear/ACME_1/a.jpg": b"first", "clear/ACME_1/a (2).jpg": b"second"}
    assert [row.outcome for row in rows(database)] == ["filed", "filed"]


def test_long_endings_that_collide_or_are_no_text_are_filed(home: Home, intake: Intake) -> None:
    names = ["x." + "y" * 253, os.fsdecode(b"z." + b"\xff" * 250)]
    for n in range(2):
        write(home.inbox, {name: f"sharp {n}{len(name)}".encode() for name in names})
        assert {type(each) for each in take_all(intake, home).values()} == {Filed}
    assert len(read(home.sorted)) == 4


@pytest.mark.parametrize("number", [2**63, 2**64 - 1])
def test_numbers_of_64_bits_from_a_file_system_can_be_recorded(home: Home, database: Engine, intake: Intake, number: int) -> None:
    arrival = Arrival(
        source="a.jpg", name="a.jpg", site=None, inode=number, mtime_ns=number, ctime_ns=number, size=1, sha256="0" * 64
    )
    seen = Sighting(home.inbox / "a.jpg", "a.jpg", 1, number, number, number)
    in_hand = InHand(seen, arrival, False, None, None, None, False)
    intake._filing._intend([(in_hand, Refused("empty", ""))], datetime.now(UTC))
    assert is_source_of(rows(database)[0], Sighting(home.inbox / "a.jpg", "a.jpg", 1, number, 0, number))


def test_a_longer_file_under_the_name_of_a_cut_off_one_replaces_it(home: Home, database: Engine, intake: Intake) -> None:
    write(home.inbox, {"a.jpg": b"half"})
    take_all(intake, home)
    assert set(read(home.sorted)) == {"refused/truncated/a.jpg"}
    write(home.inbox, {"a.jpg": b"half, and the rest of it"})
    whole = Intake(home, database, lambda data: verdict(), template="{clarity}/{meter_type}/{name}", max_bytes=100)
    take_all(whole, home)
    assert read(home.sorted) == {"clear/ACME_1/a.jpg": b"half, and the rest of it"}
    assert [(row.source, row.outcome, row.size_bytes) for row in rows(database)] == [("a.jpg", "filed", 24)]


def test_a_longer_file_with_other_bytes_replaces_nothing(home: Home, database: Engine, intake: Intake) -> None:
    write(home.inbox, {"a.jpg": b"half"})
    take_all(intake, home)
    write(home.inbox, {"a.jpg": b"sharp, another photo"})
    take_all(intake, home)
    assert [row.outcome for row in rows(database)] == ["refused", "filed"]


def test_a_photo_that_a_person_labelled_is_never_replaced(home: Home, database: Engine, intake: Intake) -> None:
    write(home.inbox, {"a.jpg": b"sharp"})
    take_all(intake, home)
    with Session(database) as session, session.begin():
        session.add(Label(photo_id=1, field="meter_type", value="X", by="ana", at=datetime.now(UTC)))
    write(home.inbox, {"a.jpg": b"sharp and longer"})
    take_all(intake, home)
    assert [row.size_bytes for row in rows(database)] == [5, 16]


def test_a_read_only_share_that_was_away_has_no_photo_filed_again(
    home: Home, database: Engine, intake: Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read_only(sources: list[Sighting]) -> dict[Path, OSError]:
        return {seen.path: OSError(30, "Read-only file system") for seen in sources}

    monkeypatch.setattr("daemon.filing.remove_sources", read_only)
    monkeypatch.setattr("daemon.placing._link", lambda *_: False)  # a hard link would change the source's inode
    write(home.inbox, {"a.jpg": b"sharp", "b.jpg": b"text"})
    take_all(intake, home)
    with Session(database) as session, session.begin():  # the share was away, and its files taken for removed
        for photo in session.scalars(select(Photo)):
            photo.source_removed = True
    assert {type(each) for each in take_all(intake, home).values()} == {Known}
    assert [(row.source, row.outcome, row.source_removed) for row in rows(database)] == [
        ("a.jpg", "filed", False),
        ("b.jpg", "refused", False),
    ]


def test_the_same_photo_sent_again_with_its_old_times_is_a_new_arrival(home: Home, database: Engine, intake: Intake) -> None:
    write(home.inbox, {"a.jpg": b"sharp"})
    os.utime(home.inbox / "a.jpg", ns=(10**18, 10**18))
    take_all(intake, home)
    write(home.inbox, {"a.jpg": b"sharp"})
    os.utime(home.inbox / "a.jpg", ns=(10**18, 10**18))
    take_all(intake, home)
    assert [row.outcome for row in rows(database)] == ["filed", "duplicate"]
