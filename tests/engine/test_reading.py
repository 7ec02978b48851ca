"""The display is found, its crop is judged; where none is found the whole photo is, and the verdict says so."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine.appraise import Models, appraise
from engine.bundle import Card, InputSpec
from engine.quality import ADVICE
from engine.reading import read_display
from engine.runtime import Model
from engine.verdict import Clarity, Reason
from tests.photos import jpeg


class Finds:
    """A compiled locator: one warm cell in the middle of the photo."""

    def __init__(self, score: float) -> None:
        self._score = score

    def create_infer_request(self) -> Finds:
        return self

    def infer(self, inputs: dict[int, np.ndarray]) -> list[np.ndarray]:
        heat = np.zeros((1, 8, 8), np.float32)
        heat[0, 4, 4] = self._score
        return [heat, np.full((1, 4, 8, 8), 12, np.float32)]


class Sees:
    """A compiled classifier that remembers what it was shown, and whose answer depends on the picture's light."""

    def __init__(self, logits: list[float]) -> None:
        self.shown: list[np.ndarray] = []
        self._logits = logits

    def create_infer_request(self) -> Sees:
        return self

    def infer(self, inputs: dict[int, np.ndarray]) -> list[np.ndarray]:
        self.shown.append(inputs[0])
        return [np.tile(np.float32(self._logits), (len(inputs[0]), 1)), np.ones((len(inputs[0]), 2), np.float32)]


def locator(score: float) -> Model:
    card = Card(
        task="display", version="v1", network="mobilenet_v2_pyramid", labels=("display",),
        input=InputSpec(width=64, height=64, fit="letterbox"), thresholds={"score": 0.4},
    )  # fmt: skip
    return Model(card=card, extras={}, _compiled=Finds(score))


def clarity(sees: Sees, view: Any = "display", **changes: Any) -> Model:
    card = Card(
        task="clarity", version="v2", network="mobilenet_v2_layers", labels=("clear", "unclear"), view=view,
        input=InputSpec(width=64, height=24), **changes,
    )  # fmt: skip
    return Model(card=card, extras={}, _compiled=sees)


def photo() -> np.ndarray:
    """Dark, with a bright middle where the display is."""
    pixels = np.zeros((64, 64, 3), np.uint8)
    pixels[20:52, 20:52] = 255
    return pixels


def brightness(batch: np.ndarray) -> float:
    return float(batch[:, 0].mean())


def test_clarity_is_judged_on_the_display_that_was_found() -> None:
    crop, whole = Sees([2, 0]), Sees([2, 0])
    found = read_display(locator(0.9), clarity(crop), photo())
    read_display(locator(0.1), clarity(whole), photo())
    assert found.box == (24, 24, 24, 24)
    assert brightness(crop.shown[0]) > brightness(whole.shown[0]) + 1  # the crop shows the bright display alone


def test_without_a_display_the_whole_photo_is_judged_and_that_is_said() -> None:
    reading = read_display(locator(0.39), clarity(Sees([-2, 0])), photo())
    assert reading.no_display
    assert reading.box is None
    assert reading.score == pytest.approx(0.39)
    assert reading.clarity is Clarity.UNCLEAR
    assert reading.reasons == (Reason.NO_DISPLAY,)


def test_a_model_made_for_whole_photos_is_shown_the_whole_photo() -> None:
    sees = Sees([2, 0])
    reading = read_display(locator(0.9), clarity(sees, "photo"), photo())
    assert len(sees.shown[0]) == 1
    assert brightness(sees.shown[0]) < 0
    assert reading.box is not None


def test_without_a_locator_nothing_is_said_of_the_display() -> None:
    reading = read_display(None, clarity(Sees([2, 0])), photo())
    assert (reading.box, reading.score, reading.no_display) == (None, None, False)
    assert reading.clarity is Clarity.CLEAR


def test_the_reasons_of_an_unclear_display_are_said_the_likeliest_first() -> None:
    names = ("blurry", "glare", "dark")
    reading = read_display(locator(0.9), clarity(Sees([-2, 0, 0.5, 3, -2]), reasons=names), photo())
    assert reading.reasons == (Reason.GLARE, Reason.BLURRY)
    faint = read_display(locator(0.9), clarity(Sees([-2, 0, -3, -2, -4]), reasons=names), photo())
    assert faint.reasons == (Reason.GLARE,)


def test_a_clear_display_has_no_reasons() -> None:
    assert read_display(locator(0.9), clarity(Sees([3, 0, 5]), reasons=("glare",)), photo()).reasons == ()


def test_platts_bias_and_temperature_shift_the_probability() -> None:
    reading = read_display(locator(0.9), clarity(Sees([1, 0]), temperature=2.0, bias=-1.0), photo())
    assert reading.probability == pytest.approx(1 / (1 + np.exp(0.5)), abs=1e-6)


def test_a_verdict_carries_the_box_the_tag_and_the_reasons() -> None:
    models = Models(display=locator(0.2), clarity=clarity(Sees([-2, 0])))
    plain = appraise(jpeg(), models=models).as_json()
    assert plain["display_box"] is None
    assert plain["display_score"] == pytest.approx(0.2)
    assert "no_display" in plain["tags"] and ADVICE["no_display"] in plain["suggestions"]
    assert plain["unclear_reasons"] == ["no_display"]
    assert plain["stamps"]["display"] == "v1"
    assert "no_display" not in appraise(jpeg(), models=Models(display=locator(0.9))).tags
