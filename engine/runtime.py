"""Runs a model bundle with OpenVINO on the CPU. Imports no torch: a bundle is converted once, in a process of its own."""

from __future__ import annotations

import fcntl
import functools
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.bundle import EXTRA, Card, current, read_card, read_weights
from engine.errors import ModelError
from engine.inference import compiled
from engine.open_set import PHOTOS
from engine.recognition.exemplars import Exemplars
from engine.recognition.prints import Prints, prints_from_tensors

CONVERSION_TIMEOUT = 600  # seconds; a conversion takes about 5


@dataclass(frozen=True, kw_only=True, slots=True)
class Output:
    """What a network says of N photos."""

    logits: NDArray[np.float32]  # (N, C), in the order of the card's labels
    embedding: NDArray[np.float32]  # (N, D), unit length


@dataclass(frozen=True, kw_only=True, slots=True)
class Model:
    """A bundle ready to judge. Safe to use from several threads: each call has its own request."""

    card: Card
    extras: Mapping[str, NDArray[Any]]  # tensors beside the network, named without their prefix
    _compiled: Any = field(repr=False)
    exemplars: Exemplars = Exemplars.none("")  # noqa: RUF009 - a frozen value; what the bundle holds of its training photos
    prints: Prints = field(default_factory=dict)  # of its types

    def run(self, batch: NDArray[np.float32]) -> Output:
        """Judge a batch (N, 3, H, W) made by `engine.preprocess.prepare` with this card's input."""
        logits, embedding = self.outputs(batch)
        return Output(logits=logits, embedding=embedding)

    def outputs(self, batch: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """The network's two answers, each (N, ...): of a classifier logits and embedding, of a locator heat and sides.

        Of the network that describes details contrast and descriptor; its batches are (N, 1, 32, 32), in grey levels.
        """
        request = self._compiled.create_infer_request()
        answer = request.infer({0: np.ascontiguousarray(batch, dtype=np.float32)})
        first, second = (np.array(answer[index], dtype=np.float32) for index in (0, 1))
        return first, second


def load(folder: Path, *, cache: Path, threads: int) -> Model:
    """The model in `folder`, compiled for `threads` CPU threads. Converted into `cache` first where that was not done yet.

    Raises `ModelError`.
    """
    card = read_card(folder)
    extras = {name.removeprefix(EXTRA): array for name, array in read_weights(folder).items() if name.startswith(EXTRA)}
    converted = converted_path(card, cache)
    if not converted.is_file():
        with _one_at_a_time(cache):
            if not converted.is_file():  # else another process converted it meanwhile
                _say_that_it_takes_time()
                _convert_in_subprocess(folder, cache)
    try:
        network = compiled(converted, threads=threads)
    except RuntimeError as error:
        raise ModelError(f"{converted} cannot be loaded ({error}). Delete that folder: it is made again.") from error
    return Model(
        card=card,
        extras=extras,
        exemplars=_exemplars(card, extras),
        prints=prints_from_tensors(card.labels, extras),
        _compiled=network,
    )


def load_current(models_dir: Path, task: str, *, cache: Path, threads: int) -> Model | None:
    """The version of a task that judges; None where none was ever promoted. Raises `ModelError` for a damaged bundle."""
    folder = current(models_dir, task)
    return load(folder, cache=cache, threads=threads) if folder else None


def _exemplars(card: Card, extras: Mapping[str, NDArray[Any]]) -> Exemplars:
    if PHOTOS not in extras:
        return Exemplars.none(card.version)
    return Exemplars.from_tensors(card.version, card.labels, extras)


def converted_path(card: Card, cache: Path) -> Path:
    """Where the conversion of these very weights, labels and OpenVINO version lies."""
    return cache / f"{card.task}-{card.network}-{card.weights_sha256[:16]}-openvino-{version('openvino')}" / "model.xml"


@functools.cache
def _say_that_it_takes_time() -> None:
    """Once per process: nobody should wonder at a first start that is silent for a while."""
    sys.stderr.write("Preparing the models for this machine, once: this takes a minute, on a busy machine some.\n")
    sys.stderr.flush()


@contextmanager
def _one_at_a_time(cache: Path) -> Iterator[None]:
    """Watcher, pages and judging processes start together: whoever comes first converts, the others wait for it."""
    handle = None
    try:
        cache.mkdir(parents=True, exist_ok=True)
        handle = os.open(cache, os.O_RDONLY)
        fcntl.flock(handle, fcntl.LOCK_EX)  # a crash leaves none behind
    except OSError:  # a file system without locks: each for itself; a cache that cannot be made, the conversion tells
        pass
    try:
        yield
    finally:
        if handle is not None:
            os.close(handle)


def _convert_in_subprocess(folder: Path, cache: Path) -> None:
    tied = ["engine.tied", str(os.getpid())]  # who is told to stop does not wait for it, nor leaves it at work
    command = [sys.executable, "-m", *tied, "engine.convert", str(folder.resolve()), "--cache", str(cache.resolve())]
    root = Path(__file__).resolve().parent.parent
    try:
        done = subprocess.run(  # noqa: S603 - our own module with two paths
            command, cwd=root, capture_output=True, text=True, timeout=CONVERSION_TIMEOUT, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise ModelError(
            f"Converting {folder} took more than {CONVERSION_TIMEOUT} s. Try again when the machine is idle."
        ) from error
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise ModelError(f"The model in {folder} could not be converted: {last}")
