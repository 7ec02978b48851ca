"""A new last layer on embeddings that exist already: how a network learns types without a step through its layers. Pure."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

Floats = NDArray[np.float32]

LOOSENESS = 100.0  # inverse of the penalty; on one split 10 and 1000 differed little from it, and not in one direction
BALANCE = 0.75  # as in training: rare types weigh more, but not as much as common ones
FOLDS = 5


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Head:
    """Logits = weight (C, D) @ unit embedding (D,) + bias (C,)."""

    weight: Floats
    bias: Floats

    def logits(self, embeddings: Floats) -> Floats:
        """(N, C) of unit embeddings (N, D)."""
        return np.asarray(embeddings @ self.weight.T + self.bias, dtype=np.float32)


def fit_head(embeddings: Floats, truth: NDArray[np.intp], classes: int) -> Head:
    """From N unit embeddings (N, D) and the positions (N,) of their labels; every one of the C labels has a photo."""
    counted = np.bincount(truth, minlength=classes)
    fit = LogisticRegression(C=LOOSENESS, max_iter=2000)
    fit.fit(embeddings.astype(np.float64), truth, sample_weight=(len(truth) / (classes * counted[truth])) ** BALANCE)
    weight, bias = fit.coef_, fit.intercept_
    if classes == 2:  # scikit-learn answers for the second label alone
        weight, bias = np.concatenate([-weight, weight]) / 2, np.concatenate([-bias, bias]) / 2
    return Head(weight=weight.astype(np.float32), bias=bias.astype(np.float32))


def on_scale_of(head: Head, temperature: float, other: Head, other_temperature: float, embeddings: Floats) -> Head:
    """The same answers with logits like another head's: fitting temperature `other_temperature`, same mean energy.

    The thresholds of a card are set on that scale. Energy is the log of the summed exponentials of the logits, taken over
    N unit embeddings (N, D); a softmax does not feel what is added to all logits alike.
    """
    share = other_temperature / temperature
    scaled = Head(weight=head.weight * np.float32(share), bias=head.bias * np.float32(share))
    shift = _energy(other.logits(embeddings)) - _energy(scaled.logits(embeddings))
    return Head(weight=scaled.weight, bias=scaled.bias + np.float32(shift))


def _energy(logits: Floats) -> float:
    top = logits.max(axis=1)
    return float((top + np.log(np.exp(logits - top[:, None]).sum(axis=1))).mean())


def out_of_fold_logits(
    embeddings: Floats, truth: NDArray[np.intp], meters: Sequence[str], classes: int
) -> tuple[Floats, NDArray[np.bool_]]:
    """Logits (N, C) of each photo by a head that saw no photo of its meter, and which photos (N,) have an answer at all.

    Without one are photos of a type all of whose meters fell into one fold.
    """
    folds = np.array([int.from_bytes(hashlib.sha256(meter.encode()).digest()[:4]) % FOLDS for meter in meters])
    logits, answered = np.zeros((len(truth), classes), np.float32), np.zeros(len(truth), np.bool_)
    for fold in range(FOLDS):
        learn, ask = folds != fold, folds == fold
        present = np.flatnonzero(np.bincount(truth[learn], minlength=classes))
        ask &= np.isin(truth, present)
        if len(present) < 2 or not ask.any():
            continue
        head = fit_head(embeddings[learn], np.searchsorted(present, truth[learn]), len(present))
        logits[ask] = -1e3  # a label the fold does not have cannot be answered
        logits[np.ix_(ask, present)] = head.logits(embeddings[ask])
        answered |= ask
    return logits, answered


def pooled_length(logits: Floats, embeddings: Floats, head: Head) -> float:
    """The mean length of the features before they are scaled to unit length, from logits (N, C) and embeddings (N, D).

    `head` is the network's own, which sees the features at that length: logits = length x weight @ embedding + bias.
    """
    steps = embeddings @ head.weight.T
    return float(((logits - head.bias) * steps).sum() / max(float((steps * steps).sum()), 1e-12))


def counts(labels: Sequence[str]) -> dict[str, int]:
    """Photos per label."""
    return dict(sorted(Counter(labels).items()))
