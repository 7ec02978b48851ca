"""What training reads and writes: labels of people only, photos kept aside for ever, runs, promotions, rollbacks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from db.jobs import JobKind, ask, open_jobs
from db.model_tables import TrainingRun, TrainingState
from db.promoting import previous_version, promote_version, promotions, rollback
from db.tables import Label, Photo
from db.training import ask_cancel, begin_run, divide, end_run, latest_runs, running, tell
from db.verified import verified_labels
from engine import bundle
from engine.bundle import Card, InputSpec, write_bundle
from engine.errors import ModelError
from tests.archive import NOW, photo, refused, store, unknown


def say(database: Engine, row: Photo, value: str, by: str = "ana") -> None:
    store(database, Label(photo_id=row.id, field="meter_type", value=value, by=by, at=NOW))


def labels(database: Engine) -> dict[int, str]:
    with Session(database) as session:
        return {each.photo_id: each.label for each in verified_labels(session)}


def test_only_what_a_person_said_is_learned_and_the_last_word_counts(database: Engine) -> None:
    guessed, named, renamed, other_field, gone = photo(1), unknown(2), unknown(3), photo(4), refused(5)
    store(database, guessed, named, renamed, other_field, gone)
    say(database, named, "NEW1")
    say(database, renamed, "NEW1")
    say(database, renamed, "NEW2")
    say(database, gone, "NEW1")
    store(database, Label(photo_id=other_field.id, field="clarity", value="clear", by="ana", at=NOW))
    assert labels(database) == {named.id: "NEW1", renamed.id: "NEW2"}


def test_a_label_taken_back_is_not_learned_and_the_one_before_it_stands_again(database: Engine) -> None:
    once, twice = unknown(1), unknown(2)
    store(database, once, twice)
    say(database, twice, "NEW1")
    for row in (once, twice):
        taken_back = Label(
            photo_id=row.id, field="meter_type", value="NEW2", by="ana", at=NOW, withdrawn_at=NOW, withdrawn_by="bo"
        )
        store(database, taken_back)
    assert labels(database) == {twice.id: "NEW1"}


def test_near_duplicates_are_photos_of_one_meter(database: Engine) -> None:
    first, lone = unknown(1), unknown(9)
    store(database, first, lone)
    second = unknown(2, near_of=first.id)
    store(database, second)
    third = unknown(3, near_of=second.id)
    store(database, third)
    for row in (second, third, lone):
        say(database, row, "NEW1")
    with Session(database) as session:
        assert {each.photo_id: each.meter for each in verified_labels(session)} == {
            second.id: first.sha256,
            third.id: first.sha256,
            lone.id: lone.sha256,
        }


def test_a_photo_kept_aside_stays_so_and_takes_its_meter_with_it(database: Engine) -> None:
    kept, copy, learned = unknown(1), unknown(2), unknown(3)
    store(database, kept, learned)
    copy.near_of = kept.id
    store(database, copy)
    say(database, kept, "NEW1")
    say(database, learned, "NEW1")
    with Session(database) as session, session.begin():
        divided = divide(session, verified_labels(session), lambda meter: meter == kept.sha256, NOW)
        assert [each.photo_id for each in divided.aside] == [kept.id]
    say(database, copy, "NEW1")
    with Session(database) as session, session.begin():
        divided = divide(session, verified_labels(session), lambda meter: False, NOW)
        assert [each.photo_id for each in divided.aside] == [kept.id, copy.id]
        assert [each.photo_id for each in divided.learn] == [learned.id]


def test_a_run_tells_its_progress_and_hears_that_it_is_cancelled(database: Engine) -> None:
    with Session(database) as session, session.begin():
        assert not ask_cancel(session, NOW)
        run_id = begin_run(session, "meter_type", by="ana", champion="v1", now=NOW)
        assert not tell(session, run_id, "reading", 0.25)
    with Session(database) as session, session.begin():
        assert ask_cancel(session, NOW)
        assert tell(session, run_id, "learning", 0.5)
        end_run(session, run_id, TrainingState.CANCELLED, now=NOW)
    with Session(database) as session:
        run = session.get_one(TrainingRun, run_id)
        assert (run.state, run.progress, run.step) == ("cancelled", 0.5, "")
        assert running(session) is None


@pytest.mark.parametrize("status", ["waiting", "running"])
def test_a_training_that_has_not_begun_is_withdrawn(database: Engine, status: str) -> None:
    with Session(database) as session, session.begin():
        ask(session, JobKind.RETRAIN, {"by": "ana"}, NOW).status = status
        ask(session, JobKind.REJUDGE, {}, NOW)
    with Session(database) as session, session.begin():
        assert ask_cancel(session, NOW)
    with Session(database) as session:
        assert [job.kind for job in open_jobs(session)] == [JobKind.REJUDGE]
        assert not ask_cancel(session, NOW)


def test_a_killed_run_is_over_when_the_next_begins(database: Engine) -> None:
    with Session(database) as session, session.begin():
        begin_run(session, "meter_type", by="ana", champion=None, now=NOW)
        begin_run(session, "meter_type", by="ana", champion=None, now=NOW)
        assert [run.state for run in latest_runs(session, "meter_type", 9)] == ["running", "failed"]


def make(models: Path, *versions: str) -> None:
    for version in versions:
        size = InputSpec(width=32, height=32)
        card = Card(task="meter_type", version=version, network="small_cnn", labels=("A", "B"), input=size)
        write_bundle(models, card, {"weight": np.zeros((2, 2), np.float32)})


def judges(models: Path) -> str:
    folder = bundle.current(models, "meter_type")
    assert folder is not None
    return folder.name


def test_a_promotion_is_remembered_and_rolled_back_step_by_step(database: Engine, tmp_path: Path) -> None:
    make(tmp_path, "v1", "v2", "v3")
    bundle.promote(tmp_path, "meter_type", "v1")
    with Session(database) as session:
        for version in ("v2", "v3"):
            promote_version(session, tmp_path, "meter_type", version, by="gate", why="better", now=NOW)
        assert [job.kind for job in open_jobs(session)] == [JobKind.REJUDGE]
        assert rollback(session, tmp_path, "meter_type", by="ana", now=NOW) == ("v3", "v2")
        assert rollback(session, tmp_path, "meter_type", by="ana", now=NOW) == ("v2", "v1")
        assert previous_version(session, tmp_path, "meter_type") is None
        with pytest.raises(ModelError, match="no earlier version"):
            rollback(session, tmp_path, "meter_type", by="ana", now=NOW)
        told = [(row.before, row.version, row.by) for row in promotions(session, "meter_type")]
    assert judges(tmp_path) == "v1"
    assert told == [("v2", "v1", "ana"), ("v3", "v2", "ana"), ("v2", "v3", "gate"), ("v1", "v2", "gate")]


def test_a_version_that_is_not_there_or_judges_already_is_not_promoted(database: Engine, tmp_path: Path) -> None:
    make(tmp_path, "v1")
    bundle.promote(tmp_path, "meter_type", "v1")
    with Session(database) as session:
        for version, why in (("v1", "judges already"), ("v9", "no meter_type v9"), ("../meter_type/v1", "daemon models")):
            with pytest.raises(ModelError, match=why):
                promote_version(session, tmp_path, "meter_type", version, by="ana", why="", now=NOW)
    with Session(database) as session:
        assert promotions(session, "meter_type") == ()
        assert not session.scalars(select(Label)).all()
    assert judges(tmp_path) == "v1"
