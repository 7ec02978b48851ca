"""The split command: folders and manifest as promised, the source as it was."""

import argparse
import csv
import json
from pathlib import Path

import pytest

from engine.commands import split
from engine.errors import ArgumentError, DataError
from engine.manifest import read_clusters
from tests.photos import encoded, pixels, read, write


def run(source: Path, out: Path, *words: object) -> int:
    parser = argparse.ArgumentParser()
    split.add_arguments(parser)
    return split.run(parser.parse_args([str(source), "--out", str(out), *map(str, words)]))


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def png(seed: int) -> bytes:
    return encoded(pixels(seed), "PNG")


def an_archive(root: Path) -> Path:
    """40 photos of A, 14 of B, 5 of C."""
    seeds = iter(range(100))
    write(root, {f"{label}/{n}.png": png(next(seeds)) for label, count in (("A", 40), ("B", 14), ("C", 5)) for n in range(count)})
    return root


def counted(folder: Path) -> dict[str, int]:
    return {
        f"{side.name}/{label.name}": len(list(label.iterdir()))
        for side in folder.iterdir() if side.is_dir() for label in side.iterdir()
    }  # fmt: skip


def test_labels_with_many_some_and_few_photos_are_split_in_three_two_and_one(tmp_path: Path) -> None:
    archive = an_archive(tmp_path / "photos")
    before = read(archive)
    assert run(archive, tmp_path / "data") == 0
    assert counted(tmp_path / "data") == {
        "train/A": 26, "val/A": 6, "test/A": 8, "train/B": 11, "test/B": 3, "train/C": 5
    }  # fmt: skip
    assert read(archive) == before, "the source stays as it was"
    assert sorted(before.values()) == sorted(data for name, data in read(tmp_path / "data").items() if name.endswith(".png"))


def test_the_thresholds_are_options(tmp_path: Path) -> None:
    run(an_archive(tmp_path / "photos"), tmp_path / "data", "--few", 2, "--many", 10, "--val-share", 0, "--test-share", 0.5)
    assert counted(tmp_path / "data") == {
        "train/A": 20, "test/A": 20, "train/B": 7, "test/B": 7, "train/C": 2, "test/C": 3
    }  # fmt: skip


def test_the_manifest_names_every_photo_with_its_fingerprints(tmp_path: Path) -> None:
    archive = an_archive(tmp_path / "photos")
    write(archive, {"sources.json": b"[]"})
    run(archive, tmp_path / "data")
    rows = rows_of(tmp_path / "data" / "manifest.csv")
    assert len(rows) == len({row["sha256"] for row in rows}) == 59
    assert all((tmp_path / "data" / row["file"]).read_bytes() == (archive / row["source"]).read_bytes() for row in rows)
    assert all(row["file"].startswith(f"{row['side']}/{row['label']}/") and len(row["signature"]) == 66 for row in rows)
    assert json.loads((tmp_path / "data" / "split.json").read_text())["photos"]["C"] == {"train": 5, "val": 0, "test": 0}
    assert (tmp_path / "data" / "sources.json").read_bytes() == b"[]", "licences travel with the photos"
    assert set(read_clusters(tmp_path / "data")) == {tmp_path / "data" / row["file"] for row in rows}


def test_a_recompressed_copy_and_photos_of_one_meter_stay_on_one_side(tmp_path: Path) -> None:
    names = [f"{n}.png" for n in range(20)]
    write(tmp_path, {name: png(n) for n, name in enumerate(names)})
    write(tmp_path, {f"copy{n}.jpg": encoded(pixels(n), quality=70) for n in range(20)})
    table = [f"{name},A,meter {n // 3}" for n, name in enumerate(names)] + [f"copy{n}.jpg,A," for n in range(20)]
    (tmp_path / "photos.csv").write_text("\n".join(["file,label,group", *table]))
    assert run(tmp_path / "photos.csv", tmp_path / "data") == 0
    rows = rows_of(tmp_path / "data" / "manifest.csv")
    sides = []
    for start in range(0, 20, 3):
        meter = {f"{kind}{n}" for n in range(start, min(start + 3, 20)) for kind in ("", "copy")}
        sides.append({row["side"] for row in rows if row["source"].split(".")[0] in meter})
    assert all(len(where) == 1 for where in sides) and len(set.union(*sides)) == 3
    assert len({row["cluster"] for row in rows}) == 7


def test_photos_that_cannot_be_used_are_named_and_the_exit_code_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    archive = an_archive(tmp_path / "photos")
    write(archive, {"B/same.png": (archive / "A" / "0.png").read_bytes(), "C/broken.jpg": b"no photo"})
    assert run(archive, tmp_path / "data") == 3
    said = capsys.readouterr().err
    assert "A/0.png" in said and "B/same.png" in said and "another label" in said and "C/broken.jpg" in said
    assert {row["source"] for row in rows_of(tmp_path / "data" / "manifest.csv") if row["left_out"]} == {
        "A/0.png", "B/same.png", "C/broken.jpg"
    }  # fmt: skip


def test_files_of_one_name_do_not_overwrite_each_other(tmp_path: Path) -> None:
    write(tmp_path / "photos", {"A/x.png": png(1), "A/north/x.png": png(2), "A/x (2).png": png(3), "B/x.png": png(4)})
    run(tmp_path / "photos", tmp_path / "data")
    assert sorted(read(tmp_path / "data" / "train" / "A")) == ["x (2).png", "x (3).png", "x.png"]


def test_hard_links_take_no_space(tmp_path: Path) -> None:
    run(an_archive(tmp_path / "photos"), tmp_path / "data", "--hard-links")
    assert all(path.stat().st_nlink == 2 for path in (tmp_path / "data").rglob("*.png"))


def test_the_same_seed_splits_alike_and_another_differently(tmp_path: Path) -> None:
    archive = an_archive(tmp_path / "photos")
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        run(archive, tmp_path / name, "--seed", seed)
    a, b, c = (sorted(name for name in read(tmp_path / name) if name.endswith(".png")) for name in "abc")
    assert a == b != c


def test_a_failed_split_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_links(self: Path, target: Path) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(Path, "hardlink_to", no_links)
    with pytest.raises(DataError, match="cross-device"):
        run(an_archive(tmp_path / "photos"), tmp_path / "data", "--hard-links")
    assert [path.name for path in tmp_path.iterdir()] == ["photos"]


def test_what_cannot_be_split_is_said_with_advice(tmp_path: Path) -> None:
    archive = an_archive(tmp_path / "photos")
    (tmp_path / "t.csv").write_text("image,kind\nA/1.png,A\n")
    (tmp_path / "up.csv").write_text("file,label\nphotos/A/1.png,../A\n")
    for source, out, words, said in (
        (tmp_path / "gone", "data", (), "not there"), (archive, "photos/data", (), "lies in"), (archive, "photos", (), "exists"),
        (tmp_path / "t.csv", "data", (), "--file-column"), (tmp_path / "up.csv", "data", (), "folder's name"),
        (archive, "data", ("--few", 50), "few"),
    ):  # fmt: skip
        with pytest.raises((ArgumentError, DataError), match=said):
            run(source, tmp_path / out, *words)
