import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.recognition.evidence import Evidence
from engine.recognition.joint import Weights, decide, plate_scores


def seen(chances: list[float], closeness: list[float], details: list[tuple[int, ...]]) -> Evidence:
    return Evidence(
        types=tuple("ABC"[: len(chances)]),
        log_chances=np.log(chances),
        closeness=np.array(closeness),
        cosines=np.zeros(0, np.float32),
        details=tuple(details),
    )


def test_shared_details_overrule_a_network_that_wavers() -> None:
    decision = decide(seen([0.6, 0.4], [0.9, 0.9], [(5, 4), (60, 50, 40)]), Weights())
    assert decision.type == 1
    assert decision.confidence > 0.9


def test_without_plates_the_network_and_closeness_decide() -> None:
    assert decide(seen([0.7, 0.3], [0.9, 0.8], []), Weights()).type == 0


def test_four_shared_details_count_nothing() -> None:
    assert plate_scores(seen([0.5, 0.5], [0.5, 0.5], [(4, 4), ()])).tolist() == [0.0, 0.0]


@pytest.mark.parametrize("better", [{"details": [(30, 30), ()]}, {"closeness": [0.95, 0.2]}])
def test_more_evidence_makes_a_photo_more_surely_known(better: dict[str, list[float]]) -> None:
    given: dict[str, list[float]] = {"chances": [0.8, 0.2], "closeness": [0.8, 0.2], "details": [(6,), ()]}
    before, after = (decide(seen(**values), Weights()) for values in (given, {**given, **better}))  # type: ignore[arg-type]
    assert after.known_score > before.known_score


@given(st.lists(st.integers(0, 900), max_size=4), st.floats(-1, 1))
def test_confidence_and_known_score_are_probabilities_whatever_is_seen(counts: list[int], close: float) -> None:
    evidence = seen([0.5, 0.5], [close, 0.0], [tuple(sorted(counts, reverse=True)), ()])
    decision = decide(evidence, Weights())
    assert 0.0 <= decision.known_score <= 1.0
    assert 0.5 - 1e-9 <= decision.confidence <= 1.0
    assert math.isfinite(decision.known_score)


def test_weights_come_from_the_card_and_default_where_it_is_silent() -> None:
    assert Weights.of({"known_from": 0.7, "unknown_below": 0.5}) == Weights(known_from=0.7)
    assert Weights.of(Weights().as_thresholds()) == Weights()
