"""Trains the network that reads `blur_width`, and prints how well it reads the width that patches were smeared by.

    python -m benchmarks.fit_blur_width --data ../shared/data --out engine/quality/shipped/blur_width.safetensors

Writes the weights in half precision, with their sources in the file, and prints the checksum that `engine/quality/blur_width.py`
asks for. Other weights are another measure: the thresholds must be fitted again with them. Needs the data folder; it says so
and ends where there is none.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.numpy import save
from torch import Tensor, nn
from tqdm import tqdm

from benchmarks.blur_patches import sharp_patches, smeared
from engine.quality.blur_width import LAYERS, LEAST_SPREAD

BATCH = 256
MEASURED = 4000  # patches that figures are of
ASIDE = 20  # one sharp patch in so many is only measured by
SOURCES = (
    "470 photos of meters/ whose rows say train, 350 good faces, 240 drawn meters without defects; no photo of field/ or quality/"
)


def main() -> int:
    """Train, print, write. Returns 0, also when there is no data."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), metavar="FOLDER")
    parser.add_argument("--out", type=Path, metavar="FILE", help="where to write the weights (default: print only)")
    parser.add_argument("--patches", type=int, default=300_000, metavar="N", help="smeared patches (default: 300000)")
    parser.add_argument("--epochs", type=int, default=18)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    if not (args.data / "meters" / "meters.csv").is_file():
        print(f"skipped: no photos at {args.data / 'meters'} (give their folder with --data)")
        return 0
    torch.manual_seed(args.seed)
    torch.set_num_threads(1)
    sharp = sharp_patches(args.data, np.random.default_rng(args.seed))
    sharp = sharp[np.random.default_rng(args.seed).permutation(len(sharp))]
    aside = len(sharp) // ASIDE
    learned, widths = _made(sharp[aside:], args.patches, args.seed)
    measured, true_widths = _made(sharp[:aside], MEASURED, args.seed + 1)
    print(f"{len(learned)} patches of {len(sharp) - aside} sharp places")
    network = Reader()
    for epoch in _fitted(network, learned, widths, args.epochs):
        off = np.abs(_read(network, measured) - true_widths)
        print(f"epoch {epoch}: off by {off.mean():.3f} of log2 pixels, {off[true_widths > 0].mean():.3f} above one", flush=True)
    if args.out:
        data = save(_folded(network), metadata={"sources": SOURCES, "seed": f"{args.seed}"})
        args.out.write_bytes(data)
        print(f"written: {args.out}, sha256 {hashlib.sha256(data).hexdigest()}")
    return 0


class Reader(nn.Module):
    """(N, 1, 64, 64) grey levels -> (N, 2): log2 pixels of blur, log of the variance it expects to be wrong by."""

    def __init__(self) -> None:
        """As `engine.quality.blur_width` builds it, with batch norms, which are folded into the weights at the end."""
        super().__init__()
        channels = [4, *(wide for wide, _ in LAYERS)]
        self.layers = nn.ModuleList(
            nn.Sequential(nn.Conv2d(before, after, 3, step, padding=1, bias=False), nn.BatchNorm2d(after))
            for before, (after, step) in zip(channels, LAYERS, strict=False)
        )
        self.head = nn.Linear(channels[-1], 2)

    def forward(self, batch: Tensor) -> Tensor:
        """Each patch is set to mean 0 and deviation 1 first."""
        batch = batch - batch.mean((1, 2, 3), keepdim=True)
        values = nn.functional.pixel_unshuffle(batch / (batch.std((1, 2, 3), keepdim=True, correction=0) + LEAST_SPREAD), 2)
        for layer in self.layers:
            values = layer(values).relu()
        answer = self.head(values.mean((2, 3)))
        return torch.stack([answer[:, 0], answer[:, 1].clamp(-5, 3)], dim=1)


def _made(sharp: NDArray[np.uint8], count: int, seed: int) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    rng = np.random.default_rng(seed)
    made = [smeared(sharp[rng.integers(len(sharp))], rng) for _ in tqdm(range(count), desc="smearing", disable=None)]
    return np.stack([patch for patch, _ in made]), np.array([width for _, width in made], np.float32)


def _fitted(network: Reader, patches: NDArray[np.uint8], widths: NDArray[np.float32], epochs: int) -> Iterator[int]:
    """Trains by the likelihood of the true width under the reading and its doubt; yields each epoch's number."""
    seen, wanted = torch.from_numpy(patches), torch.from_numpy(widths)
    optimiser = torch.optim.AdamW(network.parameters(), weight_decay=1e-4)
    steps = epochs * (len(seen) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 4e-3, total_steps=steps + 1, pct_start=0.05)
    for epoch in range(1, epochs + 1):
        network.train()
        for chosen in torch.randperm(len(seen))[: len(seen) // BATCH * BATCH].view(-1, BATCH):
            batch = torch.rot90(seen[chosen][:, None], int(torch.randint(4, ())), (2, 3)).float()
            width, doubt = network(batch).unbind(1)
            loss = (torch.exp(-doubt) * (width - wanted[chosen]).square() + doubt).mean() / 2
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            optimiser.step()
            schedule.step()
        network.eval()
        yield epoch


def _read(network: Reader, patches: NDArray[np.uint8]) -> NDArray[np.float32]:
    with torch.inference_mode():
        read: NDArray[np.float32] = network(torch.from_numpy(patches)[:, None].float())[:, 0].numpy()
    return read


def _folded(network: Reader) -> dict[str, NDArray[np.float16]]:
    """The weights with the batch norms in them."""
    tensors = {"head.weight": network.head.weight, "head.bias": network.head.bias}
    for number, layer in enumerate(network.layers):
        together = nn.utils.fuse_conv_bn_eval(layer[0], layer[1])  # type: ignore[index]
        tensors |= {f"{number}.weight": together.weight, f"{number}.bias": together.bias}
    return {name: tensor.detach().numpy().astype(np.float16) for name, tensor in tensors.items()}


if __name__ == "__main__":
    sys.exit(main())
