"""What is trained is what the product reads with."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from safetensors.numpy import save

from benchmarks.fit_patch_network import TASKS, Reader, folded
from engine.drawing import draw_photo
from engine.quality.patch_network import PatchNetwork


@pytest.mark.parametrize("task", TASKS)
def test_the_product_reads_what_the_trained_network_reads(task: str, tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = TASKS[task].network
    reader = Reader(network)
    patches = _patches(network)
    torch.nn.init.normal_(reader.head.weight)
    for _ in range(60):  # batch norms learn what is usual
        reader(torch.from_numpy(patches).float())
    reader.eval()
    with torch.inference_mode():
        answers, doubts = reader(torch.from_numpy(patches).float())
    data = save(folded(reader))
    (tmp_path / "trained.safetensors").write_bytes(data)
    shipped = replace(network, weights=tmp_path / "trained.safetensors", sha256=hashlib.sha256(data).hexdigest())
    read = shipped.read(patches.transpose(0, 2, 3, 1))
    assert read.answers == pytest.approx(answers.numpy(), abs=2e-2)  # half precision
    assert read.doubts == pytest.approx(doubts.numpy(), abs=2e-2)
    assert np.ptp(read.answers, axis=0).min() > 0.5  # they tell patches apart at all


def _patches(network: PatchNetwork) -> NDArray[np.uint8]:
    """(N, channels, side, side) from the middle of a drawn meter."""
    photo = draw_photo(3, 0)[0][200:, 200:, : network.channels].transpose(2, 0, 1)
    side = network.side
    return np.stack([photo[:, 20 * n : 20 * n + side, 15 * n : 15 * n + side] for n in range(network.patches)])
