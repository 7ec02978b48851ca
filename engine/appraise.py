"""The product's judgement as one function: bytes -> picture -> measures -> verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import MappingProxyType

from engine import runtime
from engine.calibration import probabilities
from engine.grouping import Plate
from engine.grouping.details import describe_learned, describe_whole
from engine.picture import Limits, Pixels, decode
from engine.preprocess import prepare
from engine.quality import Tag, Thresholds, active, advice, by_gravity, judge, measure_picture, shipped
from engine.reading import read_display
from engine.recognition import Exemplars, Recognised, Rule, recognise
from engine.runtime import Model
from engine.signature import signature
from engine.verdict import UNKNOWN, GoodBad, Reason, Verdict

GOOD_FROM = 0.50

NO_CUTS: Mapping[Tag, float] = MappingProxyType({})


@dataclass(frozen=True, kw_only=True, slots=True)
class Models:
    """The models that judge; None where a task has none, which the verdict then says as "not judged"."""

    display: Model | None = None
    clarity: Model | None = None
    meter_type: Model | None = None
    good_bad: Model | None = None
    details: Model | None = None  # describes the print of unknown meters beside SIFT
    thresholds: Thresholds | None = None  # of the quality tags; None = the shipped ones
    labelled: Exemplars | None = None  # photos that people labelled since the meter_type model was trained
    rule: Rule = Rule.JOINT  # what decides the meter type


def load_models(models_dir: Path, *, cache: Path, threads: int, rule: Rule = Rule.JOINT) -> Models:
    """The current version of each task's model. Raises `ModelError` for a damaged bundle."""
    load = partial(runtime.load_current, models_dir, cache=cache, threads=threads)
    return Models(
        display=load("display"),
        clarity=load("clarity"),
        meter_type=load("meter_type"),
        good_bad=load("good_bad"),
        details=load("details"),
        thresholds=active(models_dir),
        rule=rule,
    )


def appraise(data: bytes, *, models: Models, cuts: Mapping[Tag, float] = NO_CUTS, limits: Limits = Limits()) -> Verdict:
    """Judge one photo file. `cuts` are a site's own: tag -> score from which it is said there (`Thresholds.with_cuts`).

    Raises a `PictureError` for bytes that are no sound picture.
    """
    picture = decode(data, limits)
    measures = measure_picture(picture)
    thresholds = (models.thresholds or shipped()).with_cuts(cuts)
    quality = judge(measures, thresholds)
    reading = read_display(models.display, models.clarity, picture.pixels)
    good, good_bad = _good_bad(models.good_bad, picture.pixels)
    recognised = recognise(models.meter_type, picture.pixels, labelled=models.labelled, rule=models.rule)
    tags = by_gravity((*quality.tags, *((Reason.NO_DISPLAY.value,) if reading.no_display else ())))
    return Verdict(
        width=picture.width,
        height=picture.height,
        quality=quality.quality,
        quality_score=quality.quality_score,
        tags=tags,
        measures=measures,
        scores=quality.scores,
        suggestions=advice(tags),
        unsure=quality.unsure,
        display_box=picture.in_photo(reading.box) if reading.box else None,
        display_score=reading.score,
        clarity=reading.clarity,
        clear_probability=reading.probability,
        unclear_reasons=reading.reasons,
        good_bad=good_bad,
        good_probability=good,
        meter_type=recognised.meter_type,
        top3=recognised.top3,
        known_score=recognised.known_score,
        plain_type=recognised.plain_type,
        recognised_by=recognised.recognised_by,
        type_confidence=recognised.type_confidence,
        shared_details=recognised.shared_details,
        labelled_photos=recognised.labelled_photos,
        contradicted_type=recognised.contradicted_type,
        embedding=recognised.embedding,
        plate=_plate(recognised, picture.pixels, models.details),
        signature=signature(picture.pixels),
        stamps=_stamps(models, thresholds),
    )


def _stamps(models: Models, thresholds: Thresholds) -> dict[str, str]:
    loaded = {"display": models.display, "clarity": models.clarity, "meter_type": models.meter_type, "good_bad": models.good_bad}
    versions = {task: model.card.version for task, model in loaded.items() if model}
    return {"thresholds": thresholds.version, **versions}


def _probability(model: Model, pixels: Pixels, label: str) -> float:
    """The calibrated probability of one label, 0..1."""
    logits = model.run(prepare(pixels, model.card.input)[None]).logits[0]
    return float(probabilities(logits, model.card.temperature)[model.card.labels.index(label)])


def _plate(recognised: Recognised, pixels: Pixels, details: Model | None) -> Plate | None:
    """The photo's plate where it was described; that of an unknown meter, which will be grouped, by the network too."""
    if details is None or recognised.meter_type != UNKNOWN:
        return recognised.plate
    return describe_whole(pixels, details) if recognised.plate is None else describe_learned(recognised.plate, pixels, details)


def _good_bad(model: Model | None, pixels: Pixels) -> tuple[float | None, GoodBad | None]:
    if model is None:
        return None, None
    good = _probability(model, pixels, GoodBad.GOOD.value)
    return good, GoodBad.GOOD if good >= model.card.thresholds.get("good", GOOD_FROM) else GoodBad.BAD
