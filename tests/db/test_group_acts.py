"""What people do to groups: merged, split, dismissed, moved, taken out; each with who and when, and each can be taken back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from db.group_acts import dismiss, merge_groups, move_photos, release_photos, split_photos
from db.group_tables import Act, GroupEvent
from db.groups import Selection, read_groups
from db.labels import JUNK, UndoError, labels_state, read_acts, undo
from db.naming import ActError, name_group, name_photos
from db.tables import Job, Label, Photo, PhotoGroup
from db.type_acts import rename_group
from tests.archive import NOW, store, store_group, unknown


def do(database: Engine, act: Callable[..., Any], *given: Any, **named: Any) -> Any:
    with Session(database) as session:
        done = act(session, *given, by="ana", now=NOW, **named)
        session.commit()
        return done


def photos_now(database: Engine) -> dict[int, tuple[str | None, int | None]]:
    with Session(database) as session:
        return {
            row.id: (row.meter_type, row.group_id) for row in session.execute(select(Photo.id, Photo.meter_type, Photo.group_id))
        }


def groups_now(database: Engine) -> dict[int, tuple[str, str | None]]:
    with Session(database) as session:
        return {group.id: (group.status, group.name) for group in session.scalars(select(PhotoGroup))}


def standing_labels(database: Engine) -> set[tuple[int, str, str, str]]:
    with Session(database) as session:
        rows = session.scalars(select(Label).where(Label.withdrawn_at.is_(None)))
        return {(label.photo_id, label.field, label.value, label.by) for label in rows}


def two_groups(database: Engine) -> tuple[int, int]:
    return store_group(database, unknown(1), unknown(2), unknown(3)), store_group(database, unknown(11), unknown(12))


def test_a_merged_group_is_gone_and_its_photos_are_said_to_belong_to_the_other(database: Engine) -> None:
    one, other = two_groups(database)
    assert do(database, merge_groups, other, one, seen=2) == 2
    assert set(photos_now(database).values()) == {("UNKNOWN", one)}
    assert groups_now(database) == {one: ("candidate", None), other: ("gone", None)}
    assert standing_labels(database) == {(photo_id, "group", str(one), "ana") for photo_id in range(1, 6)}


def test_an_undo_is_told_with_its_own_time_and_not_that_of_the_act(database: Engine) -> None:
    one, _ = two_groups(database)
    do(database, name_group, one, "ACME 7", seen=3)
    later = NOW + timedelta(hours=1)
    with Session(database) as session, session.begin():
        undo(session, read_acts(session)[0].id, by="bea", now=later)
    with Session(database) as session:
        told = session.scalars(select(GroupEvent).order_by(GroupEvent.id)).all()
        assert [(event.kind, event.at) for event in told] == [("named", NOW), ("undone", later)]


def test_a_group_merged_into_a_named_one_gets_its_name(database: Engine) -> None:
    one, other = two_groups(database)
    do(database, name_group, one, "ACME 7", seen=3)
    do(database, merge_groups, other, one, seen=2)
    assert set(photos_now(database).values()) == {("ACME 7", one)}


def test_photos_split_off_are_a_group_of_their_own_and_the_rest_is_said_to_stay(database: Engine) -> None:
    one, _ = two_groups(database)
    new = do(database, split_photos, [2, 3])
    assert {photo_id: place for photo_id, (_, place) in photos_now(database).items()}[1] == one
    assert photos_now(database)[2] == photos_now(database)[3] == ("UNKNOWN", new)
    assert (1, "group", str(one), "ana") in standing_labels(database)
    with Session(database) as session:
        event = session.scalars(select(GroupEvent)).one()
    assert (event.kind, event.group_id, event.other_id, event.photos) == ("split", new, one, 2)


def test_dismissed_photos_are_junk_neither_unknown_nor_a_type(database: Engine) -> None:
    one, other = two_groups(database)
    assert do(database, dismiss, one, seen=3) == 3
    assert do(database, dismiss, Selection((4,))) == 1
    assert [meter_type for meter_type, _ in photos_now(database).values()] == [JUNK] * 4 + ["UNKNOWN"]
    with Session(database) as session:
        assert [card.id for card in read_groups(session)] == [other]


def test_a_photo_moved_to_a_named_group_gets_the_name_and_the_emptied_group_is_gone(database: Engine) -> None:
    one, other = two_groups(database)
    do(database, name_group, one, "ACME 7", seen=3)
    do(database, move_photos, [4, 5], one)
    assert photos_now(database)[4] == photos_now(database)[5] == ("ACME 7", one)
    assert groups_now(database)[other] == ("gone", None)


def test_a_photo_taken_out_of_a_named_group_is_unknown_again_and_said_not_to_be_of_that_type(database: Engine) -> None:
    one, _ = two_groups(database)
    do(database, name_group, one, "ACME 7", seen=3)
    do(database, release_photos, [2])
    assert photos_now(database)[2] == ("UNKNOWN", None)
    assert {label for label in standing_labels(database) if label[0] == 2} == {
        (2, "not_group", str(one), "ana"),
        (2, "not_type", "ACME 7", "ana"),
    }


def test_a_photo_that_labels_named_wrongly_is_unknown_again_and_undoing_gives_the_name_back(database: Engine) -> None:
    two_groups(database)
    with Session(database) as session, session.begin():
        found = session.get_one(Photo, 4)
        found.meter_type, found.group_id, found.recognised_by, found.labelled_photos = "ACME 7", None, "labelled", 5
    assert do(database, release_photos, [4]) == 1
    assert photos_now(database)[4] == ("UNKNOWN", None)
    assert {label for label in standing_labels(database) if label[0] == 4} == {(4, "not_type", "ACME 7", "ana")}
    with Session(database) as session, session.begin():
        assert session.get_one(Photo, 4).recognised_by is None
        undo(session, read_acts(session)[0].id, by="ana", now=NOW)
    assert photos_now(database)[4] == ("ACME 7", None)


@pytest.mark.parametrize(
    "act",
    [
        lambda database: do(database, name_group, 1, "ACME 7", seen=3),
        lambda database: do(database, name_photos, [1, 4, 5], "ACME 7"),
        lambda database: do(database, merge_groups, 2, 1, seen=2),
        lambda database: do(database, split_photos, [2, 4]),
        lambda database: do(database, dismiss, 1, seen=3),
        lambda database: do(database, dismiss, Selection((1, 4))),
        lambda database: do(database, move_photos, [4, 5], 1),
        lambda database: do(database, release_photos, [2]),
    ],
)
def test_every_act_can_be_taken_back_and_leaves_its_labels_on_record(database: Engine, act: Callable[[Engine], object]) -> None:
    two_groups(database)
    photos, groups, state = photos_now(database), groups_now(database), labels_of(database)
    act(database)
    assert photos_now(database) != photos
    assert labels_of(database) != state
    with Session(database) as session:
        labels = len(session.scalars(select(Label)).all())
        undo(session, session.scalars(select(Act.id)).one(), by="bea", now=NOW)
        session.commit()
    assert photos_now(database) == photos
    assert {group: groups_now(database)[group] for group in groups} == groups
    assert standing_labels(database) == set()
    with Session(database) as session:
        assert len(session.scalars(select(Label)).all()) == labels
        assert {label.withdrawn_by for label in session.scalars(select(Label))} == {"bea"}
        assert session.scalars(select(Job.kind).order_by(Job.id.desc())).first() == "move_photos"


def labels_of(database: Engine) -> str:
    with Session(database) as session:
        return labels_state(session)


@pytest.mark.parametrize(
    "again",
    [
        lambda database: do(database, name_group, 2, "acme 7", seen=2),
        lambda database: do(database, name_photos, [4, 5], "acme 7"),
    ],
)
def test_what_gets_the_name_of_a_named_group_joins_it_and_comes_back(database: Engine, again: Callable[[Engine], object]) -> None:
    two_groups(database)
    do(database, name_group, 1, "ACME 7", seen=3)
    before = photos_now(database), groups_now(database), standing_labels(database)
    again(database)
    assert set(photos_now(database).values()) == {("ACME 7", 1)}
    assert groups_now(database) == {1: ("named", "ACME 7"), 2: ("gone", None)}
    with Session(database) as session, session.begin():
        assert read_acts(session)[0].photos == 2
        with pytest.raises(UndoError, match="newer"):
            undo(session, 1, by="bea", now=NOW)
        undo(session, 2, by="bea", now=NOW)
    assert (photos_now(database), groups_now(database), standing_labels(database)) == before


def test_a_renamed_group_is_undone_before_what_named_it_and_gives_every_label_back(database: Engine) -> None:
    two_groups(database)
    do(database, name_group, 1, "Alpha 1", seen=3)
    before = photos_now(database), groups_now(database), standing_labels(database)
    assert do(database, rename_group, 1, "Beta", seen=3) == "Beta"
    assert photos_now(database)[1] == ("Beta", 1)
    assert {label[2] for label in standing_labels(database)} == {"Beta"}
    do(database, move_photos, [4], 1)
    with Session(database) as session, session.begin():
        for act_id in (1, 2):
            with pytest.raises(UndoError, match="newer"):
                undo(session, act_id, by="bea", now=NOW)
        undo(session, 3, by="bea", now=NOW)
        undo(session, 2, by="bea", now=NOW)
    assert (photos_now(database), groups_now(database), standing_labels(database)) == before


def test_the_spelling_of_a_name_changes_only_where_no_other_photo_has_it(database: Engine) -> None:
    two_groups(database)
    do(database, name_group, 1, "Arkada", seen=3)
    assert do(database, rename_group, 1, "ARKADA", seen=3) == "ARKADA"
    with Session(database) as session, session.begin():
        photo = session.get_one(Photo, 4)
        photo.meter_type, photo.group_id = "ARKADA", None
    with pytest.raises(ActError, match="called ARKADA already"):
        do(database, rename_group, 1, "Arkada", seen=3)


def test_taking_back_a_release_lets_the_earlier_label_stand_again(database: Engine) -> None:
    one, _ = two_groups(database)
    do(database, name_group, one, "ACME 7", seen=3)
    before = standing_labels(database)
    do(database, release_photos, [2])
    with Session(database) as session:
        undo(session, 2, by="bea", now=NOW)
        session.commit()
    assert standing_labels(database) == before
    with Session(database) as session:
        undo(session, 1, by="bea", now=NOW)
        session.commit()
    assert standing_labels(database) == set()


def test_an_act_is_not_taken_back_below_a_newer_one_nor_twice(database: Engine) -> None:
    one, other = two_groups(database)
    do(database, merge_groups, other, one, seen=2)
    do(database, name_group, one, "ACME 7", seen=5)
    with Session(database) as session:
        with pytest.raises(UndoError, match="newer"):
            undo(session, 1, by="bea", now=NOW)
        undo(session, 2, by="bea", now=NOW)
        undo(session, 1, by="bea", now=NOW)
        with pytest.raises(UndoError, match="already, by bea"):
            undo(session, 1, by="bea", now=NOW)
        assert [(line.kind, line.undone_by) for line in read_acts(session)] == [("name", "bea"), ("merge", "bea")]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param(
            lambda db: do(db, release_photos, [1]), lambda db: do(db, name_group, 1, "ACME 7", seen=2), id="named since"
        ),
        pytest.param(
            lambda db: do(db, name_group, 1, "ACME 7", seen=3),
            lambda db: do(db, move_photos, [4], 1),
            id="joined by others since",
        ),
        pytest.param(
            lambda db: do(db, split_photos, [1]), lambda db: do(db, move_photos, [4], 3), id="others moved to the new one"
        ),
        pytest.param(lambda db: do(db, release_photos, [1]), lambda db: do(db, dismiss, 1, seen=2), id="dismissed since"),
    ],
)
def test_what_was_done_to_the_same_group_later_is_taken_back_first(
    database: Engine, first: Callable[[Engine], object], second: Callable[[Engine], object]
) -> None:
    two_groups(database)
    untouched = photos_now(database), groups_now(database)
    first(database)
    second(database)
    before = photos_now(database), groups_now(database), standing_labels(database)
    with Session(database) as session, pytest.raises(UndoError, match="newer was done to some of these photos or their group"):
        undo(session, 1, by="bea", now=NOW)
    assert (photos_now(database), groups_now(database), standing_labels(database)) == before
    for act_id in (2, 1):
        with Session(database) as session:
            undo(session, act_id, by="bea", now=NOW)
            session.commit()
    assert photos_now(database) == untouched[0]
    assert {group: groups_now(database)[group] for group in untouched[1]} == untouched[1]


def test_an_act_is_told_with_the_photos_that_went_not_those_that_stay(database: Engine) -> None:
    one, other = two_groups(database)
    do(database, merge_groups, other, one, seen=2)
    do(database, split_photos, [1])
    with Session(database) as session:
        assert [(line.kind, line.photos) for line in read_acts(session)] == [("split", 1), ("merge", 2)]
        assert [undo(session, act_id, by="bea", now=NOW).photos for act_id in (2, 1)] == [1, 2]


def test_two_photos_taken_out_of_a_group_are_put_back_in_any_order(database: Engine) -> None:
    two_groups(database)
    before = photos_now(database)
    do(database, release_photos, [1])
    do(database, release_photos, [2])
    for act_id in (1, 2):
        with Session(database) as session:
            undo(session, act_id, by="bea", now=NOW)
            session.commit()
    assert photos_now(database) == before


def test_what_joined_a_group_by_itself_is_in_none_once_the_split_that_made_the_group_is_taken_back(database: Engine) -> None:
    two_groups(database)
    do(database, split_photos, [1])
    store(database, unknown(30, group_id=3))
    late = max(photos_now(database))
    with Session(database) as session:
        undo(session, 1, by="bea", now=NOW)
        session.commit()
        moved = session.scalars(select(Job.payload).order_by(Job.id.desc())).first()
    assert photos_now(database)[late] == ("UNKNOWN", None)
    assert moved is not None and late in moved["photo_ids"]


def test_who_acts_on_a_group_that_is_gone_is_told_what_became_of_it(database: Engine) -> None:
    one, other = two_groups(database)
    third = store_group(database, unknown(21))
    do(database, merge_groups, other, one, seen=2)
    do(database, release_photos, [6])
    for gone, why in ((other, f"Group {other} is gone: it is part of Group {one} now."), (third, "it has no photos any more")):
        with pytest.raises(ActError, match=why):
            do(database, merge_groups, gone, one, seen=2)
        with pytest.raises(ActError, match=why):
            do(database, move_photos, [1], gone)


def test_a_group_that_a_regrouping_dissolved_is_said_to_be(database: Engine) -> None:
    group = store_group(database, unknown(1), status="gone")
    store(database, GroupEvent(at=NOW, kind="death", group_id=group, other_id=None, photos=1))
    with pytest.raises(ActError, match=r"Group 1 is gone: a newer grouping dissolved it\. Choose another group\."):
        do(database, name_group, group, "ACME 7", seen=1)


@pytest.mark.parametrize(
    ("act", "why"),
    [
        (lambda database: do(database, merge_groups, 1, 1, seen=3), "itself"),
        (lambda database: do(database, merge_groups, 1, 2, seen=9), "changed"),
        (lambda database: do(database, merge_groups, 1, 77, seen=3), "There is no Group 77"),
        (lambda database: do(database, split_photos, [1, 2, 3]), "all photos"),
        (lambda database: do(database, split_photos, [99]), "still unknown"),
        (lambda database: do(database, dismiss, 1, seen=1), "changed"),
        (lambda database: do(database, move_photos, [1], 1), "there already"),
        (lambda database: do(database, release_photos, [99]), "in a group"),
        (lambda database: do(database, name_group, 1, "junk", seen=3), "dismissed photos"),
    ],
)
def test_what_cannot_be_done_says_why_and_changes_nothing(database: Engine, act: Callable[[Engine], object], why: str) -> None:
    two_groups(database)
    store(database, unknown(30))
    before = photos_now(database), groups_now(database), standing_labels(database)
    with pytest.raises(ActError, match=why):
        act(database)
    assert (photos_now(database), groups_now(database), standing_labels(database)) == before
