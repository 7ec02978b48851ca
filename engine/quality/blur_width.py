"""How wide edges are smeared, as a small network reads it off patches: of meters, streets and faces on one scale.

The network learned it from sharp patches that code had smeared by a known width (`benchmarks/fit_blur_width.py`); no label of a
blurred photo had a part in it. What it reads belongs to the thresholds that judge by it: other weights are another measure.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from math import sqrt
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import ModelError
from engine.quality.middle import middle_of
from engine.quality.views import Grey, Views

SIDE = 64  # pixels of a patch
LAYERS = ((16, 2), (16, 1), (32, 2), (32, 1))  # channels and step of the 3 x 3 convolutions, after each 2 x 2 pixels became one
LEAST_SPREAD = 1.5  # grey levels added to a patch's deviation: an even one is not blown up to its noise
WEIGHTS = Path(__file__).parent / "shipped" / "blur_width.safetensors"
_SHA256 = "604876172b304f191e23914af7f5ce88e9f14b252c127de2fd5ef86af43e0c96"
_PATCHES = 12  # 24 tell blur no better, and cost twice as much
_LOW, _USUAL = 0.25, 0.4  # quantiles over the patches
_FLAT = 2.0  # grey levels of deviation up to which a patch shows nothing to be sharp


def measure_blur_width(views: Views) -> Mapping[str, float]:
    """The blur of one photo's middle (see `measure_middle`), at 512 px side, read in 12 evenly spread patches of 64 px.

    - `blur_width` log2 pixels: the standard deviation of what edges are smeared by, 0 = one pixel; the 40th percentile over
      the patches, each counting as far as the network trusts its own reading.
    - `blur_width_low`: the 25th percentile. Something sharp in a photo is often what it was taken for.
    """
    read = read_widths(patches_of(middle_of(views.grey_512)))
    trust = np.where(read.spread > _FLAT, np.exp(-read.doubt), 1e-9)
    order = np.argsort(read.width)
    share = np.cumsum(trust[order]) / trust.sum()
    usual, low = (float(read.width[order][np.searchsorted(share, place)]) for place in (_USUAL, _LOW))
    return {"blur_width": usual, "blur_width_low": low}


@dataclass(frozen=True, slots=True)
class Read:
    """Of N patches, each (N,): log2 pixels of blur, the log of the variance expected in it, and grey levels of deviation."""

    width: NDArray[np.float32]
    doubt: NDArray[np.float32]
    spread: NDArray[np.float32]


def read_widths(patches: NDArray[np.uint8]) -> Read:
    """Of (N, 64, 64) grey patches, N at most 12. Raises `ModelError` where the network's file is damaged."""
    count = len(patches)
    batch = np.zeros((_PATCHES, SIDE * SIDE), np.float32)  # of one size, so that the network is compiled once
    levels = batch[:count]
    levels[:] = patches.reshape(count, -1)
    levels -= levels.mean(1, keepdims=True)
    spread = np.sqrt(np.einsum("np,np->n", levels, levels) / levels.shape[1])  # a tenth of the price of numpy's own
    levels /= (spread + LEAST_SPREAD)[:, None]
    request = _network().create_infer_request()  # threads share the network, not a request
    answer = np.array(request.infer({0: batch.reshape(-1, 1, SIDE, SIDE)})[0])[:count]
    return Read(answer[:, 0], np.clip(answer[:, 1], -5.0, 3.0), spread)


def patches_of(grey: Grey) -> NDArray[np.uint8]:
    """(N, 64, 64), N at most 12, evenly spread; a picture smaller than one patch is mirrored."""
    height, width = grey.shape
    grey = np.pad(grey, ((0, max(0, SIDE - height)), (0, max(0, SIDE - width))), "symmetric")
    height, width = grey.shape
    across = min(max(1, round(sqrt(_PATCHES * width / height))), _PATCHES)
    rows, columns = (
        np.unique(np.linspace(0, size - SIDE, count).astype(int))
        for size, count in ((height, _PATCHES // across), (width, across))
    )
    return np.stack([grey[top : top + SIDE, left : left + SIDE] for top in rows for left in columns])


@cache
def _network() -> Any:
    """Compiled once per process, for one thread: a photo takes a third of a millisecond."""
    import openvino.opset13 as layer  # takes a while, which whoever only judges stored numbers need not wait for
    from openvino import Model
    from safetensors.numpy import load

    from engine.inference import compiled

    data = WEIGHTS.read_bytes()
    if hashlib.sha256(data).hexdigest() != _SHA256:
        raise ModelError(f"{WEIGHTS} is damaged: its checksum is not the one it was shipped with. Install MeterSieve again.")
    weights = {name: array.astype(np.float32) for name, array in load(data).items()}
    batch = layer.parameter([_PATCHES, 1, SIDE, SIDE], np.float32)
    values = layer.space_to_depth(batch, "blocks_first", 2)
    for number, (_channels, step) in enumerate(LAYERS):
        values = layer.convolution(values, weights[f"{number}.weight"], [step, step], [1, 1], [1, 1], [1, 1])
        values = layer.relu(layer.add(values, weights[f"{number}.bias"][None, :, None, None]))
    pooled = layer.reduce_mean(values, np.array([2, 3]), keep_dims=False)
    answer = layer.add(layer.matmul(pooled, weights["head.weight"], False, True), weights["head.bias"])
    return compiled(Model([answer], [batch]), threads=1)
