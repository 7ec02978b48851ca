"""A new version from the champion and labelled photos, without the photos that the champion was trained on.

Those are not on a user's machine. The champion's bundle carries what they left behind: the embedding and the plate of each
(its exemplars). The new version keeps the champion's layers, adds the labelled photos to the exemplars, and gets a new last
layer, fitted to all of them together. benchmarks/forgetting.py compares this with training on.
"""

from __future__ import annotations

import datetime
import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.bundle import EXTRA, Card, Source, Training, next_version, read_card, read_weights, write_bundle
from engine.calibration import best_temperature
from engine.errors import DataError, PictureError
from engine.open_set import as_stored
from engine.picture import decode
from engine.recognition import Description, Exemplars, describe, merge, thinned
from engine.recognition.joint import Weights
from engine.recognition.prints import Prints, prints_to_tensors
from engine.runtime import Model, load
from engine.training.exemplars import prints_from
from engine.training.head import Head, fit_head, on_scale_of, out_of_fold_logits, pooled_length
from engine.training.known import as_known, as_strange, moved

HEAD = ("head.weight", "head.bias")
FITTING, KNOWING = 0.9, 0.95  # of the way: reading photos comes before the last layer, then the threshold
JUDGED = 150  # labelled photos, evenly chosen, that set the threshold of known types: some 0.1 s each
OWN_LICENCE = "photos of this archive, labelled by its users"

Tell = Callable[[str, float], None]  # what is being done, and how much of it, 0..1; may raise to end the work


@dataclass(frozen=True, kw_only=True, slots=True)
class Lesson:
    """One labelled photo. `meter`: photos of one physical meter share it."""

    path: Path
    sha256: str  # of the file's content
    label: str
    meter: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Renewal:
    """One renewal as it was asked for."""

    champion: Path  # the folder of the version that judges
    models_dir: Path
    cache: Path  # of converted models
    threads: int
    command: str  # as it stands in the card
    today: datetime.date


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Learned:
    """The lessons that could be read, as the champion's network describes them."""

    lessons: tuple[Lesson, ...]
    described: tuple[Description, ...]


def renew(order: Renewal, lessons: Sequence[Lesson], *, tell: Tell) -> Path:
    """Write the new version and return its folder; CURRENT is left alone. Raises `DataError` or `ModelError`."""
    if not lessons:
        raise DataError("There are no labelled photos to learn from. Name a group first.")
    base = trained_base(order.champion)
    model = load(base, cache=order.cache, threads=order.threads)
    learned = _describe(model, lessons, tell)
    before = Exemplars.from_tensors(model.card.version, model.card.labels, model.extras)
    added = Exemplars.of(
        model.card.version,
        [lesson.label for lesson in learned.lessons],
        [each.embedding for each in learned.described],
        [each.plate for each in learned.described],
    )
    exemplars = thinned(merge([before, added]))
    tell("fitting the last layer", FITTING)
    labels = exemplars.types()
    meters = [f"earlier {number}" for number in range(len(before))] + [lesson.meter for lesson in learned.lessons]
    weights = read_weights(base)
    own, length = _own_head(weights, learned)
    head, accuracy, logits = _fit(exemplars, labels, meters, own=own, temperature=model.card.temperature)
    tell("setting the threshold of known types", KNOWING)
    known = _known(Weights.of(model.card.thresholds), exemplars, logits[len(before) :], learned)
    network = {name: array for name, array in weights.items() if not name.startswith(EXTRA)}
    network |= {HEAD[0]: head.weight / length, HEAD[1]: head.bias}
    card = _card(order, model.card, exemplars, learned, accuracy=accuracy)
    card = card.model_copy(update={"thresholds": {**card.thresholds, **known.as_thresholds()}})
    beside = {**exemplars.to_tensors(labels), **prints_to_tensors({**_prints(learned), **model.prints}, labels)}
    return write_bundle(order.models_dir, card, {**network, **as_stored(beside)})


def _prints(learned: _Learned) -> Prints:
    """Of the types that the lessons show."""
    embeddings = np.stack([each.embedding for each in learned.described])
    lessons = learned.lessons
    return prints_from(
        [lesson.label for lesson in lessons],
        embeddings,
        [lesson.path for lesson in lessons],
        [each.plate for each in learned.described],
    )


def trained_base(champion: Path) -> Path:
    """The version to renew: the one whose layers the champion has.

    Each renewal begins there again with all labels that stand, so that a label taken back is unlearned.
    """
    renewed_from = read_card(champion).renewed_from
    return champion if renewed_from is None else champion.parent / renewed_from


def _describe(model: Model, lessons: Sequence[Lesson], tell: Tell) -> _Learned:
    kept, described = [], []
    for number, lesson in enumerate(lessons):
        tell(f"reading photo {number + 1} of {len(lessons)}", FITTING * number / len(lessons))
        try:
            pixels = decode(lesson.path.read_bytes()).pixels
        except (OSError, PictureError):  # moved or removed since; one photo less
            continue
        kept.append(lesson)
        described.append(describe(model, pixels))
    if not kept:
        raise DataError("None of the labelled photos can be read. Are their files still below sorted/?")
    return _Learned(lessons=tuple(kept), described=tuple(described))


def _fit(
    exemplars: Exemplars, labels: tuple[str, ...], meters: Sequence[str], *, own: Head, temperature: float
) -> tuple[Head, float | None, NDArray[np.float32]]:
    """The head, on the scale of the base's `own`; how often it is right on meters it did not see; its logits of those (M, C).

    Rows of photos that no fold could answer are NaN.
    """
    embeddings = exemplars.embeddings.astype(np.float32)
    truth = np.array([labels.index(label) for label in exemplars.labels], dtype=np.intp)
    logits, answered = out_of_fold_logits(embeddings, truth, meters, len(labels))
    right = logits[answered].argmax(1) == truth[answered]
    fitted = best_temperature(logits[answered], truth[answered])
    head = on_scale_of(fit_head(embeddings, truth, len(labels)), fitted, own, temperature, embeddings)
    logits[~answered] = np.nan
    return head, float(right.mean()) if answered.any() else None, logits * np.float32(temperature / fitted)


def _known(weights: Weights, exemplars: Exemplars, logits: NDArray[np.float32], learned: _Learned) -> Weights:
    """The base's weights with the known score's threshold moved, by the labelled photos alone.

    The network did not learn from them, so they show how it sees a type, or an unseen design, that it meets for the first
    time; what it was trained on looks more familiar to it. Logits (L, C) are out of fold; exemplars end with the lessons.
    """
    first, lessons = len(exemplars) - len(learned.lessons), learned.lessons
    of_meter: dict[str, set[int]] = defaultdict(set)
    meters_of: dict[str, set[str]] = defaultdict(set)
    for number, lesson in enumerate(lessons, start=first):
        of_meter[lesson.meter].add(number)
        meters_of[lesson.label].add(lesson.meter)
    earlier = set(exemplars.labels[:first])
    able = [
        number
        for number, lesson in enumerate(lessons)
        if np.isfinite(logits[number]).all() and (lesson.label in earlier or len(meters_of[lesson.label]) > 1)
    ]
    asked = able[:: -(-len(able) // JUDGED)] if able else []
    photos, rows, labels = [learned.described[number] for number in asked], logits[asked], exemplars.types()
    known = as_known(photos, rows, labels, exemplars, [of_meter[lessons[number].meter] for number in asked])
    strange = as_strange(photos, rows, [lessons[number].label for number in asked], labels, exemplars)
    return moved(weights, known, strange)


def _own_head(weights: Mapping[str, NDArray[Any]], learned: _Learned) -> tuple[Head, float]:
    """The base's head, for unit embeddings, and the mean length that features have before they become those."""
    stored = Head(weight=weights[HEAD[0]].astype(np.float32), bias=weights[HEAD[1]].astype(np.float32))
    logits, embeddings = (np.stack([getattr(each, name) for each in learned.described]) for name in ("logits", "embedding"))
    length = pooled_length(logits, embeddings, stored)
    return Head(weight=stored.weight * np.float32(length), bias=stored.bias), length


def _card(order: Renewal, base: Card, exemplars: Exemplars, learned: _Learned, *, accuracy: float | None) -> Card:
    photos = len(learned.lessons)
    return base.model_copy(
        update={
            "version": next_version(order.models_dir, base.task),
            "labels": exemplars.types(),
            "training": Training(
                command=order.command,
                start_weights=f"{base.version}, all layers but the last",
                counts=dict(sorted((Counter(base.training.counts) + Counter(each.label for each in learned.lessons)).items())),
                sources=(*base.training.sources, Source(name="labelled photos", photos=photos, licence=OWN_LICENCE)),
                fingerprint=fingerprint(base, learned.lessons),
            ),
            "metrics": {} if accuracy is None else {"out_of_fold": {"photos": len(exemplars), "accuracy": round(accuracy, 4)}},
            "known_failures": (),
            "parent": order.champion.name,
            "renewed_from": base.version,
            "created": order.today.isoformat(),
        }
    )


def fingerprint(base: Card, lessons: Sequence[Lesson]) -> str:
    """sha256 over what the base learned from and the labelled photos, whatever their places and order."""
    lines = sorted(f"{lesson.label}:{lesson.sha256}" for lesson in lessons)
    return hashlib.sha256("\n".join([base.training.fingerprint, *lines]).encode()).hexdigest()
