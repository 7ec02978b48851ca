"""Which version judges after `engine train`, and what the command says of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine import runtime
from engine.__main__ import main
from engine.bundle import current
from engine.convert import convert
from engine.evaluation.challenge import Challenge
from tests.engine.training.test_train import draw_folders

SHAPES = {"good": "disc", "bad": "square"}
MIXED_UP = {"good": "square", "bad": "disc"}
SMALL = [
    "--network", "small_cnn", "--start", "random", "--width", "32", "--height", "32", "--head-epochs", "0", "--lr", "0.005",
    "--batch", "8", "--averaging", "0.5", "--threads", "1", "--patience", "20",
]  # fmt: skip


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The models of an installation, as its settings name them; conversions stay in this process."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("METERSIEVE_MODELS_DIR", "installed")
    monkeypatch.setenv("METERSIEVE_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(runtime, "_convert_in_subprocess", convert)
    return tmp_path / "installed"


def photos(folder: Path, train: dict[str, str], test: dict[str, str]) -> Path:
    for side, shapes, count in (("train", train, 20), ("val", train, 6), ("test", test, 10)):
        draw_folders(folder / side, shapes, count, seed=count)
    return folder


def trained(data: Path, *options: str, epochs: int = 12) -> int:
    return main(["train", "good_bad", str(data), *SMALL, "--epochs", str(epochs), *options])


def test_versions_go_where_the_settings_look_for_models(models: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert trained(photos(tmp_path / "data", SHAPES, SHAPES), epochs=1) == 0
    assert current(models, "good_bad") == models / "good_bad" / "v1"
    assert capsys.readouterr().out.endswith(f"{models}/good_bad/v1 judges from now on\n")
    assert not (tmp_path / "models").exists()


def test_a_version_kept_elsewhere_is_not_said_to_judge_here(
    models: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert trained(photos(tmp_path / "data", SHAPES, SHAPES), "--out", "other", epochs=1) == 0
    assert capsys.readouterr().out.endswith("v1 judges from now on wherever the setting models_dir names other\n")
    assert current(models, "good_bad") is None


def test_a_worse_version_waits_and_a_person_may_let_it_judge(
    models: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert trained(photos(tmp_path / "data", SHAPES, SHAPES)) == 0
    mixed_up = photos(tmp_path / "mixed up", MIXED_UP, SHAPES)
    capsys.readouterr()
    assert trained(mixed_up) == 0
    said = capsys.readouterr().out
    assert "On the same 20 test photos the AUC of v2 is 0." in said and "that of v1, which judged until now, " in said
    assert "v2 waits: it is worse than v1, which goes on judging." in said
    assert "python -m daemon promote v2 --task good_bad" in said and "judges from now on" not in said
    assert current(models, "good_bad") == models / "good_bad" / "v1"
    assert trained(mixed_up, "--promote", epochs=1) == 0
    assert current(models, "good_bad") == models / "good_bad" / "v3"


def test_a_version_that_is_not_worse_takes_over_unless_that_is_refused(
    models: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert trained(photos(tmp_path / "mixed up", MIXED_UP, SHAPES)) == 0
    data = photos(tmp_path / "data", SHAPES, SHAPES)
    assert trained(data, "--no-promote", epochs=1) == 0
    assert current(models, "good_bad") == models / "good_bad" / "v1"
    assert "v2 waits: --no-promote was given." in capsys.readouterr().out
    assert trained(data) == 0
    assert current(models, "good_bad") == models / "good_bad" / "v3"
    assert "that of v1, which judged until now, " in capsys.readouterr().out


def test_a_figure_that_is_no_number_is_no_reason_to_take_over() -> None:
    assert Challenge(name="AUC", kind="test", photos=3, champion=0.6, challenger=float("nan")).is_lost
    assert not Challenge(name="AUC", kind="test", photos=3, champion=0.6, challenger=0.6).is_lost
