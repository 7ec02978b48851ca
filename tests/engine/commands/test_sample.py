import argparse
import csv
from pathlib import Path

import pytest

from engine.commands import sample
from engine.errors import ArgumentError
from engine.picture import decode


def run(*words: object) -> int:
    parser = argparse.ArgumentParser()
    sample.add_arguments(parser)
    return sample.run(parser.parse_args([str(word) for word in words]))


def truth_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_sample_writes_photos_and_hides_their_truth(tmp_path: Path) -> None:
    assert run("--count", 3, "--out", tmp_path / "inbox") == 0
    rows = truth_of(tmp_path / "inbox" / ".truth.csv")
    photos = sorted(path.name for path in (tmp_path / "inbox").iterdir() if not path.name.startswith("."))
    assert photos == sorted(row["file"] for row in rows)
    assert len(photos) == 3
    assert list(rows[0]) == ["file", "design", "known", "meter_id", "digits", "clarity", "defects", "display_box"]
    for name in photos:
        assert name.startswith("IMG_2026")
        assert decode((tmp_path / "inbox" / name).read_bytes()).format == "JPEG"


def test_sample_leaves_no_half_written_file(tmp_path: Path) -> None:
    run("--count", 2, "--out", tmp_path)
    assert not [path for path in tmp_path.iterdir() if path.name.endswith(".part")]


def test_the_same_seed_writes_the_same_bytes(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        run("--count", 2, "--out", tmp_path / folder, "--seed", 9)
    run("--count", 2, "--out", tmp_path / "c", "--seed", 10)
    a, b, c = ({path.name: path.read_bytes() for path in (tmp_path / folder).iterdir()} for folder in "abc")
    assert a == b != c


def test_more_processes_write_the_same_photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sample, "_WORTH_A_PROCESS", 2)
    for jobs in (1, 2):
        run("--count", 4, "--out", tmp_path / str(jobs), "--jobs", jobs)
    one, two = ({path.name: path.read_bytes() for path in (tmp_path / str(jobs)).iterdir()} for jobs in (1, 2))
    assert one == two


def test_the_classes_layout_makes_a_folder_per_design(tmp_path: Path) -> None:
    run("--count", 5, "--designs", 3, "--layout", "classes", "--out", tmp_path, "--truth", tmp_path / "truth" / "t.csv")
    rows = truth_of(tmp_path / "truth" / "t.csv")
    assert {row["known"] for row in rows} == {"yes"}
    assert all((tmp_path / row["file"]).is_file() and row["file"].startswith(f"{row['design']}/") for row in rows)
    assert len({row["design"] for row in rows}) == 3


def test_designs_from_elsewhere_in_the_catalogue_are_strangers(tmp_path: Path) -> None:
    for first in (0, 100):
        run("--count", 3, "--designs", 3, "--first-design", first, "--out", tmp_path / str(first))
    known, strange = ({row["design"] for row in truth_of(tmp_path / name / ".truth.csv")} for name in ("0", "100"))
    assert len(known) == len(strange) == 3 and not known & strange


@pytest.mark.parametrize(
    "words",
    [
        ["--count", 0], ["--count", 4, "--designs", 0], ["--count", 4, "--seed", -1], ["--count", 4, "--jobs", 0],
        ["--count", 4, "--layout", "classes", "--imbalance", 9], ["--count", 4, "--imbalance", 1],
        ["--count", 4, "--first-design", 999],
    ],
)  # fmt: skip
def test_arguments_that_make_no_sense_are_named(words: list[object], tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match=str(words[-2])):
        run(*words, "--out", tmp_path)
