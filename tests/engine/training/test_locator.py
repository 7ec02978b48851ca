"""The display locator: its views, its targets, and a tiny training that ends in a bundle which judges."""

from __future__ import annotations

import datetime
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from engine.boxes import Boxed
from engine.bundle import InputSpec, current, read_card
from engine.display import Found, overlap
from engine.networks import build_locator
from engine.training.boxed_views import keep, random_view, shown
from engine.training.locator import heat_loss, side_loss, targets_of
from engine.training.recipe import RECIPES
from engine.training.train import Order
from engine.training.train_locator import Judged, best_score, figures, train_locator

SPEC = InputSpec(width=64, height=64, fit="letterbox")


def a_photo(rng: np.random.Generator) -> tuple[np.ndarray, tuple[int, int, int, int]]:
    """A grey wall with one bright green display."""
    pixels = np.full((90, 80, 3), 90, np.uint8)
    x, y = int(rng.integers(10, 35)), int(rng.integers(10, 60))
    cv2.rectangle(pixels, (x, y), (x + 30, y + 12), (30, 250, 60), -1)
    return pixels, (x, y, 30, 12)


def test_every_view_carries_its_box_along() -> None:
    rng = np.random.default_rng(3)
    pixels, box = a_photo(rng)
    kept = keep(pixels, box)
    for _ in range(40):
        view = random_view(kept, rng)
        seen, edges = shown(kept, view, rng, SPEC)
        green = seen[..., 1].astype(int) - seen[..., 0] > 60
        if edges is None:
            continue
        left, top, right, bottom = (round(edge) for edge in edges)
        assert green[(top + bottom) // 2, (left + right) // 2]
        assert green.sum() <= 1.35 * (right - left + 2) * (bottom - top + 2)


def test_a_photo_without_a_display_has_views_without_edges() -> None:
    rng = np.random.default_rng(0)
    kept = keep(np.zeros((50, 70, 3), np.uint8), None)
    assert all(shown(kept, random_view(kept, rng), rng, SPEC)[1] is None for _ in range(5))


def test_targets_are_warm_at_the_middle_and_hold_the_sides_in_cells() -> None:
    targets = targets_of([(8, 24, 56, 40), None], SPEC)
    assert np.unravel_index(int(targets.heat[0].argmax()), (8, 8)) == (4, 4)
    assert targets.heat[1].sum() == targets.counts[1].sum() == 0
    assert targets.sides[0, :, 3, 3].tolist() == [2.5, 0.5, 3.5, 1.5]


def test_the_losses_are_least_where_the_answer_is_right() -> None:
    targets = targets_of([(8, 24, 56, 40)], SPEC)
    right = torch.logit(targets.heat.clamp(0.001, 0.999))
    assert heat_loss(right, targets.heat) < 0.2 < heat_loss(-right, targets.heat)
    sides = targets.sides.clamp(min=0.1).log()
    assert side_loss(sides, targets) == pytest.approx(0, abs=1e-4)
    assert side_loss(sides + 0.5, targets) > 0.3


def test_a_threshold_is_chosen_where_misses_and_false_fires_are_fewest() -> None:
    shows = Boxed(path=Path("a.jpg"), box=(0, 0, 10, 10), group="a")
    empty = Boxed(path=Path("b.jpg"), box=None, group="b")
    judged = [
        *[Judged(photo=shows, found=Found(box=(0, 0, 10, 10), score=score)) for score in (0.3, 0.9, 0.9)],
        Judged(photo=empty, found=Found(box=(0, 0, 9, 9), score=0.22)),
    ]
    assert best_score(judged) == pytest.approx(0.3)
    assert figures(judged, 0.3)["hit_rate"] == 1
    assert figures(judged, 0.5)["hit_rate"] == pytest.approx(2 / 3, abs=1e-3)
    assert figures(judged, 0.2)["fire_rate"] == 1


def test_layers_that_do_not_learn_keep_their_statistics() -> None:
    model = build_locator()
    model.learn(deep=True)
    model.train()
    assert not model.features[0][1].training
    assert model.features[13].conv[0][1].training
    model.learn(deep=False)
    model.train()
    assert not any(weight.requires_grad for weight in model.features.parameters())


def test_a_training_ends_in_a_version_that_finds_the_display(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    rows = ["file,x,y,w,h,group"]
    for number in range(8):
        pixels, box = a_photo(rng)
        cv2.imwrite(str(tmp_path / f"{number}.png"), pixels[..., ::-1])
        rows.append(f"{number}.png,{','.join(map(str, box))},g{number}")
    (tmp_path / "boxes.csv").write_text("\n".join(rows))
    recipe = replace(RECIPES["display"], width=64, height=64, head_epochs=1, epochs=1, batch=4, threads=1)
    order = Order(
        task="display", data=tmp_path, models_dir=tmp_path / "models", recipe=recipe, weights=None, weights_licence=None,
        command="python -m engine train display data", promote=True, today=datetime.date(2030, 1, 2), download=False,
    )  # fmt: skip
    folder = train_locator(order, folds=2, tell=lambda _: None, found=tmp_path / "found.csv")
    card = read_card(folder)
    assert current(tmp_path / "models", "display") == folder
    assert (card.task, card.network, card.labels) == ("display", "mobilenet_v2_pyramid", ("display",))
    assert card.metrics["out_of_fold"]["photos"] == 8
    assert 0 < card.thresholds["score"] < 1
    assert len((tmp_path / "found.csv").read_text().splitlines()) == 9


def test_overlap_of_equal_boxes_is_one() -> None:
    assert overlap((3, 4, 5, 6), (3, 4, 5, 6)) == 1
