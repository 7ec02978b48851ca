"""The training loop on one page: the head alone, then the other layers too, averaged weights, the best epoch kept."""

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

from engine.networks import Classifier, last_block, upper_half
from engine.training.checkpoint import Checkpoint, Progress
from engine.training.photos import Photos, as_served, varied
from engine.training.recipe import Recipe
from engine.training.weighting import chances, label_weights

CLIP = 5.0  # largest norm of a gradient: a batch of odd photos must not undo the pretraining


@dataclass(frozen=True, kw_only=True, slots=True)
class Answers:
    """What a network says of N photos: logits (N, C) and unit embeddings (N, D)."""

    logits: NDArray[np.float32]
    embeddings: NDArray[np.float32]


def fit(
    model: Classifier,
    train: Photos,
    val: Photos,
    recipe: Recipe,
    *,
    tell: Callable[[str], None],
    checkpoint: Checkpoint | None = None,
) -> Classifier:
    """Train `model` and return the averaged weights of the epoch with the lowest validation loss, on the CPU.

    With a `checkpoint` phase 2 goes on where that stands, and writes it after every epoch: on one CPU thread an interrupted
    training ends in the very weights of an uninterrupted one.
    """
    model.to(device(), memory_format=torch.channels_last)  # type: ignore[call-overload]
    weights = label_weights(train.targets, recipe).to(device())
    progress = _start(model, recipe)
    if checkpoint and checkpoint.read(progress):
        tell(f"resumed after epoch {progress.epoch}/{recipe.epochs}")
    else:
        model.features.requires_grad_(False)
        head = torch.optim.Adam(model.head.parameters(), lr=recipe.head_lr)
        for number in range(1, recipe.head_epochs + 1):
            _epoch(model, train, head, weights, recipe=recipe, phase=1, number=number)
    _open(model, recipe)

    steps = recipe.epochs * math.ceil(len(train) / recipe.batch)
    _set_rate(progress, recipe.lr, steps)

    def after_step() -> None:
        progress.step += 1
        progress.average.update_parameters(model)
        _set_rate(progress, recipe.lr, steps)

    averaged = cast(Classifier, progress.average.module)
    while progress.epoch < recipe.epochs and progress.epoch - progress.best_epoch < recipe.patience:
        progress.epoch += 1
        _epoch(model, train, progress.optimizer, weights, recipe=recipe, phase=2, number=progress.epoch, after_step=after_step)
        loss, accuracy = _validate(averaged, val, recipe)
        tell(f"epoch {progress.epoch}/{recipe.epochs}: validation loss {loss:.3f}, accuracy {accuracy:.3f}")
        if loss < progress.best_loss:
            progress.best, progress.best_loss, progress.best_epoch = copy.deepcopy(averaged), loss, progress.epoch
        if checkpoint:
            checkpoint.write(progress)
    return progress.best.to("cpu").eval()


def answers(model: Classifier, photos: Photos, recipe: Recipe) -> Answers:
    """What the network says, in float32, of photos prepared exactly as in serving."""
    model.to(device()).eval()
    with torch.inference_mode():
        pairs = [model(batch.to(device())) for batch in as_served(photos, recipe.input, recipe.batch)]
    model.to("cpu")
    logits, embeddings = (torch.cat(parts).float().cpu().numpy() for parts in zip(*pairs, strict=True))
    return Answers(logits=logits, embeddings=embeddings)


def device() -> torch.device:
    """The GPU if there is one."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def _start(model: Classifier, recipe: Recipe) -> Progress:
    """Phase 2 before its first step."""
    return Progress(
        model=model,
        average=AveragedModel(model, multi_avg_fn=averaging(recipe.averaging), use_buffers=True),
        best=copy.deepcopy(model),
        optimizer=torch.optim.Adam([*_learning(model, recipe).parameters(), *model.head.parameters()], lr=recipe.lr),
    )


def _set_rate(progress: Progress, highest: float, steps: int) -> None:
    """The learning rate of the next of so many steps: a cosine from `highest` to zero."""
    for group in progress.optimizer.param_groups:
        group["lr"] = highest * (1 + math.cos(math.pi * min(progress.step / steps, 1))) / 2


def _open(model: Classifier, recipe: Recipe) -> None:
    """Let phase 2's layers learn."""
    model.features.requires_grad_(False)
    _learning(model, recipe).requires_grad_(True)


def _learning(model: Classifier, recipe: Recipe) -> nn.Module:
    """The part of the features that phase 2 trains."""
    match recipe.layers:
        case "all":
            return model.features
        case "upper":
            return upper_half(model, recipe.network)
        case "last_block":
            return last_block(model, recipe.network)


def _epoch(
    model: Classifier, photos: Photos, optimizer: torch.optim.Optimizer, weights: Tensor, *,
    recipe: Recipe, phase: int, number: int,
    after_step: Callable[[], None] = lambda: None,
) -> None:  # fmt: skip
    """One pass. Its random numbers depend on the seed, the phase and the epoch alone, so that it can be repeated by itself."""
    rng = np.random.default_rng((recipe.seed, phase, number))
    torch.manual_seed(int(rng.integers(2**63)))  # dropout
    model.train()
    _freeze_statistics(model)
    how, scaler = recipe.augmentation, _scaler(recipe)
    stream = varied(photos, recipe.input, recipe.batch, rng=rng, how=how, chances=chances(photos.targets, recipe))
    bar = tqdm(total=len(photos), desc=f"phase {phase}, epoch {number}", unit="photo", disable=None, leave=False)
    for batch, target in stream:
        with half_precision(recipe):
            logits, _ = model(batch.to(device(), non_blocking=True))
        loss = _weighted_loss(logits.float(), target.to(device()), weights, recipe.smoothing)
        optimizer.zero_grad()
        scaler.scale(loss).backward()  # type: ignore[no-untyped-call]
        scaler.unscale_(optimizer)
        nn.utils.clip_grad_norm_(model.parameters(), CLIP)
        scaler.step(optimizer)
        scaler.update()
        after_step()
        bar.update(len(target))
    bar.close()


def _freeze_statistics(model: Classifier) -> None:
    """Layers that do not learn keep their batch-norm statistics too."""
    for layer in model.features.modules():
        if isinstance(layer, nn.BatchNorm2d) and not layer.weight.requires_grad:
            layer.eval()


def _weighted_loss(logits: Tensor, targets: Tensor, weights: Tensor, smoothing: float) -> Tensor:
    """Cross-entropy of soft targets (N, C); photos of none of the labels have uniform ones and weight 1."""
    share = torch.where(targets.amax(1) == 1, (targets * weights).sum(1), 1.0)
    softened = targets * (1 - smoothing) + smoothing / targets.shape[1]
    return -(share * (softened * logits.log_softmax(1)).sum(1)).mean()


def _validate(model: Classifier, val: Photos, recipe: Recipe) -> tuple[float, float]:
    """Loss and accuracy over the photos that have a label. The loss is smoother than the accuracy of few photos."""
    model.eval()
    with torch.inference_mode(), half_precision(recipe):
        parts = [model(batch.to(device()))[0].float().cpu() for batch in as_served(val, recipe.input, recipe.batch)]
    logits, known = torch.cat(parts), val.targets.amax(1) == 1
    logits, truth = logits[known], val.targets[known].argmax(1)
    return float(nn.functional.cross_entropy(logits, truth)), float((logits.argmax(1) == truth).float().mean())


def averaging(limit: float) -> Callable[..., None]:
    """An exponential moving average whose memory grows with the steps, so that a short training is not held back by its start."""

    def update(averages: list[Tensor], currents: list[Tensor], steps: Tensor | int) -> None:
        decay = min(limit, (1 + int(steps)) / (10 + int(steps)))
        get_ema_multi_avg_fn(decay)(averages, currents, steps)  # type: ignore[no-untyped-call]

    return update


def half_precision(recipe: Recipe) -> torch.autocast:
    """The type that half precision means on this chip: bfloat16 where it computes it, float16 on older GPUs, none elsewhere."""
    half = _half(recipe)
    return torch.autocast(device().type, half or torch.bfloat16, enabled=half is not None)


def _scaler(recipe: Recipe) -> torch.amp.GradScaler:
    """Keeps small gradients from vanishing in float16; does nothing in the other types."""
    return torch.amp.GradScaler(device().type, enabled=_half(recipe) is torch.float16)


def _half(recipe: Recipe) -> torch.dtype | None:
    if recipe.precision == "full":
        return None
    if device().type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else torch.float16
    return torch.bfloat16 if torch.ops.mkldnn._is_mkldnn_bf16_supported() else None
