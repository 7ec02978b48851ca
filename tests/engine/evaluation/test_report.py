"""The report: files that a person can read and check, made by the command."""

import argparse
import csv
import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from engine.bundle import Card, InputSpec, promote, write_bundle
from engine.commands import evaluate, split
from engine.convert import convert
from engine.errors import ArgumentError, DataError
from engine.networks import build, weights_of


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random two-label model that judges, and its conversion."""
    root = tmp_path_factory.mktemp("prepared")
    torch.manual_seed(0)
    card = Card(task="meter_type", version="v1", network="small_cnn", labels=("a", "b"), input=InputSpec(width=32, height=32))
    folder = write_bundle(root / "models", card, weights_of(build("small_cnn", 2)))
    convert(folder, root / "cache")
    promote(root / "models", "meter_type", "v1")
    return root


@pytest.fixture
def models(prepared: Path, tmp_path: Path) -> Path:
    shutil.copytree(prepared, tmp_path, dirs_exist_ok=True)
    return tmp_path / "models"


def a_photo(path: Path, seed: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.random.default_rng(seed).integers(0, 256, (40, 40, 3), dtype=np.uint8)).save(path)


def the_args(tmp_path: Path, *words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    evaluate.add_arguments(parser)
    args = parser.parse_args(["meter_type", str(tmp_path / "data"), "--out", str(tmp_path / "out"), *words])
    args.models_dir, args.cache_dir = tmp_path / "models", tmp_path / "cache"
    return args


def test_a_report_holds_tables_pictures_and_a_line_per_photo(models: Path, tmp_path: Path) -> None:
    for seed, name in enumerate(("a/1.png", "a/=2.png", "b/1.png", "unknown/1.png")):
        a_photo(tmp_path / "data" / name, seed)
    assert evaluate.run(the_args(tmp_path)) == 0
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "summary.json", "confusion_matrix.csv", "confusion_matrix.png", "per_label.csv", "most_confused.csv", "coverage.csv",
        "coverage.png", "calibration.png", "calibration.csv", "photos.csv", "roc.png", "roc.csv", "report.md",
    }  # fmt: skip
    with (tmp_path / "out" / "photos.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["image"], row["true"]) for row in rows] == [
        ("a/1.png", "a"), ("a/=2.png", "a"), ("b/1.png", "b"), ("unknown/1.png", "unknown")
    ]  # fmt: skip
    assert all((row["correct"] == "True") == (row["true"] == row["predicted"]) for row in rows[:3])
    assert (rows[3]["correct"] == "True") == (rows[3]["answer"] == "UNKNOWN"), "UNKNOWN is right for a photo of no type"
    assert all(Image.open(path).size > (100, 100) for path in (tmp_path / "out").glob("*.png"))


def test_a_photo_that_cannot_be_read_is_left_out_and_the_exit_code_says_so(
    models: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    a_photo(tmp_path / "data" / "a" / "1.png", 0)
    (tmp_path / "data" / "a" / "broken.jpg").write_bytes(b"no photo")
    assert evaluate.run(the_args(tmp_path)) == 3
    assert "broken.jpg" in capsys.readouterr().err


def test_of_split_folders_only_the_test_side_is_measured(models: Path, tmp_path: Path) -> None:
    for side, count in (("train", 3), ("test", 1)):
        for number in range(count):
            a_photo(tmp_path / "data" / side / "a" / f"{number}.png", number)
    evaluate.run(the_args(tmp_path))
    assert len((tmp_path / "out" / "photos.csv").read_text().splitlines()) == 2


def test_a_label_the_model_does_not_know_is_named(models: Path, tmp_path: Path) -> None:
    a_photo(tmp_path / "data" / "strange" / "1.png", 0)
    with pytest.raises(DataError, match="strange"):
        evaluate.run(the_args(tmp_path))


def test_only_unknown_photos_cannot_be_measured(models: Path, tmp_path: Path) -> None:
    a_photo(tmp_path / "data" / "unknown" / "1.png", 0)
    with pytest.raises(DataError, match="no photo with a label"):
        evaluate.run(the_args(tmp_path))


def test_without_a_model_the_advice_is_to_train_one(tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match="Train one"):
        evaluate.run(the_args(tmp_path))


def test_a_model_of_another_task_is_refused(models: Path, tmp_path: Path) -> None:
    args = the_args(tmp_path, "--model", str(models / "meter_type" / "v1"))
    args.task = "clarity"
    with pytest.raises(ArgumentError, match="meter_type"):
        evaluate.run(args)


def test_photos_of_another_folder_measure_doubt(models: Path, tmp_path: Path) -> None:
    a_photo(tmp_path / "data" / "a" / "1.png", 0)
    a_photo(tmp_path / "faces" / "deep" / "1.png", 1)
    assert evaluate.run(the_args(tmp_path, "--unknown", str(tmp_path / "faces"))) == 0
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert (summary["photos"], summary["unknown_photos"]) == (1, 1)
    assert {"auroc", "auroc_interval"} <= set(summary["open_set"])
    assert 0 <= summary["accepted"]["unknown_let_through"] <= 1


def test_photos_of_one_meter_are_drawn_together_where_the_split_says_so(models: Path, tmp_path: Path) -> None:
    for number in range(8):
        a_photo(tmp_path / "photos" / "a" / f"{number}.png", number)
        a_photo(tmp_path / "photos" / "b" / f"{number}.png", number + 100)
    table = ["file,label,group", *(f"photos/{label}/{n}.png,{label},{label}{n // 4}" for label in "ab" for n in range(8))]
    (tmp_path / "photos.csv").write_text("\n".join(table))
    parser = argparse.ArgumentParser()
    split.add_arguments(parser)
    split.run(parser.parse_args([str(tmp_path / "photos.csv"), "--out", str(tmp_path / "data"), "--few", "0", "--many", "99"]))
    evaluate.run(the_args(tmp_path))
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert (summary["photos"], summary["independent"]) == (8, 2), "a meter of four photos of each label is tested"


def test_the_front_page_says_the_figures_and_shows_the_pictures(models: Path, tmp_path: Path) -> None:
    for seed, name in enumerate(("a/1.png", "a/2.png", "b/1.png", "unknown/1.png")):
        a_photo(tmp_path / "data" / name, seed)
    evaluate.run(the_args(tmp_path))
    text = (tmp_path / "out" / "report.md").read_text()
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert f"| best guess right (accuracy) | {summary['accuracy']:.3f} (" in text
    assert f"AUROC {summary['open_set']['auroc']:.3f}" in text
    pictures = re.findall(r"!\[.*?\]\((.*?)\)", text)
    assert sorted(pictures) == ["calibration.png", "confusion_matrix.png", "coverage.png", "roc.png"]
    assert all((tmp_path / "out" / name).is_file() for name in pictures)


def test_a_good_photo_and_its_spoilt_twins_are_drawn_together(models: Path, tmp_path: Path) -> None:
    table = ["image_path,label,source"]
    for number, label in ((0, "Good"), (0, "Bad"), (1, "Good"), (1, "Bad")):
        a_photo(tmp_path / "data" / "test" / label / f"{number}.png", number)
        table.append(f"test/{label}/{number}.png,{label},{number}.png")
    (tmp_path / "data" / "dataset_labels.csv").write_text("\n".join(table))
    torch.manual_seed(0)
    card = Card(task="good_bad", version="v1", network="small_cnn", labels=("Good", "Bad"), input=InputSpec(width=32, height=32))
    write_bundle(models, card, weights_of(build("small_cnn", 2)))
    args = the_args(tmp_path, "--model", str(models / "good_bad" / "v1"))
    args.task = "good_bad"
    evaluate.run(args)
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert (summary["photos"], summary["independent"]) == (4, 2)
