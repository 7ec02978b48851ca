"""What looks like a named type is offered while that stands, and what a person says of it is kept and can be undone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from db.exemplars import recognise_photo
from db.group_acts import merge_groups, release_photos, split_photos
from db.group_tables import PhotoResemblance
from db.groups import Place, read_members
from db.labels import read_acts, undo
from db.look_alikes import (
    count_look_alikes,
    count_recognised,
    examples_of,
    forget_resemblances,
    group_resemblances,
    note_group,
    note_photo,
    read_look_alikes,
    read_recognised,
)
from db.naming import ActError, name_group, name_photos
from db.tables import Label, Photo, PhotoGroup
from db.type_acts import call_too, correct_type, deny_group, deny_type
from engine.recognition.resemblance import Resemblance
from tests.archive import NOW, photo, store, store_group, unknown

LIKE = Resemblance(name="ACME 7", details=30, short=1.8)


def do(database: Engine, act: Callable[..., Any], *given: Any, **named: Any) -> Any:
    with Session(database) as session, session.begin():
        return act(session, *given, by="ana", now=NOW, **named)


def take_back(database: Engine) -> None:
    with Session(database) as session, session.begin():
        undo(session, read_acts(session)[0].id, by="bea", now=NOW)


def offered(database: Engine) -> dict[str, int]:
    with Session(database) as session:
        return count_look_alikes(session)


def standing(database: Engine) -> set[tuple[int, str, str]]:
    with Session(database) as session:
        return {
            (row.photo_id, row.field, row.value) for row in session.scalars(select(Label).where(Label.withdrawn_at.is_(None)))
        }


def state(database: Engine) -> list[tuple[Any, ...]]:
    with Session(database) as session:
        rows = session.execute(select(Photo.id, Photo.meter_type, Photo.group_id, Photo.recognised_by).order_by(Photo.id))
        return [tuple(row) for row in rows]


@pytest.fixture
def archive(database: Engine) -> Engine:
    """Photos 1 to 3 are ACME 7, a group; 4 and 5 look like it; 6 and 7, a group, look like it as a whole."""
    named = store_group(database, unknown(1), unknown(2), unknown(3))
    store(database, unknown(4), unknown(5))
    group = store_group(database, unknown(6), unknown(7))
    do(database, name_group, named, "ACME 7", seen=3)
    with Session(database) as session, session.begin():
        assert note_photo(session, 4, LIKE)
        assert note_photo(session, 5, Resemblance(name="ACME 7", details=50, short=9.0))
        assert note_group(session, group, LIKE)
    return database


def test_look_alikes_come_with_the_likest_print_first_page_by_page_and_say_whose_print_speaks_against_them(
    archive: Engine,
) -> None:
    store(archive, unknown(8))
    with Session(archive) as session, session.begin():
        note_photo(session, 8, Resemblance(name="ACME 7", details=9, short=None))
    with Session(archive) as session:
        found = read_look_alikes(session, "ACME 7")
        assert [(each.photo.id, each.is_against) for each in found] == [(4, False), (8, False), (5, True)]
        after = Place.parse(str(found[0].place))
        assert [each.photo.id for each in read_look_alikes(session, "ACME 7", after=after, size=1)] == [8]
        assert read_look_alikes(session, "ACME 8") == ()
        assert [each.id for each in examples_of(session, "ACME 7")] == [3, 2, 1]
        assert group_resemblances(session) == {2: LIKE}
    assert offered(archive) == {"ACME 7": 3}


@pytest.mark.parametrize(
    "act",
    [
        lambda archive: do(archive, name_photos, [4, 5], "HPL 1"),
        take_back,
        lambda archive: do(archive, correct_type, [1, 2, 3], "HPL 1"),
    ],
)
def test_nothing_is_offered_that_got_a_name_or_as_a_type_that_nobody_names_any_more(
    archive: Engine, act: Callable[[Engine], object]
) -> None:
    before = offered(archive)
    act(archive)
    with Session(archive) as session, session.begin():
        still = count_look_alikes(session)
        forget_resemblances(session)
        assert len(session.scalars(select(PhotoResemblance)).all()) == sum(still.values())
    assert before == {"ACME 7": 2}
    assert still == {}


def test_a_resemblance_is_no_label_and_no_type(archive: Engine) -> None:
    assert all(photo_id < 4 for photo_id, _, _ in standing(archive))
    assert {row[1] for row in state(archive)[3:]} == {"UNKNOWN"}


def test_look_alikes_that_are_of_the_type_join_its_group_and_an_undo_makes_them_wait_again(archive: Engine) -> None:
    before = state(archive)
    done = do(archive, call_too, [4, 5, 1], "ACME 7")
    assert (done.name, done.photos, done.left_out) == ("ACME 7", 2, 1)
    assert [row[1:3] for row in state(archive)[3:5]] == [("ACME 7", 1)] * 2
    assert (4, "meter_type", "ACME 7") in standing(archive)
    assert offered(archive) == {}
    take_back(archive)
    assert state(archive) == before
    assert offered(archive) == {"ACME 7": 2}


def test_a_type_without_a_group_takes_look_alikes_too(archive: Engine) -> None:
    do(archive, correct_type, [3], "HPL 1")
    assert do(archive, call_too, [4], "HPL 1").photos == 1
    assert state(archive)[3][1:3] == ("HPL 1", None)


def test_look_alikes_that_are_not_of_the_type_stay_unknown_and_are_never_offered_so_again(archive: Engine) -> None:
    before = state(archive)
    assert do(archive, deny_type, [5], "ACME 7") == 1
    assert offered(archive) == {"ACME 7": 1}
    assert state(archive) == before
    with Session(archive) as session, session.begin():
        assert not note_photo(session, 5, LIKE)
    take_back(archive)
    with Session(archive) as session, session.begin():
        assert note_photo(session, 5, LIKE)


def test_a_group_that_is_not_the_type_it_looks_like_stays_a_group_and_says_so_no_more(archive: Engine) -> None:
    before = state(archive)
    assert do(archive, deny_group, 2, "ACME 7", seen=2) == 2
    assert state(archive) == before
    with Session(archive) as session:
        assert group_resemblances(session) == {}
        assert session.get_one(PhotoGroup, 2).status == "candidate"
    assert offered(archive) == {"ACME 7": 2}


@pytest.mark.parametrize("is_rest_named", [True, False])
def test_a_part_that_was_split_off_is_not_offered_as_the_type_of_the_other_part(database: Engine, is_rest_named: bool) -> None:
    whole = store_group(database, *(unknown(number) for number in range(1, 5)))
    off = do(database, split_photos, [3, 4])
    named, left = (whole, off) if is_rest_named else (off, whole)
    do(database, name_group, named, "ACME 7", seen=2)
    other = store_group(database, unknown(5), unknown(6))
    with Session(database) as session, session.begin():
        assert not note_group(session, left, LIKE)
        assert note_group(session, other, LIKE)
        assert note_group(session, left, replace(LIKE, name="HPL 1"))


def test_parts_that_a_person_put_together_again_may_be_offered_as_each_other_s_type(database: Engine) -> None:
    whole = store_group(database, *(unknown(number) for number in range(1, 5)))
    off = do(database, split_photos, [3, 4])
    do(database, merge_groups, off, whole, seen=2)
    do(database, name_photos, [1, 2], "ACME 7")
    with Session(database) as session, session.begin():
        assert note_group(session, whole, LIKE)


def test_photos_taken_out_of_a_group_are_neither_offered_as_the_type_that_it_gets_nor_called_so(database: Engine) -> None:
    group = store_group(database, *(unknown(number) for number in range(1, 4)))
    do(database, release_photos, [3])
    do(database, name_group, group, "ACME 7", seen=2)
    store(database, unknown(4))
    with Session(database) as session, session.begin():
        assert [note_photo(session, photo_id, LIKE) for photo_id in (3, 4)] == [False, True]
        assert [recognise_photo(session, each, "ACME 7", labelled=2, details=90, now=NOW) for each in (3, 4)] == [False, True]


@pytest.mark.parametrize("way", ["labelled", "plate", "network"])
def test_a_photo_that_was_named_wrongly_by_whatever_is_unknown_again_until_that_is_undone(database: Engine, way: str) -> None:
    store(database, photo(1, recognised_by=way), photo(2, recognised_by=way))
    before = state(database)
    assert do(database, deny_type, [1], "GENUS5") == 1
    assert state(database) == [(1, "UNKNOWN", None, None), before[1]]
    assert standing(database) == {(1, "not_type", "GENUS5")}
    take_back(database)
    assert state(database) == before


def test_a_photo_taken_out_keeps_by_what_it_was_found_when_that_is_undone(database: Engine) -> None:
    store(database, photo(1, recognised_by="labelled", labelled_photos=5))
    before = state(database)
    do(database, release_photos, [1])
    take_back(database)
    assert state(database) == before


def test_a_photo_of_a_named_group_that_is_another_type_leaves_it_and_an_undo_brings_it_back(archive: Engine) -> None:
    before, said = state(archive), standing(archive)
    assert do(archive, deny_type, [2], "ACME 7") == 1
    assert state(archive)[1] == (2, "UNKNOWN", None, None)
    take_back(archive)
    assert (state(archive), standing(archive)) == (before, said)
    assert do(archive, correct_type, [2], "hpl 1", known=["HPL 1"]).name == "HPL 1"
    assert state(archive)[1] == (2, "HPL 1", None, None)
    take_back(archive)
    assert (state(archive), standing(archive)) == (before, said)


def test_photos_of_a_type_that_nobody_labelled_are_listed_the_newest_first(archive: Engine) -> None:
    store(archive, *(photo(number, meter_type="ACME 7", recognised_by="labelled") for number in (20, 21, 22)))
    with Session(archive) as session:
        assert count_recognised(session, "ACME 7") == 3
        first, second, third = (each.id for each in read_recognised(session, "ACME 7"))
        assert first > second > third > 7
        assert [each.id for each in read_recognised(session, "ACME 7", after=Place(0.0, first), size=1)] == [second]


def test_a_recognised_photo_is_confirmed_by_saying_its_own_type_joins_its_group_and_is_recognised_again_after_an_undo(
    archive: Engine,
) -> None:
    store(archive, *(photo(number, meter_type="ACME 7", recognised_by="labelled", plain_type="HPL1") for number in (20, 21)))
    before, said = state(archive), standing(archive)
    with Session(archive) as session:
        assert count_recognised(session, "ACME 7") == 2
    done = do(archive, correct_type, [8, 9, 1], "acme 7")
    assert (done.name, done.photos, done.left_out) == ("ACME 7", 2, 1)
    assert state(archive)[7:] == [(8, "ACME 7", 1, None), (9, "ACME 7", 1, None)]
    assert standing(archive) - said == {(8, "meter_type", "ACME 7"), (9, "meter_type", "ACME 7")}
    with Session(archive) as session:
        assert count_recognised(session, "ACME 7") == 0
        assert [photo.id for photo in read_members(session, 1)][-2:] == [8, 9]
    with pytest.raises(ActError, match="already"):
        do(archive, correct_type, [8, 9], "ACME 7")
    take_back(archive)
    assert (state(archive), standing(archive)) == (before, said)


def test_a_photo_recognised_as_a_type_without_a_group_is_confirmed_where_it_is(archive: Engine) -> None:
    store(archive, photo(20, meter_type="HPL 1", recognised_by="plate"))
    assert do(archive, correct_type, [8], "HPL 1").photos == 1
    assert state(archive)[7] == (8, "HPL 1", None, None)


@pytest.mark.parametrize(
    ("act", "why"),
    [
        (lambda archive: do(archive, call_too, [1], "ACME 7"), "somebody was quicker"),
        (lambda archive: do(archive, call_too, [4], "HPL 1"), "Nobody calls"),
        (lambda archive: do(archive, deny_type, [1], "HPL 1"), "Look again"),
        (lambda archive: do(archive, deny_type, [4], "UNKNOWN"), "Look again"),
        (lambda archive: do(archive, deny_group, 2, "ACME 7", seen=9), "changed"),
        (lambda archive: do(archive, correct_type, [1], "acme 7"), "already"),
        (lambda archive: do(archive, correct_type, [1], "../up"), "letters"),
    ],
)
def test_what_cannot_be_done_says_why_and_changes_nothing(archive: Engine, act: Callable[[Engine], object], why: str) -> None:
    before = state(archive), standing(archive), offered(archive)
    with pytest.raises(ActError, match=why):
        act(archive)
    assert (state(archive), standing(archive), offered(archive)) == before
