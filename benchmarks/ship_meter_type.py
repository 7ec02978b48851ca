"""Writes the meter_type model that comes with MeterSieve: trained on all photos that may train, judged by those kept aside.

    python -m benchmarks.ship_meter_type --data DATA --cache FOLDER --weights FILE [--out models]

Run `benchmarks.recognition` with the same --cache before: its out-of-fold evidence gives the card's thresholds and figures.
"""

from __future__ import annotations

import argparse
import datetime
import json
import pickle
from collections import Counter
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file

from benchmarks.build_datasets import read_field, read_meters
from benchmarks.recognition import Case, figures, fitted
from benchmarks.recognition_folds import Shown, answers, plates, read
from engine.bundle import Card, Network, Source, Training, current, next_version, promote, write_bundle
from engine.calibration import best_temperature
from engine.labelled import Labelled, counts, fingerprint
from engine.open_set import as_stored, score_thresholds
from engine.recognition import Exemplars, thinned
from engine.recognition.prints import prints_to_tensors
from engine.training.exemplars import prints_from
from engine.training.recipe import RECIPES

NETWORK: Network = "mobilenet_v2"


def main() -> None:
    """Write the bundle and make it the one that judges."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--weights", type=Path, required=True, help="start weights, with their licence in a .json beside them")
    parser.add_argument("--out", type=Path, default=Path("models"))
    args = parser.parse_args()
    photos = read(args.data, least_meters=1)
    everything = answers(photos, None, network=NETWORK, weights=args.weights, cache=args.cache)
    learned = [i for i, photo in enumerate(photos) if everything.learned[i] and photo.label is not None]
    described = plates([photos[i] for i in learned], args.cache / "plates")
    version = next_version(args.out, "meter_type")
    names, embeddings = [str(photos[i].label) for i in learned], everything.embeddings[learned]
    exemplars = thinned(Exemplars.of(version, names, list(embeddings), described))
    found = prints_from(names, embeddings, [photos[i].path for i in learned], described)
    tensors = {**exemplars.to_tensors(everything.labels), **prints_to_tensors(found, everything.labels)}
    used = [photo for photo, known in zip(photos, everything.learned, strict=True) if known]
    card = card_of(args, version, everything.labels, used, parent=current(args.out, "meter_type"))
    weights = load_file(args.cache / f"{NETWORK}-all.safetensors")
    print(write_bundle(args.out, card, {**weights, **as_stored(tensors)}))
    promote(args.out, "meter_type", version)


def card_of(args: argparse.Namespace, version: str, labels: tuple[str, ...], used: list[Shown], parent: Path | None) -> Card:
    """The card: thresholds and figures from out-of-fold evidence alone."""
    cases: list[Case] = pickle.loads((args.cache / f"{NETWORK}-cases.pickle").read_bytes())  # noqa: S301 - our own file
    folder = {
        photo.path: (photo.source, photo.licence) for side in (read_field(args.data), *read_meters(args.data)) for photo in side
    }
    counted = Counter(folder[photo.path] for photo in used)
    sources = tuple(Source(name=name, photos=count, licence=licence) for (name, licence), count in sorted(counted.items()))
    licence = json.loads(args.weights.with_suffix(".json").read_text(encoding="utf-8"))["licence"]
    lessons = [Labelled(path=photo.path, label=photo.label) for photo in used]
    return Card(
        task="meter_type",
        version=version,
        network="mobilenet_v2",
        labels=labels,
        input=RECIPES["meter_type"].input,
        temperature=temperature(cases),
        thresholds={"unknown_below": 0.5, **known_thresholds(cases), **fitted(cases).as_thresholds()},
        training=Training(
            command=f"python -m benchmarks.ship_meter_type --data DATA --cache CACHE --weights {args.weights.name}",
            start_weights=args.weights.name,
            counts=counts(lessons),
            sources=sources,
            fingerprint=fingerprint(lessons),
        ),
        metrics={"out_of_fold": figures(cases, fitted(cases))},
        known_failures=failures(cases),
        licences=tuple(dict.fromkeys([f"start weights {args.weights.name}: {licence}", *(source.licence for source in sources)])),
        parent=parent.name if parent else None,
        created=datetime.date.today().isoformat(),
    )


def temperature(cases: list[Case]) -> float:
    """Of the network alone: its log chances are logits but for a constant."""
    seen = [case for case in cases if case.truth >= 0]
    return best_temperature(
        np.stack([case.evidence.log_chances for case in seen]).astype(np.float32), np.array([case.truth for case in seen])
    )


def known_thresholds(cases: list[Case]) -> dict[str, float]:
    """For the network's own known score, which speaks where plates are not compared."""
    seen = [case.evidence for case in cases if case.truth >= 0]
    close = np.array([each.closeness[each.log_chances.argmax()] for each in seen], dtype=np.float32)
    return {name: value for name, value in score_thresholds(close).items() if name != "known_from"}


def failures(cases: list[Case]) -> tuple[str, ...]:
    """What the joint rule gets wrong out of fold."""
    from engine.recognition.joint import decide

    weights = fitted(cases)
    wrong: Counter[tuple[str, str]] = Counter()
    for case in cases:
        decision = decide(case.evidence, weights)
        said = case.evidence.types[decision.type]
        if case.truth >= 0 and decision.type != case.truth:
            wrong[case.evidence.types[case.truth], said] += 1
        if case.truth < 0 and decision.known_score >= weights.known_from:
            wrong[case.photo.kind, said] += 1
    return tuple(f"{true} taken for {said} ({count} photos out of fold)" for (true, said), count in wrong.most_common(12))


if __name__ == "__main__":
    main()
