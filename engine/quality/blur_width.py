"""How wide edges are smeared, as a small network reads it off patches: of meters, streets and faces on one scale."""

from __future__ import annotations

from collections.abc import Mapping
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from engine.quality.middle import middle_of
from engine.quality.patch_network import SHIPPED, PatchNetwork, large_enough, usual
from engine.quality.views import Grey, Views

NETWORK = PatchNetwork(
    weights=SHIPPED / "blur_width.safetensors",
    sha256="604876172b304f191e23914af7f5ce88e9f14b252c127de2fd5ef86af43e0c96",
    side=64,
    channels=1,
    patches=12,  # 24 tell blur no better, and cost twice as much
    layers=((16, 2), (16, 1), (32, 2), (32, 1)),
    answers=1,
)
_LOW, _USUAL = 0.25, 0.4  # quantiles over the patches
_FLAT = 2.0  # grey levels of deviation up to which a patch shows nothing to be sharp


def measure_blur_width(views: Views) -> Mapping[str, float]:
    """The blur of one photo's middle (see `measure_middle`), at 512 px side, read in 12 evenly spread patches of 64 px.

    - `blur_width` log2 pixels: the standard deviation of what edges are smeared by, 0 = one pixel; the 40th percentile over
      the patches, each counting as far as the network trusts its own reading.
    - `blur_width_low`: the 25th percentile. Something sharp in a photo is often what it was taken for.
    """
    read = NETWORK.read(patches_of(middle_of(views.grey_512)))
    widths, trust = read.answers[:, 0], np.where(read.spread > _FLAT, np.exp(-read.doubts[:, 0]), np.float32(1e-9))
    return {"blur_width": usual(widths, trust, _USUAL), "blur_width_low": usual(widths, trust, _LOW)}


def patches_of(grey: Grey) -> NDArray[np.uint8]:
    """(N, 64, 64), N at most 12, evenly spread; a picture smaller than one patch is mirrored."""
    side, most = NETWORK.side, NETWORK.patches
    grey = large_enough(grey[None], side)[0]
    height, width = grey.shape
    across = min(max(1, round(sqrt(most * width / height))), most)
    rows, columns = (
        np.unique(np.linspace(0, size - side, count).astype(int)) for size, count in ((height, most // across), (width, across))
    )
    return np.stack([grey[top : top + side, left : left + side] for top in rows for left in columns])
