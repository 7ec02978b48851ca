"""The known score: how surely a photo shows a known type."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.bundle import Card, InputSpec
from engine.open_set import familiarity, known_score, score_thresholds


def a_card(thresholds: dict[str, float]) -> Card:
    return Card(
        task="meter_type", version="v1", network="small_cnn", labels=("a", "b", "c"), input=InputSpec(width=8, height=8),
        thresholds=thresholds,
    )  # fmt: skip


UNIT = np.array([1.0, 0.0], np.float32)


@given(st.lists(st.floats(-1000, 1000, width=32), min_size=3, max_size=3))
def test_the_score_lies_between_0_and_1_whatever_the_logits(logits: list[float]) -> None:
    assert 0 <= known_score(np.array(logits, np.float32), UNIT, a_card({}), {}) <= 1


def test_a_photo_that_excites_no_label_is_less_known_than_one_that_does() -> None:
    card = a_card(score_thresholds(np.linspace(3, 9, 50).astype(np.float32)))
    flat, sharp = (known_score(np.array(logits, np.float32), UNIT, card, {}) for logits in ([0, 0, 0], [8, 0, 0]))
    assert flat < 0.5 < sharp


def test_the_median_known_photo_scores_95_percent_and_the_least_familiar_one_in_twenty_half() -> None:
    familiar = np.random.default_rng(0).normal(6, 1, 500).astype(np.float32)
    card = a_card(score_thresholds(familiar))

    def score(value: float) -> float:  # with one dominant label the energy is that label's logit
        return known_score(np.array([value, -100, -100], np.float32), UNIT, card, {})

    assert score(float(np.median(familiar))) == pytest.approx(0.95, abs=0.01)
    assert score(float(np.percentile(familiar, 5))) == pytest.approx(0.5, abs=0.01)


def test_photos_that_are_all_alike_do_not_divide_by_zero() -> None:
    assert score_thresholds(np.ones(5, np.float32))["known_scale"] > 0


def test_familiarity_of_huge_logits_is_finite() -> None:
    assert np.isfinite(familiarity(np.array([[1e4, 1e4, -1e4]], np.float32), UNIT[None], {})).all()
