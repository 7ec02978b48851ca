"""Labels learned together with the photos of the earlier training, where those are at hand."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from engine.bundle import read_card
from engine.errors import DataError
from engine.evaluation.aside import chooses
from engine.labelled import read_splits
from engine.training.joined import join, train_all
from engine.training.renew import Lesson, Renewal
from engine.training.train import train
from tests.engine.training.test_train import TINY, an_order, draw_folders

OLD = {"edged": "square", "round": "disc"}


def lessons(root: Path, count: int) -> list[Lesson]:
    folder = draw_folders(root / "lessons", {"crossed": "line"}, count, seed=1) / "crossed"
    return [
        Lesson(path=folder / f"{number}.png", sha256=f"{number:04d}", label="crossed", meter=f"meter {number}")
        for number in range(count)
    ]


def base(root: Path) -> Path:
    for side, count in (("train", 6), ("val", 3), ("test", 2)):
        draw_folders(root / "base" / side, OLD, count, seed=count)
    return root / "base"


def test_lessons_teach_or_choose_by_their_meter_and_the_base_keeps_its_sides(tmp_path: Path) -> None:
    taught = lessons(tmp_path, 20)
    splits = read_splits(join(base(tmp_path), taught, tmp_path / "out"), "meter_type", seed=0)
    assert splits.labels == ("crossed", "edged", "round")
    assert (len(splits.train) + len(splits.val), len(splits.test)) == (12 + 6 + 20, 4)
    choosing = {photo.path.stem for photo in splits.val if photo.label == "crossed"}
    assert choosing == {each.sha256 for each in taught[1:] if chooses(each.meter)} != set()


def test_the_only_meter_of_a_label_teaches_whatever_the_draw_says(tmp_path: Path) -> None:
    choosing = next(each for each in lessons(tmp_path, 20) if chooses(each.meter))
    splits = read_splits(join(base(tmp_path), [choosing], tmp_path / "out"), "meter_type", seed=0)
    assert [photo.path.stem for photo in splits.train if photo.label == "crossed"] == [choosing.sha256]


def test_a_base_without_sides_is_refused_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="engine split"):
        join(draw_folders(tmp_path / "flat", OLD, 2, seed=0), lessons(tmp_path, 2), tmp_path / "out")


def test_training_all_layers_begins_with_the_champions_and_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.training.joined.RECIPES", {"meter_type": TINY})
    draw_folders(tmp_path / "data", OLD, 6, seed=0)
    champion = train(an_order(tmp_path), tell=lambda _: None)
    order = Renewal(
        champion=champion, models_dir=tmp_path / "models", cache=tmp_path / "cache", threads=1, command="",
        today=datetime.date(2030, 1, 3),
    )  # fmt: skip
    told: list[float] = []
    made = train_all(order, lessons(tmp_path, 6), base(tmp_path), tmp_path / "out", tell=lambda _, share: told.append(share))
    card = read_card(made)
    assert (card.version, card.labels, card.parent, card.renewed_from) == ("v2", ("crossed", "edged", "round"), "v1", None)
    assert card.training.start_weights.startswith("weights.safetensors")
    assert told[-1] > told[0] == 0.0 and not (tmp_path / "out").exists()
    assert (tmp_path / "models" / "meter_type" / "CURRENT").read_text() == "v1\n"
