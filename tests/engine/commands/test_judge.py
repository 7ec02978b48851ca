from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from engine.__main__ import main
from engine.appraise import appraise
from engine.commands.judge import _save_embeddings
from engine.quality import Tag
from engine.quality.examples import read_labelled
from engine.verdict import Verdict
from tests.photos import jpeg, write

CONTRACT = {
    "file", "ok", "error", "width", "height", "quality", "quality_score", "tags", "measures", "scores", "suggestions",
    "display_box", "clarity", "clear_probability", "good_bad", "good_probability", "meter_type", "top3", "known_score",
    "stamps", "display_score", "unclear_reasons",
}  # fmt: skip


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    write(tmp_path / "in", {"b/two.jpg": jpeg(2), "a.jpg": jpeg(1), "bad.jpg": b"no picture", ".hidden.jpg": jpeg(3)})
    return tmp_path / "in"


def judge(*arguments: object, models: Path) -> int:
    return main(["judge", *map(str, arguments), "--models", str(models)])


def test_each_file_becomes_one_line_of_the_contract(photos: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    assert judge(photos, "--json", out, models=tmp_path) == 3
    lines = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert [Path(line["file"]).name for line in lines] == ["a.jpg", "two.jpg", "bad.jpg"]
    assert set(lines[0]) >= CONTRACT
    assert lines[0]["ok"] is True
    assert lines[2] == {"file": str(photos / "bad.jpg"), "ok": False, "error": lines[2]["error"]}
    assert lines[2]["error"]["code"] == "not_an_image"


def test_exit_code_0_means_all_were_judged(photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert judge(photos / "a.jpg", models=tmp_path) == 0
    assert json.loads(capsys.readouterr().out)["ok"] is True


def test_the_table_has_a_row_per_file_failures_too(photos: Path, tmp_path: Path) -> None:
    judge(photos, "--csv", tmp_path / "out.csv", "--json", tmp_path / "out.jsonl", models=tmp_path)
    with (tmp_path / "out.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["ok"] for row in rows] == ["True", "True", "False"]
    lines = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert set(lines[0]) >= CONTRACT
    assert set(rows[0]) - set(lines[0]) == {"close_calls"} and set(lines[0]) - set(rows[0]) == {"unsure"}
    assert "not_an_image" in rows[2]["error"]


def test_the_table_corrected_by_a_person_is_one_to_tune_from(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(photos, {"=c.jpg": jpeg(4)})
    monkeypatch.chdir(photos)
    judge("a.jpg", "b", "=c.jpg", "bad.jpg", "--csv", "../tables/out.csv", models=tmp_path)
    table = tmp_path / "tables/out.csv"
    with table.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    rows[0] |= {"tags": "blurry|glare", "close_calls": "blurry|noisy"}  # a person's tags beside the close calls of the judge
    with table.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    told: list[str] = []
    read = read_labelled(table, told.append)
    assert [photo.path.resolve() for photo in read] == [photos / "a.jpg", photos / "b/two.jpg", photos / "=c.jpg"]
    assert (read[0].present, {photo.unsure for photo in read}) == ({Tag.BLURRY, Tag.GLARE}, {frozenset()})
    assert told == [f"{table}: 1 line is left out: its photo could not be judged (column ok)."]


def test_embeddings_without_a_model_are_an_error_with_advice(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert judge(photos / "a.jpg", "--embeddings", tmp_path / "e.npz", models=tmp_path) == 2
    assert "no meter_type model" in capsys.readouterr().err


def test_two_threads_give_the_same_lines_in_the_same_order(photos: Path, tmp_path: Path) -> None:
    write(photos, {f"more/{n}.jpg": jpeg(n) for n in range(20)})
    for jobs in (1, 4):
        judge(photos, "--json", tmp_path / f"{jobs}.jsonl", "--jobs", jobs, models=tmp_path)
    assert (tmp_path / "1.jsonl").read_bytes() == (tmp_path / "4.jsonl").read_bytes()


def test_a_file_too_large_to_hold_is_told_without_reading_it(photos: Path, tmp_path: Path) -> None:
    with (photos / "film.mp4").open("wb") as file:
        file.truncate(2**42)
    judge(photos, "--json", tmp_path / "out.jsonl", models=tmp_path)
    lines = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text("utf-8").splitlines()]
    assert [line["error"]["code"] for line in lines if not line["ok"]] == ["not_an_image", "too_large"]


def test_a_photo_that_trips_the_engine_does_not_stop_the_others(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def tripping(data: bytes, **options: object) -> Verdict:
        if data == jpeg(1):
            raise ZeroDivisionError("a bug in the engine")
        return appraise(data, **options)  # type: ignore[arg-type]

    monkeypatch.setattr("engine.appraise.appraise", tripping)
    assert judge(photos, "--json", tmp_path / "out.jsonl", models=tmp_path) == 3
    lines = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text("utf-8").splitlines()]
    assert [line["ok"] or line["error"]["code"] for line in lines] == ["engine_error", True, "not_an_image"]


def test_embeddings_go_to_a_folder_that_is_made(tmp_path: Path) -> None:
    _save_embeddings(tmp_path / "new/e.npz", [("a.jpg", np.zeros(2, np.float32), "v1")])
    assert (tmp_path / "new/e.npz").is_file()


def test_an_empty_folder_is_told_and_nothing_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "photos").mkdir()
    assert judge(tmp_path / "photos", "--json", tmp_path / "v.jsonl", models=tmp_path) == 2
    assert "There are no files in" in capsys.readouterr().err
    assert not (tmp_path / "v.jsonl").exists()


def test_where_results_cannot_go_is_told_before_anything_is_judged(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for option in ("--embeddings", "--csv"):
        assert judge(photos, option, photos / "a.jpg" / "x", "--json", tmp_path / "v.jsonl", models=tmp_path) == 2
        assert "a.jpg is a file" in capsys.readouterr().err
    assert not (tmp_path / "v.jsonl").exists()


def test_results_of_an_earlier_run_among_the_photos_are_no_photos(tmp_path: Path) -> None:
    write(tmp_path / "in", {"a.jpg": jpeg(1)})
    for _ in range(2):
        assert judge(tmp_path / "in", "--json", tmp_path / "in" / "v.jsonl", models=tmp_path) == 0
    assert len((tmp_path / "in" / "v.jsonl").read_text().splitlines()) == 1


def test_the_tables_of_an_archive_are_no_photos_where_they_are_not_named(photos: Path, tmp_path: Path) -> None:
    write(photos, {"UNKNOWN/groups.csv": b"image,cluster_id", "UNKNOWN/verdicts.JSONL": b"{}"})
    for paths, codes in (([photos / "UNKNOWN", photos / "b"], []), ([photos / "UNKNOWN/groups.csv"], ["not_an_image"])):
        judge(*paths, "--json", tmp_path / "out.jsonl", models=tmp_path)
        lines = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text("utf-8").splitlines()]
        assert [line["error"]["code"] for line in lines if not line["ok"]] == codes
