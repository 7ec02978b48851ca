"""A second look after a promotion: only at what may change, never over a person's label, resumable, its list kept."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from daemon import rejudge as module
from daemon.home import Home
from daemon.rejudge import rejudge
from db.denials import is_denied
from db.jobs import JobKind, open_jobs
from db.labels import read_acts, undo
from db.model_tables import Promotion
from db.naming import name_photos
from db.promoting import ROLLED_BACK
from db.rejudging import before_and_after, count_again, count_due
from db.tables import Embedding, Label, Photo
from db.type_acts import correct_type, deny_type
from engine.verdict import Guess, Quality, Verdict
from tests.archive import NOW, photo, store, store_group, unknown, with_file

OLD = {"stamps": {"meter_type": "v1", "thresholds": "2026-1"}, "known_score": 0.9}
SURE = [{"label": "GENUS5", "confidence": 0.99}]


def says(meter_type: str) -> Verdict:
    return Verdict(
        width=1, height=1, quality=Quality.POOR, quality_score=0.1, tags=("blurry",), measures={}, scores={}, suggestions=(),
        meter_type=meter_type, top3=(Guess(label=meter_type, confidence=0.97),), known_score=0.8,
        stamps={"meter_type": "v2"}, embedding=np.ones(4, np.float32) / 2,
    )  # fmt: skip


def judge_again(home: Home, database: Engine, meter_type: str = "NEW1", version: str = "v2", **given: object) -> tuple[int, int]:
    stop = threading.Event()
    judge = given.pop("judge", lambda data: says(meter_type))
    current = given.pop("current", lambda: version)
    return rejudge(home, database, judge, version=version, current=current, stop=stop, clock=lambda: NOW, **given)  # type: ignore[arg-type]


def types(database: Engine) -> dict[str, str | None]:
    with Session(database) as session:
        return {row.name: row.meter_type for row in session.scalars(select(Photo))}


def filed(home: Home, row: Photo, number: int) -> Photo:
    return with_file(row, home.root, number)


def test_unknown_and_doubtful_photos_get_a_second_look_and_the_sure_ones_keep_their_verdict(home: Home, database: Engine) -> None:
    rows = [
        unknown(1, name="unknown", **OLD),
        photo(2, name="doubtful", top3=[{"label": "GENUS5", "confidence": 0.6}], **OLD),
        photo(3, name="unfamiliar", top3=SURE, **{**OLD, "known_score": 0.6}),
        photo(4, name="sure", top3=SURE, **OLD),
        photo(6, name="by labels", recognised_by="labelled", **{**OLD, "known_score": 0.6}),
        unknown(5, name="new", **{**OLD, "stamps": {"meter_type": "v2"}}),
    ]
    store(database, *(filed(home, row, number) for number, row in enumerate(rows)))
    assert judge_again(home, database) == (3, 3)
    assert types(database) == {
        "unknown": "NEW1", "doubtful": "NEW1", "unfamiliar": "NEW1", "sure": "GENUS5", "by labels": "GENUS5", "new": "UNKNOWN",
    }  # fmt: skip


def test_only_the_type_is_written_anew_and_the_files_are_asked_to_move(home: Home, database: Engine) -> None:
    row = filed(home, unknown(1, **OLD), 1)
    store_group(database, row)
    judge_again(home, database)
    with Session(database) as session:
        again = session.get_one(Photo, row.id)
        assert (again.meter_type, again.guessed_type, again.known_score, again.group_id) == ("NEW1", "NEW1", 0.8, None)
        assert again.stamps == {"meter_type": "v2", "thresholds": "2026-1"}
        assert (again.quality, again.width) == ("Good", 64), "the rest of the verdict is another model's business"
        assert session.get_one(Embedding, (row.id, "v2")).vector == np.full(4, 0.5, "<f4").tobytes()
        assert [(job.kind, job.payload) for job in open_jobs(session)] == [(JobKind.MOVE_PHOTOS, {"photo_ids": [row.id]})]
        listed = before_and_after(session, "v2")
        assert [(each.type_before, each.type_after, each.stamp_before) for each in listed] == [("UNKNOWN", "NEW1", "v1")]


def test_a_persons_label_always_wins_even_one_given_meanwhile(home: Home, database: Engine) -> None:
    before, meanwhile = (filed(home, unknown(number, **OLD), number) for number in (1, 2))
    store(database, before, meanwhile)
    store(database, Label(photo_id=before.id, field="meter_type", value="MINE", by="ana", at=NOW))

    def judge(data: bytes) -> Verdict:
        store(database, Label(photo_id=meanwhile.id, field="meter_type", value="MINE", by="ana", at=NOW))
        return says("NEW1")

    assert judge_again(home, database, judge=judge) == (2, 0)
    assert set(types(database).values()) == {"UNKNOWN"}
    with Session(database) as session:
        assert before_and_after(session, "v2", only_changed=False) == ()
        stamps = session.execute(select(Embedding.photo_id, Embedding.stamp).order_by(Embedding.photo_id)).all()
        assert [tuple(row) for row in stamps] == [(before.id, "v2"), (meanwhile.id, "v2")], "exemplars for the others"
    assert judge_again(home, database, judge=judge) == (0, 0)


def test_a_second_look_goes_on_where_it_stopped(home: Home, database: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BATCH", 2)
    store(database, *(filed(home, unknown(number, **OLD), number) for number in range(7)))
    assert judge_again(home, database, most=3) == (3, 3)
    with Session(database) as session:
        assert count_due(session, "v2") == 4
    assert judge_again(home, database) == (4, 4)
    assert judge_again(home, database) == (0, 0)


def test_a_file_that_cannot_be_read_stops_nothing_and_is_due_again(home: Home, database: Engine) -> None:
    lost, kept = unknown(1, **OLD), filed(home, unknown(2, **OLD), 2)
    store(database, lost, kept)
    assert judge_again(home, database) == (1, 1)
    with Session(database) as session:
        assert count_due(session, "v2") == 1


def test_a_rollback_takes_back_what_the_second_look_changed(home: Home, database: Engine) -> None:
    store(database, *(filed(home, unknown(number, **OLD), number) for number in range(2)))
    confident = judge_again(home, database)
    assert confident == (2, 2)
    assert judge_again(home, database, "UNKNOWN", version="v1") == (2, 2)
    assert set(types(database).values()) == {"UNKNOWN"}
    with Session(database) as session:
        assert count_again(session, "v1") == (2, 2)


def test_after_a_rollback_what_the_later_version_was_sure_of_on_arrival_is_judged_again(home: Home, database: Engine) -> None:
    sure = {"top3": SURE, "known_score": 0.95}
    rows = [
        photo(1, name="by v10", **sure, stamps={"meter_type": "v10"}),
        photo(2, name="by v2", **sure, stamps={"meter_type": "v2"}),
        photo(3, name="labelled", **sure, stamps={"meter_type": "v10"}),
        photo(4, name="by labels", **sure, stamps={"meter_type": "v10"}, recognised_by="labelled"),
    ]
    store(database, *(filed(home, row, number) for number, row in enumerate(rows)))
    store(database, Label(photo_id=rows[2].id, field="meter_type", value="GENUS5", by="ana", at=NOW))
    judge_again(home, database, "HPL1", version="v9")
    assert types(database) == {"by v10": "HPL1", "by v2": "GENUS5", "labelled": "GENUS5", "by labels": "GENUS5"}


def test_what_a_version_that_was_rolled_back_left_is_judged_again_by_the_next_one_too(home: Home, database: Engine) -> None:
    row = filed(home, photo(1, top3=SURE, known_score=0.95, stamps={"meter_type": "v2"}), 1)
    store(database, row)
    store(database, Promotion(task="meter_type", version="v1", before="v2", by="ana", at=NOW, why=ROLLED_BACK))
    assert judge_again(home, database, version="v3") == (1, 1)
    assert judge_again(home, database, version="v3") == (0, 0)


def test_a_second_look_ends_as_soon_as_another_version_judges(
    home: Home, database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BATCH", 2)
    store(database, *(filed(home, unknown(number, **OLD), number) for number in range(6)))
    judged: list[bytes] = []

    def judge(data: bytes) -> Verdict:
        judged.append(data)
        return says("NEW1")

    assert judge_again(home, database, judge=judge, current=lambda: "v2" if len(judged) < 3 else "v1") == (2, 2)
    assert len(judged) == 3 and list(types(database).values()).count("NEW1") == 2, "the batch under way is not written"


def test_a_photo_that_a_person_said_is_not_of_a_type_is_not_called_so_by_a_new_model(home: Home, database: Engine) -> None:
    row = filed(home, photo(1, meter_type="NEW1", recognised_by="network", **OLD), 1)
    store(database, row)
    with Session(database) as session, session.begin():
        deny_type(session, [row.id], "NEW1", by="ana", now=NOW)
    assert judge_again(home, database) == (1, 0)
    assert types(database) == {row.name: "UNKNOWN"}


def test_a_name_that_was_taken_back_is_not_given_again_by_a_model_that_may_have_learned_it(home: Home, database: Engine) -> None:
    taken_back, other = (filed(home, unknown(number, **OLD), number) for number in (1, 2))
    store(database, taken_back, other)
    with Session(database) as session, session.begin():
        name_photos(session, [taken_back.id], "NEW1", by="ana", now=NOW)
        undo(session, read_acts(session)[0].id, by="ana", now=NOW)
    assert judge_again(home, database) == (2, 1)
    assert types(database) == {taken_back.name: "UNKNOWN", other.name: "NEW1"}
    assert judge_again(home, database, "NEW2", version="v3") == (2, 2), "another name is another matter"


def test_a_person_who_says_it_again_is_believed_and_what_was_confirmed_and_taken_back_is_no_denial(
    home: Home, database: Engine
) -> None:
    again, confirmed = filed(home, unknown(1, **OLD), 1), filed(home, photo(2, meter_type="NEW1", **OLD), 2)
    store(database, again, confirmed)
    with Session(database) as session, session.begin():
        name_photos(session, [again.id], "NEW1", by="ana", now=NOW)
        undo(session, read_acts(session)[0].id, by="ana", now=NOW)
        name_photos(session, [again.id], "NEW1", by="ana", now=NOW)
        correct_type(session, [confirmed.id], "NEW1", by="ana", now=NOW)
        undo(session, read_acts(session)[0].id, by="ana", now=NOW)
    judge_again(home, database)
    with Session(database) as session:
        assert not is_denied(session, confirmed.id, "NEW1")
    assert set(types(database).values()) == {"NEW1"}
