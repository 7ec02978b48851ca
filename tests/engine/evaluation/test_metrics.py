"""Figures of a classifier, checked by hand or against scikit-learn."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from engine.evaluation.metrics import auc, known_failures, most_confused, open_set, summarise

LABELS = ("a", "b", "c")


def sure(guesses: list[int], confidence: float = 0.8) -> np.ndarray:
    rest = (1 - confidence) / (len(LABELS) - 1)
    return np.array([[confidence if place == guess else rest for place in range(len(LABELS))] for guess in guesses], np.float32)


def test_accuracy_recall_and_confusions_are_counted() -> None:
    truth = np.array([0, 0, 0, 1, 1, 2])
    figures = summarise(truth, sure([0, 0, 1, 1, 1, 0]), LABELS, {})
    assert figures["accuracy"] == pytest.approx(4 / 6, abs=1e-4)
    assert figures["per_label"]["a"] == {"precision": 0.6667, "recall": 0.6667, "f1": 0.6667, "photos": 3}
    assert figures["per_label"]["c"]["recall"] == 0
    assert figures["most_confused"] == [["a", "b", 1], ["c", "a", 1]]
    low, high = figures["accuracy_interval"]
    assert low < figures["accuracy"] < high


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=30))
def test_macro_f1_is_scikit_learns_over_the_labels_that_occur(pairs: list[tuple[int, int]]) -> None:
    from engine.evaluation.metrics import _macro_f1

    truth, guessed = (np.array(column) for column in zip(*pairs, strict=True))
    wanted = f1_score(truth, guessed, labels=np.unique(truth), average="macro", zero_division=0.0)
    assert _macro_f1(truth, guessed) == pytest.approx(wanted)


def test_two_labels_also_have_an_area_under_the_curve_of_the_first() -> None:
    truth = np.array([0, 0, 1, 1])
    figures = summarise(truth, np.array([[0.9, 0.1], [0.4, 0.6], [0.3, 0.7], [0.2, 0.8]], np.float32), ("clear", "unclear"), {})
    assert figures["auc"] == 1 and figures["accuracy"] == 0.75


def test_the_cards_threshold_decides_between_two_labels() -> None:
    said = np.array([[0.7, 0.3], [0.9, 0.1]], np.float32)
    strict = summarise(np.array([1, 0]), said, ("clear", "unclear"), {"clear": 0.8})
    assert strict["accuracy"] == 1
    assert summarise(np.array([1, 0]), said, ("clear", "unclear"), {})["accuracy"] == 0.5


def test_one_sided_truth_has_no_area_under_the_curve() -> None:
    assert math.isnan(auc(np.array([True, True]), np.array([0.1, 0.2], np.float32)))


def test_a_score_that_tells_known_from_unknown_has_an_auroc_near_one() -> None:
    assert open_set(np.array([0.9, 0.8, 0.7], np.float32), np.array([0.1, 0.2], np.float32))["auroc"] == 1
    assert open_set(np.array([0.1], np.float32), np.array([0.9], np.float32))["auroc"] == 0


def test_the_card_warns_of_labels_that_are_missed_and_of_repeated_confusions() -> None:
    figures = summarise(np.array([0, 0, 0, 1, 1]), sure([1, 1, 0, 1, 1]), LABELS, {})
    assert known_failures(figures) == ("a: recall 0.33 on 3 test photos", "a taken for b (2 test photos)")


def test_confusions_are_listed_with_the_most_frequent_first() -> None:
    truth, guessed = np.array([0, 1, 1, 2]), np.array([1, 0, 0, 2])
    assert most_confused(truth, guessed, LABELS) == [("b", "a", 2), ("a", "b", 1)]
