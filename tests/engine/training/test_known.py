"""The threshold of known types is set without a photo of an unknown design."""

from __future__ import annotations

import numpy as np

from engine.recognition import Description, Exemplars
from engine.recognition.evidence import Evidence
from engine.recognition.joint import Weights, decide
from engine.training.known import ENOUGH, as_known, as_strange, fitted
from tests.engine.grouping.drawn import embedding, plate


def sharing(details: int, closeness: float = 0.9) -> Evidence:
    return Evidence(
        types=("A", "B"),
        log_chances=np.log([0.9, 0.1]),
        closeness=np.array([closeness, 0.1]),
        cosines=np.zeros(0, np.float32),
        details=((details, details, details), ()),
    )


def accepted(details: int, weights: Weights, closeness: float = 0.9) -> bool:
    return decide(sharing(details, closeness), weights).known_score >= weights.known_from


def test_with_few_photos_the_plates_alone_decide_however_close_the_network_calls_it() -> None:
    weights = fitted([sharing(140)] * 5, [sharing(10)] * 60)
    assert not accepted(12, weights, closeness=1.0)
    assert accepted(60, weights, closeness=0.1)


def test_strange_plates_that_share_much_by_chance_raise_the_threshold() -> None:
    assert accepted(20, fitted([sharing(40)] * 5, [sharing(8)] * 60))
    assert not accepted(20, fitted([sharing(40)] * 5, [sharing(24)] * 60))


def test_with_enough_photos_nearly_all_known_ones_pass() -> None:
    known = [sharing(details) for details in range(30, 30 + 2 * ENOUGH)]
    weights = fitted(known, ())
    kept = np.mean([decide(seen, weights).known_score >= weights.known_from for seen in known])
    assert 0.9 <= kept < 1
    assert fitted([sharing(60)] * ENOUGH, (), weights).known_closeness == weights.known_closeness


def test_strange_photos_count_more_than_known_ones_but_three_quarters_of_those_pass() -> None:
    known = [sharing(details) for details in range(10, 90)]
    weights = fitted(known, [sharing(30)] * ENOUGH)
    kept = np.mean([decide(seen, weights).known_score >= weights.known_from for seen in known])
    assert not accepted(29, weights)
    assert 0.74 <= kept < 0.8


def test_neither_a_photos_own_meter_nor_its_left_out_type_speaks_for_it() -> None:
    labels = ["A", "A", "B", "B"]
    shots = [(1, 1), (1, 2), (2, 1), (2, 2)]
    exemplars = Exemplars.of("v1", labels, [embedding(*shot) for shot in shots], [plate(*shot) for shot in shots])
    asked = Description(logits=np.float32([2.0, 0.0]), embedding=embedding(1, 1), plate=plate(1, 1))
    rows = asked.logits[None]
    (known,) = as_known([asked], rows, ("A", "B"), exemplars, [{0}])
    assert len(known.cosines) == 3
    assert known.details[0] and max(known.details[0]) < len(plate(1, 1)) / 2
    (strange,) = as_strange([asked], rows, ["A"], ("A", "B"), exemplars)
    assert strange.types == ("B",)
    assert len(strange.cosines) == 2
