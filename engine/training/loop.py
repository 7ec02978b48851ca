"""The training loop on one page: the head alone, then all layers, averaged weights, the best epoch kept."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from tqdm import tqdm

from engine.networks import Classifier
from engine.training.photos import Photos, batches
from engine.training.recipe import Recipe


@dataclass(frozen=True, kw_only=True, slots=True)
class Answers:
    """What a network says of N photos: logits (N, C) and unit embeddings (N, D)."""

    logits: NDArray[np.float32]
    embeddings: NDArray[np.float32]


def fit(model: Classifier, train: Photos, val: Photos, recipe: Recipe, *, tell: Callable[[str], None]) -> Classifier:
    """Train `model` and return the averaged weights of the epoch with the lowest validation loss, on the CPU."""
    torch.manual_seed(recipe.seed)
    rng = np.random.default_rng(recipe.seed)
    model.to(device(), memory_format=torch.channels_last)  # type: ignore[call-overload]
    weights = class_weights(train.targets, recipe.balance).to(device())

    model.features.requires_grad_(False)
    head = torch.optim.Adam(model.head.parameters(), lr=recipe.head_lr)
    for _ in range(recipe.head_epochs):
        _epoch(model, train, head, weights, recipe=recipe, rng=rng)
    model.features.requires_grad_(True)

    every = torch.optim.Adam(model.parameters(), lr=recipe.lr)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(every, recipe.epochs * math.ceil(len(train) / recipe.batch))
    average = AveragedModel(model, multi_avg_fn=_averaging(recipe.averaging), use_buffers=True)
    averaged = cast(Classifier, average.module)

    def after_step() -> None:
        schedule.step()
        average.update_parameters(model)

    best, best_loss, best_epoch = copy.deepcopy(averaged), math.inf, 0
    for number in range(1, recipe.epochs + 1):
        _epoch(model, train, every, weights, recipe=recipe, rng=rng, after_step=after_step)
        loss, accuracy = _validate(averaged, val, recipe)
        tell(f"epoch {number}/{recipe.epochs}: validation loss {loss:.3f}, accuracy {accuracy:.3f}")
        if loss < best_loss:
            best, best_loss, best_epoch = copy.deepcopy(averaged), loss, number
        if number - best_epoch >= recipe.patience:
            break
    return best.to("cpu").eval()


def answers(model: Classifier, photos: Photos, recipe: Recipe) -> Answers:
    """What the network says, in float32, of photos prepared exactly as in serving."""
    model.to(device()).eval()
    with torch.inference_mode():
        pairs = [model(batch.to(device())) for batch, _ in batches(photos, recipe.input, recipe.batch, rng=None)]
    model.to("cpu")
    logits, embeddings = (torch.cat(parts).float().cpu().numpy() for parts in zip(*pairs, strict=True))
    return Answers(logits=logits, embeddings=embeddings)


def class_weights(targets: Tensor, balance: float) -> Tensor:
    """(C,) with mean weight 1 over the photos: (photos / (labels x photos of the label)) ** balance."""
    counted = (targets * (targets == 1)).sum(0)
    weights = (counted.sum() / (len(counted) * counted)) ** balance
    return weights * counted.sum() / (weights * counted).sum()


def device() -> torch.device:
    """The GPU if there is one."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def _epoch(
    model: Classifier,
    photos: Photos,
    optimizer: torch.optim.Optimizer,
    weights: Tensor,
    *,
    recipe: Recipe,
    rng: np.random.Generator,
    after_step: Callable[[], None] = lambda: None,
) -> None:
    model.train()
    if not next(model.features.parameters()).requires_grad:
        model.features.eval()  # frozen features keep their batch-norm statistics
    total = math.ceil(len(photos) / recipe.batch)
    stream = batches(photos, recipe.input, recipe.batch, rng=rng, how=recipe.augmentation)
    for batch, target in tqdm(stream, total=total, desc="training", unit="batch", disable=None, leave=False):
        with _half_precision():
            logits, _ = model(batch.to(device()))
        loss = _weighted_loss(logits.float(), target.to(device()), weights, recipe.smoothing)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(model.parameters(), 5.0)  # a batch of odd photos must not undo the pretraining
        optimizer.step()
        after_step()


def _weighted_loss(logits: Tensor, targets: Tensor, weights: Tensor, smoothing: float) -> Tensor:
    """Cross-entropy of soft targets (N, C); photos of none of the labels have uniform ones and weight 1."""
    share = torch.where(targets.amax(1) == 1, (targets * weights).sum(1), 1.0)
    softened = targets * (1 - smoothing) + smoothing / targets.shape[1]
    return -(share * (softened * logits.log_softmax(1)).sum(1)).mean()


def _validate(model: Classifier, val: Photos, recipe: Recipe) -> tuple[float, float]:
    """Loss and accuracy over the photos that have a label. The loss is smoother than the accuracy of few photos."""
    model.eval()
    with torch.inference_mode(), _half_precision():
        parts = [model(batch.to(device()))[0].float().cpu() for batch, _ in batches(val, recipe.input, recipe.batch, rng=None)]
    logits, known = torch.cat(parts), val.targets.amax(1) == 1
    logits, truth = logits[known], val.targets[known].argmax(1)
    return float(nn.functional.cross_entropy(logits, truth)), float((logits.argmax(1) == truth).float().mean())


def _averaging(limit: float) -> Callable[..., None]:
    """An exponential moving average whose memory grows with the steps, so that a short training is not held back by its start."""

    def update(averages: list[Tensor], currents: list[Tensor], steps: Tensor | int) -> None:
        decay = min(limit, (1 + int(steps)) / (10 + int(steps)))
        get_ema_multi_avg_fn(decay)(averages, currents, steps)  # type: ignore[no-untyped-call]

    return update


def _half_precision() -> torch.autocast:
    """bfloat16 where the chip computes it: twice as fast on a recent CPU, more on a GPU; float32 elsewhere."""
    kind = device().type
    able = torch.cuda.is_bf16_supported() if kind == "cuda" else torch.ops.mkldnn._is_mkldnn_bf16_supported()
    return torch.autocast(kind, torch.bfloat16, enabled=bool(able))
