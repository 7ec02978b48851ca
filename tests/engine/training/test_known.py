"""The threshold of known types is set without a photo of an unknown design."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from engine.recognition import Description, Exemplars
from engine.recognition.evidence import Evidence
from engine.recognition.joint import Weights, decide
from engine.training.known import ENOUGH, as_known, as_strange, fitted, moved
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


def kept(weights: Weights, known: list[Evidence]) -> float:
    return float(np.mean([decide(seen, weights).known_score >= weights.known_from for seen in known]))


def test_with_enough_photos_nearly_all_known_ones_pass() -> None:
    known = [sharing(details) for details in range(30, 30 + 2 * ENOUGH)]
    assert 0.9 <= kept(fitted(known, ()), known) < 1


def test_a_threshold_that_asks_too_much_of_new_types_comes_down() -> None:
    known = [sharing(details) for details in range(30, 90)]
    strict = replace(Weights(), known_offset=-30.0)
    assert kept(strict, known) == 0
    assert 0.9 <= kept(moved(strict, known, [sharing(4, 0.3)] * ENOUGH), known) < 1


def test_a_threshold_that_parts_known_from_strange_stays_where_the_trained_types_are_used_to_it() -> None:
    assert moved(Weights(), [sharing(140)] * ENOUGH, [sharing(0, 0.1)] * ENOUGH) == Weights()


def test_strange_photos_count_more_than_known_ones_but_three_quarters_of_those_pass() -> None:
    known = [sharing(details) for details in range(10, 90)]
    weights = moved(Weights(), known, [sharing(30)] * ENOUGH)
    assert not accepted(29, weights)
    assert 0.74 <= kept(weights, known) < 0.8


def test_a_few_labelled_photos_move_no_threshold() -> None:
    assert moved(Weights(), [sharing(1)] * (ENOUGH - 1), [sharing(90)] * (ENOUGH - 1)) == Weights()


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
