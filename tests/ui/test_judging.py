"""Judging in the pages' process: the models that are CURRENT, loaded once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine import live
from engine.appraise import Models
from engine.bundle import Card, InputSpec, promote, write_bundle
from engine.errors import ModelError, NotAnImage
from engine.picture import Limits
from engine.recognition import Rule
from tests.photos import jpeg
from ui.judging import PhotoJudge


def judge(folder: Path) -> PhotoJudge:
    return PhotoJudge(models_dir=folder / "models", cache=folder / "cache", threads=1, limits=Limits())


def bundle(folder: Path, version: str, **thresholds: float) -> None:
    card = Card(
        task="meter_type",
        version=version,
        network="small_cnn",
        labels=("A", "B"),
        input=InputSpec(width=32, height=32),
        thresholds=thresholds,
    )
    write_bundle(folder / "models", card, {"weight": np.zeros((2, 2), np.float32)})
    promote(folder / "models", "meter_type", version)


def test_without_models_a_photo_has_its_quality_and_nothing_else(tmp_path: Path) -> None:
    verdict = judge(tmp_path).judge(jpeg(1))
    assert (verdict.clarity, verdict.meter_type, verdict.good_bad) == (None, None, None)
    assert verdict.measures
    with pytest.raises(NotAnImage):
        judge(tmp_path).judge(b"hello")


def test_the_models_are_loaded_once_and_again_after_a_promotion(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loads: list[str] = []

    def load(models_dir: Path, *, cache: Path, threads: int, rule: Rule) -> Models:
        loads.append((models_dir / "meter_type" / "CURRENT").read_text().strip())
        return Models()

    monkeypatch.setattr(live, "load_models", load)
    photo_judge = judge(tmp_path)
    bundle(tmp_path, "v1")
    photo_judge.warm_up()
    photo_judge.judge(jpeg(1))
    bundle(tmp_path, "v2")
    photo_judge.judge(jpeg(1))
    photo_judge.judge(jpeg(2))
    assert loads == ["v1", "v2"]


def test_the_mark_for_unknown_is_the_cards_own(tmp_path: Path) -> None:
    photo_judge = judge(tmp_path)
    assert photo_judge.unknown_below() == 0.5
    assert photo_judge.known_types() == ()
    assert photo_judge.known_from() is None
    bundle(tmp_path, "v1", unknown_below=0.65, known_from=0.4)
    assert photo_judge.unknown_below() == 0.65
    assert photo_judge.known_from() == 0.4
    assert photo_judge.known_types() == ("A", "B")


def test_a_damaged_model_does_not_stop_the_start_but_is_said(tmp_path: Path) -> None:
    bundle(tmp_path, "v1")
    (tmp_path / "models" / "meter_type" / "v1" / "card.json").write_text("{}")
    photo_judge = judge(tmp_path)
    photo_judge.warm_up()
    assert isinstance(photo_judge.cards()["meter_type"], ModelError)
    with pytest.raises(ModelError):
        photo_judge.judge(jpeg(1))
