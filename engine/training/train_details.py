"""From a folder of photos, labelled or not, to a new version of what describes details."""

from __future__ import annotations

import warnings
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.bundle import Card, InputSpec, Training, current, next_version, promote, write_bundle
from engine.details_network import DetailNetwork, hardest_loss
from engine.errors import ArgumentError, DataError, PictureError
from engine.evaluation.resampling import with_interval
from engine.grouping.details import SIDE
from engine.grouping.plates import plate_part
from engine.labelled import SUFFIXES, Labelled, fingerprint
from engine.picture import decode
from engine.training.detail_views import Grey, Views, two_views
from engine.training.loop import device, half_precision
from engine.training.recipe import Recipe
from engine.training.train import Order, as_bundled, licences, read_sources

LABEL = "detail"
LARGEST = 900  # pixels a side of a photo before it is warped
ASIDE = 10  # one photo in so many is left out of the training, to measure by
FEWEST = 10  # photos
PER_VIEW = 80  # details of one pair of views in a step
REUSED = 6  # steps per batch of new views: making views costs as much as so many steps
REMEMBERED = 6000  # pairs of views, the latest: some 3 GB
NEAR = 10.0  # pixels: details closer than this in one photo are no mistakes
PAIRS = 200  # of views that figures come from
SEED = 0  # of the bootstrap
WARM_UP = 200  # steps with a growing learning rate


@dataclass(frozen=True, slots=True)
class _Batch:
    one: Tensor  # (N, 1, 32, 32) grey levels
    other: Tensor
    too_near: Tensor  # (N, N), 1 where a mistake would be none


def train_details(order: Order, *, tell: Callable[[str], None]) -> Path:
    """Train, measure on photos left aside and write the version; returns its folder.

    `order.recipe.epochs` says how many pairs of views of each photo are made. Raises `DataError`, `ArgumentError`.
    """
    if order.weights is not None or order.resume:
        raise ArgumentError("details learns from random weights in one go. Leave --start and --resume out.")
    paths = sorted(path for path in order.data.rglob("*") if path.suffix.lower() in SUFFIXES)
    if len(paths) < FEWEST:
        raise DataError(f"{order.data} holds {len(paths)} photos; details are learned from {FEWEST} at least, better hundreds.")
    aside = paths[::ASIDE]
    learned_from = [path for path in paths if path not in set(aside)]
    network = fit_details(_greys(learned_from), order.recipe, tell=tell)
    weights = as_bundled(network)
    sources = read_sources(order.data, len(learned_from))
    card = Card(
        task="details",
        version=next_version(order.models_dir, "details"),
        network="detail_cnn",
        labels=(LABEL,),
        input=InputSpec(width=SIDE, height=SIDE, mean=(0, 0, 0), std=(1 / 255, 1 / 255, 1 / 255)),  # grey levels 0..255
        training=Training(
            command=order.command,
            seed=order.recipe.seed,
            counts={LABEL: len(learned_from)},
            sources=sources,
            fingerprint=fingerprint([Labelled(path=path, label=LABEL) for path in learned_from]),
        ),
        metrics={"aside": figures(network, _greys(aside), pairs=min(PAIRS, 4 * len(aside)))},
        licences=licences(order, "random", sources),
        parent=_version(order.models_dir),
        created=order.today.isoformat(),
    )
    folder = write_bundle(order.models_dir, card, weights)
    if order.promote:
        promote(order.models_dir, "details", card.version)
    return folder


def _version(models_dir: Path) -> str | None:
    folder = current(models_dir, "details")
    return folder.name if folder else None


def fit_details(photos: Sequence[Grey], recipe: Recipe, *, tell: Callable[[str], None]) -> DetailNetwork:
    """A network trained on pairs of views of grey photos, ready to describe."""
    torch.manual_seed(recipe.seed)
    torch.set_num_threads(recipe.threads)
    network = DetailNetwork().to(device())
    optimiser = torch.optim.AdamW(network.parameters(), recipe.lr, weight_decay=1e-4)
    steps = REUSED * max(len(photos) * recipe.epochs // recipe.batch, 1)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, recipe.lr, total_steps=steps + 1, pct_start=min(WARM_UP / steps, 0.3)
    )
    lost: list[float] = []
    for step, batch in enumerate(_batches(photos, recipe, steps)):
        with half_precision(recipe):
            described = network(torch.cat([batch.one, batch.other]).to(device()))[1]
        one, other = torch.nn.functional.normalize(described.float(), dim=1).chunk(2)
        loss = hardest_loss(one, other, batch.too_near.to(device()))
        optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        schedule.step()
        lost.append(loss.item())
        if (step + 1) % 100 == 0 or step + 1 == steps:
            tell(f"step {step + 1} of {steps}: loss {np.mean(lost[-100:]):.3f}")
    return network.eval().cpu()


def figures(network: DetailNetwork, photos: Sequence[Grey], pairs: int = PAIRS) -> dict[str, Any]:
    """Of the details of two views of photos never trained on, the share whose nearest in the other view is the right one.

    Beside it the share by SIFT. `pairs`: of views, of all photos in turn; those that share too few details are left out.
    """
    rng = np.random.default_rng(0)
    right, owners = [], []
    for number in range(pairs):
        views = two_views(photos[number % len(photos)], rng)
        if views is None:
            continue
        owners.append(number % len(photos))
        with torch.inference_mode():
            learned = [network(torch.from_numpy(side[:, None]).float())[1].numpy() for side in (views.one, views.other)]
        right.append((_right(*learned), _right(*views.sift)))
    if not right:
        return {"photos": 0}
    found = np.array(right)
    groups = np.unique(owners, return_inverse=True)[1]
    return {
        "photos": len(set(owners)),
        "pairs": len(found),
        **with_interval("hit_rate", lambda rows: float(found[rows, 0].mean()), groups, SEED),
        **with_interval("hit_rate_by_sift", lambda rows: float(found[rows, 1].mean()), groups, SEED),
    }


def _right(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    return float(((one @ other.T).argmax(axis=1) == np.arange(len(one))).mean())


def _batches(photos: Sequence[Grey], recipe: Recipe, steps: int) -> Iterator[_Batch]:
    """Each batch of new views is followed by draws from those remembered; the next views are made meanwhile."""
    rng = np.random.default_rng(recipe.seed)
    memory: list[tuple[int, Views]] = []
    with ThreadPoolExecutor(recipe.threads) as pool:
        made = _made(photos, recipe, pool)
        for step in range(steps):
            if step % REUSED == 0:
                memory = [*memory, *(next(made) for _ in range(recipe.batch))][-REMEMBERED:]
            drawn = [memory[place] for place in rng.choice(len(memory), min(recipe.batch, len(memory)), replace=False)]
            yield _batch(list(dict(drawn).items()), rng)  # a photo once: its details in another view would count as mistakes


def _made(photos: Sequence[Grey], recipe: Recipe, pool: ThreadPoolExecutor) -> Iterator[tuple[int, Views]]:
    """Pairs of views without end, the same in every run: OpenCV lets other threads run."""

    def make(attempt: int) -> tuple[int, Views | None]:
        rng = np.random.default_rng((recipe.seed, attempt))
        number = int(rng.integers(len(photos)))
        return number, two_views(photos[number], rng)

    attempts = count()
    ahead = deque(pool.submit(make, next(attempts)) for _ in range(2 * recipe.batch))
    while True:
        number, views = ahead.popleft().result()
        ahead.append(pool.submit(make, next(attempts)))
        if views is not None:
            yield number, views


def _batch(drawn: Sequence[tuple[int, Views]], rng: np.random.Generator) -> _Batch:
    chosen = [rng.permutation(len(views.one))[:PER_VIEW] for _, views in drawn]
    taken = [(views.one[each], views.other[each], views.places[each]) for (_, views), each in zip(drawn, chosen, strict=True)]
    one, other, places = (torch.from_numpy(np.concatenate(parts)) for parts in zip(*taken, strict=True))
    owner = torch.from_numpy(np.repeat([number for number, _ in drawn], [len(each) for each in chosen]))
    near = (owner[:, None] == owner[None, :]) & (torch.cdist(places, places) < NEAR)
    return _Batch(one[:, None].float(), other[:, None].float(), near.float())


def _greys(paths: Sequence[Path]) -> list[Grey]:
    """The part of the photos that holds the plate, in grey, at most `LARGEST` pixels a side.

    Those that cannot be read are left out with a warning.
    """
    found: list[Grey] = []
    for path in paths:
        try:
            pixels = decode(path.read_bytes()).pixels
        except (OSError, PictureError) as error:
            warnings.warn(f"{path.name} is left out: {error}", stacklevel=2)
            continue
        grey = plate_part(np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), dtype=np.uint8))
        scale = min(1.0, LARGEST / max(grey.shape))
        found.append(np.asarray(cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), dtype=np.uint8))
    if not found:
        raise DataError("None of the photos can be read.")
    return found
