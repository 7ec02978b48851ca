"""Half precision: which type a chip gets."""

from dataclasses import replace

import pytest
import torch

from engine.training import loop
from engine.training.recipe import RECIPES

RECIPE = RECIPES["meter_type"]


@pytest.mark.parametrize(("bf16", "wanted"), [(True, torch.bfloat16), (False, torch.float16)])
def test_a_gpu_computes_in_the_half_it_has(bf16: bool, wanted: torch.dtype, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: bf16)
    assert loop._half(RECIPE) is wanted
    assert loop._half(replace(RECIPE, precision="full")) is None


def test_full_precision_is_float32_throughout() -> None:
    with loop.half_precision(replace(RECIPE, precision="full")):
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype is torch.float32
