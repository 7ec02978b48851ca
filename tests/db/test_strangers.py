"""Which unknown photos show whether UNKNOWN stays UNKNOWN: those of groups without a name that look like no named type."""

from __future__ import annotations

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from db.group_acts import dismiss
from db.look_alikes import note_group
from db.naming import name_group
from db.strangers import PER_GROUP, strangers
from engine.recognition.resemblance import Resemblance
from tests.archive import NOW, store, store_group, unknown


def group(database: Engine, first: int, size: int = 3) -> int:
    return store_group(database, *(unknown(first + number) for number in range(size)))


def asked(database: Engine, labelled: frozenset[str] = frozenset(), most: int = 100) -> dict[int, int]:
    """How many photos of which group."""
    with Session(database) as session:
        found = [each.group_id for each in strangers(session, labelled, most=most)]
    return {group_id: found.count(group_id) for group_id in dict.fromkeys(found)}


def test_groups_without_a_name_are_asked_and_named_or_dismissed_ones_and_lone_photos_are_not(database: Engine) -> None:
    waiting, named, junk = group(database, 1), group(database, 10), group(database, 20)
    store(database, unknown(30))
    with Session(database) as session, session.begin():
        name_group(session, named, "ACME", seen=3, by="ana", now=NOW)
        dismiss(session, junk, seen=3, by="ana", now=NOW)
    assert asked(database) == {waiting: 3}


def test_a_group_that_may_well_be_of_a_named_type_is_no_stranger_and_a_near_twin_is(database: Engine) -> None:
    same, twin, unsure, named = (group(database, first) for first in (1, 10, 20, 30))
    with Session(database) as session, session.begin():
        name_group(session, named, "ACME", seen=3, by="ana", now=NOW)
        for group_id, short in ((same, 0.5), (twin, 4.0), (unsure, None)):
            note_group(session, group_id, Resemblance(name="ACME", details=30, short=short))
    assert asked(database) == {twin: 3}


def test_a_picture_of_a_labelled_meter_is_no_stranger(database: Engine) -> None:
    first, copy = unknown(1), unknown(2)
    store(database, first)
    copy.near_of = first.id
    group_id = store_group(database, copy, unknown(3), unknown(4))
    assert asked(database, frozenset({str(first.sha256)})) == {group_id: 2}


def test_the_same_photos_are_asked_again_and_no_group_speaks_for_all(database: Engine) -> None:
    large, small = group(database, 1, size=40), group(database, 60)
    assert asked(database) == {large: PER_GROUP, small: 3}
    with Session(database) as session:
        before = strangers(session, (), most=100)
    group(database, 100)
    with Session(database) as session:
        assert set(before) < set(strangers(session, (), most=100))
    assert sum(asked(database, most=5).values()) == 5
