"""A new version from the champion and a few labelled photos: it knows the new type, and still the old ones."""

from __future__ import annotations

import datetime
import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from engine.bundle import current, promote, read_card, read_weights
from engine.convert import convert
from engine.errors import DataError
from engine.labelled import read_folder
from engine.networks import load_network
from engine.picture import decode
from engine.preprocess import prepare
from engine.training.renew import HEAD, Lesson, Renewal, renew
from engine.training.train import train
from tests.engine.training.test_train import TINY, an_order, draw_folders

OLD = {"edged": "square", "round": "disc"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """models/ with a version that knows two shapes, converted; and lessons/ of a third."""
    folder = tmp_path_factory.mktemp("renew")
    draw_folders(folder / "data", OLD, 12, seed=0)
    made = train(an_order(folder, replace(TINY, epochs=4)), tell=lambda _: None)
    convert(made, folder / "cache")
    draw_folders(folder / "lessons", {"crossed": "line"}, 8, seed=1)
    return folder


def lessons(folder: Path) -> list[Lesson]:
    photos = read_folder(folder / "lessons", "meter_type")
    return [Lesson(path=each.path, sha256=each.path.stem, label=str(each.label), meter=each.path.stem) for each in photos]


def an_renewal(folder: Path, **changes: object) -> Renewal:
    champion = current(folder / "models", "meter_type")
    order = Renewal(
        champion=champion or folder, models_dir=folder / "models", cache=folder / "cache", threads=1,
        command="python -m daemon retrain", today=datetime.date(2030, 1, 3),
    )  # fmt: skip
    return replace(order, **changes)  # type: ignore[arg-type]


def accuracy(bundle: Path, folder: Path, shapes: dict[str, str]) -> float:
    """Of the network alone on newly drawn shapes."""
    network, card = load_network(bundle)
    photos = read_folder(draw_folders(folder / "asked" / bundle.name, shapes, 10, seed=5), "meter_type")
    batch = np.stack([prepare(decode(photo.path.read_bytes()).pixels, card.input) for photo in photos])
    with torch.inference_mode():
        logits = network(torch.from_numpy(batch))[0].numpy()
    return float(np.mean([card.labels[best] == photo.label for best, photo in zip(logits.argmax(1), photos, strict=True)]))


def test_a_new_type_is_learned_and_the_old_ones_are_kept(folder: Path) -> None:
    told: list[tuple[str, float]] = []
    made = renew(an_renewal(folder), lessons(folder), tell=lambda step, share: told.append((step, share)))
    card = read_card(made)
    assert (card.labels, card.parent, card.renewed_from) == (("crossed", "edged", "round"), "v1", "v1")
    assert card.training.counts["crossed"] == 8 and card.training.sources[-1].photos == 8
    assert str(folder) not in card.model_dump_json()
    assert accuracy(made, folder, {**OLD, "crossed": "line"}) >= 0.9
    before, after = read_weights(made.parent / "v1"), read_weights(made)
    layers = [name for name in before if name.startswith("features.")]
    assert layers and all(np.array_equal(before[name], after[name]) for name in layers)
    assert after[HEAD[0]].shape[0] == 3
    assert told[0] == ("reading photo 1 of 8", 0.0)
    shares = [share for _, share in told]
    assert shares == sorted(shares) and shares[-1] < 1, "progress never runs backwards"
    current_folder = current(folder / "models", "meter_type")
    assert current_folder is not None and current_folder.name == "v1", "the gate decides, not the training"


def test_a_version_counts_all_photos_it_learned_from_and_not_only_those_it_carries(folder: Path, tmp_path: Path) -> None:
    base = shutil.copytree(folder / "models" / "meter_type" / "v1", tmp_path / "models" / "meter_type" / "v1")
    card = json.loads((base / "card.json").read_text())
    card["training"]["counts"] = {"edged": 100, "round": 70}
    (base / "card.json").write_text(json.dumps(card))
    order = an_renewal(folder, champion=base, models_dir=tmp_path / "models")
    learned = [*lessons(folder)[1:], replace(lessons(folder)[0], label="round")]
    assert read_card(renew(order, learned, tell=lambda *_: None)).training.counts == {"crossed": 7, "edged": 100, "round": 71}


def test_a_label_taken_back_is_unlearned(folder: Path) -> None:
    second = renew(an_renewal(folder), lessons(folder), tell=lambda *_: None)
    promote(folder / "models", "meter_type", second.name)
    wrong = [replace(each, label="round") for each in lessons(folder)[:2]]
    third = read_card(renew(an_renewal(folder), wrong, tell=lambda *_: None))
    promote(folder / "models", "meter_type", "v1")
    assert (third.labels, third.parent, third.renewed_from) == (("edged", "round"), second.name, "v1")


def test_a_photo_that_went_away_is_left_out_and_without_any_nothing_is_made(folder: Path) -> None:
    gone = Lesson(path=folder / "gone.png", sha256="gone", label="crossed", meter="gone")
    made = read_card(renew(an_renewal(folder), [gone, *lessons(folder)], tell=lambda *_: None))
    assert made.training.counts["crossed"] == 8
    for nothing in ([], [gone]):
        with pytest.raises(DataError):
            renew(an_renewal(folder), nothing, tell=lambda *_: None)


def test_the_threshold_of_known_types_is_set_by_enough_labelled_photos(folder: Path) -> None:
    few = read_card(renew(an_renewal(folder), lessons(folder), tell=lambda *_: None))
    draw_folders(folder / "more", {"crossed": "line", "wide": "square"}, 14, seed=3)
    photos = read_folder(folder / "more", "meter_type")
    many = [
        Lesson(
            path=each.path, sha256=f"{each.label} {each.path.stem}", label=str(each.label), meter=f"{each.label} {each.path.stem}"
        )
        for each in photos
    ]
    told: list[str] = []
    renewed = read_card(renew(an_renewal(folder), many, tell=lambda step, _: told.append(step)))
    base = read_card(folder / "models" / "meter_type" / "v1")
    assert few.thresholds == base.thresholds
    changed = {name for name, value in renewed.thresholds.items() if base.thresholds[name] != value}
    assert changed == {"known_offset"}
    assert told[-1] == "setting the threshold of known types"
