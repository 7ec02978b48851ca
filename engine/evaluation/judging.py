"""A model asked about labelled photos, as the product asks it."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from engine.calibration import decide, probabilities
from engine.errors import DataError, PictureError
from engine.labelled import UNKNOWN_FOLDER, Labelled
from engine.picture import Pixels, decode
from engine.preprocess import prepare
from engine.reading import read_display
from engine.recognition import recognise
from engine.runtime import Model
from engine.verdict import Clarity


@dataclass(frozen=True, kw_only=True, slots=True)
class Judged:
    """N photos and what the model said of them."""

    photos: tuple[Labelled, ...]
    truth: NDArray[np.intp]  # (N,) position in the labels, -1 = none of them
    confidences: NDArray[np.float32]  # (N, C), calibrated
    known: NDArray[np.float32]  # (N,) known score; the highest confidence where the task is no open set
    answers: tuple[str, ...]  # (N,) what the product would say: a label or UNKNOWN
    plain: tuple[str, ...]  # (N,) what the plain rule alone would: the best guess, UNKNOWN below a confidence of 0.50
    groups: tuple[str, ...]  # (N,) photos of one physical meter share it; empty = not known
    unreadable: tuple[Path, ...]  # files left out


def judge_all(
    model: Model, photos: Sequence[Labelled], groups: Mapping[Path, str] | None = None, *, locator: Model | None = None
) -> Judged:
    """Judge each photo as the product does; `locator` finds the display for a clarity model that judges its crop.

    Raises `DataError` for labels the model does not have, or if none can be read.
    """
    labels = model.card.labels
    strange = sorted({photo.label for photo in photos if photo.label is not None} - set(labels))
    if strange:
        raise DataError(f"The model does not know the labels {', '.join(strange)}; put such photos under `{UNKNOWN_FOLDER}`.")
    kept, judged, unreadable = [], [], []
    for photo in tqdm(photos, desc="judging", unit="photo", disable=None, leave=False):
        try:
            pixels = decode(photo.path.read_bytes()).pixels
        except (PictureError, OSError) as error:
            sys.stderr.write(f"left out: {photo.path}: {error}\n")
            unreadable.append(photo.path)
            continue
        kept.append(photo)
        judged.append(_judge(model, locator, pixels))
    if not kept:
        raise DataError("None of the photos can be read.")
    confidences, known, answers, plain = zip(*judged, strict=True)
    return Judged(
        photos=tuple(kept),
        truth=np.array([labels.index(photo.label) if photo.label is not None else -1 for photo in kept]),
        confidences=np.array(confidences, dtype=np.float32),
        known=np.array(known, dtype=np.float32),
        answers=answers,
        plain=plain,
        groups=tuple((groups or {}).get(photo.path, "") for photo in kept),
        unreadable=tuple(unreadable),
    )


def _judge(model: Model, locator: Model | None, pixels: Pixels) -> tuple[NDArray[np.float32], float, str, str]:
    """Calibrated confidences (C,), the known score, the product's answer, and what the plain rule alone would say."""
    card = model.card
    if card.task == "clarity":
        clear = read_display(locator, model, pixels).probability or 0.0
        chances = np.array([clear if label == Clarity.CLEAR else 1 - clear for label in card.labels], dtype=np.float32)
    else:
        chances = probabilities(model.run(prepare(pixels, card.input)[None]).logits[0], card.temperature)
    if card.task != "meter_type":
        answer = card.labels[int(decide(chances[None], card.thresholds)[0])]
        return chances, float(chances.max()), answer, answer
    said = recognise(model, pixels)
    return chances, float(said.known_score or 0.0), str(said.meter_type), str(said.plain_type)
