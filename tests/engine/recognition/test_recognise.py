from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from engine.bundle import Card, InputSpec
from engine.errors import DataError
from engine.recognition import Exemplars, Rule, describe, recognise
from engine.recognition.evidence import Budget, compare_plates, glance, likely
from engine.recognition.joint import Weights
from engine.runtime import Model
from engine.verdict import UNKNOWN, Way
from tests.engine.grouping.drawn import plate, plate_photo

LABELS = ("A", "B")
EMBEDDING = np.float32([0.6, 0.8])


class Says:
    """A compiled network that gives the same logits and embedding to every photo."""

    def __init__(self, logits: Sequence[float]) -> None:
        self._logits = logits

    def create_infer_request(self) -> Says:
        return self

    def infer(self, inputs: dict[int, np.ndarray]) -> list[np.ndarray]:
        return [np.float32([self._logits]), EMBEDDING[None]]


def exemplars(stamp: str, **plates: Any) -> Exemplars:
    """Two photos of each type, as close to every photo as can be."""
    labels = [label for label, shots in plates.items() for _ in shots]
    return Exemplars.of(stamp, labels, [EMBEDDING] * len(labels), [shot for shots in plates.values() for shot in shots])


def model(logits: Sequence[float] = (1.0, 0.9), *, fitted: bool = True) -> Model:
    thresholds = Weights().as_thresholds() if fitted else {}
    card = Card(
        task="meter_type", version="v7", network="mobilenet_v2", labels=LABELS, input=InputSpec(width=32, height=32),
        thresholds=thresholds,
    )  # fmt: skip
    own = exemplars("v7", A=[plate(1, 1), plate(1, 2)], B=[plate(2, 1), plate(2, 2)])
    return Model(card=card, extras={}, exemplars=own, _compiled=Says(logits))


def test_the_plate_decides_where_the_network_cannot() -> None:
    for design, name in ((1, "A"), (2, "B")):
        recognised = recognise(model(), plate_photo(design, 7))
        assert recognised.meter_type == name
        assert recognised.recognised_by is Way.PLATE
        assert recognised.shared_details is not None
        assert recognised.shared_details > 20


def test_the_networks_own_guesses_and_the_plain_rules_answer_stay_recorded() -> None:
    recognised = recognise(model((1.0, 0.5)), plate_photo(2, 7))
    assert recognised.meter_type == "B"
    assert recognised.plain_type == "A"
    assert [guess.label for guess in recognised.top3] == ["A", "B"]


def test_a_photo_that_shares_nothing_with_any_plate_is_unknown() -> None:
    recognised = recognise(model((0.1, 0.0)), np.full((480, 480, 3), 90, np.uint8))
    assert recognised.meter_type == UNKNOWN
    assert recognised.recognised_by is None


def test_the_plain_rule_looks_at_no_plate() -> None:
    recognised = recognise(model((1.0, 0.5)), plate_photo(2, 7), rule=Rule.PLAIN)
    assert recognised.meter_type == recognised.plain_type == "A"
    assert (recognised.recognised_by, recognised.plate, recognised.shared_details) == (Way.NETWORK, None, None)
    assert recognise(model((0.0, 0.0)), plate_photo(2, 7), rule=Rule.PLAIN).meter_type in {"A", UNKNOWN}


def test_a_type_that_people_named_is_recognised_before_any_training() -> None:
    labelled = exemplars("v7", NEW=[plate(3, shot) for shot in range(3)])
    recognised = recognise(model(), plate_photo(3, 7), labelled=labelled)
    assert recognised.meter_type == "NEW"
    assert recognised.recognised_by is Way.LABELLED
    assert recognised.labelled_photos == 3
    assert recognise(model(), plate_photo(1, 7), labelled=labelled).meter_type == "A"


def test_labelled_photos_of_another_model_version_are_refused() -> None:
    with pytest.raises(DataError, match="v6"):
        recognise(model(), plate_photo(1, 1), labelled=exemplars("v6", NEW=[plate(3, 1)]))


def test_no_model_says_nothing() -> None:
    assert recognise(None, plate_photo(1, 1)).meter_type is None


def test_the_budget_bounds_the_comparisons_and_a_sure_match_ends_them() -> None:
    own = exemplars("v7", A=[plate(1, shot) for shot in range(4)], B=[plate(2, shot) for shot in range(4)])
    photo = describe(model(), plate_photo(1, 7))
    assert photo.plate is not None

    def compared(logits: list[float], budget: Budget) -> int:
        first = glance(np.float32(logits), EMBEDDING, LABELS, own)
        return sum(map(len, compare_plates(first, photo.plate, own, budget).details))  # type: ignore[arg-type]

    assert compared([1.0, 0.9], Budget(types=2, per_type=3)) == 6
    assert compared([1.0, 0.9], Budget(types=1, per_type=3)) == 3
    assert compared([9.0, 0.0], Budget(types=2, per_type=3, enough=10)) == 1


def test_likely_types_mix_the_networks_view_and_closeness() -> None:
    own = Exemplars.of("v7", ["A", "B", "C"], np.float32([[1, 0], [0, 1], [0.6, 0.8]]), [plate(1, 1), plate(2, 1), plate(3, 1)])
    first = glance(np.float32([5.0, 0.0]), EMBEDDING, LABELS, own)
    assert {first.types[number] for number in likely(first, own, 2)} == {"A", "C"}


def test_a_photo_that_network_and_embedding_are_sure_of_costs_no_plate() -> None:
    sure = model((9.0, 0.0))
    own = Exemplars.of("v7", ["A", "A", "B"], [EMBEDDING, EMBEDDING, np.float32([1, 0])], [plate(1, 1), plate(1, 2), plate(2, 1)])
    thresholds = replace(Weights(), sure_closeness=0.9).as_thresholds()
    quick = replace(sure, exemplars=own, card=sure.card.model_copy(update={"thresholds": thresholds}))
    recognised = recognise(quick, plate_photo(1, 7))
    assert (recognised.meter_type, recognised.recognised_by, recognised.plate) == ("A", Way.NETWORK, None)
    assert recognise(replace(sure, exemplars=own), plate_photo(1, 7)).plate is not None
