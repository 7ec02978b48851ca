"""Trains the display locator: heat at the display's middle, distances to its sides."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel
from tqdm import tqdm

from engine.bundle import InputSpec
from engine.display import Found, read_map
from engine.picture import Pixels
from engine.preprocess import prepare
from engine.pyramid import STRIDE, Locator
from engine.training.boxed_views import Edges, Kept, random_view, shown
from engine.training.loop import CLIP, averaging, device, half_precision
from engine.training.recipe import Recipe

_SHARPEST = 0.7  # cells; a narrower heat would be a single cell that training seldom hits
_SPREAD = 6.0  # a display is so many standard deviations of its heat wide


@dataclass(frozen=True, kw_only=True, slots=True)
class Targets:
    """What N views should give: heat (N, h, w), sides (N, 4, h, w) in cells, and where (N, h, w) the sides count."""

    heat: Tensor
    sides: Tensor
    counts: Tensor


def fit_locator(model: Locator, photos: Sequence[Kept], recipe: Recipe, *, tell: Callable[[str], None]) -> Locator:
    """The new layers alone for `recipe.head_epochs`, then the deeper features too for `recipe.epochs`; the averaged weights.

    There is nothing to choose, so there is no validation. Returns the network on the CPU.
    """
    torch.manual_seed(recipe.seed)
    rng = np.random.default_rng(recipe.seed)
    model.to(device(), memory_format=torch.channels_last)  # type: ignore[call-overload]
    average = AveragedModel(model, multi_avg_fn=averaging(recipe.averaging), use_buffers=True)
    for phase, (epochs, rate) in enumerate(((recipe.head_epochs, recipe.head_lr), (recipe.epochs, recipe.lr)), start=1):
        model.learn(deep=phase == 2)
        weights = [weight for weight in model.parameters() if weight.requires_grad]
        optimizer = torch.optim.AdamW(weights, weight_decay=1e-2)
        steps = max(1, epochs * max(1, len(photos) // recipe.batch))
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, total_steps=steps, pct_start=0.15)
        for number in range(1, epochs + 1):
            losses = []
            model.train()
            for batch, targets in tqdm(_views(photos, recipe, rng), desc="training", unit="batch", disable=None, leave=False):
                losses.append(_step(model, batch, targets, optimizer, recipe))
                schedule.step()
                average.update_parameters(model)
            tell(f"phase {phase}, epoch {number}/{epochs}: loss {np.mean(losses):.3f}")
    return cast(Locator, average.module).to("cpu").eval()


def _step(model: Locator, batch: Tensor, targets: Targets, optimizer: torch.optim.Optimizer, recipe: Recipe) -> float:
    """One step down the gradient; the loss before it."""
    with half_precision(recipe):
        heat, sides = model.raw(batch.to(device()))
    loss = heat_loss(heat.float(), targets.heat.to(device())) + side_loss(sides.float(), targets)
    optimizer.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    nn.utils.clip_grad_norm_(model.parameters(), CLIP)
    optimizer.step()
    return float(loss.detach())


def locate(model: Locator, pixels: Pixels, spec: InputSpec) -> Found:
    """What the network finds in one photo, prepared and read exactly as in serving."""
    with torch.inference_mode():
        heat, sides = model(torch.from_numpy(prepare(pixels, spec))[None])
    return read_map(heat[0].numpy(), sides[0].numpy(), photo=(pixels.shape[1], pixels.shape[0]), spec=spec)


def targets_of(edges: Sequence[Edges | None], spec: InputSpec) -> Targets:
    """Targets of views whose displays have these edges; None = nothing anywhere."""
    rows, columns = spec.height // STRIDE, spec.width // STRIDE
    y, x = np.mgrid[:rows, :columns] + 0.5  # the cells' middles, in cells
    heat = np.zeros((len(edges), rows, columns), np.float32)
    sides = np.zeros((len(edges), 4, rows, columns), np.float32)
    counts = np.zeros_like(heat)
    for number, one in enumerate(edges):
        if one is None:
            continue
        left, top, right, bottom = (edge / STRIDE for edge in one)
        cx, cy, width, height = (left + right) / 2, (top + bottom) / 2, right - left, bottom - top
        sx, sy = max(_SHARPEST, width / _SPREAD), max(_SHARPEST, height / _SPREAD)
        heat[number] = np.exp(-(((x - cx) / sx) ** 2 + ((y - cy) / sy) ** 2) / 2)
        heat[number, min(rows - 1, int(cy)), min(columns - 1, int(cx))] = 1
        sides[number] = np.stack([x - left, y - top, right - x, bottom - y])
        counts[number] = (heat[number] > 0.5) & (sides[number] > 0.1).all(axis=0)
    return Targets(heat=torch.from_numpy(heat), sides=torch.from_numpy(sides), counts=torch.from_numpy(counts))


def heat_loss(logits: Tensor, wanted: Tensor) -> Tensor:
    """Focal loss that forgives cells near the middle (Law and Deng 2018, eq. 1), per photo."""
    found = logits.sigmoid()
    peak = (wanted == 1).float()
    missed = peak * (1 - found) ** 2 * nn.functional.logsigmoid(logits)
    fired = (1 - peak) * (1 - wanted) ** 4 * found**2 * nn.functional.logsigmoid(-logits)
    return -(missed + fired).sum() / len(logits)


def side_loss(logs: Tensor, targets: Targets) -> Tensor:
    """1 - IoU of the boxes, and the relative error of the sides, over the cells near a display's middle."""
    counts, wanted = targets.counts.to(logs.device), targets.sides.to(logs.device)
    if not counts.any():
        return logs.sum() * 0
    given = logs.exp().permute(0, 2, 3, 1)[counts > 0]
    true = wanted.permute(0, 2, 3, 1)[counts > 0]
    least = torch.minimum(given, true)
    shared = (least[:, 0] + least[:, 2]) * (least[:, 1] + least[:, 3])
    areas = [(box[:, 0] + box[:, 2]) * (box[:, 1] + box[:, 3]) for box in (given, true)]
    off = nn.functional.smooth_l1_loss(given.log(), true.log(), beta=0.2)
    return (1 - shared / (areas[0] + areas[1] - shared)).mean() + off


def _views(photos: Sequence[Kept], recipe: Recipe, rng: np.random.Generator) -> Iterator[tuple[Tensor, Targets]]:
    """One epoch of shuffled, varied photos."""
    order, seeds = rng.permutation(len(photos)), rng.integers(0, 2**63, len(photos))
    spec = recipe.input

    def view(index: int) -> tuple[NDArray[np.float32], Edges | None]:
        own = np.random.default_rng(seeds[index])
        pixels, edges = shown(photos[index], random_view(photos[index], own), own, spec)
        return prepare(pixels, spec), edges

    with ThreadPoolExecutor(2) as pool:
        for start in range(0, max(1, math.floor(len(order) / recipe.batch)) * recipe.batch, recipe.batch):
            made = list(pool.map(view, order[start : start + recipe.batch]))
            batch = torch.from_numpy(np.stack([pixels for pixels, _ in made]))
            yield batch.contiguous(memory_format=torch.channels_last), targets_of([edges for _, edges in made], spec)
