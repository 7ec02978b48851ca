"""From evidence to a decision: which type fits best, how probably it is right, how surely it is a known type at all."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields

import numpy as np
from numpy.typing import NDArray

from engine.recognition.evidence import Evidence

Floats = NDArray[np.float64]

LEAD = 10.0  # joint score by which a type leads, at most: beyond it the next type does not matter
CHANCE = 4  # shared details that two strange plates may have by chance (measured: one in ten such pairs is alike)


@dataclass(frozen=True, kw_only=True, slots=True)
class Weights:
    """How the joint rule weighs its evidence. Kept in the card's thresholds under these names; fitted to out-of-fold answers.

    The defaults are those of the shipped model, for a model trained on too few photos to fit its own.
    """

    joint_plate: float = 2.0  # of the plates' score beside the log chance of a type
    joint_closeness: float = 10.0  # of the mean cosine to its exemplars
    joint_temperature: float = 1.0  # the joint scores are divided by it before the softmax
    known_offset: float = -8.98  # the known score is a logistic function of these terms
    known_plate: float = 1.49
    known_closeness: float = 7.76
    known_lead: float = 0.454
    known_from: float = 0.5  # a photo below it is UNKNOWN
    sure_chance: float = 0.95  # the network's chance of a type, and
    sure_closeness: float = 2.0  # its closeness, from which no plate is compared; above 1 = always compare

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
        known_score=_logistic(known_sum(seen, weights) + weights.known_offset),
    )


def is_sure(seen: Evidence, weights: Weights) -> bool:
    """Whether network and embedding agree so clearly on one type that plates would add nothing but time."""
    best = int(np.argmax(seen.log_chances))
    clear = math.exp(seen.log_chances[best]) >= weights.sure_chance and seen.closeness[best] >= weights.sure_closeness
    return clear and best == int(np.argmax(seen.closeness))


def joint_scores(seen: Evidence, weights: Weights) -> Floats:
    """(T,) higher = more likely this type."""
    return seen.log_chances + weights.joint_closeness * seen.closeness + weights.joint_plate * plate_scores(seen)


def plate_scores(seen: Evidence) -> Floats:
    """(T,) from the shared details, on a log scale: half the best, half the mean of the best three; 0 where none was compared."""
    if not seen.details:
        return np.zeros(len(seen.types))
    return np.array([_plate_score(counts) for counts in seen.details])


def known_terms(seen: Evidence, weights: Weights) -> Floats:
    """(3,) what speaks for a known type: the best type's shared details, its closeness, and its lead over the next."""
    joint = joint_scores(seen, weights)
    best = int(np.argmax(joint))
    lead = joint[best] - np.delete(joint, best).max(initial=-np.inf)
    return np.array([plate_scores(seen)[best], seen.closeness[best], min(lead, LEAD)])


def known_sum(seen: Evidence, weights: Weights) -> float:
    """The terms weighed and added up: the known score on a scale without ends."""
    return float(known_terms(seen, weights) @ [weights.known_plate, weights.known_closeness, weights.known_lead])


def _plate_score(counts: tuple[int, ...]) -> float:
    if not counts:
        return 0.0
    scores = [math.log1p(max(count - CHANCE, 0)) for count in counts[:3]]
    return 0.5 * scores[0] + 0.5 * sum(scores) / len(scores)


def _logistic(value: float) -> float:
    return 1 / (1 + math.exp(-max(-60.0, min(60.0, value))))
