"""A model asked about labelled photos, as the product asks it."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from engine.appraise import recognise
from engine.calibration import decide, probabilities
from engine.errors import DataError, PictureError
from engine.labelled import UNKNOWN_FOLDER, Labelled
from engine.picture import Pixels, decode
from engine.preprocess import prepare
from engine.runtime import Model


@dataclass(frozen=True, kw_only=True, slots=True)
class Judged:
    """N photos and what the model said of them."""

    photos: tuple[Labelled, ...]
    truth: NDArray[np.intp]  # (N,) position in the labels, -1 = none of them
    confidences: NDArray[np.float32]  # (N, C), calibrated
    known: NDArray[np.float32]  # (N,) known score; the highest confidence where the task is no open set
    answers: tuple[str, ...]  # (N,) what the product would say: a label or UNKNOWN
    groups: tuple[str, ...]  # (N,) photos of one physical meter share it; empty = not known
    unreadable: tuple[Path, ...]  # files left out


def judge_all(model: Model, photos: Sequence[Labelled], groups: Mapping[Path, str] | None = None) -> Judged:
    """Judge each photo as the product does. Raises `DataError` for labels the model does not have, or if none can be read."""
    labels = model.card.labels
    strange = sorted({photo.label for photo in photos if photo.label is not None} - set(labels))
    if strange:
        raise DataError(f"The model does not know the labels {', '.join(strange)}; put such photos under `{UNKNOWN_FOLDER}`.")
    kept, confidences, known, answers, unreadable = [], [], [], [], []
    for photo in tqdm(photos, desc="judging", unit="photo", disable=None, leave=False):
        try:
            pixels = decode(photo.path.read_bytes()).pixels
        except (PictureError, OSError) as error:
            sys.stderr.write(f"left out: {photo.path}: {error}\n")
            unreadable.append(photo.path)
            continue
        chances, score, answer = _judge(model, pixels)
        kept.append(photo)
        confidences.append(chances)
        known.append(score)
        answers.append(answer)
    if not kept:
        raise DataError("None of the photos can be read.")
    return Judged(
        photos=tuple(kept),
        truth=np.array([labels.index(photo.label) if photo.label is not None else -1 for photo in kept]),
        confidences=np.array(confidences, dtype=np.float32),
        known=np.array(known, dtype=np.float32),
        answers=tuple(answers),
        groups=tuple((groups or {}).get(photo.path, "") for photo in kept),
        unreadable=tuple(unreadable),
    )


def _judge(model: Model, pixels: Pixels) -> tuple[NDArray[np.float32], float, str]:
    """Calibrated confidences (C,), the known score, and the product's answer."""
    chances = probabilities(model.run(prepare(pixels, model.card.input)[None]).logits[0], model.card.temperature)
    if model.card.task != "meter_type":
        return chances, float(chances.max()), model.card.labels[int(decide(chances[None], model.card.thresholds)[0])]
    recognised = recognise(model, pixels)
    return chances, float(recognised.known_score or 0.0), str(recognised.meter_type)
