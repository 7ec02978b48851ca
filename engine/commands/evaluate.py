"""`python -m engine evaluate`: how good a model is, on labelled photos."""

from __future__ import annotations

import argparse
from pathlib import Path

from engine.errors import ArgumentError, DataError

SUMMARY = "measure a model on labelled photos: accuracy, confusion, calibration, coverage, one line per photo"
EXAMPLE = "python -m engine evaluate meter_type photos/by_type --out runs/meter_type"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Task, data and where the report goes."""
    parser.add_argument("task", choices=("clarity", "meter_type", "good_bad"))
    parser.add_argument("data", type=Path, help="<label>/photo.jpg, or a folder with test/ (photos of other types: unknown/)")
    parser.add_argument("--model", type=Path, help="models/<task>/<version> (default: the version that judges)")
    parser.add_argument("--out", type=Path, required=True, help="folder for the report")


def run(args: argparse.Namespace) -> int:
    """Exit code 0, or 3 if some photos could not be read; expected failures are raised as `EngineError`."""
    from engine.bundle import current
    from engine.evaluation.report import judge_all, write_report
    from engine.labelled import read_folder
    from engine.runtime import load

    folder = args.model or current(args.models_dir, args.task)
    if folder is None:
        raise ArgumentError(f"No {args.task} model judges yet. Train one, or name one with --model.")
    model = load(folder, cache=args.cache_dir, threads=2)
    if model.card.task != args.task:
        raise ArgumentError(f"{folder} is a {model.card.task} model, not {args.task}.")
    place = args.data / "test" if (args.data / "test").is_dir() else args.data
    judged = judge_all(model, read_folder(place, args.task))
    if not (judged.truth >= 0).any():
        raise DataError(f"{place} holds no photo with a label of this model.")
    summary = write_report(judged, model, place, args.out)
    for name in ("accuracy", "macro_f1", "auc"):
        if name in summary:
            low, high = summary[f"{name}_interval"]
            print(f"{name}: {summary[name]:.3f} ({low:.3f}-{high:.3f})")
    if "open_set" in summary:
        print(f"known or unknown: AUROC {summary['open_set']['auroc']:.3f} on {summary['unknown_photos']} unknown photos")
    print(f"{summary['photos']} photos; report in {args.out}")
    return 3 if judged.unreadable else 0
