"""How rare labels are kept from being forgotten."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.training.recipe import Recipe

_BETA = 0.99  # of the effective number (1 - beta^n) / (1 - beta): beyond some 100 photos more of the same add little


def label_weights(targets: Tensor, recipe: Recipe) -> Tensor:
    """(C,) a photo's weight in the loss by its label, 1 on average over the photos whose targets (N, C) name one.

    `balanced`: (photos / (labels x photos of the label)) ** balance. `effective`: the same of the effective number of photos
    (Cui et al. 2019). `sampled`: all alike, since rare labels are drawn more often instead.
    """
    counted = _counted(targets)
    match recipe.weighting:
        case "balanced":
            weights = (counted.sum() / (len(counted) * counted)) ** recipe.balance
        case "effective":
            weights = ((1 - _BETA) / (1 - _BETA**counted)) ** recipe.balance
        case "sampled":
            weights = torch.ones_like(counted)
    return weights * counted.sum() / (weights * counted).sum()


def chances(targets: Tensor, recipe: Recipe) -> NDArray[np.float64] | None:
    """(N,) how likely each photo is drawn, summing to 1; None = each once per epoch. Photos of no label count as one label."""
    if recipe.weighting != "sampled":
        return None
    place = np.where(targets.amax(1).numpy() == 1, targets.argmax(1).numpy(), targets.shape[1])
    rarity = np.bincount(place)[place] ** -float(recipe.balance)
    return np.asarray(rarity / rarity.sum(), dtype=np.float64)


def _counted(targets: Tensor) -> Tensor:
    """(C,) photos per label."""
    return (targets * (targets == 1)).sum(0)
