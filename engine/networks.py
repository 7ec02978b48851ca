"""The networks, each answering (logits, embedding). The only module that imports torchvision."""

from __future__ import annotations

import importlib.util
import urllib.error
from collections.abc import Callable
from pathlib import Path
from typing import cast

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors import torch as safetensors_torch
from torch import Tensor, nn

from engine.bundle import EXTRA, Card, Network, Weights, read_card, read_weights
from engine.details_network import DetailNetwork
from engine.errors import ModelError
from engine.pyramid import Locator


def _declare_missing_operators() -> list[torch.library.Library]:
    """Let torchvision import where its C++ operators cannot load (PyPI's wheel beside a CPU-only torch).

    torchvision refers to two box operators while importing. Declaring their schemas is enough: no network here uses them.
    """
    found = importlib.util.find_spec("torchvision")
    folders = list(found.submodule_search_locations or []) if found else []
    for path in (file for folder in folders for file in Path(folder).glob("_C*.so")):
        try:
            torch.ops.load_library(str(path))  # type: ignore[no-untyped-call]
            return []
        except OSError:
            continue
    library = torch.library.Library("torchvision", "DEF")  # type: ignore[no-untyped-call]
    for name in ("nms", "qnms"):
        library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")  # type: ignore[no-untyped-call]
    return [library]


_declared = _declare_missing_operators()  # kept: the declarations live as long as the object
from torchvision import models as tv  # noqa: E402


class Classifier(nn.Module):
    """(N, 3, H, W) float32 -> logits (N, C), embedding (N, D) of unit length: the pooled features before the head."""

    def __init__(self, features: nn.Module, head: nn.Module, dropout: float) -> None:
        super().__init__()
        self.features = features
        self.dropout = nn.Dropout(dropout)
        self.head = head

    def forward(self, batch: Tensor) -> tuple[Tensor, Tensor]:
        """Logits and embedding; the pooling takes any input size."""
        pooled = nn.functional.adaptive_avg_pool2d(self.features(batch), 1).flatten(1)
        return self.head(self.dropout(pooled)), nn.functional.normalize(pooled, dim=1)


class LayersClassifier(Classifier):
    """MobileNetV2 whose head sees several depths: strokes of digits are lost in the last layer, words for them in the first.

    Beside the mean its spread is taken: a spot of glare is small, and a mean forgets it.
    """

    def __init__(self, features: nn.Module, classes: int) -> None:
        width = 2 * sum(_LAYERS.values())
        super().__init__(
            features, nn.Sequential(nn.BatchNorm1d(width, eps=0.0), nn.Dropout(0.4), nn.Linear(width, classes)), dropout=0.0
        )

    def forward(self, batch: Tensor) -> tuple[Tensor, Tensor]:
        """Logits and embedding."""
        pooled = layer_features(self.features, batch)
        return self.head(pooled), nn.functional.normalize(pooled, dim=1)


def layer_features(features: nn.Module, batch: Tensor) -> Tensor:
    """(N, 2 x channels): of each layer in _LAYERS the mean and the standard deviation; of the last the mean and the largest."""
    parts = []
    for number, layer in enumerate(cast(nn.Sequential, features)):
        batch = layer(batch)
        if number in _LAYERS:
            flat = batch.flatten(2)
            mean = flat.mean(2)
            spread = (flat - mean[..., None]).square().mean(2).add(1e-6).sqrt()
            parts += [mean, flat.amax(2) if number == max(_LAYERS) else spread]
    return torch.cat(parts, 1)


_LAYERS = {3: 24, 6: 32, 10: 64, 13: 96, 16: 160, 17: 320, 18: 1280}  # layer of MobileNetV2 -> its channels


def build_locator() -> Locator:
    """The display locator with random weights."""
    return Locator(tv.mobilenet_v2(weights=None).features)


def start_locator(weights: Path | None) -> tuple[Locator, str]:
    """A locator to train, and what its features start from: as `start` does."""
    features, said = start("mobilenet_v2", 2, weights)
    return Locator(features.features), said


def build(network: Network, classes: int) -> Classifier:
    """A network with random weights and a head of `classes` outputs."""
    match network:
        case "mobilenet_v2":
            return Classifier(tv.mobilenet_v2(weights=None).features, nn.Linear(1280, classes), dropout=0.2)
        case "resnet18":
            return Classifier(_resnet_features(tv.resnet18(weights=None)), nn.Linear(512, classes), dropout=0.2)
        case "small_cnn":
            return Classifier(_small_features((24, 48, 96, 128)), nn.Linear(128, classes), dropout=0.3)
        case "mobilenet_v2_layers":
            return LayersClassifier(tv.mobilenet_v2(weights=None).features, classes)
        case "mobilenet_v2_pyramid":
            raise ModelError("mobilenet_v2_pyramid finds displays; it is trained by `python -m engine train display`.")
        case "detail_cnn":
            raise ModelError("detail_cnn describes printed details; it is trained by `python -m engine train details`.")


def start(network: Network, classes: int, weights: Path | None, *, download: bool = True) -> tuple[Classifier, str]:
    """A network to train, and what it starts from: a local file if given, else ImageNet weights if they can be had, else random.

    Without `download` nobody asks for ImageNet weights.

    A file in torchvision's own layout or a bundle's weights are both understood; missing layers stay random and are named.
    """
    model = build(network, classes)
    family = "mobilenet_v2" if network == "mobilenet_v2_layers" else network
    if weights is not None:
        missing = _load_features(model, _read_state(weights))
        return model, weights.name + (f" (random: {', '.join(missing)})" if missing else "")
    try:
        pretrained = _DOWNLOADS[family]() if download and family in _DOWNLOADS else None
    except (urllib.error.URLError, OSError, RuntimeError):  # offline, or a download whose hash does not fit
        pretrained = None
    if pretrained is None:
        return model, "random"
    _load_features(model, pretrained)
    return model, f"torchvision {family} ImageNet weights"


def last_block(model: Classifier, network: Network) -> nn.Module:
    """The last block of the features: what a second phase trains that leaves the rest as it is."""
    return nn.ModuleList(model.features.get_submodule(name) for name in _LAST_BLOCKS[network])


def upper_half(model: Classifier, network: Network) -> nn.Module:
    """The later layers of the features: they know shapes and print, the earlier ones edges and colours, at most of the cost."""
    return nn.ModuleList(model.features.get_submodule(name) for name in _UPPER_HALVES[network])


def load_network(folder: Path) -> tuple[Classifier | Locator | DetailNetwork, Card]:
    """The network of a bundle, ready to judge. Raises `ModelError` if its weights do not fit its card."""
    card = read_card(folder)
    model = _empty(card)
    tensors = {name: torch.from_numpy(array) for name, array in read_weights(folder).items() if not name.startswith(EXTRA)}
    try:
        model.load_state_dict(tensors)
    except RuntimeError as error:
        raise ModelError(
            f"The weights in {folder} do not fit a {card.network} with {len(card.labels)} labels: {error}"
        ) from error
    return model.eval(), card


def _empty(card: Card) -> Classifier | Locator | DetailNetwork:
    """The card's network with random weights."""
    match card.network:
        case "mobilenet_v2_pyramid":
            return build_locator()
        case "detail_cnn":
            return DetailNetwork()
        case _:
            return build(card.network, len(card.labels) + len(card.reasons))


def weights_of(model: nn.Module) -> Weights:
    """The network's tensors as numpy arrays, as a bundle stores them."""
    return {name: np.asarray(tensor.detach().cpu()) for name, tensor in model.state_dict().items()}


_DOWNLOADS: dict[str, Callable[[], dict[str, Tensor]]] = {
    "mobilenet_v2": lambda: tv.MobileNet_V2_Weights.IMAGENET1K_V2.get_state_dict(progress=False, check_hash=True),
    "resnet18": lambda: tv.ResNet18_Weights.IMAGENET1K_V1.get_state_dict(progress=False, check_hash=True),
}

_LAST_BLOCKS: dict[Network, tuple[str, ...]] = {
    "mobilenet_v2": ("17", "18"),
    "resnet18": ("layer4",),
    "small_cnn": ("12", "13"),
}
_UPPER_HALVES: dict[Network, tuple[str, ...]] = {  # what works on an eighth of the input's size and less
    "mobilenet_v2": tuple(str(number) for number in range(7, 19)),
    "resnet18": ("layer3", "layer4"),
    "small_cnn": ("8", "9", "12", "13"),
}

_RESNET_PARTS = ("conv1", "bn1", "relu", "maxpool", "layer1", "layer2", "layer3", "layer4")


def _resnet_features(resnet: nn.Module) -> nn.Module:
    features = nn.Sequential()
    for name in _RESNET_PARTS:
        features.add_module(name, getattr(resnet, name))
    return features


def _small_features(widths: tuple[int, ...]) -> nn.Module:
    layers: list[nn.Module] = []
    for before, after in zip((3, *widths[:-1]), widths, strict=True):
        layers += [nn.Conv2d(before, after, 3, padding=1, bias=False), nn.BatchNorm2d(after), nn.ReLU(), nn.MaxPool2d(2)]
    return nn.Sequential(*layers)


def _read_state(path: Path) -> dict[str, Tensor]:
    try:
        if path.suffix == ".safetensors":
            return dict(safetensors_torch.load_file(path))
        return cast(dict[str, Tensor], torch.load(path, map_location="cpu", weights_only=True))
    except (OSError, RuntimeError, SafetensorError, EOFError, ValueError) as error:
        raise ModelError(
            f"{path} cannot be read as weights ({error}). Give a state dict (.pt) or a .safetensors file."
        ) from error
    except Exception as error:  # the unpickler's own error type; it refuses anything but tensors
        raise ModelError(f"{path} is not a plain dictionary of tensors ({error}).") from error


def _load_features(model: Classifier, state: dict[str, Tensor]) -> list[str]:
    """Load all but the head; the names of the layers that the file does not hold. Raises `ModelError` if nothing fits."""
    wanted = model.features.state_dict()
    given = {name.removeprefix("features."): tensor for name, tensor in state.items()}
    fitting = {
        name: given[name].to(wanted[name].dtype) for name in wanted if name in given and given[name].shape == wanted[name].shape
    }
    if not any(tensor.ndim > 1 for tensor in fitting.values()):
        raise ModelError("The weights file holds no layer of this network. Is it a file for another one?")
    model.features.load_state_dict(fitting, strict=False)
    return sorted({name.split(".")[0] for name in wanted if name not in fitting and not name.endswith("num_batches_tracked")})
