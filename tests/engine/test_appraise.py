from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine import appraise as appraising
from engine.appraise import Models, appraise
from engine.bundle import Card, InputSpec
from engine.errors import Truncated
from engine.grouping import describe_plate
from engine.live import TASKS
from engine.picture import decode
from engine.quality import TAGS
from engine.recognition import Recognised
from engine.runtime import Model
from engine.verdict import UNKNOWN, Clarity, GoodBad
from tests.photos import jpeg


class Says:
    """A compiled network that gives the same logits to every photo."""

    def __init__(self, logits: list[float]) -> None:
        self._logits = logits

    def create_infer_request(self) -> Says:
        return self

    def infer(self, inputs: dict[int, np.ndarray]) -> list[np.ndarray]:
        photos = len(inputs[0])
        return [np.tile(np.float32(self._logits), (photos, 1)), np.tile(np.float32([0.6, 0.8]), (photos, 1))]


def model(task: Any, network: Any, labels: tuple[str, ...], logits: list[float], **changes: Any) -> Model:
    card = Card(task=task, version="v7", network=network, labels=labels, input=InputSpec(width=32, height=32), **changes)
    return Model(card=card, extras={}, _compiled=Says(logits))


def clarity(logits: list[float], **changes: Any) -> Models:
    return Models(clarity=model("clarity", "mobilenet_v2", ("clear", "unclear"), logits, **changes))


def meter_type(logits: list[float], **changes: Any) -> Models:
    return Models(meter_type=model("meter_type", "resnet18", ("A1", "B2", "C3", "D4"), logits, **changes))


def test_without_models_a_photo_is_measured_and_not_judged() -> None:
    verdict = appraise(jpeg(), models=Models())
    assert (verdict.clarity, verdict.clear_probability, verdict.good_bad, verdict.meter_type) == (None, None, None, None)
    assert (verdict.top3, verdict.known_score, verdict.embedding) == ((), None, None)
    assert set(verdict.scores) == set(TAGS)
    assert {"clarity", "brightness", "contrast", "noise"} <= set(verdict.measures)
    assert set(verdict.stamps) == {"thresholds"}
    assert (verdict.width, verdict.height) == (64, 96)


@pytest.mark.parametrize(("logits", "said"), [([2.0, -2.0], Clarity.CLEAR), ([-2.0, 2.0], Clarity.UNCLEAR)])
def test_clarity_follows_the_probability_of_clear(logits: list[float], said: Clarity) -> None:
    verdict = appraise(jpeg(), models=clarity(logits))
    assert verdict.clarity is said
    assert verdict.clear_probability is not None
    assert (verdict.clear_probability >= 0.5) == (said is Clarity.CLEAR)
    assert verdict.stamps["clarity"] == "v7"


def test_the_cards_threshold_and_temperature_decide() -> None:
    assert appraise(jpeg(), models=clarity([1.0, 0.0], thresholds={"clear": 0.8})).clarity is Clarity.UNCLEAR
    soft = appraise(jpeg(), models=clarity([4.0, 0.0], temperature=4.0)).clear_probability
    assert soft == pytest.approx(1 / (1 + np.exp(-1.0)), abs=1e-6)


def test_good_or_bad_is_the_small_networks_word() -> None:
    models = Models(good_bad=model("good_bad", "small_cnn", ("Bad", "Good"), [0.0, 3.0]))
    verdict = appraise(jpeg(), models=models)
    assert verdict.good_bad is GoodBad.GOOD
    assert verdict.good_probability == pytest.approx(0.9526, abs=1e-4)


def test_a_sure_type_is_named_with_its_three_best_guesses() -> None:
    verdict = appraise(jpeg(), models=meter_type([0.0, 5.0, 1.0, -1.0]))
    assert verdict.meter_type == "B2"
    assert [guess.label for guess in verdict.top3] == ["B2", "C3", "A1"]
    assert sum(guess.confidence for guess in verdict.top3) <= 1.0
    assert verdict.embedding is not None
    assert verdict.embedding.tolist() == pytest.approx([0.6, 0.8])


def test_below_one_half_the_type_is_unknown_and_the_guesses_are_kept() -> None:
    verdict = appraise(jpeg(), models=meter_type([0.1, 0.2, 0.0, 0.0]))
    assert verdict.meter_type == UNKNOWN
    assert [guess.label for guess in verdict.top3] == ["B2", "A1", "C3"]
    assert verdict.top3[0].confidence < 0.5


def test_an_unknown_meter_is_described_on_arrival_where_no_plate_was_compared() -> None:
    models = Models(
        details=model("details", "detail_cnn", ("detail",), [0.0]), meter_type=meter_type([0.1, 0.2, 0.0, 0.0]).meter_type
    )
    verdict = appraise(jpeg(), models=models)
    assert verdict.plate is not None
    assert verdict.plate.learned_by == "v7"


@pytest.mark.parametrize(("said", "by"), [(UNKNOWN, "v7"), ("B2", "")])
def test_only_an_unknown_meters_print_is_described_by_the_network(monkeypatch: pytest.MonkeyPatch, said: str, by: str) -> None:
    seen = Recognised(meter_type=said, plate=describe_plate(decode(jpeg()).pixels))
    monkeypatch.setattr(appraising, "recognise", lambda *_, **__: seen)
    verdict = appraise(jpeg(), models=Models(details=model("details", "detail_cnn", ("detail",), [0.0])))
    assert verdict.plate is not None
    assert verdict.plate.learned_by == by


def test_a_file_that_is_no_sound_photo_is_an_error_not_a_verdict() -> None:
    with pytest.raises(Truncated):
        appraise(jpeg()[:-300], models=Models())


def test_a_verdict_is_plain_json_without_its_embedding() -> None:
    plain = appraise(jpeg(), models=meter_type([0.0, 5.0, 1.0, -1.0])).as_json()
    assert "embedding" not in plain
    assert plain["top3"][0]["label"] == "B2"
    assert plain["quality"] in ("Good", "Poor")
    assert plain["display_box"] is None


def test_the_current_model_of_every_task_judges(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(appraising.runtime, "current", lambda _, task: Path(task))
    monkeypatch.setattr(appraising.runtime, "load", lambda folder, **_: folder.name)
    models = appraising.load_models(tmp_path, cache=tmp_path, threads=1)
    assert all(getattr(models, task) == task for task in TASKS)
