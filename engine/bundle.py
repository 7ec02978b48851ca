"""Model bundles: weights never travel without the card that says what they are.

    models/<task>/<version>/{weights.safetensors, card.json}     never changed once written
    models/<task>/CURRENT                                        one line: the version that judges

Weights are safetensors (never unpickled) and their sha256 stands in the card, so a damaged or swapped file is refused.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from safetensors import SafetensorError
from safetensors import numpy as safetensors_numpy

from engine.errors import ModelError

WEIGHTS = "weights.safetensors"
CARD = "card.json"
CURRENT = "CURRENT"
EXTRA = "open_set."  # prefix of tensors that belong to the known score, not to the network

Weights = Mapping[str, NDArray[Any]]
Task = Literal["display", "clarity", "meter_type", "good_bad", "details"]
Network = Literal["mobilenet_v2", "resnet18", "small_cnn", "mobilenet_v2_layers", "mobilenet_v2_pyramid", "detail_cnn"]
View = Literal["photo", "display"]  # what a network looks at: the whole photo, or the display's crop where one is found
Fit = Literal["stretch", "letterbox"]

IMAGENET_MEAN = (0.485, 0.456, 0.406)  # of RGB scaled to 0..1; what the ImageNet weights were trained with
IMAGENET_STD = (0.229, 0.224, 0.225)


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class InputSpec(_Frozen):
    """What the network is fed: size in pixels, how a photo is fitted into it, and the normalisation of RGB in 0..1."""

    width: Annotated[int, Field(ge=8, le=2048)]
    height: Annotated[int, Field(ge=8, le=2048)]
    fit: Fit = "stretch"
    mean: tuple[float, float, float] = IMAGENET_MEAN
    std: tuple[float, float, float] = IMAGENET_STD


class Source(_Frozen):
    """Where training photos came from: how many, and under which licence."""

    name: str
    photos: int
    licence: str


class Training(_Frozen):
    """How the weights came to be. Paths are relative; nothing here names a machine."""

    command: str = ""
    start_weights: str = "random"
    seed: int = 0
    counts: dict[str, int] = Field(default_factory=dict)  # training photos per label
    sources: tuple[Source, ...] = ()
    fingerprint: str = ""  # sha256 over the sorted sha256 of the training files


class Card(_Frozen):
    """Everything that must be known to use, trust and repeat one set of weights."""

    task: Task
    version: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=64)]
    network: Network
    labels: Annotated[tuple[str, ...], Field(min_length=1)]  # in the order of the logits; who finds or describes has only one
    reasons: tuple[str, ...] = ()  # further logits after the labels', each with its own sigmoid: why a photo is unclear
    input: InputSpec
    view: View = "photo"
    temperature: Annotated[float, Field(gt=0)] = 1.0  # logits are divided by it before the softmax
    bias: float = 0.0  # then added to the first label's logit; with the temperature it is Platt's line
    thresholds: dict[str, float] = Field(default_factory=dict)
    training: Training = Training()
    metrics: dict[str, Any] = Field(default_factory=dict)  # per named split
    known_failures: tuple[str, ...] = ()
    licences: tuple[str, ...] = ()  # of the start weights and the training photos
    parent: str | None = None  # the version that was CURRENT when this one was made
    renewed_from: str | None = None  # the trained version whose layers and exemplars a renewal from labels kept
    created: str = ""  # ISO date
    weights_sha256: str = ""  # filled in by `write_bundle`


def read_card(folder: Path) -> Card:
    """The card of the bundle in `folder`. Raises `ModelError` if it is missing or does not say what a card must."""
    try:
        return Card.model_validate_json((folder / CARD).read_bytes())
    except OSError as error:
        raise ModelError(
            f"No model card at {folder / CARD}. Train one (`python -m engine train`) or restore the folder."
        ) from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise ModelError(f"The model card {folder / CARD} is damaged: {where}: {first['msg']}. Restore the folder.") from error


def read_weights(folder: Path) -> dict[str, NDArray[Any]]:
    """All tensors of the bundle, as stored. Raises `ModelError` if the file's sha256 is not the one in its card."""
    card = read_card(folder)
    try:
        data = (folder / WEIGHTS).read_bytes()
    except OSError as error:
        raise ModelError(f"No weights at {folder / WEIGHTS}. Restore the folder or roll back to another version.") from error
    if hashlib.sha256(data).hexdigest() != card.weights_sha256:
        raise ModelError(f"{folder / WEIGHTS} is not the file its card describes (sha256 differs). Restore it or roll back.")
    try:
        return dict(safetensors_numpy.load(data))
    except SafetensorError as error:
        raise ModelError(f"{folder / WEIGHTS} is not a safetensors file ({error}). Restore it or roll back.") from error


def write_bundle(models_dir: Path, card: Card, weights: Weights) -> Path:
    """Write a new version and return its folder. Raises `ModelError` if that version exists: versions never change.

    Matrices and kernels are stored in half precision; vectors (biases, batch-norm variances) are small and stay float32,
    since variances can underflow float16.
    """
    folder = models_dir / card.task / card.version
    folder.parent.mkdir(parents=True, exist_ok=True)
    data = safetensors_numpy.save({name: stored(tensor) for name, tensor in weights.items()})
    signed = card.model_copy(update={"weights_sha256": hashlib.sha256(data).hexdigest()})
    draft = Path(tempfile.mkdtemp(prefix=f".{card.version}-", dir=folder.parent))
    try:
        draft.chmod(0o755)
        (draft / WEIGHTS).write_bytes(data)
        (draft / CARD).write_text(signed.model_dump_json(indent=2) + "\n", encoding="utf-8")
        draft.rename(folder)  # refuses a folder that holds files
    except OSError as error:
        if folder.exists():
            raise ModelError(f"{folder} exists and versions are never overwritten. Choose another version.") from error
        raise ModelError(f"The model could not be written to {folder}: {error}.") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return folder


def current(models_dir: Path, task: str) -> Path | None:
    """The folder of the version that judges, or None where no version was ever promoted."""
    pointer = models_dir / task / CURRENT
    try:
        version = pointer.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return None
    folder = models_dir / task / version
    if not version or "/" in version or not (folder / CARD).is_file():
        raise ModelError(f"{pointer} names the version {version!r}, which is not there. Write an existing version into it.")
    return folder


def promote(models_dir: Path, task: str, version: str) -> None:
    """Make `version` the one that judges; rolling back is promoting an older one. Atomic. Raises `ModelError`."""
    card = read_card(models_dir / task / version)
    if (card.task, card.version) != (task, version):
        raise ModelError(f"The card in {models_dir / task / version} is of {card.task} {card.version}. Restore the folder.")
    handle, draft = tempfile.mkstemp(prefix=".current-", dir=models_dir / task)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(version + "\n")
    Path(draft).chmod(0o644)
    Path(draft).replace(models_dir / task / CURRENT)


def discard(models_dir: Path, task: str, version: str) -> None:
    """Remove a version, unless it judges."""
    folder = models_dir / task / version
    if folder != current(models_dir, task):
        shutil.rmtree(folder, ignore_errors=True)


def versions(models_dir: Path, task: str) -> tuple[str, ...]:
    """All versions of a task, oldest number first."""
    names = [path.parent.name for path in (models_dir / task).glob(f"*/{CARD}") if not path.parent.name.startswith(".")]
    return tuple(sorted(names, key=age))


def age(version: str) -> list[int]:
    """What versions are sorted by: the numbers in the name."""
    return [int(part) if part.isdigit() else 0 for part in re.split(r"(\d+)", version)]


def next_version(models_dir: Path, task: str) -> str:
    """`v1`, `v2`, ...: one above the highest that is there."""
    numbers = [int(name[1:]) for name in versions(models_dir, task) if re.fullmatch(r"v\d+", name)]
    return f"v{max(numbers, default=0) + 1}"


def stored(tensor: NDArray[Any]) -> NDArray[Any]:
    """The tensor as a bundle keeps it: matrices and kernels in half precision, vectors in float32, the rest as it is."""
    if tensor.dtype.kind != "f":
        return np.ascontiguousarray(tensor)
    return np.ascontiguousarray(tensor, dtype=np.float16 if tensor.ndim > 1 else np.float32)
