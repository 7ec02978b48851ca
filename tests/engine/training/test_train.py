"""Training: from folders to a bundle that judges."""

import datetime
import json
from dataclasses import replace
from pathlib import Path
from typing import get_args

import cv2
import numpy as np
import pytest
import torch

from engine.bundle import Fit, InputSpec, current, read_card, read_weights
from engine.convert import convert
from engine.errors import DataError
from engine.evaluation.judging import judge_all
from engine.evaluation.report import write_report
from engine.labelled import Labelled, read_folder
from engine.networks import build, weights_of
from engine.picture import decode
from engine.preprocess import prepare
from engine.runtime import load
from engine.training.augment import Augmentation
from engine.training.checkpoint import Checkpoint, Progress
from engine.training.photos import AS_SERVED, as_served, load_photos
from engine.training.recipe import RECIPES, Layers, Recipe
from engine.training.train import Order, train

TINY = replace(
    RECIPES["good_bad"], width=32, height=32, epochs=3, batch=8, lr=5e-3, averaging=0.5,
    augmentation=Augmentation(crop=0.9, rotation=5, perspective=0.0, light=0.1, blur=0), threads=1,
)  # fmt: skip


def draw(path: Path, shape: str, rng: np.random.Generator) -> None:
    """A bright disc, square or cross on a dark ground."""
    pixels = rng.integers(0, 60, (40, 48, 3), dtype=np.uint8)
    centre, size = tuple(int(v) for v in rng.integers(16, 26, 2)), int(rng.integers(8, 13))
    colour = tuple(int(v) for v in rng.integers(180, 255, 3))
    if shape == "disc":
        cv2.circle(pixels, centre, size, colour, -1)
    elif shape == "square":
        cv2.rectangle(pixels, centre, (centre[0] + size, centre[1] + size), colour, 2)
    else:
        cv2.line(pixels, (0, 0), (47, 39), colour, 3)
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), pixels)


def draw_folders(root: Path, shapes: dict[str, str], count: int, seed: int) -> Path:
    """`count` pictures of each shape under the label it is to have."""
    rng = np.random.default_rng(seed)
    for label, shape in shapes.items():
        for number in range(count):
            draw(root / label / f"{number}.png", shape, rng)
    return root


def an_order(tmp_path: Path, recipe: Recipe = TINY, **changes: object) -> Order:
    order = Order(
        task="meter_type", data=tmp_path / "data", models_dir=tmp_path / "models", recipe=recipe,
        weights=None, weights_licence=None,
        command="python -m engine train meter_type data --out models", promote=True, today=datetime.date(2030, 1, 2),
    )  # fmt: skip
    return replace(order, **changes)  # type: ignore[arg-type]


SHAPES = {"round": "disc", "edged": "square"}


def test_the_cards_intervals_draw_photos_of_one_meter_together(tmp_path: Path) -> None:
    for side, count in (("train", 4), ("val", 4)):
        draw_folders(tmp_path / "data" / side, SHAPES, count, seed=0)
    table = [f"val/{label}/{number}.png,meter {label}" for label in SHAPES for number in range(4)]
    (tmp_path / "data" / "manifest.csv").write_text("\n".join(["file,cluster", *table]))
    card = read_card(train(an_order(tmp_path, replace(TINY, epochs=1)), tell=lambda _: None))
    assert (card.metrics["val"]["photos"], card.metrics["val"]["independent"]) == (8, 2)


def test_training_on_drawn_pictures_gives_a_bundle_that_judges_better_than_chance(tmp_path: Path) -> None:
    draw_folders(tmp_path / "data", SHAPES, 24, seed=0)
    folder = train(an_order(tmp_path), tell=lambda _: None)
    assert current(tmp_path / "models", "meter_type") == folder

    convert(folder, tmp_path / "cache")
    model = load(folder, cache=tmp_path / "cache", threads=1)
    fresh = draw_folders(tmp_path / "fresh", SHAPES, 10, seed=1)
    judged = judge_all(model, read_folder(fresh, "meter_type"))
    summary = write_report(judged, model, fresh, tmp_path / "report")
    assert summary["accuracy"] >= 0.8, "20 pictures, two labels: chance is 0.5, five standard deviations below"


def test_the_card_says_what_was_learned_from_and_how_well(tmp_path: Path) -> None:
    for side, count in (("train", 8), ("val", 4), ("test", 3)):
        draw_folders(tmp_path / "data" / side, SHAPES, count, seed=count)
    draw_folders(tmp_path / "data" / "test", {"unknown": "line"}, 2, seed=9)
    (tmp_path / "data" / "sources.json").write_text(json.dumps([{"name": "drawn", "photos": 16, "licence": "CC0"}]))
    card = read_card(train(an_order(tmp_path, replace(TINY, epochs=1)), tell=lambda _: None))
    assert card.labels == ("edged", "round")
    assert card.training.counts == {"edged": 8, "round": 8}
    assert [(source.name, source.licence) for source in card.training.sources] == [("drawn", "CC0")]
    assert card.licences == ("CC0",), "a random start has no licence"
    assert card.metrics["test"]["photos"] == 6 and card.metrics["test"]["unknown_photos"] == 2
    assert card.thresholds["unknown_below"] == 0.5
    assert {"known_plate", "known_closeness", "joint_plate"} <= set(card.thresholds)
    assert set(card.metrics["test"]["joint"]) == {"accuracy", "kept", "right_among_kept", "unknown_flagged"}
    assert card.created == "2030-01-02" and card.parent is None
    assert str(tmp_path) not in card.model_dump_json()


def test_the_same_order_gives_the_same_weights(tmp_path: Path) -> None:
    draw_folders(tmp_path / "data", SHAPES, 6, seed=0)
    recipe = replace(TINY, epochs=1)
    first, second = (train(an_order(tmp_path, recipe, models_dir=tmp_path / name), tell=lambda _: None) for name in "ab")
    assert read_card(first).weights_sha256 == read_card(second).weights_sha256


def test_a_second_training_is_a_new_version_with_the_first_as_parent(tmp_path: Path) -> None:
    draw_folders(tmp_path / "data", SHAPES, 4, seed=0)
    recipe = replace(TINY, epochs=1)
    first = train(an_order(tmp_path, recipe), tell=lambda _: None)
    second = train(an_order(tmp_path, recipe, promote=False), tell=lambda _: None)
    assert (first.name, second.name, read_card(second).parent) == ("v1", "v2", "v1")
    assert current(tmp_path / "models", "meter_type") == first, "not promoted"


def test_a_training_photo_that_cannot_be_read_is_left_out_and_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    draw_folders(tmp_path / "data", SHAPES, 5, seed=0)
    (tmp_path / "data" / "round" / "broken.jpg").write_bytes(b"no photo")
    train(an_order(tmp_path, replace(TINY, epochs=1)), tell=lambda _: None)
    assert "broken.jpg" in capsys.readouterr().err


def test_damaged_sources_are_refused_before_the_training_starts(tmp_path: Path) -> None:
    draw_folders(tmp_path / "data", SHAPES, 4, seed=0)
    (tmp_path / "data" / "sources.json").write_text('{"name": "drawn"}')
    with pytest.raises(DataError, match=r"sources\.json"):
        train(an_order(tmp_path), tell=lambda _: None)


def test_the_whole_network_is_trained_not_only_its_head(tmp_path: Path) -> None:
    draw_folders(tmp_path / "data", SHAPES, 6, seed=0)
    folder = train(an_order(tmp_path, replace(TINY, epochs=1)), tell=lambda _: None)
    torch.manual_seed(TINY.seed)
    before, after = weights_of(build("small_cnn", 2)), read_weights(folder)
    kernels = [name for name, tensor in before.items() if tensor.ndim > 1]
    assert kernels and all(np.abs(before[name] - after[name]).max() > 1e-3 for name in kernels)


def interrupt_after(epochs: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process ends right after the checkpoint of that epoch is written."""
    write = Checkpoint.write

    def written(self: Checkpoint, progress: Progress) -> None:
        write(self, progress)
        if progress.epoch == epochs:
            raise KeyboardInterrupt

    monkeypatch.setattr(Checkpoint, "write", written)


def test_a_resumed_training_ends_in_the_weights_of_an_uninterrupted_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    draw_folders(tmp_path / "data", SHAPES, 6, seed=0)
    recipe = replace(TINY, head_epochs=1, epochs=4)
    whole = train(an_order(tmp_path, recipe, models_dir=tmp_path / "whole"), tell=lambda _: None)
    with monkeypatch.context() as patched:
        interrupt_after(2, patched)
        with pytest.raises(KeyboardInterrupt):
            train(an_order(tmp_path, recipe), tell=lambda _: None)
    said: list[str] = []
    resumed = train(an_order(tmp_path, recipe, resume=True), tell=said.append)
    assert any("resumed after epoch 2/4" in line for line in said)
    assert read_card(resumed).weights_sha256 == read_card(whole).weights_sha256
    assert not list((tmp_path / "models" / "meter_type").glob(".training*")), "nobody goes on from a finished training"


def test_other_photos_or_knobs_are_not_resumed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    draw_folders(tmp_path / "data", SHAPES, 6, seed=0)
    with monkeypatch.context() as patched:
        interrupt_after(1, patched)
        with pytest.raises(KeyboardInterrupt):
            train(an_order(tmp_path, replace(TINY, epochs=2)), tell=lambda _: None)
    said: list[str] = []
    train(an_order(tmp_path, replace(TINY, epochs=2, lr=1e-4), resume=True), tell=said.append)
    draw(tmp_path / "data" / "round" / "new.png", "disc", np.random.default_rng(7))
    train(an_order(tmp_path, replace(TINY, epochs=2), resume=True), tell=said.append)
    assert not any("resumed" in line for line in said)


def test_a_damaged_checkpoint_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "c.safetensors").write_bytes(b"cut off")
    assert not Checkpoint(path=tmp_path / "c.safetensors").read(None)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("layers", "learning"),
    [("last_block", {"features.12", "features.13"}), ("upper", {"features.8", "features.9", "features.12", "features.13"})],
)
def test_layers_that_do_not_learn_stay_as_they_were(layers: Layers, learning: set[str], tmp_path: Path) -> None:
    draw_folders(tmp_path / "data", SHAPES, 6, seed=0)
    folder = train(an_order(tmp_path, replace(TINY, epochs=1, layers=layers)), tell=lambda _: None)
    torch.manual_seed(TINY.seed)
    before, after = weights_of(build("small_cnn", 2)), read_weights(folder)
    changed = {name.rsplit(".", 1)[0] for name in before if np.abs(before[name] - after[name]).max() > 1e-3}
    assert changed == {*learning, "head"}


def test_training_and_serving_feed_the_network_the_same_pixels(tmp_path: Path) -> None:
    """From the file to the tensor, for every fit and for photos larger, smaller, wider and higher than the input."""
    sizes = [(720, 1130), (300, 90), (31, 200), (20, 30), (257, 385)]
    for number, (width, height) in enumerate(sizes):
        pixels = np.random.default_rng(number).integers(0, 256, (height, width, 3), dtype=np.uint8)
        cv2.imwrite(str(tmp_path / f"{number}.png"), pixels)
    files = [Labelled(path=tmp_path / f"{number}.png", label="a") for number in range(len(sizes))]
    for fit in get_args(Fit):
        spec = InputSpec(width=48, height=72, fit=fit)
        trained = torch.cat(list(as_served(load_photos(files, ("a", "b"), spec, margin=AS_SERVED), spec, 2)))
        served = np.stack([prepare(decode(file.path.read_bytes()).pixels, spec) for file in files])
        np.testing.assert_array_equal(trained.numpy(), served, err_msg=fit)
