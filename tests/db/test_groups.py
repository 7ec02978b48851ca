"""Groups: their cards, their members page by page, and naming."""

from __future__ import annotations

import unicodedata

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from db.groups import (
    MapPoint,
    Place,
    Selection,
    count_members,
    read_groups,
    read_map,
    read_members,
    still_unknown,
)
from db.naming import ActError, Naming, name_group, name_photos
from db.tables import Job, Label, Photo, PhotoGroup
from tests.archive import NOW, photo, store, store_group, unknown


def name(database: Engine, group_id: int, text: str, *, seen: int, known: tuple[str, ...] = ()) -> str:
    with Session(database) as session:
        stored = name_group(session, group_id, text, seen=seen, by="ana", now=NOW, known=known)
        session.commit()
        return stored


def name_these(database: Engine, rows: list[Photo], text: str, **given: tuple[str, ...]) -> Naming:
    with Session(database) as session:
        done = name_photos(session, [row.id for row in rows], text, by="ana", now=NOW, **given)
        session.commit()
        return done


def everything(database: Engine) -> list[tuple[object, ...]]:
    with Session(database) as session:
        photos = session.execute(select(Photo.id, Photo.meter_type, Photo.group_id).order_by(Photo.id)).all()
        groups = session.execute(select(PhotoGroup.id, PhotoGroup.status, PhotoGroup.name)).all()
        return [*photos, *groups, *session.scalars(select(Label.value)), *session.scalars(select(Job.kind))]


def test_candidates_come_first_the_largest_on_top_and_the_ungrouped_last(database: Engine) -> None:
    small = store_group(database, unknown(1), unknown(2))
    large = store_group(database, *(unknown(number) for number in range(10, 16)))
    named = store_group(database, *(photo(number) for number in range(20, 29)), status="named", name="GENUS5")
    store_group(database, unknown(30), status="gone")
    store(database, unknown(40), photo(41), unknown(42, outcome=None))
    with Session(database) as session:
        cards = read_groups(session)
    assert [(card.id, card.photos, card.name) for card in cards] == [
        (large, 6, None),
        (small, 2, None),
        (named, 9, "GENUS5"),
        (None, 1, None),
    ]


def test_a_group_shows_its_four_most_typical_faces(database: Engine) -> None:
    members = [unknown(number) for number in range(6)]
    store_group(database, *members)
    with Session(database) as session:
        (card,) = read_groups(session)
    assert card.faces == tuple(member.sha256 for member in members[:4])


def test_members_come_most_typical_first_and_pages_joined_are_all_of_them(database: Engine) -> None:
    members = [unknown(number) for number in range(7)]
    group = store_group(database, *members)
    members[5].group_strength = members[2].group_strength  # a tie must not lose or repeat anyone
    members[6].group_strength = None
    store(database, *members)
    with Session(database) as session:
        pages = [read_members(session, group, size=2)]
        while pages[-1]:
            pages.append(read_members(session, group, after=Place.parse(str(Place.of(pages[-1][-1]))), size=2))
        joined = [member.id for page in pages for member in page]
    expected = sorted(members, key=lambda m: (-1 if m.group_strength is None else m.group_strength, -m.id), reverse=True)
    assert joined == [member.id for member in expected]


def test_naming_labels_every_member_and_asks_the_daemon_to_move_them(database: Engine) -> None:
    group = store_group(database, unknown(1), unknown(2))
    store(database, unknown(3))
    assert name(database, group, "  ACME 7 ", seen=2) == "ACME 7"
    with Session(database) as session:
        stored = session.get_one(PhotoGroup, group)
        assert (stored.status, stored.name) == ("named", "ACME 7")
        types = session.scalars(select(Photo.meter_type).order_by(Photo.id)).all()
        assert types == ["ACME 7", "ACME 7", "UNKNOWN"]
        assert set(session.scalars(select(Photo.guessed_type))) == {"UNKNOWN"}  # what the engine said stays
        labels = session.execute(select(Label.field, Label.value, Label.by, Label.at)).all()
        assert labels == [("meter_type", "ACME 7", "ana", NOW)] * 2
        assert [(job.kind, job.payload, job.status) for job in session.scalars(select(Job))] == [
            ("move_group", {"group_id": group}, "waiting")
        ]


def test_a_type_keeps_the_spelling_it_has(database: Engine) -> None:
    store(database, photo(1))
    first, second = store_group(database, unknown(2)), store_group(database, unknown(3))
    assert name(database, first, "genus5", seen=1) == "GENUS5"
    assert name(database, second, "hpl1", seen=1, known=("HPL1",)) == "HPL1"


def test_a_type_may_have_any_script_and_is_one_however_its_letters_are_put_together(database: Engine) -> None:
    first, second = store_group(database, unknown(1)), store_group(database, unknown(2))
    assert name(database, first, "Zähler Ölbach", seen=1) == "Zähler Ölbach"
    assert name(database, second, unicodedata.normalize("NFD", "ZÄHLER ölbach"), seen=1) == "Zähler Ölbach"


@pytest.mark.parametrize("text", ["", "   ", "../up", "a/b", "UNKNOWN", "unknown", "CON", "<b>", "x" * 61, "na\u200bïve", "-"])
def test_a_bad_name_is_refused_and_nothing_is_stored(database: Engine, text: str) -> None:
    group = store_group(database, unknown(1))
    before = everything(database)
    with pytest.raises(ActError, match=r"\w"):
        name(database, group, text, seen=1)
    assert everything(database) == before


def test_a_group_that_changed_since_it_was_looked_at_is_not_named(database: Engine) -> None:
    group = store_group(database, unknown(1), unknown(2))
    before = everything(database)
    with pytest.raises(ActError, match="now has 2 photos instead of 3"):
        name(database, group, "ACME7", seen=3)
    assert everything(database) == before


@pytest.mark.parametrize(("status", "says"), [("gone", "is gone"), ("named", "already named GENUS5")])
def test_only_a_candidate_can_be_named(database: Engine, status: str, says: str) -> None:
    group = store_group(database, unknown(1), status=status, name="GENUS5")
    with pytest.raises(ActError, match=says):
        name(database, group, "ACME7", seen=1)
    with pytest.raises(ActError, match="There is no Group"):
        name(database, group + 1, "ACME7", seen=1)


def test_the_map_has_every_unknown_photo_with_a_place_the_newest_first(database: Engine) -> None:
    placed = [unknown(number, map_x=number / 10, map_y=0.5) for number in (1, 2)]
    group = store_group(database, *placed)
    lone = unknown(3, map_x=0.0, map_y=1.0)
    store(database, lone, unknown(4), photo(5, map_x=0.1, map_y=0.1), unknown(6, map_x=0.1, map_y=0.1, outcome=None))
    with Session(database) as session:
        points, total = read_map(session)
        assert points == (
            MapPoint(lone.id, str(lone.sha256), 0.0, 1.0, None),
            MapPoint(placed[1].id, str(placed[1].sha256), 0.2, 0.5, group),
            MapPoint(placed[0].id, str(placed[0].sha256), 0.1, 0.5, group),
        )
        assert total == 3
        assert read_map(session, most=2) == (points[:2], 3)
        assert read_map(session, most=3) == (points, 3)


def test_a_selection_pages_like_a_group_and_holds_unknowns_alone(database: Engine) -> None:
    members, lone, known = [unknown(1), unknown(2), unknown(3)], unknown(4), photo(5)
    store_group(database, *members)
    store(database, lone, known)
    with Session(database) as session:
        picked = still_unknown(session, [row.id for row in (known, lone, members[2], members[0])] + [999])
        assert set(picked.photo_ids) == {lone.id, members[2].id, members[0].id}
        assert count_members(session, picked) == 3
        assert [row.id for row in read_members(session, picked, size=2)] == [members[0].id, members[2].id]
        place = Place.of(members[2])
        assert [row.id for row in read_members(session, picked, after=place, size=2)] == [lone.id]
        assert (read_members(session, Selection(())), count_members(session, Selection(()))) == ((), 0)


def test_naming_a_selection_takes_photos_out_of_their_group_and_leaves_the_others_in_it(database: Engine) -> None:
    members, lone = [unknown(1), unknown(2), unknown(3)], unknown(4)
    group = store_group(database, *members)
    store(database, lone)
    assert name_these(database, [members[0], lone], " ACME 7") == Naming("ACME 7", photos=2, left_out=0)
    with Session(database) as session:
        rows = {row.id: (row.meter_type, row.group_id, row.group_strength) for row in session.scalars(select(Photo))}
        assert rows[members[0].id] == rows[lone.id] == ("ACME 7", None, None)
        assert rows[members[1].id] == ("UNKNOWN", group, 0.99)
        assert (session.get_one(PhotoGroup, group).status, session.get_one(PhotoGroup, group).name) == ("candidate", None)
        assert [(card.id, card.photos) for card in read_groups(session)] == [(group, 2)]
        assert set(session.scalars(select(Photo.guessed_type))) == {"UNKNOWN"}
        labels = session.execute(select(Label.photo_id, Label.field, Label.value, Label.by, Label.at).order_by(Label.photo_id))
        assert labels.all() == [(row.id, "meter_type", "ACME 7", "ana", NOW) for row in (members[0], lone)]
        (job,) = session.scalars(select(Job))
        assert (job.kind, job.payload) == ("move_photos", {"photo_ids": [members[0].id, lone.id]})


def test_a_group_that_a_selection_takes_whole_is_named_as_if_by_itself(database: Engine) -> None:
    whole, part = [unknown(1), unknown(2)], [unknown(3), unknown(4)]
    taken, kept = store_group(database, *whole), store_group(database, *part)
    name_these(database, [*whole, part[0]], "ACME7")
    with Session(database) as session:
        assert [(card.id, card.status, card.name, card.photos) for card in read_groups(session)] == [
            (kept, "candidate", None, 1),
            (taken, "named", "ACME7", 2),
        ]


def test_photos_of_a_selection_that_got_a_type_meanwhile_are_left_out(database: Engine) -> None:
    open_, known = unknown(1), photo(2)
    store(database, open_, known)
    assert name_these(database, [open_, known, known], "acme7", known=("ACME7",)) == Naming("ACME7", photos=1, left_out=1)
    before = everything(database)
    with pytest.raises(ActError, match="still unknown"):
        name_these(database, [open_, known], "ACME8")
    with pytest.raises(ActError, match="still unknown"):
        name_these(database, [], "ACME8")
    assert everything(database) == before
    with Session(database) as session:
        assert session.scalars(select(Label.photo_id)).all() == [open_.id]


@pytest.mark.parametrize("text", ["", "../up", "UNKNOWN"])
def test_a_bad_name_for_a_selection_is_refused_and_nothing_is_stored(database: Engine, text: str) -> None:
    members = [unknown(1), unknown(2)]
    store_group(database, *members)
    before = everything(database)
    with pytest.raises(ActError, match=r"\w"):
        name_these(database, members, text)
    assert everything(database) == before
