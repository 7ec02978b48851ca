"""Probabilities that mean what they say."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.calibration import best_temperature, calibration_error, decide, probabilities


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


def test_between_two_labels_the_cards_threshold_decides_and_among_more_the_highest() -> None:
    two = np.array([[0.7, 0.3], [0.85, 0.15]], np.float32)
    assert decide(two, {"clear": 0.8}).tolist() == [1, 0]
    assert decide(two, {"good": 0.5}).tolist() == [0, 0]
    assert decide(two, {}).tolist() == [0, 0]
    assert decide(np.array([[0.2, 0.5, 0.3]], np.float32), {"unknown_below": 0.9}).tolist() == [1]
