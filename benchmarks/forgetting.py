"""What a version that learns new designs forgets of the old ones: three ways to train, on meters no version has seen.

    python benchmarks/forgetting.py --data ../shared/data --weights FILE.pt [--seed 0]

A model learns a third of the field's designs. Then half of the meters of the others are labelled. Compared are: a new last
layer on what the model's bundle carries and the labels (`daemon retrain`), training on with the new photos alone, and training
all layers on old and new photos together (`training_data` in the settings). Accuracy by the joint rule, UNKNOWN counts as wrong.
"""

from __future__ import annotations

import argparse
import datetime
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np

from benchmarks.loop_shots import Shot, divide, read_field, train_base
from engine import bundle
from engine.evaluation.answering import answer
from engine.training.joined import train_all
from engine.training.recipe import FAST
from engine.training.renew import Lesson, Renewal, renew
from engine.training.train import Order, train


def main() -> int:
    """Print one table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="holds field/field.csv and field/photos/")
    parser.add_argument("--weights", type=Path, help="start weights of the first model")
    parser.add_argument("--work", type=Path, help="where models are kept (default: a temporary folder)")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    if not (args.data / "field" / "field.csv").is_file():
        print(f"skipped: no field photos at {args.data}/field (give their folder with --data)")
        return 0
    with tempfile.TemporaryDirectory() as temporary:
        work = args.work or Path(temporary)
        base, rest = divide(read_field(args.data / "field"), np.random.default_rng(args.seed))
        models = work / f"models-{args.seed}"
        if bundle.current(models, "meter_type") is None:
            train_base(base, work, args.weights, args.seed)
        known = {shot.design for shot in base}
        old = [shot for shot in rest if shot.design in known]
        lessons, new = halves([shot for shot in rest if shot.design not in known])
        print(f"{len(known)} designs known from {len(base)} photos, {len(lessons)} photos of others labelled")
        print(f"{'version':38} {'old designs':>16} {'new designs':>16}")
        for name, folder in versions(models, lessons, work):
            shares = [f"{accuracy(folder, shots, work):.1%} of {len(shots)}" for shots in (old, new)]
            print(f"{name:38} {shares[0]:>16} {shares[1]:>16}", flush=True)
    return 0


def halves(shots: Sequence[Shot]) -> tuple[list[Shot], list[Shot]]:
    """Every second meter of each design is labelled, the others are asked; a design of one meter is left out."""
    meters = {design: sorted({s.meter for s in shots if s.design == design}) for design in {s.design for s in shots}}
    labelled = {meter for owned in meters.values() if len(owned) > 1 for meter in owned[::2]}
    asked = {meter for owned in meters.values() for meter in owned[1::2]}
    return [s for s in shots if s.meter in labelled], [s for s in shots if s.meter in asked]


def versions(models: Path, lessons: Sequence[Shot], work: Path) -> list[tuple[str, Path]]:
    """The champion and the three that learned more."""
    champion = models / "meter_type" / "v1"
    today = datetime.date(2026, 1, 1)
    order = Renewal(champion=champion, models_dir=models, cache=work / "cache", threads=1, command="", today=today)
    taught = [Lesson(path=s.path, sha256=s.path.stem, label=s.design, meter=s.meter) for s in lessons]
    alone = work / "alone"
    first = dict(reversed([(s.design, s.meter) for s in lessons]))
    counted = Counter(design for design, _ in {(s.design, s.meter) for s in lessons})
    for shot in lessons:
        side = "val" if counted[shot.design] > 1 and shot.meter == first[shot.design] else "train"
        (alone / side / shot.design).mkdir(parents=True, exist_ok=True)
        (alone / side / shot.design / shot.path.name).unlink(missing_ok=True)
        (alone / side / shot.design / shot.path.name).symlink_to(shot.path.resolve())
    only_new = Order(
        task="meter_type", data=alone, models_dir=work / "alone-models", weights=champion / bundle.WEIGHTS, weights_licence=None,
        recipe=replace(FAST["meter_type"], threads=1), command="", promote=False, today=today,
    )  # fmt: skip
    base_data = work / f"base-{champion.parents[1].name.removeprefix('models-')}"
    return [
        ("before", champion),
        ("new last layer, bundle and labels", renew(order, taught, tell=lambda *_: None)),
        ("trained on with the labels alone", train(only_new, tell=lambda _: None)),
        ("all layers, old and new photos", train_all(order, taught, base_data, work / "joined", tell=lambda *_: None)),
    ]


def accuracy(folder: Path, shots: Sequence[Shot], work: Path) -> float:
    """Share of photos whose type is right."""
    said = answer(folder, [shot.path for shot in shots], cache=work / "cache", threads=1, tell=lambda _: None)
    return float(np.mean([meter_type == shot.design for meter_type, shot in zip(said, shots, strict=True)]))


if __name__ == "__main__":
    sys.exit(main())
