"""Probabilities that mean what they say."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.calibration import best_temperature, best_threshold, calibration_error, probabilities


@given(st.lists(st.floats(-500, 500, width=32), min_size=2, max_size=6), st.floats(0.2, 5))
def test_probabilities_sum_to_one_and_keep_the_order(logits: list[float], temperature: float) -> None:
    said = probabilities(np.array(logits, np.float32), temperature)
    assert said.sum() == pytest.approx(1, abs=1e-5)
    assert said[int(np.argmax(logits))] == said.max()


def test_a_higher_temperature_doubts_more() -> None:
    logits = np.array([2.0, 0.0, 0.0], np.float32)
    assert probabilities(logits, 2.0).max() < probabilities(logits, 1.0).max() < probabilities(logits, 0.5).max()


def test_the_temperature_that_overconfident_logits_were_made_with_is_found_again() -> None:
    rng = np.random.default_rng(0)
    honest = rng.normal(0, 2, (4000, 3)).astype(np.float32)
    thrown = rng.random((4000, 1)) > probabilities(honest).cumsum(1)[:, :2]  # labels drawn by the honest probabilities
    assert best_temperature(honest * 2.5, thrown.sum(1)) == pytest.approx(2.5, rel=0.1)


def test_too_few_photos_leave_the_temperature_alone() -> None:
    assert best_temperature(np.ones((5, 2), np.float32), np.zeros(5, np.intp)) == 1.0


def test_the_calibration_error_is_the_gap_between_claim_and_truth() -> None:
    confidences = np.full(100, 0.9, np.float32)
    correct = np.arange(100) < 60
    assert calibration_error(confidences, correct) == pytest.approx(0.3, abs=1e-6)
    assert calibration_error(confidences, np.arange(100) < 90) == pytest.approx(0, abs=1e-6)


def test_the_best_threshold_lies_in_the_middle_of_the_gap_between_the_sides() -> None:
    scores = np.concatenate([np.linspace(0.7, 0.9, 15), np.linspace(0.1, 0.4, 15)]).astype(np.float32)
    assert best_threshold(scores, np.arange(30) < 15) == pytest.approx(0.55, abs=0.02)


def test_without_photos_of_both_sides_the_threshold_stays_in_the_middle() -> None:
    assert best_threshold(np.linspace(0, 1, 30).astype(np.float32), np.ones(30, bool)) == 0.5
    assert best_threshold(np.ones(4, np.float32), np.array([True, False, True, False])) == 0.5
