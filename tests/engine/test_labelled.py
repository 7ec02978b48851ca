"""Folders of labelled photos."""

from pathlib import Path

import pytest

from engine.errors import DataError
from engine.labelled import counts, fingerprint, read_folder, read_splits


def lay_out(root: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)
    return root


def many(label: str, count: int) -> dict[str, bytes]:
    return {f"{label}/{number}.jpg": f"{label}{number}".encode() for number in range(count)}


def test_a_folder_per_label_is_split_by_label_and_seed(tmp_path: Path) -> None:
    data = lay_out(tmp_path, many("A", 10) | many("B", 5))
    splits = read_splits(data, "meter_type", seed=1)
    assert splits.labels == ("A", "B")
    assert counts(splits.train) == {"A": 8, "B": 4} and counts(splits.val) == {"A": 2, "B": 1} and splits.test == ()
    assert splits == read_splits(data, "meter_type", seed=1)
    assert splits.val != read_splits(data, "meter_type", seed=2).val


def test_no_photo_lies_on_both_sides(tmp_path: Path) -> None:
    splits = read_splits(lay_out(tmp_path, many("A", 9) | many("B", 9)), "meter_type", seed=0)
    assert not {photo.path for photo in splits.train} & {photo.path for photo in splits.val}


def test_the_only_photo_of_a_label_is_learned_from(tmp_path: Path) -> None:
    splits = read_splits(lay_out(tmp_path, many("A", 10) | many("B", 1)), "meter_type", seed=0)
    assert counts(splits.train)["B"] == 1


def test_given_sides_are_kept_as_they_are(tmp_path: Path) -> None:
    files = {f"{side}/{name}": data for side in ("train", "val", "test") for name, data in (many("A", 3) | many("B", 2)).items()}
    splits = read_splits(lay_out(tmp_path, files), "meter_type", seed=0)
    assert [len(side) for side in (splits.train, splits.val, splits.test)] == [5, 5, 5]


def test_a_folder_from_a_mac_has_the_label_that_a_person_types(tmp_path: Path) -> None:
    decomposed, typed = "Za\u0308hler", "Zähler"
    data = lay_out(tmp_path, many(f"train/{decomposed}", 4) | many("train/B", 4) | many(f"test/{typed}", 2))
    splits = read_splits(data, "meter_type", seed=0)
    assert splits.labels == ("B", typed) and {photo.label for photo in splits.test} == {typed}


def test_an_unknown_folder_is_no_label(tmp_path: Path) -> None:
    data = lay_out(tmp_path, many("A", 4) | many("B", 4) | many("UNKNOWN", 4))
    splits = read_splits(data, "meter_type", seed=0)
    assert splits.labels == ("A", "B")
    assert counts(splits.train)["unknown"] == 3


def test_fixed_labels_are_found_in_any_case_and_keep_their_order(tmp_path: Path) -> None:
    splits = read_splits(lay_out(tmp_path, many("Unclear", 4) | many("CLEAR", 4)), "clarity", seed=0)
    assert splits.labels == ("clear", "unclear")


@pytest.mark.parametrize(
    ("task", "files", "says"),
    [
        ("meter_type", {}, "No photos"),
        ("meter_type", {"A/notes.txt": b"x"}, "No photos"),
        ("meter_type", many("A", 3), "two labels"),
        ("clarity", many("clear", 3), "unclear"),
        ("clarity", many("clear", 3) | many("fuzzy", 3), "fuzzy"),
        ("meter_type", {f"train/{k}": v for k, v in (many("A", 2) | many("B", 2)).items()} | {"test/C/1.jpg": b"c"}, "C"),
    ],
)
def test_data_that_cannot_be_learned_from_is_refused_with_advice(
    tmp_path: Path, task: str, files: dict[str, bytes], says: str
) -> None:
    with pytest.raises(DataError, match=says):
        read_splits(lay_out(tmp_path, files), task, seed=0)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="nowhere"):
        read_folder(tmp_path / "nowhere", "clarity")


def test_the_fingerprint_follows_content_and_label_not_names(tmp_path: Path) -> None:
    first = read_folder(lay_out(tmp_path / "1", {"A/x.jpg": b"1", "B/y.jpg": b"2"}), "meter_type")
    renamed = read_folder(lay_out(tmp_path / "2", {"A/other.jpg": b"1", "B/y.png": b"2"}), "meter_type")
    swapped = read_folder(lay_out(tmp_path / "3", {"A/x.jpg": b"2", "B/y.jpg": b"1"}), "meter_type")
    assert fingerprint(first) == fingerprint(renamed) != fingerprint(swapped)


def test_photos_that_belong_together_by_the_manifest_are_set_aside_together(tmp_path: Path) -> None:
    names = [f"{label}/{number}.png" for label in "ab" for number in range(12)]
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(name.encode())
    lines = [f"{name},{name[0]}{int(name[2:-4]) // 3}" for name in names]
    (tmp_path / "manifest.csv").write_text("\n".join(["file,cluster", *lines]))
    for seed in range(5):
        splits = read_splits(tmp_path, "meter_type", seed=seed)
        meters = [{f"{photo.label}{int(photo.path.stem) // 3}" for photo in side} for side in (splits.train, splits.val)]
        assert not meters[0] & meters[1]
        assert len(splits.val) == 6, "one meter of each label"
