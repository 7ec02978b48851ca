"""The known score: how surely a photo shows a known type."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.bundle import Card, InputSpec
from engine.open_set import familiarity, known_score, open_set_tensors, score_thresholds


def a_card(thresholds: dict[str, float]) -> Card:
    return Card(
        task="meter_type", version="v1", network="small_cnn", labels=("a", "b", "c"), input=InputSpec(width=8, height=8),
        thresholds=thresholds,
    )  # fmt: skip


def a_model(spread: float, seed: int = 0) -> tuple[Card, dict[str, np.ndarray]]:
    """Three types along the axes of eight dimensions; training and validation photos `spread` away from them."""
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(3), 30)

    def photos() -> np.ndarray:
        return unit(np.eye(8)[labels] + rng.normal(0, spread, (90, 8)))

    tensors = open_set_tensors(photos(), labels)
    return a_card(score_thresholds(familiarity(np.eye(3, dtype=np.float32)[labels], photos(), tensors))), tensors


def unit(vectors: np.ndarray) -> np.ndarray:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=-1, keepdims=True), dtype=np.float32)


def score(direction: np.ndarray, guess: int, card: Card, tensors: dict[str, np.ndarray]) -> float:
    return known_score(np.eye(3, dtype=np.float32)[guess] * 9, unit(direction), card, tensors)


def test_a_photo_like_those_of_its_type_is_known_and_one_unlike_any_is_not() -> None:
    card, tensors = a_model(spread=0.1)
    assert score(np.eye(8)[1], 1, card, tensors) > 0.9
    assert score(np.eye(8)[7], 1, card, tensors) < 0.01


def test_a_photo_like_another_type_than_the_guessed_one_is_doubted() -> None:
    card, tensors = a_model(spread=0.1)
    assert score(np.eye(8)[1], 2, card, tensors) < 0.01


@given(st.lists(st.floats(-10, 10, width=32), min_size=8, max_size=8), st.integers(0, 2))
def test_the_score_lies_between_0_and_1_whatever_the_photo(direction: list[float], guess: int) -> None:
    card, tensors = a_model(spread=0.1)
    assert 0 <= score(np.array(direction) + 1e-3, guess, card, tensors) <= 1


def test_a_tenth_of_known_photos_scores_below_half_and_the_median_95_percent() -> None:
    familiar = np.random.default_rng(0).normal(0.8, 0.05, 500).astype(np.float32)
    thresholds = score_thresholds(familiar)
    steps = (familiar - thresholds["known_location"]) / thresholds["known_scale"]
    scores = 1 / (1 + np.exp(-steps))
    assert (scores < 0.5).mean() == pytest.approx(0.1, abs=0.01)
    assert np.median(scores) == pytest.approx(0.95, abs=0.01)


def test_photos_that_are_all_alike_do_not_divide_by_zero() -> None:
    assert score_thresholds(np.ones(5, np.float32))["known_scale"] > 0


def test_photos_of_none_of_the_labels_are_not_kept_beside_the_network() -> None:
    tensors = open_set_tensors(np.eye(3, dtype=np.float32), np.array([0, -1, 1]))
    assert tensors["types"].tolist() == [0, 1] and tensors["photos"].shape == (2, 3)


def test_a_bundle_without_training_photos_answers_with_its_confidence() -> None:
    assert known_score(np.array([2.0, 0, 0], np.float32), np.ones(8, np.float32), a_card({}), {}) == pytest.approx(
        0.787, abs=1e-3
    )
