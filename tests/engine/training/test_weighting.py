"""Rare labels: weighed, or drawn more often."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from engine.training.recipe import RECIPES
from engine.training.weighting import chances, label_weights

RECIPE = RECIPES["meter_type"]


def targets(*counts: int, unknown: int = 0) -> torch.Tensor:
    """So many photos of each label, and some of none."""
    rows = [[float(place == label) for place in range(len(counts))] for label, count in enumerate(counts) for _ in range(count)]
    return torch.tensor(rows + [[1 / len(counts)] * len(counts)] * unknown)


def test_balanced_weights_are_the_origins() -> None:
    found = label_weights(targets(8, 2), RECIPE)
    assert float(found[1] / found[0]) == pytest.approx(4**0.75)
    assert torch.equal(label_weights(targets(8, 2), replace(RECIPE, balance=0.0)), torch.ones(2))


def test_effective_weights_rise_less_where_photos_abound() -> None:
    balanced, effective = (
        label_weights(targets(600, 100, 10), replace(RECIPE, weighting=kind)) for kind in ("balanced", "effective")
    )
    assert 1 < float(effective[1] / effective[0]) < float(balanced[1] / balanced[0])


@given(
    st.lists(st.integers(1, 30), min_size=2, max_size=5), st.floats(0, 1), st.sampled_from(["balanced", "effective", "sampled"])
)
def test_the_mean_weight_of_a_photo_is_one(counts: list[int], balance: float, kind: str) -> None:
    weights = label_weights(targets(*counts), replace(RECIPE, weighting=kind, balance=balance))
    assert float((weights * torch.tensor(counts)).sum() / sum(counts)) == pytest.approx(1, rel=1e-4)


def test_sampling_draws_labels_alike_and_the_unlabelled_as_one_more() -> None:
    found = chances(targets(8, 2, unknown=5), replace(RECIPE, weighting="sampled", balance=1.0))
    assert found is not None
    assert [found[:8].sum(), found[8:10].sum(), found[10:].sum()] == pytest.approx([1 / 3] * 3)
    assert chances(targets(8, 2), RECIPE) is None
    assert np.isclose(found.sum(), 1)
