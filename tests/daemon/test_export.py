from __future__ import annotations

import csv
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from openpyxl import load_workbook
from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from daemon.export import export
from daemon.home import Home
from daemon.status import status
from db.exported import COLUMNS
from db.labels import undo
from db.naming import name_photos
from db.tables import Photo
from engine.verdict import UNKNOWN
from tests.daemon.test_recovery import take_all
from tests.photos import write

NOW = datetime(2026, 4, 12, tzinfo=UTC)
NAMES = {"=cmd|calc.jpg": b"sharp", "b.jpg": b"text", "c\x0b😀.jpg": b"sharp"}


@pytest.fixture
def archive(home: Home, database: Engine) -> Engine:
    write(home.inbox, NAMES)
    take_all(home, database)
    return database


def test_json_lines_hold_one_object_per_arrival(archive: Engine, tmp_path: Path) -> None:
    assert export(archive, tmp_path / "x.jsonl") == 3
    lines = [json.loads(line) for line in (tmp_path / "x.jsonl").read_text("utf-8").splitlines()]
    assert {line["source"]: line["outcome"] for line in lines} == {
        "=cmd|calc.jpg": "filed",
        "b.jpg": "refused",
        "c\x0b😀.jpg": "duplicate",
    }
    filed = next(line for line in lines if line["outcome"] == "filed")
    assert filed["tags"] == ["well_exposed"]
    assert filed["top3"][0] == {"label": "ACME_1", "confidence": 0.8}
    assert filed["path"] == "sorted/clear/ACME_1/=cmd|calc.jpg"
    assert filed["received_at"].endswith("+00:00")


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_a_table_has_a_row_per_arrival_and_runs_no_formula(archive: Engine, tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"x.{ending}"
    assert export(archive, path) == 3
    if ending == "csv":
        with path.open(encoding="utf-8-sig", newline="") as file:
            table = list(csv.reader(file))
    else:
        table = [[cell.value for cell in row] for row in load_workbook(path)["photos"].iter_rows()]
    assert tuple(table[0]) == COLUMNS
    assert len(table) == 4
    texts = [cell for row in table for cell in row if isinstance(cell, str)]
    assert "'=cmd|calc.jpg" in texts
    assert not [text for text in texts if text.startswith("=")]


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_reasons_stand_in_a_table_as_those_of_judge_do(archive: Engine, tmp_path: Path, ending: str) -> None:
    with Session(archive) as session:
        session.execute(update(Photo).where(Photo.outcome == "filed").values(unclear_reasons=["occluded", "glare"]))
        session.commit()
    path = tmp_path / f"x.{ending}"
    export(archive, path)
    if ending == "csv":
        with path.open(encoding="utf-8-sig", newline="") as file:
            said = [row["unclear_reasons"] for row in csv.DictReader(file)]
    else:
        place = COLUMNS.index("unclear_reasons")
        said = [row[place] or "" for row in load_workbook(path)["photos"].iter_rows(min_row=2, values_only=True)]
    assert sorted(map(str, said)) == ["", "", "occluded|glare"]


def test_what_a_person_named_says_who_did_and_not_how_sure_the_network_was_of_something_else(
    archive: Engine, tmp_path: Path
) -> None:
    with Session(archive) as session:
        filed = session.scalars(select(Photo).where(Photo.outcome == "filed")).one()
        filed.meter_type, filed.type_confidence = UNKNOWN, 0.9
        session.flush()
        act = name_photos(session, [filed.id], "GENUS 5", by="ana", now=NOW)
        session.commit()
    export(archive, tmp_path / "x.jsonl")
    row = next(row for row in map(json.loads, (tmp_path / "x.jsonl").open(encoding="utf-8")) if row["outcome"] == "filed")
    assert (row["meter_type"], row["named_by"], row["named_at"], row["type_confidence"]) == (
        act.name, "ana", NOW.isoformat(), None,
    )  # fmt: skip
    with Session(archive) as session:
        undo(session, 1, by="ben", now=NOW)
        session.commit()
    export(archive, tmp_path / "y.jsonl")
    row = next(row for row in map(json.loads, (tmp_path / "y.jsonl").open(encoding="utf-8")) if row["outcome"] == "filed")
    assert (row["meter_type"], row["named_by"], row["type_confidence"]) == (UNKNOWN, None, 0.9)


def test_the_heading_of_a_workbook_stays_in_sight(archive: Engine, tmp_path: Path) -> None:
    export(archive, tmp_path / "x.xlsx")
    assert load_workbook(tmp_path / "x.xlsx")["photos"].freeze_panes == "A2"


def test_an_export_that_fails_leaves_the_earlier_file(archive: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "x.jsonl").write_text("earlier")

    def full(*_: object, **__: object) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("daemon.export.json.dumps", full)
    with pytest.raises(OSError, match="No space"):
        export(archive, tmp_path / "x.jsonl")
    assert {path.name for path in tmp_path.iterdir()} == {"x.jsonl", "home"}
    assert (tmp_path / "x.jsonl").read_text() == "earlier"


def test_the_status_counts_every_outcome(archive: Engine, home: Home) -> None:
    write(home.inbox, {"new.jpg": b"1"})
    values = status(home, archive)
    assert {key: values[key] for key in ("waiting", "filed", "duplicate", "refused", "unknown", "groups", "daemon")} == {
        "waiting": 1,
        "filed": 1,
        "duplicate": 1,
        "refused": 1,
        "unknown": 0,
        "groups": 0,
        "daemon": "stopped",
    }
