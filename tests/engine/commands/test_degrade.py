import csv
import io
import json
import os
import re
from pathlib import Path
from typing import NoReturn

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.__main__ import main
from engine.commands import evaluate_quality
from engine.commands.degrade import side_of
from engine.degraded import read_degraded
from engine.errors import DataError
from engine.evaluation.quality import REACH, judged, sensitivity
from engine.evaluation.quality_plots import plot_tag_curves
from engine.picture import decode
from engine.quality import measure, shipped
from engine.quality.examples import LabelledPhoto
from engine.training.defects import DEFECTS
from tests.conftest import Mount
from tests.photos import encoded, jpeg, pixels, read, write

SIDES = ("train", "val", "test")


@pytest.fixture
def goods(tmp_path: Path) -> Path:
    write(tmp_path / "goods", {f"{number}.png": encoded(pixels(number, 96, 128), "PNG") for number in range(12)})
    return tmp_path / "goods"


def rows(data: Path) -> list[dict[str, str]]:
    with (data / "dataset_labels.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_every_good_photo_gets_a_twin_whose_defect_and_strength_are_written_down(goods: Path, tmp_path: Path) -> None:
    assert main(["degrade", str(goods), "--out", str(tmp_path / "data")]) == 0
    table = rows(tmp_path / "data")
    assert [row["label"] for row in table] == ["Good", "Bad"] * 12
    for row in table[1::2]:
        defect = DEFECTS[row["defect"]]
        assert row["tag"] == defect.tag.value and row["unit"] == defect.unit
        low, high = sorted((defect.plain, defect.ruined))
        assert low - 0.01 <= float(row["strength"]) <= high + 0.01
    written = read(tmp_path / "data")
    assert {row["image_path"] for row in table} | {"dataset_labels.csv"} == set(written)


def test_a_photos_name_is_no_formula_in_the_table(tmp_path: Path) -> None:
    write(tmp_path / "goods", {"=1+1.png": encoded(pixels(0, 96, 128), "PNG")})
    main(["degrade", str(tmp_path / "goods"), "--out", str(tmp_path / "data")])
    assert {row["source"] for row in rows(tmp_path / "data")} == {"'=1+1.png"}


def test_what_a_killed_run_left_in_the_folder_does_not_stop_the_next_one(goods: Path, tmp_path: Path) -> None:
    write(tmp_path / "data", {".draft.4711/train/Good/000000.jpg": jpeg()})
    assert main(["degrade", str(goods), "--out", str(tmp_path / "data")]) == 0
    assert not list((tmp_path / "data").glob(".draft*")) and len(rows(tmp_path / "data")) == 24


def test_a_photo_and_its_twins_lie_on_one_side(goods: Path, tmp_path: Path) -> None:
    main(["degrade", str(goods), "--out", str(tmp_path / "data"), "--each", "3"])
    sides: dict[str, set[str]] = {}
    for row in rows(tmp_path / "data"):
        sides.setdefault(row["source"], set()).add(row["image_path"].split("/")[0])
    assert len(sides) == 12 and all(len(side) == 1 for side in sides.values())


def test_a_folder_that_was_split_keeps_its_sides_and_its_sources(tmp_path: Path) -> None:
    photos = {f"{side}/{number}.png": encoded(pixels(number, 96, 128), "PNG") for side in SIDES for number in range(3)}
    write(tmp_path / "split", photos | {"sources.json": b"[]"})
    assert main(["degrade", str(tmp_path / "split"), "--out", str(tmp_path / "data")]) == 0
    assert {row["source"].split("/")[0] == row["image_path"].split("/")[0] for row in rows(tmp_path / "data")} == {True}
    assert (tmp_path / "data" / "sources.json").read_bytes() == b"[]"


def test_the_same_seed_makes_the_same_files(goods: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        main(["degrade", str(goods), "--out", str(tmp_path / name)])
    assert read(tmp_path / "one") == read(tmp_path / "two")


def test_a_folder_that_is_not_empty_is_left_alone(goods: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["degrade", str(goods), "--out", str(goods)]) == 2
    assert "is not empty" in capsys.readouterr().err


def test_a_disk_that_runs_full_is_told_in_one_line_and_leaves_nothing(
    goods: Path, tmp_path: Path, mount: Mount, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "data").mkdir()
    mount(tmp_path / "data", "size=100k")
    assert main(["degrade", str(goods), "--out", str(tmp_path / "data")]) == 2
    assert capfd.readouterr().err.splitlines() == [f"degrade: {tmp_path / 'data'} cannot be used: No space left on device."]
    assert list((tmp_path / "data").iterdir()) == []


def test_a_stopped_run_leaves_no_folder(goods: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*_: object) -> NoReturn:
        raise KeyboardInterrupt

    monkeypatch.setattr("engine.degraded.write_table", stopped)
    assert main(["degrade", str(goods), "--out", str(tmp_path / "new" / "data")]) == 130
    assert not (tmp_path / "new" / "data").exists()


def test_an_unknown_defect_is_refused(goods: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["degrade", str(goods), "--out", str(tmp_path / "x"), "--defects", "rain"]) == 2
    assert "motion_blur" in capsys.readouterr().err


def test_a_file_that_is_no_picture_is_named_and_the_rest_is_made(goods: Path, tmp_path: Path) -> None:
    (goods / "broken.jpg").write_bytes(jpeg()[:200])
    assert main(["degrade", str(goods), "--out", str(tmp_path / "data")]) == 3
    assert len(rows(tmp_path / "data")) == 24


@given(st.binary(max_size=64))
def test_the_side_follows_from_the_content_alone(data: bytes) -> None:
    assert side_of(data) == side_of(bytes(data)) in ("train", "val", "test")


@given(st.sampled_from(sorted(DEFECTS)), st.integers(1, 40), st.integers(1, 40), st.integers(0, 9))
@settings(max_examples=60, deadline=None)
def test_every_defect_keeps_size_and_kind_of_any_picture(name: str, height: int, width: int, seed: int) -> None:
    picture = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    worse = DEFECTS[name].spoil(picture, DEFECTS[name].plain, np.random.default_rng(seed))
    assert worse.shape == picture.shape and worse.dtype == np.uint8


@pytest.mark.parametrize(("defect", "measured", "rises"), [("motion_blur", "coarse_detail", False), ("noise", "luma_grain", True),
    ("underexposure", "brightness", False), ("overexposure", "brightness", True), ("jpeg", "blockiness", True),
    ("downscale", "pixel_detail", False)])  # fmt: skip
def test_a_stronger_defect_is_measured_as_more_of_it(defect: str, measured: str, rises: bool) -> None:
    from engine.drawing import draw_photo

    photo, how = draw_photo(3, 0)[0], DEFECTS[defect]
    seen = [
        measure(how.spoil(photo, strength, np.random.default_rng(0)))[measured] for strength in (how.faint, how.plain, how.ruined)
    ]
    assert seen == sorted(seen, reverse=not rises) and seen[0] != seen[2]


def test_the_quality_report_has_its_tables_curves_and_exports(
    goods: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evaluate_quality, "SPOILT", 1)
    main(["degrade", str(goods), "--out", str(tmp_path / "data"), "--defects", "underexposure", "noise"])
    assert main(["evaluate", "quality", str(tmp_path / "data"), "--out", str(tmp_path / "report")]) == 0
    written = read(tmp_path / "report")
    assert {"curves.png", "confusion.png", "sensitivity.png", "sensitivity.csv", "tags.csv"} <= set(written)
    page = written["report.md"].decode()
    assert {name for name in written if name.endswith(".png")} == set(re.findall(r"!\[.*?\]\((.*?)\)", page))
    assert re.search(r"^\| low_light \| \d+ / 12 \| (0\.9|1\.)", page, re.MULTILINE) and "glare" not in page
    with (tmp_path / "report" / "quality_results.csv").open(encoding="utf-8-sig", newline="") as file:
        results = list(csv.DictReader(file))
    tagged = json.loads(written["tagged_images.json"])
    assert len(results) == len(read_degraded(tmp_path / "data")) == 24
    for row in results:
        assert {tag for tag, images in tagged.items() if row["image"] in images} == set(filter(None, row["tags"].split(";")))
    figures = {row["tag"]: row for row in csv.DictReader(io.StringIO(written["tags.csv"].decode("utf-8-sig")))}
    assert [figures["glare"][name] for name in ("positives", "auc", "precision", "recall", "f1", "best_f1")] == ["0"] + [""] * 5
    dark = next(tag for tag in json.loads(written["summary.json"])["tags"] if tag["tag"] == "low_light")
    assert dark["auc"] > 0.95 and dark["negatives"] == 12


@pytest.mark.parametrize("tags", [1, 3, 5])
def test_no_word_of_the_curves_is_cut_off_however_few_tags_there_are(tmp_path: Path, tags: int) -> None:
    curve = (np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 1.0]]), 1.0, (0.0, 0.8))
    plot_tag_curves({f"low_information {number}": curve for number in range(tags)}, tmp_path / "curves.png")
    picture = decode((tmp_path / "curves.png").read_bytes()).pixels
    assert all((rim > 250).all() for rim in (picture[0], picture[-1], picture[:, 0], picture[:, -1]))
    inked = np.flatnonzero((picture < 250).any(axis=(0, 2)))
    assert inked[-1] > 0.8 * picture.shape[1], "no empty half beside the panels"


def test_the_plot_says_by_how_much_a_defect_moves_a_measure_not_whether_at_all(tmp_path: Path) -> None:
    photos = [(pixels(number, 96, 128) * (0.4 + 0.1 * number)).astype(np.uint8) for number in range(6)]
    good = LabelledPhoto(path=Path("x"), present=frozenset(), unsure=frozenset(), group="x")
    everything = [judged(good, "x", decode(encoded(each, "PNG")), shipped()) for each in photos]
    seen = sensitivity(photos[::3], everything, tmp_path)
    assert seen["underexposure"]["brightness"] < -1, "ruined by darkness, it lies beyond the usual photos"
    assert 0 < abs(seen["jpeg"]["brightness"]) < 0.3, "it moves by a hair"
    assert max(abs(value) for each in seen.values() for value in each.values()) <= REACH
    with (tmp_path / "sensitivity.csv").open(encoding="utf-8-sig", newline="") as file:
        effects = [
            float(row["effect"]) for row in csv.DictReader(file) if (row["defect"], row["measure"]) == ("flat", "contrast")
        ]
    assert effects[0] == 0 and effects == sorted(effects, reverse=True)


def test_a_picture_too_small_to_be_spoilt_is_left_out_and_said_so(
    goods: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(goods, {"dot.png": encoded(np.zeros((1, 1, 3), np.uint8), "PNG")})
    assert main(["degrade", str(goods), "--out", str(tmp_path / "data")]) == 3
    assert "dot.png: 1 x 1 pixels are too few to be spoilt; 8 a side are needed." in capsys.readouterr().err
    assert len(rows(tmp_path / "data")) == 24
    bad = "".join(f"goods/{number}.png,blurry\n" for number in range(5))
    (tmp_path / "table.csv").write_text(f"file,tags\ngoods/dot.png,\n{bad}")
    assert main(["evaluate", "quality", str(tmp_path / "table.csv"), "--out", str(tmp_path / "report")]) == 0
    assert not (tmp_path / "report" / "sensitivity.png").exists()


@pytest.mark.parametrize(
    ("line", "said"),
    [("a.jpg,Bad,smelly", "line 2: 'smelly' is no tag"), ("a.jpg,ugly,", "line 2: 'ugly' is no label"), ("", "no lines")],
)
def test_a_dataset_s_table_that_cannot_be_used_says_why(tmp_path: Path, line: str, said: str) -> None:
    (tmp_path / "dataset_labels.csv").write_text(f"image_path,label,tag\n{line}\n")
    with pytest.raises(DataError, match=said):
        read_degraded(tmp_path)


def test_where_nothing_can_be_written_is_told_before_anything_is(
    goods: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    before = read(tmp_path)
    for out in (tmp_path / "file", tmp_path / "file" / "sub"):
        assert main(["degrade", str(goods), "--out", str(out)]) == 2
        assert main(["evaluate", "quality", str(goods), "--out", str(out)]) == 2
        said = capsys.readouterr().err.splitlines()
        assert [line.endswith("file is a file. Name a folder.") for line in said] == [True, True]
    assert main(["degrade", str(goods), "--out", str(goods / "spoilt")]) == 2
    assert "lies in the photos' folder" in capsys.readouterr().err
    assert main(["degrade", str(tmp_path / "file"), "--out", str(tmp_path / "x")]) == 2
    assert "is no folder of photos" in capsys.readouterr().err
    assert main(["degrade", str(goods), "--out", str(tmp_path / "x"), "--seed", "-1"]) == 2
    assert "--seed at least 0" in capsys.readouterr().err
    assert read(tmp_path) == before


def test_names_that_are_no_unicode_are_written_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluate_quality, "SPOILT", 0)
    photos = tmp_path / "photos"
    photos.mkdir()
    (photos / os.fsdecode(b"bad\xff.jpg")).write_bytes(jpeg())
    assert main(["degrade", str(photos), "--out", str(tmp_path / "data"), "--defects", "noise"]) == 0
    assert {row["source"] for row in rows(tmp_path / "data")} == {r"bad\xff.jpg"}
    assert main(["evaluate", "quality", str(photos), "--out", str(tmp_path / "report")]) == 0
    assert r"bad\xff.jpg" in (tmp_path / "report" / "quality_results.csv").read_text()


def test_a_report_on_photos_that_cannot_be_read_is_refused_and_not_begun(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path, {"photos/a.jpg": b"no photo"})
    assert main(["evaluate", "quality", str(tmp_path / "photos"), "--out", str(tmp_path / "report")]) == 2
    assert "None of the photos" in capsys.readouterr().err
    assert not (tmp_path / "report").exists()


def test_what_is_said_of_a_model_is_refused_for_quality(goods: Path, tmp_path: Path) -> None:
    assert main(["evaluate", "quality", str(goods), "--out", str(tmp_path / "report"), "--model", "x"]) == 2


def test_photos_of_which_nothing_is_known_get_results_and_no_figures(
    goods: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path / "report", {"curves.png": b"of an earlier run", "sensitivity.png": b"too", "mine.txt": b"stays"})
    assert main(["evaluate", "quality", str(goods), "--out", str(tmp_path / "report")]) == 0
    results = {"quality_results.csv", "tagged_images.json", "tags.csv", "summary.json", "report.md"}
    assert set(read(tmp_path / "report")) == results | {"mine.txt"}
    assert "AUC" not in capsys.readouterr().out


def test_photos_of_one_name_in_two_folders_stay_two_in_the_results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluate_quality, "SPOILT", 0)
    places = [tmp_path / name / "a.jpg" for name in ("one", "two")]
    for place in places:
        write(place.parent, {"a.jpg": jpeg()})
    write(tmp_path / "tables", {"t.csv": "file,tags\n{},\n{},blurry\n".format(*places).encode()})
    assert main(["evaluate", "quality", str(tmp_path / "tables" / "t.csv"), "--out", str(tmp_path / "report")]) == 0
    with (tmp_path / "report" / "quality_results.csv").open(encoding="utf-8-sig", newline="") as file:
        assert [row["image"] for row in csv.DictReader(file)] == [place.as_posix() for place in places]
