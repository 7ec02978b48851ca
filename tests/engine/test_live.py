"""Models of a long-running process: renewed by a promotion, kept where the promoted version is damaged."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine import live
from engine.appraise import Models
from engine.bundle import Card, InputSpec, promote, write_bundle
from engine.errors import ModelError
from engine.live import LiveModels
from engine.recognition import Rule


def bundle(folder: Path, version: str) -> None:
    size = InputSpec(width=32, height=32)
    card = Card(task="meter_type", version=version, network="small_cnn", labels=("A", "B"), input=size)
    write_bundle(folder, card, {"weight": np.zeros((2, 2), np.float32)})
    promote(folder, "meter_type", version)


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every load, by the version that was CURRENT; the version "bad" cannot be loaded."""
    seen: list[str] = []

    def load(models_dir: Path, *, cache: Path, threads: int, rule: Rule) -> Models:
        seen.append((models_dir / "meter_type" / "CURRENT").read_text().strip())
        if seen[-1] == "bad":
            raise ModelError("damaged")
        return Models()

    monkeypatch.setattr(live, "load_models", load)
    return seen


def test_a_promotion_takes_effect_with_the_next_photo_and_a_rollback_too(tmp_path: Path, loads: list[str]) -> None:
    bundle(tmp_path, "v1")
    models = LiveModels(models_dir=tmp_path, cache=tmp_path, threads=1)
    assert models.get() is models.get()
    bundle(tmp_path, "v2")
    models.get()
    promote(tmp_path, "meter_type", "v1")
    models.get()
    assert loads == ["v1", "v2", "v1"]


def test_a_damaged_promotion_leaves_the_old_models_judging_and_is_tried_once(tmp_path: Path, loads: list[str]) -> None:
    bundle(tmp_path, "v1")
    models = LiveModels(models_dir=tmp_path, cache=tmp_path, threads=1)
    first = models.get()
    bundle(tmp_path, "bad")
    assert models.get() is first
    assert models.get() is first
    (tmp_path / "meter_type" / "CURRENT").write_text("gone\n")
    assert models.get() is first
    assert loads == ["v1", "bad"]


def test_a_process_does_not_begin_with_a_damaged_model(tmp_path: Path, loads: list[str]) -> None:
    bundle(tmp_path, "bad")
    with pytest.raises(ModelError):
        LiveModels(models_dir=tmp_path, cache=tmp_path, threads=1).get()
