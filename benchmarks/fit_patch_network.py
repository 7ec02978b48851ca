"""Trains a network that reads patches of photos, and prints how well it reads what patches were spoilt by.

    python -m benchmarks.fit_patch_network blur_width --data ../shared/data --out engine/quality/shipped/blur_width.safetensors
    python -m benchmarks.fit_patch_network traces --data ../shared/data --out engine/quality/shipped/traces.safetensors

Writes the weights in half precision, with their sources in the file, and prints the checksum that `engine/quality` asks for.
Other weights are another measure: the thresholds must be fitted again with them. Needs the data folder; it says so and ends where
there is none.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.numpy import save
from torch import Tensor, nn
from tqdm import tqdm

from benchmarks import blur_patches, trace_patches
from engine.quality import blur_width, traces
from engine.quality.patch_network import DOUBTS, LEAST_SPREAD, PatchNetwork

BATCH = 256
MEASURED = 4000  # patches that figures are of
ASIDE = 20  # one unspoilt patch in so many is only measured by
SOURCES = (
    "470 photos of meters/ whose rows say train, 350 good faces, 240 drawn meters without defects; no photo of field/ or quality/"
)
Rng = np.random.Generator
Patches = NDArray[np.uint8]


@dataclass(frozen=True, kw_only=True, slots=True)
class Task:
    """What a network is to read: from which unspoilt patches, and how one is spoilt and by how much, a number per answer."""

    network: PatchNetwork
    epochs: int
    answers: tuple[str, ...]
    unspoilt: Callable[[Path, Rng], Patches]
    spoilt: Callable[[Patches, Rng], tuple[Patches, tuple[float, ...]]]


TASKS = {
    "blur_width": Task(
        network=blur_width.NETWORK,
        epochs=18,
        answers=("log2 pixels of blur",),
        unspoilt=blur_patches.sharp_patches,
        spoilt=blur_patches.smeared,
    ),
    "traces": Task(
        network=traces.NETWORK,
        epochs=12,
        answers=("log2 grey levels of colour noise", "log2 of the enlargement"),
        unspoilt=trace_patches.clean_patches,
        spoilt=trace_patches.traced,
    ),
}


def main() -> int:
    """Train, print, write. Returns 0, also when there is no data."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("task", choices=TASKS)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), metavar="FOLDER")
    parser.add_argument("--out", type=Path, metavar="FILE", help="where to write the weights (default: print only)")
    parser.add_argument("--patches", type=int, default=300_000, metavar="N", help="spoilt patches (default: 300000)")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    if not (args.data / "meters" / "meters.csv").is_file():
        print(f"skipped: no photos at {args.data / 'meters'} (give their folder with --data)")
        return 0
    torch.manual_seed(args.seed)
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    task = TASKS[args.task]
    unspoilt = task.unspoilt(args.data, np.random.default_rng(args.seed))
    unspoilt = unspoilt[np.random.default_rng(args.seed).permutation(len(unspoilt))]
    aside = len(unspoilt) // ASIDE
    learned, truth = _made(task, unspoilt[aside:], args.patches, args.seed)
    measured, true = _made(task, unspoilt[:aside], MEASURED, args.seed + 1)
    print(f"{len(learned)} patches of {len(unspoilt) - aside} unspoilt places")
    reader = Reader(task.network)
    for epoch in _fitted(reader, learned, truth, task.epochs):
        off = np.abs(_read(reader, measured) - true)
        said = "; ".join(
            f"{name} {error.mean():.3f} ({error[size > 0].mean():.3f} above 0)"
            for name, error, size in zip(task.answers, off.T, true.T, strict=True)
        )
        print(f"epoch {epoch}: off by {said}", flush=True)
    if args.out:
        data = save(folded(reader), metadata={"sources": SOURCES, "seed": f"{args.seed}"})
        args.out.write_bytes(data)
        print(f"written: {args.out}, sha256 {hashlib.sha256(data).hexdigest()}")
    return 0


class Reader(nn.Module):
    """(N, channels, side, side) levels -> (N, K) answers, and (N, K) the log of the variance it expects each to be wrong by."""

    def __init__(self, network: PatchNetwork) -> None:
        """As `engine.quality.patch_network` builds it, with batch norms, which are folded into the weights at the end."""
        super().__init__()
        self.answers = network.answers
        channels = [4 * network.channels, *(wide for wide, _ in network.layers)]
        self.layers = nn.ModuleList(
            nn.Sequential(nn.Conv2d(before, after, 3, step, padding=1, bias=False), nn.BatchNorm2d(after))
            for before, (after, step) in zip(channels, network.layers, strict=False)
        )
        self.head = nn.Linear(channels[-1], 2 * network.answers)

    def forward(self, batch: Tensor) -> tuple[Tensor, Tensor]:
        """Each patch is set to mean 0, in each channel, and deviation 1 first."""
        batch = batch - batch.mean((2, 3), keepdim=True)
        values = nn.functional.pixel_unshuffle(batch / (batch.std((1, 2, 3), keepdim=True, correction=0) + LEAST_SPREAD), 2)
        for layer in self.layers:
            values = layer(values).relu()
        said = self.head(values.mean((2, 3)))
        return said[:, : self.answers], said[:, self.answers :].clamp(*DOUBTS)


def _made(task: Task, unspoilt: Patches, count: int, seed: int) -> tuple[Patches, NDArray[np.float32]]:
    """(count, side, side[, 3]) patches and (count, K) what was done to them."""
    rng = np.random.default_rng(seed)
    made = [task.spoilt(unspoilt[rng.integers(len(unspoilt))], rng) for _ in tqdm(range(count), desc="spoiling", disable=None)]
    return np.stack([patch for patch, _ in made]), np.array([truth for _, truth in made], np.float32)


def _fitted(reader: Reader, patches: Patches, truth: NDArray[np.float32], epochs: int) -> Iterator[int]:
    """Trains by the likelihood of the truth under the answers and their doubts; yields each epoch's number."""
    seen, wanted = _planes(patches), torch.from_numpy(truth)
    optimiser = torch.optim.AdamW(reader.parameters(), weight_decay=1e-4)
    steps = epochs * (len(seen) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 4e-3, total_steps=steps + 1, pct_start=0.05)
    for epoch in range(1, epochs + 1):
        reader.train()
        for chosen in torch.randperm(len(seen))[: len(seen) // BATCH * BATCH].view(-1, BATCH):
            batch = torch.rot90(seen[chosen], int(torch.randint(4, ())), (2, 3)).float()
            answers, doubts = reader(batch)
            loss = (torch.exp(-doubts) * (answers - wanted[chosen]).square() + doubts).mean() / 2
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            optimiser.step()
            schedule.step()
        reader.eval()
        yield epoch


def _read(reader: Reader, patches: Patches) -> NDArray[np.float32]:
    with torch.inference_mode():
        read: NDArray[np.float32] = reader(_planes(patches).float())[0].numpy()
    return read


def _planes(patches: Patches) -> Tensor:
    """(N, channels, side, side)."""
    return torch.from_numpy(patches)[:, None] if patches.ndim == 3 else torch.from_numpy(patches).permute(0, 3, 1, 2).contiguous()


def folded(reader: Reader) -> dict[str, NDArray[np.float16]]:
    """The weights as they are shipped: with the batch norms in them, in half precision."""
    tensors = {"head.weight": reader.head.weight, "head.bias": reader.head.bias}
    for number, layer in enumerate(reader.layers):
        together = nn.utils.fuse_conv_bn_eval(layer[0], layer[1])  # type: ignore[index]
        tensors |= {f"{number}.weight": together.weight, f"{number}.bias": together.bias}
    return {name: tensor.detach().numpy().astype(np.float16) for name, tensor in tensors.items()}


if __name__ == "__main__":
    sys.exit(main())
