"""The weights that measures are read with."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.errors import ModelError
from engine.quality import blur_width, traces
from engine.quality.patch_network import PatchNetwork


@pytest.mark.parametrize("network", [blur_width.NETWORK, traces.NETWORK], ids=["blur_width", "traces"])
def test_changed_weights_are_refused(network: PatchNetwork, tmp_path: Path) -> None:
    patches = np.zeros((1, network.side, network.side, network.channels), np.uint8)
    assert np.isfinite(network.read(patches).answers).all()
    changed = bytearray(network.weights.read_bytes())
    changed[-1] ^= 1
    (tmp_path / "changed.safetensors").write_bytes(changed)
    with pytest.raises(ModelError, match="Install MeterSieve again"):
        replace(network, weights=tmp_path / "changed.safetensors").read(patches)


@pytest.mark.parametrize("network", [blur_width.NETWORK, traces.NETWORK], ids=["blur_width", "traces"])
def test_a_patch_is_read_alike_alone_and_among_others(network: PatchNetwork) -> None:
    shape = (network.patches, network.side, network.side, network.channels)
    patches = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    together, alone = network.read(patches), network.read(patches[3:4])
    assert alone.answers[0] == pytest.approx(together.answers[3], abs=1e-4)
    assert alone.spread[0] == pytest.approx(together.spread[3])
