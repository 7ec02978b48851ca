"""A training from labels: what it learns from, what the gate does with it, and how it ends when something goes wrong."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from daemon import retrain as module
from daemon.home import Home
from daemon.retrain import Retraining, plan, retrain
from db.labels import JUNK, Field
from db.model_tables import TrainingRun
from db.promoting import promote_version, promotions
from db.tables import Label, Photo
from db.training import ask_cancel, latest_runs
from db.verified import verified_labels
from engine import bundle
from engine.bundle import Card, InputSpec, Training, write_bundle
from engine.errors import DataError
from engine.evaluation.aside import is_kept_aside
from engine.training.renew import Lesson, Renewal, Tell, fingerprint
from tests.archive import NOW, photo, store, store_group, unknown


def make(models: Path, version: str, labels: tuple[str, ...], **more: object) -> Path:
    size = InputSpec(width=32, height=32)
    card = Card(task="meter_type", version=version, network="small_cnn", labels=labels, input=size, **more)  # type: ignore[arg-type]
    return write_bundle(models, card, {"weight": np.zeros((2, 2), np.float32)})


@pytest.fixture
def order(tmp_path: Path) -> Retraining:
    """A champion that knows A and B."""
    make(tmp_path / "models", "v1", ("A", "B"))
    bundle.promote(tmp_path / "models", "meter_type", "v1")
    return Retraining(models_dir=tmp_path / "models", cache=tmp_path / "cache", threads=1, by="ana")


def learned(order: Renewal, lessons: tuple[Lesson, ...], *, tell: Tell) -> Path:
    """Instead of learning: a version that knows the new label C."""
    tell("reading", 0.5)
    training = Training(fingerprint=fingerprint(bundle.read_card(order.models_dir / "meter_type" / "v1"), lessons))
    version = bundle.next_version(order.models_dir, "meter_type")
    return make(order.models_dir, version, ("A", "B", "C"), training=training, renewed_from="v1")


@pytest.fixture
def labelled(database: Engine, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Sixty photos that Ana labelled A or C, by path, where the versions' answers are looked up; a group without a name."""
    monkeypatch.setattr(module, "renew", learned)
    rows = [photo(number, path=f"sorted/{'AC'[number % 2]}/{number}.jpg") for number in range(60)]
    store(database, *rows)
    store(database, *(Label(photo_id=row.id, field="meter_type", value=row.path[7], by="ana", at=NOW) for row in rows))
    store_group(database, *(unknown(number, path=f"sorted/UNKNOWN/{number}.jpg") for number in range(200, 206)))
    return {row.path: row.path[7] for row in rows}


def answering(monkeypatch: pytest.MonkeyPatch, home: Home, say: Callable[[str, str], str]) -> None:
    """Let the versions answer what `say` makes of (version, truth)."""

    def answer(folder: Path, photos: list[Path], *, cache: Path, threads: int, tell: Callable[[float], None]) -> list[str]:
        tell(0.0)
        return [say(folder.name, path.parent.name) for path in photos]

    monkeypatch.setattr(module, "answer", answer)


def meanwhile(monkeypatch: pytest.MonkeyPatch, home: Home, database: Engine, order: Retraining, version: str) -> None:
    """Ana lets `version` judge while champion and challenger answer, both rightly."""

    def say(_: str, truth: str) -> str:
        if judging(order) != version:
            with Session(database) as session:
                promote_version(session, order.models_dir, "meter_type", version, by="ana", why="", now=NOW)
        return truth

    answering(monkeypatch, home, say)


def run(home: Home, database: Engine, order: Retraining, stop: threading.Event | None = None) -> str:
    return retrain(home, database, order, stop=stop or threading.Event(), clock=lambda: NOW)


def last_run(database: Engine) -> TrainingRun:
    with Session(database) as session:
        return latest_runs(session, "meter_type", 1)[0]


def judging(order: Retraining) -> str:
    folder = bundle.current(order.models_dir, "meter_type")
    assert folder is not None
    return folder.name


@pytest.mark.usefixtures("labelled")
def test_a_better_version_is_promoted_by_itself(
    home: Home, database: Engine, order: Retraining, monkeypatch: pytest.MonkeyPatch
) -> None:
    answering(monkeypatch, home, lambda version, truth: truth if version == "v2" or truth == "A" else "UNKNOWN")
    said = run(home, database, order)
    assert said.startswith("meter_type v2 judges from now on.")
    assert judging(order) == "v2"
    told = last_run(database)
    assert (told.state, told.decision, told.candidate, told.champion, told.progress) == ("done", "promote", "v2", "v1", 1.0)
    assert told.photos["learned"] + told.photos["kept_aside"] == 60 and told.photos["kept_aside"] >= 10
    with Session(database) as session:
        assert [(row.by, row.before, row.version) for row in promotions(session, "meter_type")] == [("the gate", "v1", "v2")]


@pytest.mark.usefixtures("labelled")
def test_a_version_that_forgets_waits_for_a_person_with_the_reason(
    home: Home, database: Engine, order: Retraining, monkeypatch: pytest.MonkeyPatch
) -> None:
    answering(monkeypatch, home, lambda version, truth: "C" if version == "v2" else truth)
    assert "waits for a person" in run(home, database, order)
    assert judging(order) == "v1"
    told = last_run(database)
    assert (told.state, told.decision) == ("done", "wait")
    assert any("A is recognised less often" in reason for reason in told.reasons)


@pytest.mark.usefixtures("labelled")
def test_a_version_that_a_person_lets_judge_while_it_is_compared_ends_its_run_well(
    home: Home, database: Engine, order: Retraining, monkeypatch: pytest.MonkeyPatch
) -> None:
    meanwhile(monkeypatch, home, database, order, "v2")
    assert run(home, database, order).startswith("meter_type v2 judges from now on.\n  A person let v2 judge")
    told = last_run(database)
    assert (told.state, told.decision, told.candidate, judging(order)) == ("done", None, "v2", "v2")
    with Session(database) as session:
        assert [row.by for row in promotions(session, "meter_type")] == ["ana"]


@pytest.mark.usefixtures("labelled")
def test_a_person_who_lets_another_version_judge_meanwhile_is_not_overruled(
    home: Home, database: Engine, order: Retraining, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(order.models_dir, "other", ("A",))
    meanwhile(monkeypatch, home, database, order, "other")
    run(home, database, order)
    told = last_run(database)
    assert (told.state, told.decision, judging(order)) == ("done", "wait", "other")
    assert told.reasons[0] == f"other judges since: {told.candidate} was compared with v1, so a person decides."


def test_photos_kept_aside_teach_nothing(home: Home, database: Engine, order: Retraining, labelled: dict[str, str]) -> None:
    with Session(database) as session, session.begin():
        planned = plan(session, home, order, NOW)
    taught, aside = ({each.path for each in part} for part in (planned.lessons, planned.aside))
    assert taught | aside == {home.root / path for path in labelled} and not taught & aside
    assert all(is_kept_aside(each.meter) for each in planned.aside)
    assert "C                                   " in "\n".join(planned.lines()) and "new type" in "\n".join(planned.lines())


@pytest.mark.usefixtures("labelled")
def test_dismissed_photos_judge_whether_unknown_is_seen_as_unknown(
    home: Home, database: Engine, order: Retraining, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [photo(number, path=f"sorted/JUNK/{number}.jpg", meter_type=JUNK) for number in range(100, 106)]
    store(database, *rows)
    store(database, *(Label(photo_id=row.id, field=Field.JUNK.value, value=JUNK, by="ana", at=NOW) for row in rows))
    sees = {("v1", "JUNK"): "UNKNOWN", ("v2", "JUNK"): "C"}
    answering(monkeypatch, home, lambda version, truth: sees.get((version, truth), truth))
    run(home, database, order)
    told = last_run(database)
    assert told.decision == "wait"
    assert "Fewer unknown meters are seen to be unknown: 0% instead of 100% of 6 photos of 6 meters." in told.reasons


@pytest.mark.usefixtures("labelled")
def test_a_version_that_gives_a_type_to_a_group_without_a_name_waits_for_a_person(
    home: Home, database: Engine, order: Retraining, monkeypatch: pytest.MonkeyPatch
) -> None:
    sees = {("v2", "UNKNOWN"): "C"}
    answering(monkeypatch, home, lambda version, truth: sees.get((version, truth), truth))
    run(home, database, order)
    told = last_run(database)
    assert (told.decision, told.photos["unnamed"]) == ("wait", 6)
    assert told.reasons[0] == (
        "More photos of groups that nobody has named would get a type: 100% instead of 0% of 6 photos of 6 meters."
    )


@pytest.mark.usefixtures("labelled")
def test_without_a_group_or_a_dismissed_photo_the_version_waits_and_says_that_unknown_was_not_tested(
    home: Home, database: Engine, order: Retraining, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Session(database) as session, session.begin():
        for row in session.scalars(select(Photo).where(Photo.group_id.is_not(None))):
            row.group_id = None
    answering(monkeypatch, home, lambda version, truth: truth)
    run(home, database, order)
    told = last_run(database)
    assert (told.decision, judging(order)) == ("wait", "v1")
    assert told.reasons[0].startswith("UNKNOWN was not tested: no strangers are known.")
    assert told.reasons[1] == "Not tested, because no photos of them are kept aside: 1 of 3 types (B)."


@pytest.mark.usefixtures("labelled")
def test_what_would_be_learned_names_types_and_counts_what_is_none(home: Home, database: Engine, order: Retraining) -> None:
    dismissed = photo(100, path="sorted/JUNK/100.jpg", meter_type=JUNK)
    store(database, dismissed)
    store(database, Label(photo_id=dismissed.id, field=Field.JUNK.value, value=JUNK, by="ana", at=NOW))
    with Session(database) as session:
        lines = plan(session, home, order, NOW).lines()
    assert not [line for line in lines if JUNK in line]
    assert lines[-1] == "  1 dismissed photo and 6 photos of 1 group without a name judge whether UNKNOWN stays UNKNOWN"


@pytest.mark.usefixtures("labelled")
def test_the_same_labels_are_not_learned_twice(
    home: Home, database: Engine, order: Retraining, monkeypatch: pytest.MonkeyPatch
) -> None:
    answering(monkeypatch, home, lambda version, truth: truth)
    run(home, database, order)
    assert run(home, database, order) == "Nothing new to learn."
    assert bundle.versions(order.models_dir, "meter_type") == ("v1", "v2")
    with Session(database) as session, session.begin():
        taught = next(each.photo_id for each in verified_labels(session) if not is_kept_aside(each.meter))
        label = session.scalars(select(Label).where(Label.photo_id == taught)).one()
        label.withdrawn_at, label.withdrawn_by = NOW, "ana"
    assert "v3" in run(home, database, order), "a label taken back is news"


@pytest.mark.usefixtures("labelled")
def test_a_cancelled_run_changes_nothing(
    home: Home, database: Engine, order: Retraining, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cancelled(order: Renewal, lessons: tuple[Lesson, ...], *, tell: Tell) -> Path:
        with Session(database) as session, session.begin():
            assert ask_cancel(session, NOW)
        tell("reading", 0.1)
        raise AssertionError("it went on")

    monkeypatch.setattr(module, "renew", cancelled)
    assert run(home, database, order) == "Cancelled. Nothing was changed."
    assert (last_run(database).state, judging(order)) == ("cancelled", "v1")


@pytest.mark.usefixtures("labelled")
def test_a_version_whose_comparison_was_cancelled_is_not_left_to_be_promoted(
    home: Home, database: Engine, order: Retraining, monkeypatch: pytest.MonkeyPatch
) -> None:
    def say(version: str, truth: str) -> str:
        with Session(database) as session, session.begin():
            ask_cancel(session, NOW)
        return truth

    answering(monkeypatch, home, say)
    assert run(home, database, order) == "Cancelled. Nothing was changed."
    assert bundle.versions(order.models_dir, "meter_type") == ("v1",)
    assert last_run(database).candidate is None


@pytest.mark.usefixtures("labelled")
def test_a_version_whose_comparison_was_killed_goes_at_the_next_training(
    home: Home, database: Engine, order: Retraining, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as killed:
        killed.setattr(module, "answer", lambda *_, **__: pytest.fail("killed"))
        killed.setattr(module, "discard_uncompared", lambda *_: None)  # a killed process cleans nothing up
        with pytest.raises(pytest.fail.Exception):
            run(home, database, order)
    assert bundle.versions(order.models_dir, "meter_type") == ("v1", "v2")
    answering(monkeypatch, home, lambda version, truth: truth)
    assert run(home, database, order).startswith("meter_type v2")
    assert bundle.versions(order.models_dir, "meter_type") == ("v1", "v2")


@pytest.mark.usefixtures("labelled")
def test_a_version_that_a_person_let_judge_is_kept_though_its_comparison_was_cancelled(
    home: Home, database: Engine, order: Retraining, monkeypatch: pytest.MonkeyPatch
) -> None:
    def say(version: str, truth: str) -> str:
        with Session(database) as session:
            if judging(order) == "v1":
                promote_version(session, order.models_dir, "meter_type", "v2", by="ana", why="", now=NOW)
            ask_cancel(session, NOW)
            session.commit()
        return truth

    answering(monkeypatch, home, say)
    assert run(home, database, order) == "Cancelled. Nothing was changed."
    assert (bundle.versions(order.models_dir, "meter_type"), judging(order)) == (("v1", "v2"), "v2")


@pytest.mark.usefixtures("labelled")
def test_a_stopping_daemon_ends_the_run(home: Home, database: Engine, order: Retraining) -> None:
    stop = threading.Event()
    stop.set()
    assert "the daemon stopped" in run(home, database, order, stop)
    assert last_run(database).state == "cancelled"


def test_without_labels_the_run_says_what_to_do(home: Home, database: Engine, order: Retraining) -> None:
    store(database, unknown(1))
    with pytest.raises(DataError, match="Name a group first"):
        run(home, database, order)
    assert last_run(database).state == "failed"


def test_a_failure_nobody_expected_is_told_too(
    home: Home, database: Engine, order: Retraining, labelled: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> Path:
        raise ZeroDivisionError("oh")

    monkeypatch.setattr(module, "renew", broken)
    with pytest.raises(ZeroDivisionError):
        run(home, database, order)
    told = last_run(database)
    assert told.state == "failed" and "oh" in str(told.message)
    with Session(database) as session:
        assert session.get_one(Photo, 1).path in labelled
