"""From evidence to a decision: which type fits best, how probably it is right, how surely it is a known type at all."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields

import numpy as np
from numpy.typing import NDArray

from engine.recognition.evidence import Evidence

Floats = NDArray[np.float64]

CHANCE = 4  # shared details that two strange plates may have by chance (measured: one in ten such pairs is alike)


@dataclass(frozen=True, kw_only=True, slots=True)
class Weights:
    """How the joint rule weighs its evidence. Kept in the card's thresholds under these names; fitted to out-of-fold answers.

    The defaults are those of the shipped model, for a model trained on too few photos to fit its own.
    """

    joint_plate: float = 2.0  # of the plates' score beside the log chance of a type
    joint_closeness: float = 10.0  # of the mean cosine to its exemplars
    joint_temperature: float = 1.0  # the joint scores are divided by it before the softmax
    known_offset: float = -14.0  # the known score is a logistic function of these terms
    known_plate: float = 1.5
    known_closeness: float = 12.0
    known_energy: float = 0.3
    known_from: float = 0.5  # a photo below it is UNKNOWN

    @classmethod
    def of(cls, thresholds: Mapping[str, float]) -> Weights:
        """Those that a card states, the defaults for the others."""
        return cls(**{each.name: thresholds[each.name] for each in fields(cls) if each.name in thresholds})

    def as_thresholds(self) -> dict[str, float]:
        """For a card."""
        return {name: round(value, 5) for name, value in asdict(self).items()}


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """The type that fits best, whether it is believed or not."""

    type: int  # position in the evidence's types
    confidence: float  # 0..1, probability that it is right, given that the photo shows one of the types
    known_score: float  # 0..1, higher = more surely one of the types


def decide(seen: Evidence, weights: Weights) -> Decision:
    """The joint rule: log chance, closeness and shared details of each type added up."""
    joint = joint_scores(seen, weights)
    best = int(np.argmax(joint))
    powers = np.exp((joint - joint[best]) / weights.joint_temperature)
    return Decision(
        type=best,
        confidence=float(1 / powers.sum()),
        known_score=_logistic(known_sum(seen, weights, best) + weights.known_offset),
    )


def joint_scores(seen: Evidence, weights: Weights) -> Floats:
    """(T,) higher = more likely this type."""
    return seen.log_chances + weights.joint_closeness * seen.closeness + weights.joint_plate * plate_scores(seen)


def plate_scores(seen: Evidence) -> Floats:
    """(T,) from the shared details, on a log scale: half the best, half the mean of the best three; 0 where none was compared."""
    if not seen.details:
        return np.zeros(len(seen.types))
    return np.array([_plate_score(counts) for counts in seen.details])


def known_sum(seen: Evidence, weights: Weights, best: int | None = None) -> float:
    """What speaks for a known type, on a scale without ends: shared details and closeness of the best type, and energy."""
    best = int(np.argmax(joint_scores(seen, weights))) if best is None else best
    return float(
        weights.known_plate * _plate_score(seen.details[best] if seen.details else ())
        + weights.known_closeness * seen.closeness[best]
        + weights.known_energy * seen.energy
    )


def _plate_score(counts: tuple[int, ...]) -> float:
    if not counts:
        return 0.0
    scores = [math.log1p(max(count - CHANCE, 0)) for count in counts[:3]]
    return 0.5 * scores[0] + 0.5 * sum(scores) / len(scores)


def _logistic(value: float) -> float:
    return 1 / (1 + math.exp(-max(-60.0, min(60.0, value))))
