"""A new last layer on embeddings that exist already."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.training.head import Head, fit_head, on_scale_of, out_of_fold_logits, pooled_length

CENTRES = np.eye(4, 8, dtype=np.float32)


def cloud(labels: list[int], seed: int = 0, spread: float = 0.1) -> NDArray[np.float32]:
    """Unit embeddings around one centre per label."""
    points = CENTRES[labels] + np.random.default_rng(seed).normal(0, spread, (len(labels), 8))
    return np.asarray(points / np.linalg.norm(points, axis=1, keepdims=True), np.float32)


def test_two_labels_and_many_are_told_apart() -> None:
    for classes in (2, 4):
        truth = [number % classes for number in range(12 * classes)]
        head = fit_head(cloud(truth), np.array(truth), classes)
        assert head.weight.shape == (classes, 8)
        assert (head.logits(cloud(truth, seed=1)).argmax(1) == truth).all()


def test_a_rare_label_is_not_drowned_by_a_common_one() -> None:
    truth = [0] * 200 + [1] * 3
    head = fit_head(cloud(truth, spread=0.3), np.array(truth), 2)
    asked = [1] * 50
    assert (head.logits(cloud(asked, seed=1, spread=0.3)).argmax(1) == 1).mean() > 0.9


def test_out_of_fold_answers_never_saw_the_meter() -> None:
    truth = [0] * 20 + [1] * 20
    meters = [f"zero {number}" for number in range(20)] + ["one"] * 20
    logits, answered = out_of_fold_logits(cloud(truth), np.array(truth), meters, 2)
    assert not answered[20:].any(), "without its one meter label 1 cannot be answered"
    meters[20:] = [f"one {number}" for number in range(20)]
    logits, answered = out_of_fold_logits(cloud(truth), np.array(truth), meters, 2)
    assert answered.all()
    assert (logits.argmax(1) == truth).all()


def test_the_length_of_the_pooled_features_is_found_from_logits_alone() -> None:
    rng = np.random.default_rng(3)
    head = Head(weight=rng.normal(size=(5, 8)).astype(np.float32), bias=rng.normal(size=5).astype(np.float32))
    embeddings = cloud([0, 1, 2, 3])
    logits = 7.5 * embeddings @ head.weight.T + head.bias
    assert abs(pooled_length(logits, embeddings, head) - 7.5) < 1e-3


def test_a_head_on_the_scale_of_another_answers_the_same_with_its_energy_and_temperature() -> None:
    truth = [number % 4 for number in range(40)]
    points = cloud(truth)
    head, other = fit_head(points, np.array(truth), 4), Head(weight=9 * CENTRES[:2], bias=np.array([4, 5], np.float32))
    scaled = on_scale_of(head, 0.5, other, 0.25, points)
    assert (scaled.logits(points).argmax(1) == head.logits(points).argmax(1)).all()
    assert np.allclose(np.diff(scaled.logits(points), axis=1), np.diff(head.logits(points), axis=1) / 2, atol=1e-4)
    energies = [np.log(np.exp(each.logits(points)).sum(1)).mean() for each in (scaled, other)]
    assert abs(energies[0] - energies[1]) < 1e-3
