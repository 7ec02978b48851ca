"""Unknown meters, from the inbox to group folders, and from a group's name to a type's folder. Photos are drawn."""

from __future__ import annotations

import csv
import threading
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pytest
from numpy.typing import NDArray
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from daemon.home import Home
from daemon.inbox import look
from daemon.intake import Intake
from daemon.moving import Moves
from daemon.placing import move
from daemon.refile import refile
from daemon.regroup import regroup
from daemon.status import status
from db.group_acts import move_photos, release_photos, split_photos
from db.group_tables import GroupEvent
from db.jobs import ask_again, move_again, open_jobs, unmoved_photos
from db.naming import name_group, name_photos
from db.records import service
from db.tables import Label, Photo, PhotoGroup, PlateRow, VerifiedPair
from engine.drawing import draw_photo
from engine.grouping import NOISE, Grouping, Plate, group
from engine.runtime import Model
from engine.verdict import UNKNOWN, Verdict
from tests.engine.grouping.drawn import describer
from tests.photos import encoded, pixels, read, verdict, write

TEMPLATE = "{clarity}/{meter_type}/{name}"
NOW = datetime(2026, 4, 12, tzinfo=UTC)


@lru_cache
def shot(design: int, meter: int) -> bytes:
    return encoded(draw_photo(meter, design, meter=meter, reading=meter * 137)[0][::2, ::2].copy(), quality=92)


def unknown(_: bytes) -> Verdict:
    return verdict(UNKNOWN)


def arrive(home: Home, database: Engine, files: dict[str, bytes]) -> None:
    write(home.inbox, files)
    intake = Intake(home, database, unknown, template=TEMPLATE, max_bytes=10**8)
    for seen in sorted(look(home.inbox), key=lambda each: each.source):
        intake.take(seen, may_wait=False)


def group_now(home: Home, database: Engine) -> dict[str, object]:
    return regroup(home, database, stamp="v1", template=TEMPLATE)


def folders(home: Home) -> dict[str, str]:
    """Photo name -> its folder below sorted/clear/."""
    return {
        name.rpartition("/")[2]: name.rpartition("/")[0].removeprefix("clear/")
        for name in read(home.sorted)
        if name[-4:] != ".csv"
    }


TWO_DESIGNS = {f"{design}-{meter}.jpg": shot(design, meter) for design in (0, 1) for meter in range(5)}
GROUPED = {f"{design}-{meter}.jpg": f"UNKNOWN/group-{design + 1:04}" for design in (0, 1) for meter in range(5)}


@pytest.fixture
def grouped(home: Home, database: Engine) -> Engine:
    arrive(home, database, TWO_DESIGNS)
    group_now(home, database)
    return database


def test_each_design_gets_its_own_folder_and_row_in_the_tables(home: Home, grouped: Engine) -> None:
    assert folders(home) == GROUPED
    with (home.sorted / "groups.csv").open(encoding="utf-8-sig", newline="") as file:
        assert {(row["top1"], row["top1_confidence"]) for row in csv.DictReader(file)} == {("ACME_1", "0.8")}
    groups, sizes = tables(home)
    assert groups == {f"sorted/clear/{folder}/{name}": folder[-1] for name, folder in GROUPED.items()}
    assert sizes == {"1": "5", "2": "5"}
    with Session(grouped) as session:
        paths = set(session.scalars(select(Photo.path)))
        places = session.execute(select(func.min(Photo.map_x), func.max(Photo.map_x))).one()
        said = service(session, "grouping")
    assert all((home.root / path).is_file() for path in paths)
    assert 0 <= places[0] <= places[1] <= 1
    assert said is not None
    assert (said.state, said.detail["groups"], said.detail["noise"]) == ("idle", 2, 0)


def test_photos_that_came_after_those_a_regrouping_is_about_are_left_to_the_next(home: Home, database: Engine) -> None:
    arrive(home, database, TWO_DESIGNS)
    regroup(home, database, stamp="v1", template=TEMPLATE, newest=5)
    left = {name: "UNKNOWN/ungrouped" for name in GROUPED if name.startswith("1")}
    assert folders(home) == GROUPED | left
    group_now(home, database)
    assert folders(home) == GROUPED


def tables(home: Home) -> tuple[dict[str, str], dict[str, str]]:
    """groups.csv as path -> group, summary.csv as group -> photos."""
    with (home.sorted / "groups.csv").open(encoding="utf-8-sig", newline="") as file:
        groups = {row["image"]: row["cluster_id"] for row in csv.DictReader(file)}
    with (home.sorted / "summary.csv").open(encoding="utf-8-sig", newline="") as file:
        return groups, {row["cluster_id"]: row["photos"] for row in csv.DictReader(file)}


def work_on_moves(home: Home, database: Engine) -> None:
    """What the daemon does with the moves that wait."""
    moves = Moves(home, database, TEMPLATE, threading.Event())
    with Session(database) as session:
        waiting = [(job.id, job.payload) for job in open_jobs(session)]
    for job_id, payload in waiting:
        moves.work(job_id, payload)
    moves.refresh_tables()


@pytest.mark.parametrize("moved", [0, 4])
def test_the_files_that_a_killed_regrouping_did_not_move_are_moved_by_the_daemon(
    home: Home, database: Engine, monkeypatch: pytest.MonkeyPatch, moved: int
) -> None:
    def killed(home: Home, database: Engine, photo_ids: list[int], *, template: str) -> NoReturn:
        refile(home, database, photo_ids[:moved], template=template)
        raise KeyboardInterrupt

    arrive(home, database, TWO_DESIGNS)
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr("daemon.regroup.refile", killed)
        group_now(home, database)
    work_on_moves(home, database)
    assert folders(home) == GROUPED
    with Session(database) as session:
        assert open_jobs(session) == []


def test_the_tables_follow_what_people_do_without_waiting_for_a_regrouping(home: Home, grouped: Engine) -> None:
    with Session(grouped) as session, session.begin():
        name_group(session, 2, "GENUS 5", seen=5, by="ana", now=NOW)
    with Session(grouped) as session, session.begin():
        release_photos(session, [1], by="ana", now=NOW)
    work_on_moves(home, grouped)
    groups, sizes = tables(home)
    assert sorted(groups.values()) == ["-1", "1", "1", "1", "1"]
    assert all((home.root / path).is_file() for path in groups)
    assert sizes == {"-1": "1", "1": "4"}


def test_a_second_run_changes_nothing_and_compares_nothing_again(home: Home, grouped: Engine) -> None:
    with Session(grouped) as session:
        kept = (
            session.scalar(select(func.count()).select_from(PlateRow)),
            session.scalar(select(func.count()).select_from(VerifiedPair)),
        )
    assert kept == (10, 45)
    again = group_now(home, grouped)
    assert (again["pairs_verified"], again["changed"]) == (0, 0)
    assert folders(home) == GROUPED


def test_newcomers_join_the_group_of_their_design_and_ids_stay(home: Home, grouped: Engine) -> None:
    wall = encoded(pixels(5, 360, 560), quality=92)
    arrive(home, grouped, {"new-0.jpg": shot(0, 9), "new-1.jpg": shot(1, 9), "new-2.jpg": wall})
    assert folders(home)["new-0.jpg"] == "UNKNOWN/ungrouped"
    group_now(home, grouped)
    assert folders(home) == GROUPED | {
        "new-0.jpg": "UNKNOWN/group-0001",
        "new-1.jpg": "UNKNOWN/group-0002",
        "new-2.jpg": "UNKNOWN/ungrouped",
    }


def test_a_regrouping_is_told_the_groups_that_people_see(home: Home, grouped: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    arrive(home, grouped, {"2-0.jpg": shot(2, 0)})
    told: list[list[int]] = []

    def listening(*arguments: Any, previous: NDArray[np.int64], **options: Any) -> Grouping:
        told.append(previous.tolist())
        return group(*arguments, previous=previous, **options)

    monkeypatch.setattr("daemon.regroup.group", listening)
    group_now(home, grouped)
    assert told == [[1] * 5 + [2] * 5 + [NOISE]]


def test_a_named_group_moves_to_its_types_folder_and_stays_out_of_later_runs(home: Home, grouped: Engine) -> None:
    with Session(grouped) as session, session.begin():
        name_group(session, 2, "GENUS 5", seen=5, by="ana", now=NOW)
    with Session(grouped) as session:
        members = list(session.scalars(select(Photo.id).where(Photo.group_id == 2)))
    assert refile(home, grouped, members, template=TEMPLATE).moved == 5
    group_now(home, grouped)
    assert folders(home) == {name: folder if folder.endswith("1") else "GENUS 5" for name, folder in GROUPED.items()}
    with Session(grouped) as session:
        assert session.get_one(PhotoGroup, 2).status == "named"
        labels = session.scalars(select(Label)).all()
        assert {(label.value, label.by) for label in labels} == {("GENUS 5", "ana")}
        assert {session.get_one(Photo, label.photo_id).guessed_type for label in labels} == {UNKNOWN}
    assert not (home.sorted / "clear/UNKNOWN/group-0002").exists()


def test_embeddings_of_another_model_version_never_meet_in_one_run(home: Home, grouped: Engine) -> None:
    done = regroup(home, grouped, stamp="v2", template=TEMPLATE)
    assert (done["photos"], done["groups"]) == (0, 0)
    with Session(grouped) as session:
        assert set(session.scalars(select(PhotoGroup.status))) == {"candidate"}


def happened(database: Engine) -> list[tuple[str, int, int | None, int]]:
    with Session(database) as session:
        events = session.scalars(select(GroupEvent).order_by(GroupEvent.id))
        return [(event.kind, event.group_id, event.other_id, event.photos) for event in events]


def test_births_and_deaths_of_groups_are_recorded(home: Home, grouped: Engine) -> None:
    assert happened(grouped) == [("birth", 1, None, 5), ("birth", 2, None, 5)]
    with Session(grouped) as session, session.begin():
        gone = [photo.id for photo in session.scalars(select(Photo)) if photo.group_id == 2][:3]
        name_photos(session, gone, "GENUS 5", by="ana", now=NOW)
    group_now(home, grouped)
    assert happened(grouped)[2:] == [("death", 2, None, 2)]


def test_a_regrouping_leaves_together_and_apart_what_a_person_put_so(home: Home, grouped: Engine) -> None:
    with Session(grouped) as session, session.begin():
        split_photos(session, [1, 2], by="ana", now=NOW)
        move_photos(session, [10], 1, by="ana", now=NOW)
        release_photos(session, [9], by="ana", now=NOW)
    group_now(home, grouped)
    with Session(grouped) as session:
        places = {photo.id: photo.group_id for photo in session.scalars(select(Photo))}
    assert places == {1: 3, 2: 3, 3: 1, 4: 1, 5: 1, 6: 2, 7: 2, 8: 2, 9: None, 10: 1}


def test_a_photo_that_disappeared_from_its_folder_does_not_stop_the_run(home: Home, database: Engine) -> None:
    arrive(home, database, TWO_DESIGNS)
    (home.sorted / "clear/UNKNOWN/ungrouped/0-0.jpg").unlink()
    done = group_now(home, database)
    assert (done["photos"], done["groups"], done["noise"]) == (10, 2, 1)


def test_a_photo_that_could_not_be_moved_is_told_and_moved_after_the_next_regrouping_or_start(
    home: Home, database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(path: Path, target: Path) -> None:
        if path.name == "0-0.jpg":
            raise PermissionError(13, "Permission denied")
        move(path, target)

    arrive(home, database, TWO_DESIGNS)
    with monkeypatch.context() as patched:
        patched.setattr("daemon.refile.move", denied)
        group_now(home, database)
        for _ in range(2):  # each regrouping asks once more
            with Session(database) as session, session.begin():
                move_again(session)
            work_on_moves(home, database)
    assert folders(home) == GROUPED | {"0-0.jpg": "UNKNOWN/ungrouped"}
    with Session(database) as session:
        ids, said = unmoved_photos(session)
        path = session.scalars(select(Photo.path).where(Photo.id.in_(ids))).one()
    assert (status(home, database)["unmoved"], path) == (1, "sorted/clear/UNKNOWN/ungrouped/0-0.jpg")
    assert said.startswith(
        "moved 0 photos; 1 photo could not be moved (Permission denied), tried again after the next regrouping"
    )
    with Session(database) as session, session.begin():
        ask_again(session)  # as a start does
    work_on_moves(home, database)
    assert folders(home) == GROUPED
    assert status(home, database)["unmoved"] == 0


def test_no_unknown_meter_at_all_is_fine(home: Home, database: Engine) -> None:
    assert group_now(home, database)["groups"] == 0


def test_a_photo_that_cannot_be_read_at_the_moment_is_described_in_the_next_run(home: Home, database: Engine) -> None:
    arrive(home, database, TWO_DESIGNS)
    (home.sorted / "clear/UNKNOWN/ungrouped/0-0.jpg").unlink()
    group_now(home, database)
    write(home.sorted, {"clear/UNKNOWN/ungrouped/0-0.jpg": TWO_DESIGNS["0-0.jpg"]})
    group_now(home, database)
    assert folders(home) == GROUPED


def test_photos_without_a_plate_are_described_by_the_network_too_which_is_loaded_once(home: Home, database: Engine) -> None:
    arrive(home, database, TWO_DESIGNS)
    loaded: list[Model] = []

    def details() -> Model:
        loaded.append(describer("v3"))
        return loaded[-1]

    for _ in range(2):
        regroup(home, database, stamp="v1", template=TEMPLATE, details=details)
    with Session(database) as session:
        kept = [Plate.from_bytes(row.features) for row in session.scalars(select(PlateRow))]
    assert {plate.learned_by for plate in kept} == {"v3"}
    assert len(kept) == len(TWO_DESIGNS)
    assert len(loaded) == 1
