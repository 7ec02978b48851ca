"""What describes details: the views it learns from, its loss, and a tiny training that ends in a bundle."""

from __future__ import annotations

import datetime
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch

from engine.bundle import current, read_card
from engine.details_network import DetailNetwork, hardest_loss
from engine.errors import ArgumentError, DataError
from engine.networks import load_network
from engine.training.detail_views import spoil, two_views
from engine.training.recipe import RECIPES
from engine.training.train import Order
from engine.training.train_details import train_details
from tests.engine.grouping.drawn import plate_photo


def grey(design: int) -> np.ndarray:
    return np.ascontiguousarray(plate_photo(design, 0)[..., 0])


def test_both_views_show_the_same_details() -> None:
    rng = np.random.default_rng(0)
    right = []
    for design in range(6):
        views = two_views(grey(design), rng)
        if views is not None:
            one, other = views.sift
            right.append(((one @ other.T).argmax(axis=1) == np.arange(len(one))).mean())
            assert len(views.one) == len(views.other) == len(views.places)
    assert len(right) >= 4
    assert np.mean(right) > 0.6


def test_an_even_wall_has_nothing_to_learn_from() -> None:
    assert two_views(np.full((300, 300), 128, np.uint8), np.random.default_rng(0)) is None


@pytest.mark.parametrize("seed", range(12))
def test_a_spoilt_photo_is_still_a_photo_of_its_size(seed: int) -> None:
    spoilt = spoil(grey(1), np.random.default_rng(seed), 1.0)
    assert (spoilt.shape, spoilt.dtype) == ((480, 480), np.uint8)
    assert spoilt.std() > 1


def test_the_loss_asks_for_the_right_detail_to_be_nearest_by_far() -> None:
    apart = torch.eye(8, 128)
    itself = torch.eye(8)
    assert hardest_loss(apart, apart, itself).item() == pytest.approx(0, abs=2e-3)
    assert hardest_loss(apart, apart.roll(1, 0), itself).item() > 1
    assert hardest_loss(apart, apart.roll(1, 0), torch.ones(8, 8)).item() == 0  # all show the same place: none is a mistake


def test_light_does_not_change_what_a_detail_is_called() -> None:
    network = DetailNetwork().eval()
    pictures = torch.from_numpy(np.random.default_rng(0).integers(60, 180, (4, 1, 32, 32)).astype(np.float32))
    with torch.inference_mode():
        contrast, bright = network(pictures)
        halved, dark = network(pictures / 2)
    assert torch.allclose((bright * dark).sum(1), torch.ones(4), atol=1e-3)
    assert torch.allclose(halved, contrast / 2)


def order_of(folder: Path) -> Order:
    recipe = replace(RECIPES["details"], epochs=1, batch=4, threads=1)
    return Order(
        task="details", data=folder, models_dir=folder / "models", recipe=recipe, weights=None, weights_licence=None,
        command="python -m engine train details photos", promote=True, today=datetime.date(2030, 1, 2), download=False,
    )  # fmt: skip


def test_a_training_ends_in_a_version_that_describes_details(tmp_path: Path) -> None:
    for design in range(12):
        cv2.imwrite(str(tmp_path / f"{design}.png"), grey(design))
    (tmp_path / "broken.jpg").write_bytes(b"no picture")
    told: list[str] = []
    with pytest.warns(UserWarning, match=r"broken\.jpg is left out"):
        folder = train_details(order_of(tmp_path), tell=told.append)
    card = read_card(folder)
    assert current(tmp_path / "models", "details") == folder
    assert (card.network, card.labels, card.training.counts) == ("detail_cnn", ("detail",), {"detail": 11})
    assert card.metrics["aside"]["hit_rate"] > 0.2
    assert 0.3 < card.metrics["aside"]["hit_rate_by_sift"] <= 1
    assert told[-1].startswith("step ")
    network, _ = load_network(folder)
    with torch.inference_mode():
        descriptors = network(torch.rand(3, 1, 32, 32) * 255)[1]
    assert descriptors.shape == (3, 128)
    assert torch.allclose(descriptors.norm(dim=1), torch.ones(3), atol=1e-4)


@pytest.mark.parametrize("asked", [{"weights": Path("start.pt")}, {"resume": True}])
def test_a_start_that_would_not_be_used_is_refused(tmp_path: Path, asked: dict[str, Any]) -> None:
    with pytest.raises(ArgumentError, match="Leave --start and --resume out"):
        train_details(replace(order_of(tmp_path), **asked), tell=lambda _: None)


def test_too_few_photos_are_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="0 photos"):
        train_details(order_of(tmp_path), tell=lambda _: None)
