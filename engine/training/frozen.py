"""Readability from frozen ImageNet features of several depths: a strongly regularised logistic regression, trained in seconds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from tqdm import tqdm

from engine.bundle import InputSpec
from engine.networks import Classifier, layer_features
from engine.preprocess import prepare
from engine.training.crop_defects import spoil_crop
from engine.training.crops import REASONS, Crop, as_served, reasons_of, varied

VIEWS = 3  # varied views of each crop, beside the one that is served and its mirror image
SPOILT = 2  # drawn defects on each crop that can be read
STRENGTH = 3e-4  # C of the logistic regression: some thousand features, some hundred photos
REASON_STRENGTH = 1e-3

Floats = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True, slots=True)
class Examples:
    """N views of crops as features (N, D), with the crop each came from (N,), its share of clear and its reasons (N, R)."""

    features: Floats
    crop: NDArray[np.intp]
    clear: Floats
    reasons: Floats  # NaN where nobody knows
    weight: Floats
    drawn: NDArray[np.bool_]  # a drawn defect on it
    served: NDArray[np.bool_]  # the very view that serving makes, or its mirror image


def examples_of(model: Classifier, crops: Sequence[Crop], spec: InputSpec, *, seed: int, unrated: float = 0.3) -> Examples:
    """Views of all crops through the frozen network. `unrated`: weight of clear crops that nobody rated."""
    rows: list[tuple[Floats, int, float, Floats, float, bool, bool]] = []
    for place, crop in enumerate(tqdm(crops, desc="features", unit="crop", disable=None, leave=False)):
        rng = np.random.default_rng((seed, place))
        clear, weight = (1.0, unrated) if crop.clear is None else (crop.clear, 1.0)
        straight = as_served(crop)
        views = [straight, np.ascontiguousarray(straight[:, ::-1]), *(varied(crop, rng, spec) for _ in range(VIEWS))]
        known = [reasons_of(crop)] * len(views)
        drawn = [False] * len(views)
        if clear == 1 and not crop.whole:
            for _ in range(SPOILT):
                spoilt, reason = spoil_crop(varied(crop, rng, spec), rng)
                views.append(spoilt)
                known.append(np.array([float(other is reason) for other in REASONS], np.float32))
                drawn.append(True)
        with torch.inference_mode():
            batch = torch.from_numpy(np.stack([prepare(view, spec) for view in views]))
            answers = layer_features(model.features, batch).numpy()
        for number, answer in enumerate(answers):
            share = 0.0 if drawn[number] else clear
            rows.append((answer, place, share, known[number], weight, drawn[number], number < 2))
    columns = list(zip(*rows, strict=True))
    kinds = (np.float32, np.intp, np.float32, np.float32, np.float32, np.bool_, np.bool_)
    values: dict[str, Any] = {
        name: np.asarray(column, kind) for name, column, kind in zip(Examples.__slots__, columns, kinds, strict=True)
    }
    return Examples(**values)


def fit_head(examples: Examples, chosen: NDArray[np.bool_], *, strength: float = STRENGTH, drawn: float = 0.2) -> nn.Module:
    """BatchNorm (as scaling) + dropout + linear layer that answers (clear, unclear, reasons...), fitted to the chosen rows.

    `drawn`: the weight of all drawn defects together against that of all photos that raters called unclear.
    """
    part = Examples(**{name: getattr(examples, name)[chosen] for name in Examples.__slots__})
    mean, spread = part.features.mean(0), part.features.std(0) + 1e-3
    scaled = (part.features - mean) / spread
    rows = [_line(scaled, part.clear, _balanced(part, drawn), strength)]
    for number in range(part.reasons.shape[1]):
        known = ~np.isnan(part.reasons[:, number])
        rows.append(_line(scaled[known], part.reasons[known, number], np.ones(int(known.sum())), REASON_STRENGTH))
    return _head(mean, spread, rows)


def _balanced(part: Examples, drawn: float) -> NDArray[np.float64]:
    """Weights of rows: clear as much as unclear, and of the unclear a share `drawn` on drawn defects."""
    weight = part.weight.astype(np.float64)
    real, made = (1 - part.clear) * ~part.drawn, part.drawn.astype(np.float64)
    total = (weight * part.clear).sum()
    share = drawn if (weight * real).sum() else 1.0
    weight *= (
        part.clear
        + real * total * (1 - share) / max((weight * real).sum(), 1e-9)
        + made * total * share / max((weight * made).sum(), 1e-9)
    )
    return np.asarray(weight)


def _line(features: Floats, share: Floats, weight: NDArray[np.float64], strength: float) -> Floats:
    """(D + 1,) weights and offset of a logistic regression on soft labels; zeros where there is nothing to tell apart."""
    from sklearn.linear_model import LogisticRegression

    if share.max(initial=0) < 0.5 or share.min(initial=1) > 0.5:
        return np.zeros(features.shape[1] + 1, np.float32)
    twice = np.concatenate([features, features])
    labels = np.repeat([1, 0], len(features))
    weights = np.concatenate([weight * share, weight * (1 - share)])
    kept = weights > 0
    regression = LogisticRegression(C=strength, max_iter=400)
    regression.fit(twice[kept], labels[kept], sample_weight=weights[kept] * len(features) / weights.sum())
    return np.append(regression.coef_[0], regression.intercept_[0]).astype(np.float32)


def _head(mean: Floats, spread: Floats, rows: Sequence[Floats]) -> nn.Module:
    head = nn.Sequential(nn.BatchNorm1d(len(mean), eps=0.0, affine=True), nn.Dropout(0.4), nn.Linear(len(mean), len(rows) + 1))
    norm, linear = cast(nn.BatchNorm1d, head[0]), cast(nn.Linear, head[2])
    with torch.no_grad():
        cast(Tensor, norm.running_mean).copy_(torch.from_numpy(mean))
        cast(Tensor, norm.running_var).copy_(torch.from_numpy(spread**2))
        weights = np.stack([rows[0] / 2, -rows[0] / 2, *rows[1:]])
        linear.weight.copy_(torch.from_numpy(weights[:, :-1]))
        linear.bias.copy_(torch.from_numpy(weights[:, -1]))
    return head.eval()
