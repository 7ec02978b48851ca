"""Coverage, reliability and ROC: checked by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.evaluation.curves import coverage, reliability, roc


def test_coverage_counts_the_right_among_the_surest() -> None:
    curve = coverage(np.array([0.5, 0.9, 0.8, 0.6]), np.array([False, True, True, False]), np.arange(4))
    assert curve.share.tolist() == [0.25, 0.5, 0.75, 1.0]
    assert curve.accuracy.tolist() == pytest.approx([1, 1, 2 / 3, 0.5])
    assert curve.threshold.tolist() == [0.9, 0.8, 0.6, 0.5]
    assert (curve.share_at(0.99), curve.share_at(0.6), curve.share_at(0.4)) == (0.5, 0.75, 1.0)
    assert (curve.accuracy_at(0.5), curve.accuracy_at(0.6), curve.accuracy_at(1.0)) == (1.0, pytest.approx(2 / 3), 0.5)


def test_equal_scores_are_accepted_together() -> None:
    curve = coverage(np.array([1.0, 1.0, 1.0, 0.2]), np.array([False, True, True, True]), np.arange(4))
    assert curve.share.tolist() == [0.75, 1.0]
    assert curve.accuracy.tolist() == pytest.approx([2 / 3, 0.75])


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=300), st.integers(1, 4))
def test_the_curve_ends_at_all_photos_and_their_accuracy(rows: list[tuple[float, bool]], size: int) -> None:
    scores, right = np.array([score for score, _ in rows]), np.array([good for _, good in rows])
    curve = coverage(scores, right, np.arange(len(rows)) // size)
    assert curve.share[-1] == 1 and curve.accuracy[-1] == pytest.approx(right.mean())
    assert (np.diff(curve.share) > 0).all() and (np.diff(curve.threshold) < 0).all() and len(curve.share) <= 100
    for share, threshold, accuracy in zip(curve.share, curve.threshold, curve.accuracy, strict=True):
        kept = scores >= threshold
        assert share == pytest.approx(kept.mean()) and accuracy == pytest.approx(right[kept].mean())


def test_reliability_sets_claims_beside_what_was_found() -> None:
    rows = reliability(np.array([0.95, 0.97, 0.55, 1.0]), np.array([True, False, True, True]), np.arange(4))
    assert rows[:, 0].tolist() == pytest.approx([0.55, (0.95 + 0.97 + 1) / 3])
    assert rows[:, 1].tolist() == pytest.approx([1, 2 / 3])
    assert rows[:, 4].tolist() == [1, 3]
    assert (rows[:, 2] <= rows[:, 1]).all() and (rows[:, 1] <= rows[:, 3]).all()


def test_a_roc_of_scores_that_never_err_goes_through_the_corner() -> None:
    rows = roc(np.array([0.8, 0.9]), np.array([0.1, 0.2]))
    assert [0.0, 1.0] in rows[:, :2].tolist()
