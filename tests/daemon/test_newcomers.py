"""New unknown photos find their place at once, and follow what people say. Photos are drawn."""

from __future__ import annotations

import cv2
import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from daemon.home import Home
from daemon.lock import locked
from daemon.newcomers import Newcomers
from db.group_acts import release_photos, split_photos
from db.jobs import open_jobs
from db.labels import undo
from db.look_alikes import count_look_alikes, group_resemblances, read_look_alikes
from db.naming import name_group, name_photos
from db.tables import Photo
from db.type_acts import deny_type
from tests.daemon.test_regroup import NOW, TWO_DESIGNS, arrive, group_now, shot
from tests.engine.grouping.drawn import plate_photo
from tests.photos import encoded, pixels


@pytest.fixture
def grouped(home: Home, database: Engine) -> Engine:
    arrive(home, database, TWO_DESIGNS)
    group_now(home, database)
    return database


def newcomers(home: Home, database: Engine) -> Newcomers:
    return Newcomers(home, database, lambda: "v1")


def place(database: Engine, name: str) -> tuple[str | None, int | None]:
    with Session(database) as session:
        photo = session.scalars(select(Photo).where(Photo.name == name)).one()
        return photo.meter_type, photo.group_id


def test_a_newcomer_joins_the_group_of_its_design_without_a_regrouping_and_says_so(home: Home, grouped: Engine) -> None:
    arrive(home, grouped, {"new.jpg": shot(0, 9), "wall.jpg": encoded(pixels(5, 360, 560), quality=92)})
    assert newcomers(home, grouped).tick(slice_s=60) == 1
    assert (place(grouped, "new.jpg"), place(grouped, "wall.jpg")) == (("UNKNOWN", 1), ("UNKNOWN", None))
    with Session(grouped) as session:
        photo = session.scalars(select(Photo).where(Photo.name == "new.jpg")).one()
        assert photo.joined_live_at is not None
        assert photo.map_x is not None
        assert 0 < (photo.group_strength or 0) <= 1
        assert [job.kind for job in open_jobs(session)] == ["move_photos"]
    group_now(home, grouped)
    assert place(grouped, "new.jpg") == ("UNKNOWN", 1)


def test_photos_of_a_named_design_are_recognised_from_labelled_photos_until_the_name_is_taken_back(
    home: Home, grouped: Engine
) -> None:
    arrive(home, grouped, {"waits.jpg": shot(1, 8)})
    with Session(grouped) as session, session.begin():
        name_group(session, 2, "GENUS 5", seen=5, by="ana", now=NOW)
    looking = newcomers(home, grouped)
    looking.tick(slice_s=60)
    assert place(grouped, "waits.jpg") == ("GENUS 5", None)
    with Session(grouped) as session:
        photo = session.scalars(select(Photo).where(Photo.name == "waits.jpg")).one()
        assert (photo.recognised_by, photo.labelled_photos) == ("labelled", 5)
        undo(session, 1, by="ana", now=NOW)
        session.commit()
    looking.tick(slice_s=60)
    assert place(grouped, "waits.jpg") == ("UNKNOWN", 2)


def test_a_photo_whose_name_was_taken_back_is_offered_and_not_named_so_again(home: Home, grouped: Engine) -> None:
    arrive(home, grouped, {"waits.jpg": shot(1, 8)})
    with Session(grouped) as session, session.begin():
        waits = session.scalars(select(Photo.id).where(Photo.name == "waits.jpg")).one()
        name_photos(session, [waits], "GENUS 5", by="ana", now=NOW)
        undo(session, 1, by="ana", now=NOW)
        name_group(session, 2, "GENUS 5", seen=5, by="ana", now=NOW)
    newcomers(home, grouped).tick(slice_s=60)
    assert place(grouped, "waits.jpg") == ("UNKNOWN", None)
    with Session(grouped) as session:
        assert count_look_alikes(session) == {"GENUS 5": 1}


def test_a_photo_that_a_person_took_out_is_not_put_back(home: Home, grouped: Engine) -> None:
    with Session(grouped) as session, session.begin():
        name_group(session, 2, "GENUS 5", seen=5, by="ana", now=NOW)
        release_photos(session, [1, 6], by="ana", now=NOW)
    newcomers(home, grouped).tick(slice_s=60)
    assert (place(grouped, "0-0.jpg"), place(grouped, "1-0.jpg")) == (("UNKNOWN", None), ("UNKNOWN", None))


def test_without_a_model_nothing_is_compared(home: Home, grouped: Engine) -> None:
    assert Newcomers(home, grouped, lambda: None).tick() == 0


ONE_LINE, TWO_LINES = ("STATIC METER EM101",), ("1P2W STATIC", "WATTHOUR METER")


def twin(shot: int, headed: tuple[str, ...], design: int = 1) -> bytes:
    return encoded(plate_photo(design, shot, headed=headed), quality=92)


def name_em101(home: Home, database: Engine) -> None:
    """Five photos of the one-line design arrive and are named."""
    arrive(home, database, {f"named-{shot}.jpg": twin(shot, ONE_LINE) for shot in range(5)})
    with Session(database) as session, session.begin():
        name_photos(session, [1, 2, 3, 4, 5], "EM101", by="ana", now=NOW)


def test_a_near_twin_of_a_named_design_is_not_called_so_but_offered_until_a_person_says_that_it_is_not(
    home: Home, database: Engine
) -> None:
    name_em101(home, database)
    arrive(home, database, {"same.jpg": twin(8, ONE_LINE), "twin.jpg": twin(9, TWO_LINES)})
    looking = newcomers(home, database)
    assert looking.tick(slice_s=60) == 1
    assert (place(database, "same.jpg")[0], place(database, "twin.jpg")[0]) == ("EM101", "UNKNOWN")
    with Session(database) as session, session.begin():
        (found,) = read_look_alikes(session, "EM101")
        assert (found.photo.name, found.details > 20) == ("twin.jpg", True)
        deny_type(session, [found.photo.id], "EM101", by="ana", now=NOW)
    looking.tick(slice_s=60)
    with Session(database) as session:
        assert count_look_alikes(session) == {}


def soft(shot: int) -> bytes:
    """A photo of the one-line design, out of focus."""
    return encoded(cv2.GaussianBlur(plate_photo(1, shot, headed=ONE_LINE), (0, 0), 2), quality=92)


def test_a_photo_whose_print_is_spoilt_is_named_as_soon_as_two_others_that_show_the_plate_are(
    home: Home, database: Engine
) -> None:
    name_em101(home, database)
    arrive(home, database, {"soft.jpg": soft(7), "one.jpg": twin(8, ONE_LINE)})
    looking = newcomers(home, database)
    assert looking.tick(slice_s=60) == 1
    assert place(database, "soft.jpg")[0] == "UNKNOWN"
    arrive(home, database, {"two.jpg": twin(9, ONE_LINE)})
    assert looking.tick(slice_s=60) == 2
    assert place(database, "soft.jpg")[0] == "EM101"


def test_near_twins_that_arrive_together_do_not_talk_each_other_into_a_name(home: Home, database: Engine) -> None:
    name_em101(home, database)
    arrive(
        home, database, {f"twin-{shot}.jpg": twin(shot, TWO_LINES) for shot in range(10, 13)} | {"same.jpg": twin(8, ONE_LINE)}
    )
    assert newcomers(home, database).tick(slice_s=60) == 1
    assert [place(database, f"twin-{shot}.jpg")[0] for shot in range(10, 13)] == ["UNKNOWN"] * 3


def test_a_group_of_a_named_design_says_so_until_that_name_is_taken_back_and_near_twins_of_plainly_another_print_do_not(
    home: Home, database: Engine
) -> None:
    arrive(home, database, {f"{shot}.jpg": twin(shot, ONE_LINE) for shot in range(5)})
    arrive(home, database, {f"twin-{shot}.jpg": twin(shot, TWO_LINES) for shot in range(10, 14)})
    arrive(home, database, {f"same-{shot}.jpg": twin(shot, ONE_LINE) for shot in range(14, 17)})
    with Session(database) as session, session.begin():
        split_photos(session, [6, 7, 8, 9], by="ana", now=NOW)
        group = split_photos(session, [10, 11, 12], by="ana", now=NOW)
        name_photos(session, [1, 2, 3, 4, 5], "EM101", by="ana", now=NOW)
    looking = newcomers(home, database)
    looking.tick(slice_s=60)
    with Session(database) as session, session.begin():
        found = group_resemblances(session)
        assert {each: (like.name, (like.short or 9) < 8) for each, like in found.items()} == {group: ("EM101", True)}
        undo(session, 3, by="ana", now=NOW)
    looking.tick(slice_s=60)
    with Session(database) as session:
        assert group_resemblances(session) == {}


def test_a_regrouping_finds_photos_of_a_named_type_called_so(home: Home, database: Engine) -> None:
    name_em101(home, database)
    arrive(home, database, {f"more-{shot}.jpg": twin(shot, ONE_LINE) for shot in range(14, 17)})
    newcomers(home, database).finish(8, lambda: False)
    group_now(home, database)
    assert {place(database, f"more-{shot}.jpg") for shot in range(14, 17)} == {("EM101", None)}


def test_a_regrouping_waits_for_newcomers_no_longer_than_a_person_wants_it(home: Home, database: Engine) -> None:
    name_em101(home, database)
    arrive(home, database, {"more.jpg": twin(14, ONE_LINE)})
    newcomers(home, database).finish(6, lambda: True)
    assert place(database, "more.jpg") == ("UNKNOWN", None)


def test_a_regrouping_begins_though_newcomers_cannot_be_compared(
    home: Home, database: Engine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    name_em101(home, database)
    looking = newcomers(home, database)
    monkeypatch.setattr(looking, "tick", lambda: 1 / 0)
    looking.finish(5, lambda: False)
    assert "cannot be compared" in caplog.text


def test_a_regrouping_waits_for_newcomers_while_photos_move_but_not_for_ever(
    home: Home, database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    name_em101(home, database)
    monkeypatch.setattr("daemon.newcomers.LONGEST_S", 0.2)
    asked = []
    with locked(home.db / "regroup.lock"):
        newcomers(home, database).finish(5, lambda: bool(asked.append(1)))
    assert len(asked) > 1
