"""What a meter type bundle holds beside its network, training photos as exemplars, and how the joint rule does with them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import PictureError
from engine.grouping.plates import Plate
from engine.grouping.verification import prepare_plate
from engine.picture import decode
from engine.recognition import Exemplars, thinned
from engine.recognition.evidence import Evidence, compare_plates, glance
from engine.recognition.joint import Weights, decide
from engine.recognition.marks import Look, look_at
from engine.recognition.prints import Prints, prints_of
from engine.training.loop import Answers


def exemplars_from(
    answers: Answers, truth: NDArray[np.intp], plates: Sequence[Plate | None], labels: Sequence[str], stamp: str
) -> Exemplars:
    """The training photos as a bundle keeps them: every embedding, and the plates that stand for each type."""
    known = np.flatnonzero(truth >= 0).tolist()
    return thinned(
        Exemplars.of(stamp, [labels[truth[i]] for i in known], [answers.embeddings[i] for i in known], [plates[i] for i in known])
    )


def prints_from(labels: Sequence[str], embeddings: NDArray[Any], paths: Sequence[Path], plates: Sequence[Plate | None]) -> Prints:
    """The prints of the types of M photos, from their labels, embeddings (M, D), files and plates.

    Of each type a few files are read again: those in memory are shrunk.
    """

    def look_of(number: int) -> Look | None:
        plate = plates[number]
        if plate is None:
            return None
        try:
            return look_at(decode(paths[number].read_bytes()).pixels, prepare_plate(plate))
        except (OSError, PictureError):  # moved or removed since; the others speak for the type
            return None

    return prints_of(labels, embeddings, look_of)


def evidence_of(
    answers: Answers, plates: Sequence[Plate | None], labels: Sequence[str], exemplars: Exemplars
) -> tuple[Evidence | None, ...]:
    """What speaks for each type, exactly as in serving; None for photos whose plate was not described."""
    return tuple(
        compare_plates(glance(logits, embedding, labels, exemplars), plate, exemplars) if plate is not None else None
        for logits, embedding, plate in zip(answers.logits, answers.embeddings, plates, strict=True)
    )


def joint_figures(evidence: Sequence[Evidence], truth: NDArray[np.intp], weights: Weights) -> dict[str, Any]:
    """How the joint rule does on photos of known types (truth >= 0) and of none (-1)."""
    decisions = [decide(seen, weights) for seen in evidence]
    right = np.array([decision.type for decision in decisions]) == truth
    kept = np.array([decision.known_score >= weights.known_from for decision in decisions])
    known = truth >= 0
    figures: dict[str, Any] = {
        "accuracy": round(float(right[known].mean()), 4),
        "kept": round(float(kept[known].mean()), 4),
        "right_among_kept": round(float(right[known & kept].mean()), 4) if (known & kept).any() else None,
    }
    return figures if known.all() else {**figures, "unknown_flagged": round(float(1 - kept[~known].mean()), 4)}
