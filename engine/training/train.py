"""From a folder of labelled photos to a new model version."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from itertools import compress
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import TypeAdapter, ValidationError
from torch import nn

from engine.bundle import Card, Source, Task, Training, Weights, current, next_version, promote, stored, write_bundle
from engine.calibration import best_temperature, probabilities
from engine.degraded import twins
from engine.errors import DataError
from engine.evaluation.metrics import known_failures, open_set, summarise
from engine.evaluation.resampling import group_numbers
from engine.grouping.plates import Plate
from engine.labelled import Splits, counts, fingerprint, read_splits
from engine.manifest import read_clusters
from engine.networks import Classifier, start, weights_of
from engine.open_set import PHOTOS, as_stored, familiarity, score_thresholds
from engine.recognition import Description, Exemplars
from engine.recognition.evidence import Evidence
from engine.recognition.joint import Weights as JointWeights
from engine.recognition.prints import prints_to_tensors
from engine.training.checkpoint import Checkpoint
from engine.training.exemplars import evidence_of, exemplars_from, joint_figures, prints_from
from engine.training.known import ENOUGH, as_strange, fitted
from engine.training.loop import Answers, answers, fit
from engine.training.photos import AS_SERVED, MARGIN, Photos, load_photos
from engine.training.recipe import Recipe

Extras = dict[str, NDArray[Any]]  # tensors beside the network

SOURCES = "sources.json"  # beside the label folders: [{"name", "photos", "licence"}, ...]
DOWNLOAD_LICENCE = "BSD-3-Clause; trained on ImageNet-1k (dataset terms: non-commercial research)"
# Only readable photos go on: at 0.8 a calibrated model passes over nine tenths of the readable and stops most others. A threshold
# fitted to the few validation photos swung between 0.1 and 0.8 from run to run.
FIRST_FROM = {"clarity": {"clear": 0.8}, "good_bad": {"good": 0.5}}
UNKNOWN_BELOW = 0.50  # top-1 confidence; the origin system's rule


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """One training as it was asked for."""

    task: Task
    data: Path
    models_dir: Path
    recipe: Recipe
    weights: Path | None  # start weights
    weights_licence: str | None  # of that file
    command: str  # as it stands in the card: without paths of this machine
    promote: bool
    today: datetime.date
    download: bool = True  # without `weights`: torchvision's own if they can be had; else random ones
    resume: bool = False  # go on where an interrupted training of the same order stopped


@dataclass(frozen=True, kw_only=True, slots=True)
class _Measured:
    """One split: the answers, and for each photo the position of its label, -1 for none of them."""

    answers: Answers
    truth: NDArray[np.intp]
    plates: tuple[Plate | None, ...]
    paths: tuple[Path, ...]

    def known(self) -> NDArray[np.bool_]:
        return self.truth >= 0


def train(order: Order, *, tell: Callable[[str], None]) -> Path:
    """Train, calibrate, measure and write a new version; returns its folder. Raises `DataError` or `ModelError`."""
    recipe = order.recipe
    splits = read_splits(order.data, order.task, seed=recipe.seed)
    sources = read_sources(order.data, len(splits.train))
    torch.set_num_threads(recipe.threads)
    torch.manual_seed(recipe.seed)  # the new head's first weights
    model, said = start(recipe.network, len(splits.labels), order.weights, download=order.download)
    tell(f"{len(splits.train)} photos to learn from, {len(splits.val)} to choose by, {len(splits.test)} to test; start: {said}")
    lessons = load_photos(splits.train, splits.labels, recipe.input, margin=MARGIN)
    read = partial(load_photos, labels=splits.labels, spec=recipe.input, margin=AS_SERVED, plates=order.task == "meter_type")
    val = read(splits.val)
    checkpoint = _checkpoint(order, splits, said)
    if not order.resume:
        checkpoint.remove()
    model = fit(model, lessons, val, recipe, tell=tell, checkpoint=checkpoint)
    weights = as_bundled(model)
    measured = {"val": _measure(model, val, recipe)}
    learned = _measure(model, read(splits.train), recipe)
    extras = _extras(order.task, splits.labels, learned)
    thresholds = _thresholds(order.task, measured["val"], learned, splits.labels, extras)
    if splits.test:
        measured["test"] = _measure(model, read(splits.test), recipe)
    card = _card(order, splits, sources=sources, said=said, measured=measured, extras=extras, thresholds=thresholds)
    folder = write_bundle(order.models_dir, card, {**weights, **as_stored(extras)})
    checkpoint.remove()
    if order.promote:
        promote(order.models_dir, order.task, card.version)
    return folder


def _checkpoint(order: Order, splits: Splits, said: str) -> Checkpoint:
    """A file of its own for these very photos, knobs and start weights: nothing else can be resumed from it."""
    asked = f"{replace(order.recipe, threads=1)} {splits.labels} {said} {fingerprint((*splits.train, *splits.val))}"
    key = hashlib.sha256(asked.encode()).hexdigest()[:12]
    return Checkpoint(path=order.models_dir / order.task / f".training-{key}.safetensors")


def _card(
    order: Order,
    splits: Splits,
    *,
    sources: tuple[Source, ...],
    said: str,
    measured: dict[str, _Measured],
    extras: Extras,
    thresholds: dict[str, float],
) -> Card:
    chosen = measured["val"]
    known = chosen.known()
    temperature = best_temperature(chosen.answers.logits[known], chosen.truth[known])
    together = read_clusters(order.data) or twins(order.data)
    figures = {
        name: _figures(split, splits.labels, temperature, thresholds, extras, together=together)
        for name, split in measured.items()
    }
    parent = current(order.models_dir, order.task)
    return Card(
        task=order.task,
        version=next_version(order.models_dir, order.task),
        network=order.recipe.network,
        labels=splits.labels,
        input=order.recipe.input,
        temperature=temperature,
        thresholds=thresholds,
        training=Training(
            command=order.command,
            start_weights=said,
            seed=order.recipe.seed,
            counts=counts(splits.train),
            sources=sources,
            fingerprint=fingerprint(splits.train),
        ),
        metrics=figures,
        known_failures=known_failures(figures.get("test", figures["val"])),
        licences=licences(order, said, sources),
        parent=parent.name if parent else None,
        created=order.today.isoformat(),
    )


def licences(order: Order, said: str, sources: tuple[Source, ...]) -> tuple[str, ...]:
    """Of the start weights and of the training photos, as a card states them."""
    stated = [f"start weights {said}: {order.weights_licence or DOWNLOAD_LICENCE}"] if said != "random" else []
    return tuple(dict.fromkeys([*stated, *(source.licence for source in sources)]))


def _thresholds(task: Task, chosen: _Measured, learned: _Measured, labels: tuple[str, ...], extras: Extras) -> dict[str, float]:
    """Where the product's words begin."""
    if task != "meter_type":
        return FIRST_FROM[task]
    known = chosen.known()
    familiar = familiarity(chosen.answers.logits[known], chosen.answers.embeddings[known], extras)
    seen = [seen for seen, truth in _evidence(chosen, labels, extras) if truth >= 0]
    joint = fitted(seen, _strange((chosen, learned), labels, extras) if len(seen) < ENOUGH else ())
    return {"unknown_below": UNKNOWN_BELOW, **score_thresholds(familiar), **joint.as_thresholds()}


def _figures(
    split: _Measured,
    labels: tuple[str, ...],
    temperature: float,
    thresholds: dict[str, float],
    extras: Extras,
    *,
    together: Mapping[Path, str],
) -> dict[str, Any]:
    known = split.known()
    confidences = probabilities(split.answers.logits, temperature)
    groups = group_numbers([together.get(path, "") for path in compress(split.paths, known)])
    figures = summarise(split.truth[known], confidences[known], labels, thresholds, groups=groups)
    if extras and not known.all():
        familiar = familiarity(split.answers.logits, split.answers.embeddings, extras)
        figures["unknown_photos"] = int((~known).sum())
        figures["open_set"] = open_set(familiar[known], familiar[~known])
        figures["open_set_softmax"] = open_set(confidences[known].max(1), confidences[~known].max(1))
    if seen := _evidence(split, labels, extras):
        evidence, truth = zip(*seen, strict=True)
        figures["joint"] = joint_figures(evidence, np.array(truth), JointWeights.of(thresholds))
    return figures


def _evidence(split: _Measured, labels: tuple[str, ...], extras: Extras) -> list[tuple[Evidence, int]]:
    """For the joint rule: the photos whose plates were described, and the positions of their labels; none for other tasks."""
    if PHOTOS not in extras:
        return []
    evidence = evidence_of(split.answers, split.plates, labels, Exemplars.from_tensors("", labels, extras))
    return [(seen, truth) for seen, truth in zip(evidence, split.truth.tolist(), strict=True) if seen is not None]


def _strange(splits: tuple[_Measured, ...], labels: tuple[str, ...], extras: Extras) -> list[Evidence]:
    """The evidence of each photo with its own type left out."""
    exemplars = Exemplars.from_tensors("", labels, extras)
    seen: list[Evidence] = []
    for split in splits:
        known = np.flatnonzero(split.known()).tolist()
        photos = [
            Description(logits=split.answers.logits[i], embedding=split.answers.embeddings[i], plate=split.plates[i])
            for i in known
        ]
        truth = [labels[split.truth[i]] for i in known]
        seen += as_strange(photos, split.answers.logits[known], truth, labels, exemplars)
    return seen


def _extras(task: Task, labels: tuple[str, ...], learned: _Measured) -> Extras:
    """The exemplars that a photo is compared with; only meter types are an open set."""
    if task != "meter_type":
        return {}
    exemplars = exemplars_from(learned.answers, learned.truth, learned.plates, labels, "")
    known = [i for i in np.flatnonzero(learned.known()).tolist() if learned.plates[i] is not None]
    found = prints_from(
        [labels[learned.truth[i]] for i in known],
        learned.answers.embeddings[known],
        [learned.paths[i] for i in known],
        [learned.plates[i] for i in known],
    )
    return {**exemplars.to_tensors(labels), **prints_to_tensors(found, labels)}


def _measure(model: Classifier, photos: Photos, recipe: Recipe) -> _Measured:
    highest, place = photos.targets.max(1)
    return _Measured(
        answers=answers(model, photos, recipe),
        truth=np.where(highest.numpy() == 1, place.numpy(), -1),
        plates=photos.plates,
        paths=photos.paths,
    )


def as_bundled(model: nn.Module) -> Weights:
    """Round the network to what a bundle keeps, so that the card's figures are those of the shipped weights; these."""
    weights = {name: stored(tensor) for name, tensor in weights_of(model).items()}
    model.load_state_dict({name: torch.from_numpy(tensor) for name, tensor in weights.items()})
    return weights


def read_sources(data: Path, photos: int) -> tuple[Source, ...]:
    """Where the photos of a data folder came from, as its sources.json says; of so many nothing is stated without one."""
    path = data / SOURCES
    if not path.is_file():
        return (Source(name=data.name, photos=photos, licence="not stated"),)
    try:
        return tuple(TypeAdapter(list[Source]).validate_json(path.read_bytes()))
    except ValidationError as error:
        raise DataError(f"{path} must be a list of {{name, photos, licence}}: {error.errors()[0]['msg']}.") from error
