import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from engine.__main__ import main
from engine.quality.against import Against
from engine.quality.versions import DEFAULT_VERSION, active_version, find
from tests.conftest import Mount
from tests.photos import encoded, pixels, write


@pytest.fixture
def labelled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Twelve small photos, every other one dark, and their table."""
    monkeypatch.setenv("METERSIEVE_MODELS_DIR", str(tmp_path / "models"))
    rows = []
    for number in range(24):
        dark = number % 2 == 0
        picture = (pixels(number) * (0.12 if dark else 0.9)).astype(np.uint8)
        write(tmp_path, {f"photos/{number}.png": encoded(picture, "PNG")})
        rows.append([f"photos/{number}.png", "low_light" if dark else "", f"meter {number // 2}"])
    table = tmp_path / "labelled.csv"
    with table.open("w", newline="") as file:
        csv.writer(file).writerows([["file", "tags", "group"], *rows])
    return table


def test_tuning_writes_a_version_with_figures_and_changes_nothing(
    labelled: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = active_version(tmp_path / "models")
    assert main(["tune", str(labelled)]) == 0
    said = capsys.readouterr().out
    assert active_version(tmp_path / "models") == before
    new = find(tmp_path / "models", "tuned-1")
    assert [tag.value for tag in new.figures] == ["low_light"] and new.parent == before
    row = next(line.split() for line in said.splitlines() if line.startswith("  low_light"))
    assert f"now: by {before}, on the same photos" in said and "F1  F1 now" in said
    assert row[6] == "1.00"  # the shipped thresholds know these dark photos from the light ones already
    assert "low_light" in said and "tuned-1 instead of" in said and "daemon retag --dry-run --thresholds tuned-1" in said


def test_a_version_is_adopted_listed_and_rolled_back(labelled: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = active_version(tmp_path / "models")
    assert main(["tune", str(labelled), "--name", "mine", "--adopt"]) == 0
    assert active_version(tmp_path / "models") == "mine"
    assert main(["tune", "--list"]) == 0
    assert f"* mine           {find(tmp_path / 'models', 'mine').created}  from {before}" in (said := capsys.readouterr().out)
    assert "F1/AUC left out, against all photos without the tag: low_light 1.00/1.000" in said
    assert main(["tune", "--rollback"]) == 0
    assert active_version(tmp_path / "models") == before


def test_a_photo_that_is_missing_is_named_and_the_others_are_used(labelled: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with labelled.open("a") as file:
        file.write("photos/gone.png,low_light,x\n")
    assert main(["tune", str(labelled)]) == 3
    assert "gone.png" in capsys.readouterr().err


def test_where_no_photo_is_found_it_is_said_where_they_were_looked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "alone.csv").write_text("file,tags\ngone.png,blurry\n")
    assert main(["tune", str(tmp_path / "alone.csv")]) == 2
    assert "looked for beside it and in the working folder" in capsys.readouterr().err


def test_too_few_labels_are_refused_with_what_is_needed(labelled: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = labelled.read_text().splitlines()
    labelled.write_text("\n".join(lines[:5]) + "\n")
    assert main(["tune", str(labelled)]) == 2
    assert "low_light is not learned: 2 photos with it, and 6 are needed." in capsys.readouterr().err


def labels(table: Path, given: Callable[[int], str]) -> None:
    """Write other tags into the table: by a photo's number, even ones being dark."""
    heading, *lines = table.read_text().splitlines()
    cells = [line.split(",") for line in lines]
    rows = [f"{file},{given(number)},{group}" for number, (file, _, group) in enumerate(cells)]
    table.write_text("\n".join([heading, *rows]) + "\n")


def test_each_tag_that_is_labelled_and_not_learned_is_told_with_the_reason(
    labelled: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def given(number: int) -> str:
        tags = ["low_light"] * (number % 2 == 0) + ["glare"] * (number < 2) + ["screen_photo"] * (number % 3 == 0)
        return ";".join([*tags, *(["blurry"] * (number not in (4, 5)))])

    labels(labelled, given)
    assert main(["tune", str(labelled)]) == 0
    said = capsys.readouterr().out
    assert "glare is not learned: 2 photos with it, and 6 are needed." in said
    assert "blurry is not learned: 2 photos without it, and 6 are needed." in said
    assert f"screen_photo is not learned: {DEFAULT_VERSION} has no rule for it." in said
    assert "hazy" not in said, "nobody labelled it"
    lines = labelled.read_text().splitlines()
    labelled.write_text("\n".join([lines[0], *(f"{line.rsplit(',', 1)[0]},one meter" for line in lines[1:])]))
    assert main(["tune", str(labelled)]) == 2
    assert "low_light is not learned: the photos with it are of 1 group, and 4 are needed." in capsys.readouterr().err


def test_a_tag_that_is_told_worse_than_now_keeps_its_rule_and_where_all_do_no_version_is_written(
    labelled: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    labels(labelled, lambda number: "low_light" if number % 4 < 2 else "")  # half of the dark, half of the light: by chance
    assert main(["tune", str(labelled), "--adopt"]) == 0
    said = capsys.readouterr().out
    assert "low_light keeps its rule: " in said and "No version is written" in said and "judges from now on" not in said
    assert active_version(tmp_path / "models") == DEFAULT_VERSION and not list(tmp_path.rglob("tuned-*"))
    assert main(["tune", str(labelled), "--adopt", "2026-1"]) == 0
    assert active_version(tmp_path / "models") == "2026-1", "another one was asked for by its name"


def test_a_worse_version_is_adopted_only_when_asked_for_again(
    labelled: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Against, "worse", lambda self, budget: "9.0% of the good photos would carry one of these tags")
    assert main(["tune", str(labelled), "--adopt"]) == 0
    said = capsys.readouterr().out
    assert "tuned-1 is worse than what judges now: 9.0% of the good photos" in said
    assert "Let it judge all the same: python -m engine tune --adopt tuned-1" in said and "judges from now on" not in said
    assert active_version(tmp_path / "models") == DEFAULT_VERSION
    assert main(["tune", "--adopt", "tuned-1"]) == 0
    assert active_version(tmp_path / "models") == "tuned-1"


def test_what_is_adopted_at_once_is_not_said_to_change_nothing(labelled: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tune", str(labelled), "--adopt"]) == 0
    said = capsys.readouterr().out
    assert said.endswith("tuned-1 judges from now on; bring the archive along with: python -m daemon retag\n")
    assert "Nothing is changed" not in said and "Let it judge" not in said


def test_nothing_to_do_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tune"]) == 2
    assert "--adopt VERSION" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["../evil", "a/b", "", "-x", "tuned+1"])
def test_a_name_that_is_no_file_s_is_refused_before_anything_is_measured(
    labelled: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    before = sorted(tmp_path.rglob("*"))
    assert main(["tune", str(labelled), f"--name={name}"]) == 2
    assert "is no name for a version" in capsys.readouterr().err
    assert sorted(tmp_path.rglob("*")) == before


def test_a_disk_that_runs_full_is_told_in_one_line_and_leaves_no_version(
    labelled: Path, tmp_path: Path, mount: Mount, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "models" / "thresholds"
    folder.mkdir(parents=True)
    mount(folder, "size=4k")
    assert main(["tune", str(labelled), "--adopt"]) == 2
    said = capsys.readouterr().err.splitlines()[-1]
    assert said == f"tune: {folder / 'tuned-1.json'} cannot be used: No space left on device."
    assert list(folder.iterdir()) == []


def test_a_rollback_beside_another_wish_changes_nothing(labelled: Path, tmp_path: Path) -> None:
    assert main(["tune", str(labelled), "--name", "mine", "--adopt"]) == 0
    assert main(["tune", "--adopt", "mine", "--rollback"]) == 2
    assert main(["tune", str(labelled), "--rollback"]) == 2
    assert active_version(tmp_path / "models") == "mine"


def test_a_damaged_version_does_not_hide_the_others(labelled: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tune", str(labelled)]) == 0
    (tmp_path / "models" / "thresholds" / "broken.json").write_text("nonsense")
    assert main(["tune", "--list"]) == 3
    said = capsys.readouterr().out
    assert "broken         cannot be used" in said and "tuned-1 " in said


def test_the_list_says_that_the_version_that_judges_is_gone(
    labelled: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["tune", str(labelled), "--adopt"]) == 0
    (tmp_path / "models" / "thresholds" / "tuned-1.json").unlink()
    assert main(["tune", "--list"]) == 3
    assert "* tuned-1        cannot be used: There is no threshold version" in capsys.readouterr().out


def test_where_no_version_can_be_written_is_told_before_anything_is_measured(
    labelled: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "models").touch()
    assert main(["tune", str(labelled)]) == 2
    assert capsys.readouterr().err.endswith("models is a file. Name a folder.\n")
