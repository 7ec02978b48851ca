"""Where a training stands after an epoch, in one file, so that it goes on after an interruption as if there had been none."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor
from torch.optim.swa_utils import AveragedModel

from engine.networks import Classifier


@dataclass(kw_only=True, slots=True)
class Progress:
    """Everything that changes while phase 2 runs. Random numbers are drawn anew for each epoch from the seed and its number."""

    model: Classifier
    average: AveragedModel
    best: Classifier  # the averaged weights of the epoch with the lowest validation loss
    optimizer: torch.optim.Optimizer
    step: int = 0
    epoch: int = 0
    best_loss: float = float("inf")
    best_epoch: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Checkpoint:
    """A file that holds a `Progress`: tensors, and the numbers as JSON in its header. Never unpickled."""

    path: Path

    def write(self, progress: Progress) -> None:
        """Replace the file by the progress so far; an interruption leaves the old or the new one, whole."""
        draft = self.path.with_name(f"{self.path.name}.part")
        self.path.parent.mkdir(parents=True, exist_ok=True)
        save_file(_tensors(progress), draft, metadata={"progress": json.dumps(_numbers(progress))})
        with draft.open("rb") as file:
            os.fsync(file.fileno())
        draft.replace(self.path)

    def read(self, progress: Progress) -> bool:
        """Bring `progress` to where the file stands; False where there is none that can be read."""
        if not self.path.is_file():
            return False
        try:
            with safe_open(self.path, framework="pt") as file:
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a dictionary
                numbers = json.loads(file.metadata()["progress"])
        except (SafetensorError, OSError, KeyError, TypeError, ValueError):
            return False
        for name in ("model", "average", "best"):
            getattr(progress, name).load_state_dict(_under(f"{name}.", tensors))
        _restore(progress.optimizer, _under("optimizer.", tensors))
        for name, value in numbers.items():
            setattr(progress, name, value)
        return True

    def remove(self) -> None:
        """Once the model is written nobody goes on from here."""
        self.path.unlink(missing_ok=True)


def _tensors(progress: Progress) -> dict[str, Tensor]:
    parts = {name: getattr(progress, name).state_dict() for name in ("model", "average", "best")}
    found = {f"{part}.{name}": tensor for part, state in parts.items() for name, tensor in state.items()}
    for place, state in progress.optimizer.state_dict()["state"].items():
        found |= {f"optimizer.{place}.{name}": torch.as_tensor(value) for name, value in state.items()}
    return {name: tensor.detach().cpu().clone(memory_format=torch.contiguous_format) for name, tensor in found.items()}


def _numbers(progress: Progress) -> dict[str, float]:
    return {name: getattr(progress, name) for name in ("step", "epoch", "best_loss", "best_epoch")}


def _restore(optimizer: torch.optim.Optimizer, tensors: dict[str, Tensor]) -> None:
    state: dict[int, dict[str, Tensor]] = {}
    for name, tensor in tensors.items():
        place, _, key = name.partition(".")
        state.setdefault(int(place), {})[key] = tensor
    optimizer.load_state_dict({**optimizer.state_dict(), "state": state})


def _under(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}
