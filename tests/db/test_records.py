from __future__ import annotations

import sqlite3
from datetime import UTC, datetime

from sqlalchemy import Engine, event, select
from sqlalchemy.orm import Session

from db.jobs import JobKind, ask_again, begin, end, open_jobs
from db.naming import name_group
from db.records import beat, counts, path_taken, service, write_embedding, write_verdict
from db.tables import GroupStatus, Job, Photo, PhotoGroup, PlateRow
from db.unknowns import Membership, next_group_id, read_pairs, write_groups, write_pairs
from engine.grouping import Plate
from engine.verdict import UNKNOWN, Reason, Way
from tests.db.test_database import photo
from tests.engine.grouping.drawn import plate
from tests.photos import verdict

NOW = datetime(2026, 4, 12, 10, 15, tzinfo=UTC)


def unknown(n: int, **changes: object) -> Photo:
    return photo(sha256=f"{n:064}", source=f"{n}.jpg", path=f"sorted/{n}.jpg", outcome="filed", meter_type=UNKNOWN, **changes)


def test_a_verdict_becomes_columns_and_tags(database: Engine) -> None:
    with Session(database) as session:
        row = photo()
        write_verdict(row, verdict(tags=("blurry", "glare"), display_box=(1, 2, 3, 4)), judged_ms=12.5)
        session.add(row)
        session.commit()
        back = session.get_one(Photo, row.id)
        assert [tag.tag for tag in back.tags] == ["blurry", "glare"]
        assert (back.meter_type, back.guessed_type, back.display_box, back.judged_ms) == ("ACME_1", "ACME_1", [1, 2, 3, 4], 12.5)


def test_what_a_meter_type_rests_on_is_recorded(database: Engine) -> None:
    with Session(database) as session:
        row = photo()
        said = verdict(
            plain_type=UNKNOWN, recognised_by=Way.LABELLED, type_confidence=0.97, shared_details=41, labelled_photos=12
        )
        write_verdict(row, said, judged_ms=1.0)
        session.add(row)
        session.commit()
        back = session.get_one(Photo, row.id)
        assert (back.plain_type, back.recognised_by, back.type_confidence) == (UNKNOWN, "labelled", 0.97)
        assert (back.shared_details, back.labelled_photos) == (41, 12)
        write_verdict(back, verdict(UNKNOWN, contradicted_type="ACME_1"), judged_ms=1.0)
        session.commit()
        assert (back.meter_type, back.contradicted_type, back.recognised_by) == (UNKNOWN, "ACME_1", None)


def test_the_plate_of_an_unknown_meter_is_kept_for_grouping_and_no_other(database: Engine) -> None:
    described = plate(1, 1)
    with Session(database) as session:
        for number, meter_type in enumerate((UNKNOWN, "ACME_1")):
            row = unknown(number)
            session.add(row)
            session.flush()
            write_embedding(session, row, verdict(meter_type, plate=described))
        session.commit()
        (kept,) = session.scalars(select(PlateRow))
        assert kept.photo_id == 1
        assert len(Plate.from_bytes(kept.features)) == len(described)


def test_why_a_photo_is_unclear_and_how_sure_the_display_is_are_recorded(database: Engine) -> None:
    with Session(database) as session:
        row = photo()
        write_verdict(row, verdict(display_score=0.75, unclear_reasons=(Reason.GLARE, Reason.DARK)), judged_ms=1.0)
        session.add(row)
        session.commit()
        back = session.get_one(Photo, row.id)
        assert (back.display_score, back.unclear_reasons) == (0.75, ["glare", "dark"])


def test_counts_are_by_outcome_and_know_unknown_meters_and_groups(database: Engine) -> None:
    with Session(database) as session:
        session.add_all(
            [
                unknown(1),
                photo(sha256="a", outcome="refused", intended="refused"),
                PhotoGroup(created_at=NOW, stamp="v1"),
                PhotoGroup(created_at=NOW, stamp="v1", status=GroupStatus.GONE.value),
            ]
        )
        session.commit()
        assert counts(session) == {"filed": 1, "duplicate": 0, "refused": 1, "unknown": 1, "groups": 1}


def test_a_path_is_taken_from_the_intent_on_and_while_a_move_aims_at_it(database: Engine) -> None:
    with Session(database) as session:
        session.add(photo(path="sorted/a.jpg", moving_to="sorted/b.jpg"))
        session.commit()
        assert [path_taken(session, f"sorted/{name}.jpg") for name in "abc"] == [True, True, False]


def test_a_sign_of_life_replaces_the_last_one(database: Engine) -> None:
    with Session(database) as session:
        beat(session, "watcher", state="running", detail={"waiting": 1}, now=NOW)
        session.commit()
        beat(session, "watcher", state="stopped", detail={"waiting": 0}, now=NOW)
        session.commit()
        row = service(session, "watcher")
        assert row is not None
        assert (row.state, row.detail) == ("stopped", {"waiting": 0})


def test_a_job_is_open_until_it_is_over_even_if_a_daemon_died_over_it(database: Engine) -> None:
    with Session(database) as session:
        session.add(Job(kind=JobKind.REGROUP.value, payload={}, asked_at=NOW))
        session.commit()
        (job,) = open_jobs(session)
        begin(session, job, NOW)
        assert open_jobs(session) == [job]
        ask_again(session)
        session.commit()
        (job,) = open_jobs(session)
        assert (job.status, job.started_at) == ("waiting", None)
        end(session, job, NOW, ok=True, message="done")
        session.commit()
        assert open_jobs(session) == []


def test_groups_are_born_kept_and_gone_and_their_ids_never_return(database: Engine) -> None:
    def place(group_id: int | None) -> Membership:
        return Membership(group_id, 0.9, 0.1, 0.2)

    with Session(database) as session:
        session.add_all([unknown(n) for n in (1, 2, 3)])
        session.commit()
        assert next_group_id(session) == 1
        assert write_groups(session, {1: place(1), 2: place(1), 3: place(2)}, stamp="v1", now=NOW) == [1, 2, 3]
        session.commit()
        assert write_groups(session, {1: place(1), 2: place(1), 3: place(None)}, stamp="v1", now=NOW) == [3]
        session.commit()
        assert session.get_one(PhotoGroup, 2).status == "gone"
        assert next_group_id(session) == 3
        assert session.get_one(Photo, 3).group_strength is None


def test_a_photo_that_was_labelled_meanwhile_stays_out_of_the_regrouping(database: Engine) -> None:
    with Session(database) as session:
        session.add_all([unknown(1), unknown(2)])
        session.commit()
        session.get_one(Photo, 2).meter_type = "GENUS5"
        changed = write_groups(session, {1: Membership(1, 1, 0, 0), 2: Membership(1, 1, 0, 0)}, stamp="v1", now=NOW)
        session.commit()
        assert changed == [1]
        assert session.get_one(Photo, 2).group_id is None


def test_a_group_that_was_named_meanwhile_takes_no_more_photos(database: Engine) -> None:
    members = {n: Membership(1, 1, 0, 0) for n in (1, 2)}
    with Session(database) as session:
        session.add_all([unknown(n) for n in (1, 2, 3)])
        session.commit()
        write_groups(session, members, stamp="v1", now=NOW)
        name_group(session, 1, "GENUS5", seen=2, by="ana", now=NOW)
        session.commit()
        assert write_groups(session, {**members, 3: Membership(1, 1, 0, 0)}, stamp="v1", now=NOW) == []
        session.commit()
        assert [session.get_one(Photo, n).group_id for n in (1, 2, 3)] == [1, 1, None]
        assert session.get_one(PhotoGroup, 1).status == "named"


def test_nobody_names_a_photo_between_the_reading_and_the_writing_of_a_regrouping(database: Engine) -> None:
    refusals = []

    def name_it(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("SELECT photo.id") and not refusals:
            other = sqlite3.connect(str(database.url.database), timeout=0)
            try:
                other.execute("UPDATE photo SET meter_type = 'GENUS5'")
                other.commit()
            except sqlite3.OperationalError as error:
                refusals.append(str(error))
            other.close()

    with Session(database) as session:
        session.add_all([unknown(1), PhotoGroup(id=1, created_at=NOW, stamp="v1")])
        session.commit()
        event.listen(database, "after_cursor_execute", name_it)
        write_groups(session, {1: Membership(1, 1, 0, 0)}, stamp="v1", now=NOW)
        session.commit()
    assert refusals == ["database is locked"]


def test_verified_pairs_are_kept_once_and_read_for_the_photos_asked(database: Engine) -> None:
    with Session(database) as session:
        session.add_all([unknown(n) for n in (1, 2, 3)])
        session.flush()
        write_pairs(session, {(1, 2): 30, (2, 3): 0})
        write_pairs(session, {(2, 1): 99, (1, 3): 5})
        session.commit()
        assert read_pairs(session, [1, 2, 3]) == {(1, 2): 30, (2, 3): 0, (1, 3): 5}
        assert read_pairs(session, [1, 3]) == {(1, 3): 5}
