"""Groups: their cards, their members page by page, and naming."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from db.groups import NamingError, Place, ask_regroup, name_group, read_groups, read_members
from db.tables import Job, Label, Photo, PhotoGroup
from tests.archive import NOW, photo, store, store_group, unknown


def name(database: Engine, group_id: int, text: str, *, seen: int, known: tuple[str, ...] = ()) -> str:
    with Session(database) as session:
        stored = name_group(session, group_id, text, seen=seen, by="ana", now=NOW, known=known)
        session.commit()
        return stored


def everything(database: Engine) -> list[tuple[object, ...]]:
    with Session(database) as session:
        photos = session.execute(select(Photo.id, Photo.meter_type).order_by(Photo.id)).all()
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


@pytest.mark.parametrize("text", ["", "   ", "../up", "a/b", "UNKNOWN", "unknown", "CON", "<b>", "x" * 61, "naïve", "-"])
def test_a_bad_name_is_refused_and_nothing_is_stored(database: Engine, text: str) -> None:
    group = store_group(database, unknown(1))
    before = everything(database)
    with pytest.raises(NamingError, match=r"\w"):
        name(database, group, text, seen=1)
    assert everything(database) == before


def test_a_group_that_changed_since_it_was_looked_at_is_not_named(database: Engine) -> None:
    group = store_group(database, unknown(1), unknown(2))
    before = everything(database)
    with pytest.raises(NamingError, match="now has 2 photos instead of 3"):
        name(database, group, "ACME7", seen=3)
    assert everything(database) == before


@pytest.mark.parametrize(("status", "says"), [("gone", "dissolved"), ("named", "already named GENUS5")])
def test_only_a_candidate_can_be_named(database: Engine, status: str, says: str) -> None:
    group = store_group(database, unknown(1), status=status, name="GENUS5")
    with pytest.raises(NamingError, match=says):
        name(database, group, "ACME7", seen=1)
    with pytest.raises(NamingError, match="gone"):
        name(database, group + 1, "ACME7", seen=1)


def test_a_regroup_is_asked_for_once(database: Engine) -> None:
    with Session(database) as session:
        assert ask_regroup(session, NOW)
        assert not ask_regroup(session, NOW)
        job = session.scalars(select(Job)).one()
        job.status = "done"
        session.flush()
        assert ask_regroup(session, NOW)
