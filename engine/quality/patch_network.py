"""Small networks that read one patch of a photo at a time: for what no formula tells from what is in the photo.

They learned from patches that code had spoilt by a known strength (`benchmarks/fit_patch_network.py`); no label of a bad photo
had a part in it. What they read belongs to the thresholds that judge by it: other weights are another measure.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import ModelError

SHIPPED = Path(__file__).parent / "shipped"
LEAST_SPREAD = 1.5  # grey levels added to a patch's deviation: an even one is not blown up to its noise
DOUBTS = (-5.0, 3.0)  # what an answer's doubt is held within


@dataclass(frozen=True, slots=True)
class Read:
    """Of N patches: (N, K) answers, (N, K) the logs of the variances expected in them, (N,) grey levels of deviation."""

    answers: NDArray[np.float32]
    doubts: NDArray[np.float32]
    spread: NDArray[np.float32]


@dataclass(frozen=True, kw_only=True, slots=True)
class PatchNetwork:
    """Patches of `side` pixels and so many `channels`, at most `patches` at once, each set to mean 0 and deviation 1.

    Each 2 x 2 pixels become one; then 3 x 3 convolutions, `layers` are their channels and steps; then a mean over the patch, from
    which `answers` numbers are read, and the doubt in each. `sha256` is that of the weights' file.
    """

    weights: Path
    sha256: str
    side: int
    channels: int
    patches: int
    layers: tuple[tuple[int, int], ...]
    answers: int

    def read(self, patches: NDArray[np.uint8]) -> Read:
        """Of (N, side, side) grey or (N, side, side, 3) colour patches. Raises `ModelError` where the file is damaged."""
        count = len(patches)
        batch = np.zeros((self.patches, self.channels, self.side**2), np.float32)  # of one size: the network is compiled once
        levels = batch[:count]
        levels[:] = patches.reshape(count, -1, self.channels).swapaxes(1, 2)
        levels -= levels.mean(2, keepdims=True)
        spread = np.sqrt(np.einsum("ncp,ncp->n", levels, levels) / levels[0].size)  # a tenth of the price of numpy's own
        levels /= (spread + LEAST_SPREAD)[:, None, None]
        request = _compiled(self).create_infer_request()  # threads share the network, not a request
        said = np.array(request.infer({0: batch.reshape(-1, self.channels, self.side, self.side)})[0])[:count]
        return Read(said[:, : self.answers], np.clip(said[:, self.answers :], *DOUBTS), spread)


@cache
def _compiled(network: PatchNetwork) -> Any:
    """Once per process, for one thread: a photo takes less than a millisecond."""
    import openvino.opset13 as layer  # takes a while, which whoever only judges stored numbers need not wait for
    from openvino import Model
    from safetensors.numpy import load

    from engine.inference import compiled

    data = network.weights.read_bytes()
    if hashlib.sha256(data).hexdigest() != network.sha256:
        raise ModelError(
            f"{network.weights} is damaged: its checksum is not the one it was shipped with. Install MeterSieve again."
        )
    weights = {name: array.astype(np.float32) for name, array in load(data).items()}
    batch = layer.parameter([network.patches, network.channels, network.side, network.side], np.float32)
    values = layer.space_to_depth(batch, "depth_first", 2)  # in the order of torch's pixel_unshuffle
    for number, (_channels, step) in enumerate(network.layers):
        values = layer.convolution(values, weights[f"{number}.weight"], [step, step], [1, 1], [1, 1], [1, 1])
        values = layer.relu(layer.add(values, weights[f"{number}.bias"][None, :, None, None]))
    pooled = layer.reduce_mean(values, np.array([2, 3]), keep_dims=False)
    answer = layer.add(layer.matmul(pooled, weights["head.weight"], False, True), weights["head.bias"])
    return compiled(Model([answer], [batch]), threads=1)


def large_enough(pictures: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """(N, H, W[, 3]) pictures, mirrored at their ends where they are smaller than a patch."""
    lacking = [max(0, side - size) for size in pictures.shape[1:3]]
    if not any(lacking):  # padding by nothing would copy them all
        return pictures
    return np.pad(pictures, [(0, 0), *((0, size) for size in lacking), *[(0, 0)] * (pictures.ndim - 3)], "symmetric")


def usual(answers: NDArray[np.float32], trust: NDArray[np.float32], place: float) -> float:
    """The `place` (0..1) quantile of (N,) answers, each counting as much as it is trusted."""
    order = np.argsort(answers)
    share = np.cumsum(trust[order]) / trust.sum()
    return float(answers[order][np.searchsorted(share, place)])
