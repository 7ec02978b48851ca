"""The display locator's network: a feature pyramid over MobileNetV2, one heat map and four distances per cell."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn

STRIDE = 8  # pixels of the input per cell of the answer
_TAPS = {6: 32, 13: 96, 17: 320}  # layer of MobileNetV2 -> its channels, at strides 8, 16 and 32
_WIDTH = 64  # channels of the pyramid
_FROZEN = 7  # first layers that are left as ImageNet made them: edges are edges, and they cost most of a training step
_RARE = -4.6  # first bias of the heat map: one cell in a hundred, so that the first steps do not drown in empty cells
_REACH = 4.0  # a side is at most e^4 = 55 cells away: more than any input is wide


class Locator(nn.Module):
    """(N, 3, H, W) float32 -> heat (N, H/8, W/8), 0..1: a display's middle; sides (N, 4, H/8, W/8).

    The sides are the distances, in pixels of the input, from the cell's middle to the box's left, top, right and bottom.
    """

    def __init__(self, features: nn.Module) -> None:
        """`features`: torchvision's MobileNetV2 features; the last layer, made for classes, is left away."""
        super().__init__()
        self.features = nn.Sequential(*list(cast(nn.Sequential, features).children())[: max(_TAPS) + 1])
        self._learning = 0  # the first layer of the features that learns
        self.lateral = nn.ModuleList([nn.Conv2d(channels, _WIDTH, 1) for channels in _TAPS.values()])
        self.smooth = _block()
        self.heat = nn.Sequential(_block(), nn.Conv2d(_WIDTH, 1, 1))
        self.sides = nn.Sequential(_block(), nn.Conv2d(_WIDTH, 4, 1))
        nn.init.constant_(cast(Tensor, cast(nn.Conv2d, self.heat[-1]).bias), _RARE)
        nn.init.constant_(cast(Tensor, cast(nn.Conv2d, self.sides[-1]).bias), 1.0)

    def raw(self, batch: Tensor) -> tuple[Tensor, Tensor]:
        """The heat map's logits (N, h, w) and the logarithms of the sides (N, 4, h, w) in cells, as the losses want them."""
        taken: list[Tensor] = []
        for number, layer in enumerate(self.features):
            batch = layer(batch)
            if number in _TAPS:
                taken.append(self.lateral[len(taken)](batch))
        fine, middle, coarse = taken
        middle = middle + _grown(coarse, middle)
        shared = self.smooth(fine + _grown(middle, fine))
        return self.heat(shared)[:, 0], self.sides(shared).clamp(-_REACH, _REACH)

    def learn(self, *, deep: bool) -> None:
        """Let the new layers learn; with `deep` the features from stride 16 on too."""
        self._learning = _FROZEN if deep else len(self.features)
        self.features.requires_grad_(False)
        self.features[self._learning :].requires_grad_(True)

    def train(self, mode: bool = True) -> Locator:
        """Layers that do not learn keep their batch-norm statistics too."""
        super().train(mode)
        self.features[: self._learning].eval()
        return self

    def forward(self, batch: Tensor) -> tuple[Tensor, Tensor]:
        """Heat and sides, as served."""
        heat, sides = self.raw(batch)
        return torch.sigmoid(heat), torch.exp(sides) * STRIDE


def _grown(small: Tensor, like: Tensor) -> Tensor:
    return nn.functional.interpolate(small, size=like.shape[-2:], mode="nearest")


def _block() -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(_WIDTH, _WIDTH, 3, padding=1, groups=_WIDTH, bias=False),
        nn.Conv2d(_WIDTH, _WIDTH, 1, bias=False),
        nn.BatchNorm2d(_WIDTH),
        nn.ReLU(),
    )
