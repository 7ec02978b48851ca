"""The network that describes one printed detail: a small picture of it in, 128 numbers out."""

from __future__ import annotations

import torch
from torch import Tensor, nn

LENGTH = 128  # numbers per detail, as SIFT's: one store and one comparison serve both
_LEAST_CONTRAST = 0.25  # grey levels: a picture without any is described by its noise


class DetailNetwork(nn.Module):
    """(N, 1, 32, 32) grey levels 0..255 -> contrast (N, 1), descriptor (N, 128) of unit length.

    HardNet's layers (Mishchuk et al. 2017, "Working hard to know your neighbor's margins") at three quarters of the width:
    22 million multiplications a detail. Batch norms have no scale of their own, so no layer can grow to beat the loss.
    """

    def __init__(self, width: int = 24) -> None:
        """`width`: channels of the first layers."""
        super().__init__()
        self.features = nn.Sequential(
            *_layer(1, width),
            *_layer(width, width),
            *_layer(width, 2 * width, stride=2),
            *_layer(2 * width, 2 * width),
            *_layer(2 * width, 4 * width, stride=2),
            *_layer(4 * width, 4 * width),
            nn.Dropout(0.1),
            nn.Conv2d(4 * width, LENGTH, 8, bias=False),
            nn.BatchNorm2d(LENGTH, affine=False),
        )

    def forward(self, batch: Tensor) -> tuple[Tensor, Tensor]:
        """Contrast, which a descriptor does not hold, and descriptor."""
        mean = batch.mean((1, 2, 3), keepdim=True)
        contrast = (batch - mean).square().mean((1, 2, 3), keepdim=True).sqrt()
        found = self.features((batch - mean) / (contrast + _LEAST_CONTRAST))
        return contrast.flatten(1), nn.functional.normalize(found.flatten(1), dim=1)


def _layer(before: int, after: int, stride: int = 1) -> tuple[nn.Module, ...]:
    return nn.Conv2d(before, after, 3, stride, padding=1, bias=False), nn.BatchNorm2d(after, affine=False), nn.ReLU()


def hardest_loss(one: Tensor, other: Tensor, too_near: Tensor) -> Tensor:
    """How much nearer than by 1 the most alike wrong detail is than the right one, mean over N pairs (N, 128).

    `too_near` (N, N): pairs that are no mistakes, since they show nearly the same place.
    """
    apart = (2.0 - 2.0 * (one @ other.T)).clamp(min=1e-6).sqrt()
    wrong = apart + 10.0 * too_near
    hardest = torch.minimum(wrong.amin(1), wrong.amin(0))
    return nn.functional.relu(1.0 + apart.diagonal() - hardest).mean()
