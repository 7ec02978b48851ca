"""What noise and enlarging left in a photo's pixels, as a small network reads it off patches: texture is neither."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from engine.picture import Pixels
from engine.quality.patch_network import LEAST_SPREAD, SHIPPED, PatchNetwork, large_enough, usual
from engine.quality.views import Views

NETWORK = PatchNetwork(
    weights=SHIPPED / "traces.safetensors",
    sha256="bbc2cd845f566f2f2b231af2b26fe06c2c6b60313b59bc54c7115115f0e344f2",
    side=48,  # a strip's height
    channels=3,
    patches=8,  # 16 and 32 tell noise and enlargement no better, nor do the flattest or the most detailed ones
    layers=((16, 1), (16, 2), (32, 1), (32, 2)),
    answers=2,
)
_NOISE, _SIZE = 0.4, 0.6  # quantiles over the patches
_DARK, _BRIGHT = 10, 245  # grey levels beyond which clipping hides noise


def measure_traces(views: Views) -> Mapping[str, float]:
    """Of one photo's strips (see `Views`), read in 8 evenly spread patches of 48 px, each counting as far as the network trusts
    its own reading; those that are black or white count where there are no others.

    - `colour_noise` log2 grey levels: noise of R-G and B-G, rms, before the photo was saved; the 40th percentile of them.
    - `enlarged` log2: how many times the photo was enlarged, 0 = not; the 60th percentile. Understated, as most photos are not.
    """
    patches = patches_of(views.strips)
    read = NETWORK.read(patches)
    levels = patches.reshape(len(patches), -1).mean(1)
    seen = (levels > _DARK) & (levels < _BRIGHT)
    noise = read.answers[:, 0] + np.log2(read.spread + np.float32(LEAST_SPREAD))
    trust = np.exp(-read.doubts) * np.where(seen, 1.0, 1e-9)[:, None].astype(np.float32)
    return {"colour_noise": usual(noise, trust[:, 0], _NOISE), "enlarged": usual(read.answers[:, 1], trust[:, 1], _SIZE)}


def patches_of(strips: Pixels) -> NDArray[np.uint8]:
    """(N, 48, 48, 3), N at most 8, evenly spread over strips (S, h, w, 3); those smaller than a patch are mirrored."""
    side = NETWORK.side
    strips = large_enough(strips, side)
    places = [(strip, left) for strip in range(len(strips)) for left in range(0, strips.shape[2] - side + 1, side)]
    chosen = np.unique(np.linspace(0, len(places) - 1, NETWORK.patches).round().astype(int))
    return np.stack([strips[strip, :side, left : left + side] for strip, left in (places[each] for each in chosen)])
