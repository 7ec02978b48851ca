"""What the pages ask of the daemon."""

from __future__ import annotations

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from db.jobs import ask_regroup, photos_to_move
from db.tables import Job
from tests.archive import NOW, store_group, unknown


def test_a_regroup_is_asked_for_once(database: Engine) -> None:
    with Session(database) as session:
        assert ask_regroup(session, NOW)
        assert not ask_regroup(session, NOW)
        job = session.scalars(select(Job)).one()
        job.status = "done"
        session.flush()
        assert ask_regroup(session, NOW)


def test_a_move_is_about_a_groups_photos_or_about_the_photos_it_lists(database: Engine) -> None:
    members = [unknown(1), unknown(2)]
    group = store_group(database, *members)
    store_group(database, unknown(3))
    with Session(database) as session:
        assert sorted(photos_to_move(session, {"group_id": group})) == sorted(member.id for member in members)
        assert photos_to_move(session, {"photo_ids": [7, 3]}) == [7, 3]
