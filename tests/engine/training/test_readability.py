"""Clarity on the display: what is drawn over crops, and a tiny training that ends in a calibrated version."""

from __future__ import annotations

import datetime
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from engine.boxes import Boxed
from engine.bundle import InputSpec, read_card
from engine.calibration import platt
from engine.display import view_of
from engine.errors import DataError
from engine.training.crop_defects import DEFECTS, spoil_crop
from engine.training.crops import REASONS, as_served, crop_of
from engine.training.recipe import RECIPES
from engine.training.train import Order
from engine.training.train_readability import CLEAR_FROM, read_rated, train_readability
from engine.verdict import Reason

SPEC = InputSpec(width=64, height=32)


def a_display(number: str = "1234") -> np.ndarray:
    """Dark digits on a bright ground, in a grey frame."""
    pixels = np.full((120, 200, 3), 110, np.uint8)
    cv2.rectangle(pixels, (30, 40), (170, 84), (180, 215, 170), -1)
    cv2.putText(pixels, number, (42, 76), cv2.FONT_HERSHEY_SIMPLEX, 1.3, (15, 25, 15), 4)
    return pixels


@pytest.mark.parametrize("name", list(DEFECTS))
def test_every_drawn_defect_changes_the_crop_and_nothing_else_of_its_form(name: str) -> None:
    crop = a_display()[40:85, 30:171]
    spoilt = DEFECTS[name][0](crop, np.random.default_rng(4))
    assert (spoilt.shape, spoilt.dtype) == (crop.shape, np.uint8)
    assert np.abs(spoilt.astype(int) - crop).max() > 20


def test_a_spoilt_crop_comes_with_the_reason_a_person_would_give() -> None:
    rng = np.random.default_rng(0)
    reasons = {spoil_crop(a_display(), rng)[1] for _ in range(80)}
    assert reasons == set(REASONS)
    assert Reason.NO_DISPLAY not in reasons


def test_training_sees_the_very_crop_that_serving_cuts_out() -> None:
    pixels, box = a_display(), (30, 40, 141, 45)
    crop = crop_of(Boxed(path=Path("a"), box=box, group="a", clear=1.0), pixels, InputSpec(width=256, height=96))
    assert np.array_equal(as_served(crop), view_of(pixels, box))


def test_platts_line_turns_margins_into_shares() -> None:
    rng = np.random.default_rng(0)
    margin = rng.normal(0, 3, 4000).astype(np.float32)
    clear = rng.random(4000) < 1 / (1 + np.exp(-(margin / 2 - 0.7)))
    temperature, bias = platt(margin, clear.astype(np.float32))
    assert temperature == pytest.approx(2, rel=0.15)
    assert bias == pytest.approx(-0.7, abs=0.15)


def table(folder: Path, count: int) -> Path:
    rows = ["file,x,y,w,h,group,clear,flags"]
    for number in range(count):
        pixels = a_display(f"{1000 + 37 * number}")
        unclear = number % 3 == 0
        if unclear:
            pixels = np.asarray(cv2.GaussianBlur(pixels, (0, 0), 9), np.uint8)
        cv2.imwrite(str(folder / f"{number}.png"), pixels[..., ::-1])
        rows.append(f"{number}.png,30,40,141,45,g{number},{int(not unclear)},{'blurry' if unclear else ''}")
    (folder / "boxes.csv").write_text("\n".join(rows))
    return folder


def test_a_training_ends_in_a_calibrated_version_with_reasons(tmp_path: Path) -> None:
    order = Order(
        task="clarity", data=table(tmp_path, 12), models_dir=tmp_path / "models",
        recipe=replace(RECIPES["readability"], width=64, height=32, threads=1), weights=None, weights_licence=None,
        command="python -m engine train clarity data", promote=True, today=datetime.date(2030, 1, 2), download=False,
    )  # fmt: skip
    card = read_card(train_readability(order, folds=2, tell=lambda _: None))
    assert (card.view, card.labels) == ("display", ("clear", "unclear"))
    assert card.reasons == tuple(reason.value for reason in REASONS)
    assert card.metrics["out_of_fold"]["auc"] > 0.9
    assert card.thresholds["clear"] == CLEAR_FROM
    assert card.temperature > 0


def test_folders_of_clear_and_unclear_need_a_locator(tmp_path: Path) -> None:
    for label in ("clear", "unclear"):
        (tmp_path / "data" / label).mkdir(parents=True)
        cv2.imwrite(str(tmp_path / "data" / label / "a.png"), a_display())
    with pytest.raises(DataError, match="There is no display locator"):
        read_rated(tmp_path / "data", tmp_path / "models")


def test_a_table_without_unclear_photos_is_refused(tmp_path: Path) -> None:
    for name in "ab":
        cv2.imwrite(str(tmp_path / f"{name}.png"), a_display())
    (tmp_path / "boxes.csv").write_text("file,x,y,w,h,clear\na.png,1,1,9,9,1\nb.png,1,1,9,9,1\n")
    with pytest.raises(DataError, match="column `clear`"):
        read_rated(tmp_path, tmp_path / "models")
