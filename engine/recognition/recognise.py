"""The meter type of one photo: by the origin's plain rule, or by the network, the plates and the labelled photos together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from engine.calibration import probabilities
from engine.errors import DataError
from engine.grouping.plates import Plate, describe_plate
from engine.grouping.verification import prepare_plate
from engine.open_set import known_score
from engine.picture import Pixels
from engine.preprocess import prepare
from engine.recognition.evidence import Budget, Evidence, compare_plates, glance
from engine.recognition.exemplars import Exemplars, merge
from engine.recognition.joint import CHANCE, Weights, decide, is_sure
from engine.recognition.marks import look_at
from engine.recognition.sameness import contradicts
from engine.verdict import UNKNOWN, Guess, Way

if TYPE_CHECKING:
    from engine.runtime import Model  # which holds exemplars itself

UNKNOWN_BELOW = 0.50  # top-1 softmax; the origin system's rule, where the card sets no other threshold
GUESSES = 3


class Rule(StrEnum):
    """What decides the meter type."""

    PLAIN = "plain"  # the origin's: the network's best guess, UNKNOWN below a confidence of 0.50
    JOINT = "joint"  # network, closeness to labelled photos and shared details of the plate


@dataclass(frozen=True, kw_only=True, slots=True)
class Recognised:
    """What is said of one photo's meter type; all empty where there is no model."""

    meter_type: str | None = None
    top3: tuple[Guess, ...] = ()  # the network's own, whatever decides
    known_score: float | None = None  # 0..1, higher = more surely a known type
    plain_type: str | None = None  # what the plain rule says, whatever decides
    recognised_by: Way | None = None  # None for UNKNOWN
    type_confidence: float | None = None  # 0..1, calibrated
    shared_details: int | None = None  # with the most alike photo of the type; None where plates were not compared
    labelled_photos: int = 0  # of the type, among the `labelled` given
    contradicted_type: str | None = None  # what the photo was taken for until its print contradicted that
    embedding: NDArray[np.float32] | None = None  # (D,), unit length
    plate: Plate | None = None  # where it was described on the way


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Description:
    """What a photo is recognised by, and what makes it an exemplar once somebody says its type."""

    logits: NDArray[np.float32]  # (C,), in the order of the card's labels
    embedding: NDArray[np.float32]  # (D,), unit length
    plate: Plate | None  # None = not described: the network was sure enough, or the plain rule decides


def describe(model: Model, pixels: Pixels, *, plate: bool = True) -> Description:
    """Logits, embedding and plate of an upright RGB photo (H, W, 3); the plate takes some 0.1 s of one core."""
    output = model.run(prepare(pixels, model.card.input)[None])
    return Description(logits=output.logits[0], embedding=output.embedding[0], plate=describe_plate(pixels) if plate else None)


def recognise(
    model: Model | None, pixels: Pixels, *, labelled: Exemplars | None = None, rule: Rule = Rule.JOINT, budget: Budget = Budget()
) -> Recognised:
    """The meter type of an upright RGB photo (H, W, 3), or UNKNOWN. The network's guesses are kept even then: unsure, not blind.

    `labelled` are photos that people labelled since the training, also of types the network has never seen; they are
    compared like the bundle's own exemplars. Raises `DataError` where their embeddings are of another model version.
    """
    if model is None:
        return Recognised()
    seen = describe(model, pixels, plate=False)
    return recognise_described(model, seen, pixels, labelled=labelled, rule=rule, budget=budget)


def recognise_described(
    model: Model,
    seen: Description,
    pixels: Pixels,
    *,
    labelled: Exemplars | None = None,
    rule: Rule = Rule.JOINT,
    budget: Budget = Budget(),
) -> Recognised:
    """The same of a photo (H, W, 3) that the network has described already; its plate is described where it has to decide."""
    plain = _plain(model, seen.logits, seen.embedding)
    if rule is Rule.PLAIN or not len(model.exemplars):
        return plain
    if "known_plate" not in model.card.thresholds and not labelled:
        return _familiar(plain, model.card.thresholds)
    exemplars = exemplars_of(model, labelled)
    first = glance(seen.logits, seen.embedding, model.card.labels, exemplars)
    weights = Weights.of(model.card.thresholds)
    if is_sure(first, weights) and first.types[int(np.argmax(first.closeness))] == plain.meter_type:
        return plain
    plate = seen.plate if seen.plate is not None else describe_plate(pixels)
    evidence = compare_plates(first, plate, exemplars, budget)
    found = _joint(plain, evidence, plate, weights, labelled)
    known = model.prints.get(str(found.meter_type))
    if known is not None and contradicts(known.falls_short(look_at(pixels, prepare_plate(plate)))):
        return replace(found, meter_type=UNKNOWN, recognised_by=None, contradicted_type=found.meter_type)
    return found


def exemplars_of(model: Model, labelled: Exemplars | None = None) -> Exemplars:
    """The bundle's exemplars and those labelled since."""
    if labelled is None or not len(labelled):
        return model.exemplars
    if labelled.stamp != model.card.version:
        raise DataError(f"Labelled photos described by meter_type {labelled.stamp} cannot serve {model.card.version}.")
    return merge((model.exemplars, labelled))


def _plain(model: Model, logits: NDArray[np.float32], embedding: NDArray[np.float32]) -> Recognised:
    """The network alone, by the origin's rule."""
    confidences = probabilities(logits, model.card.temperature)
    best = np.argsort(-confidences, kind="stable")[:GUESSES]
    top3 = tuple(Guess(label=model.card.labels[index], confidence=float(confidences[index])) for index in best)
    sure = top3[0].confidence >= model.card.thresholds.get("unknown_below", UNKNOWN_BELOW)
    meter_type = top3[0].label if sure else UNKNOWN
    return Recognised(
        meter_type=meter_type,
        top3=top3,
        known_score=known_score(logits, embedding, model.card, model.extras),
        plain_type=meter_type,
        recognised_by=Way.NETWORK if sure else None,
        type_confidence=top3[0].confidence,
        embedding=embedding,
    )


def _familiar(plain: Recognised, thresholds: Mapping[str, float]) -> Recognised:
    """For bundles without plates: the plain rule, and UNKNOWN too where no training photo of the type is close."""
    if plain.known_score is None or plain.known_score >= thresholds.get("known_from", 0.0):
        return plain
    return replace(plain, meter_type=UNKNOWN, recognised_by=None)


def _joint(plain: Recognised, seen: Evidence, plate: Plate, weights: Weights, labelled: Exemplars | None) -> Recognised:
    """The joint rule's answer over the same guesses."""
    decision = decide(seen, weights)
    name, counts = seen.types[decision.type], seen.details[decision.type]
    known = decision.known_score >= weights.known_from
    from_people = labelled.labels.count(name) if labelled is not None else 0
    return Recognised(
        meter_type=name if known else UNKNOWN,
        top3=plain.top3,
        known_score=decision.known_score,
        plain_type=plain.plain_type,
        recognised_by=_way(counts, from_people) if known else None,
        type_confidence=decision.confidence,
        shared_details=counts[0] if counts else None,
        labelled_photos=from_people,
        embedding=plain.embedding,
        plate=plate,
    )


def _way(counts: tuple[int, ...], from_people: int) -> Way:
    if from_people:
        return Way.LABELLED
    return Way.PLATE if counts and counts[0] > CHANCE else Way.NETWORK
