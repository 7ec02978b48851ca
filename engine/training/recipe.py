"""How each task is trained: all knobs, the recipes that measuring chose (docs/models.md), and the origin systems' own."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

from engine.bundle import Fit, InputSpec, Network, View
from engine.training.augment import Augmentation

Weighting = Literal["balanced", "effective", "sampled"]
Layers = Literal["all", "upper", "last_block"]
Precision = Literal["auto", "full"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Recipe:
    """All knobs of one training."""

    network: Network
    width: int  # pixels of the network's input
    height: int
    fit: Fit
    head_epochs: int  # phase 1: the new head alone
    epochs: int  # phase 2, at most
    head_lr: float  # Adam's learning rate in phase 1
    lr: float  # and in phase 2, falling to zero along a cosine
    view: View = "photo"  # what the network looks at
    layers: Layers = "all"  # what phase 2 trains
    batch: int = 16
    patience: int = 8  # epochs of phase 2 without a better validation loss before it stops
    weighting: Weighting = "balanced"  # rare labels: a larger loss by count, by effective number, or drawn more often
    balance: float = 0.75  # counts^-this: 0 = as counted, 1 = all labels weigh the same
    smoothing: float = 0.05  # label smoothing
    averaging: float = 0.98  # decay per step of the moving average of the weights that is validated and kept; 0 = none
    augmentation: Augmentation = field(default_factory=Augmentation)
    precision: Precision = "auto"  # half precision where the chip computes it, or float32 throughout
    seed: int = 0
    threads: int = 2

    @property
    def input(self) -> InputSpec:
        """The network's input as the card says it."""
        return InputSpec(width=self.width, height=self.height, fit=self.fit)


RECIPES: dict[str, Recipe] = {
    "readability": Recipe(  # clarity on the display's crop: a regression on frozen features has no epochs
        network="mobilenet_v2_layers", view="display", width=256, height=96, fit="stretch", head_epochs=0, epochs=1,
        head_lr=0.0, lr=0.0,
    ),
    "display": Recipe(
        network="mobilenet_v2_pyramid", width=256, height=256, fit="letterbox", head_epochs=3, epochs=9, head_lr=4e-3, lr=1e-3
    ),
    "clarity": Recipe(
        network="mobilenet_v2", width=224, height=336, fit="letterbox", head_epochs=1, epochs=8, head_lr=1e-3, lr=2e-4,
        augmentation=Augmentation(crop=0.8, rotation=10, perspective=0.03, flip=True, light=0.15, blur=0),
    ),
    "meter_type": Recipe(
        network="mobilenet_v2", width=256, height=384, fit="letterbox", head_epochs=2, epochs=20, head_lr=1e-3, lr=3e-4
    ),
    "details": Recipe(  # an epoch makes one pair of views of each photo
        network="detail_cnn", width=32, height=32, fit="stretch", head_epochs=0, epochs=21, head_lr=0.0, lr=2e-3, batch=16
    ),
    "good_bad": Recipe(
        network="small_cnn", width=128, height=128, fit="stretch", head_epochs=0, epochs=40, head_lr=1e-3, lr=2e-3, batch=32,
        patience=15, smoothing=0.0,
        augmentation=Augmentation(crop=0, rotation=0, perspective=0, flip=True, light=0.1, blur=0),
    ),
}  # fmt: skip

# Three quarters of the input's sides, a third of the epochs, the early layers as they are: about a tenth of the time.
FAST: dict[str, Recipe] = {
    "clarity": replace(RECIPES["clarity"], width=168, height=252, epochs=5),
    "meter_type": replace(RECIPES["meter_type"], width=192, height=288, head_epochs=1, epochs=6, layers="upper"),
    "good_bad": replace(RECIPES["good_bad"], width=96, height=96, epochs=20),
}

_STILL = Augmentation(crop=0, rotation=0, perspective=0, light=0, blur=0)  # photos as they are
ORIGIN: dict[str, Recipe] = {
    "clarity": Recipe(
        network="mobilenet_v2", width=224, height=224, fit="stretch", head_epochs=0, epochs=10, head_lr=1e-4, lr=1e-4,
        balance=0.0, smoothing=0.0, averaging=0.0, augmentation=_STILL,
    ),
    "meter_type": Recipe(
        network="resnet18", width=224, height=224, fit="stretch", head_epochs=6, epochs=8, head_lr=1e-3, lr=1e-4,
        layers="last_block", smoothing=0.0, averaging=0.0, augmentation=Augmentation(flip=True),
    ),
    "good_bad": replace(RECIPES["good_bad"], averaging=0.0, augmentation=_STILL),
}  # fmt: skip
