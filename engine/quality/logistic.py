"""Logistic regression with weights that keep their sign and are drawn to where they were, for few measures and few photos."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

Floats = NDArray[np.float64]


def fit_logistic(numbers: Floats, truth: Floats, importance: Floats, *, signs: Floats, start: Floats, penalty: Floats) -> Floats:
    """(1 + k,): bias and weights that make `truth` (N,) of `numbers` (N, k) likeliest.

    `signs` (k,): +1 or -1 where a weight may have that sign only, 0 where both. `start` (1 + k,): half of `penalty` (k,) times
    the squared distance of each weight (not of the bias) from there is added to the loss; without it few photos would be
    learned by heart.
    """
    design = np.column_stack([np.ones(len(numbers)), numbers])
    bounds = [(None, None)] + [(0.0 if sign > 0 else None, 0.0 if sign < 0 else None) for sign in signs]

    def loss(weights: Floats) -> tuple[float, Floats]:
        logits = design @ weights
        apart = np.concatenate([[0.0], weights[1:] - start[1:]])
        pull = np.concatenate([[0.0], penalty]) * apart
        value = (importance * (np.logaddexp(0, logits) - truth * logits)).sum() + (pull @ apart) / 2
        odds = 1 / (1 + np.exp(-np.clip(logits, -60, 60)))
        return float(value), design.T @ (importance * (odds - truth)) + pull

    return np.asarray(minimize(loss, start, jac=True, bounds=bounds, method="L-BFGS-B").x, np.float64)


def by_source(sources: NDArray[np.str_]) -> Floats:
    """(N,) weights: a source with four times the photos weighs twice as much. Their sum is N."""
    _, places, counts = np.unique(sources, return_inverse=True, return_counts=True)
    weights = 1 / np.sqrt(counts)[places]
    return np.asarray(weights * len(sources) / weights.sum(), np.float64)


def balanced(truth: Floats, sources: NDArray[np.str_]) -> Floats:
    """(N,) importances: present and absent weigh the same, and within each the sources as in `by_source`. Their sum is N."""
    importance = np.zeros(len(truth))
    for answer in (0.0, 1.0):
        chosen = truth == answer
        if chosen.any():
            share = by_source(sources[chosen])
            importance[chosen] = share * len(truth) / 2 / share.sum()
    return importance


def folds(groups: NDArray[np.str_], sources: NDArray[np.str_], count: int, seed: int) -> NDArray[np.intp]:
    """(N,) fold of each photo, 0 to `count` - 1; a group is never in two, and those of one source are dealt out evenly."""
    names, first, places = np.unique(groups, return_index=True, return_inverse=True)
    shuffled = np.random.default_rng(seed).permutation(len(names))
    dealt = shuffled[np.argsort(sources[first][shuffled], kind="stable")]
    fold = np.empty(len(names), np.intp)
    fold[dealt] = np.arange(len(names)) % min(count, len(names))
    return np.asarray(fold[places])
