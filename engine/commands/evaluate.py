"""`python -m engine evaluate`: how good a model is, on labelled photos."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from engine.errors import ArgumentError, DataError
from engine.outputs import check_folder
from engine.spelling import counted

SUMMARY = "measure a model on labelled photos: accuracy, confusion, calibration, coverage, one line per photo"
EXAMPLE = "python -m engine evaluate meter_type photos/by_type --out runs/meter_type"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Task, data and where the report goes."""
    parser.add_argument("task", choices=("clarity", "meter_type", "good_bad", "quality"))
    parser.add_argument(
        "data", type=Path, help="<label>/photo.jpg, or a folder with test/ (photos of other types: unknown/); quality: a CSV"
    )
    parser.add_argument("--model", type=Path, help="models/<task>/<version> (default: the version that judges)")
    parser.add_argument("--unknown", type=Path, metavar="FOLDER", help="photos of none of the types, or of no meter at all")
    parser.add_argument(
        "--groups", type=Path, metavar="DATA", help="folder whose manifest.csv tells which photos are of one meter"
    )
    parser.add_argument("--out", type=Path, required=True, help="folder for the report; report.md is its front page")


def run(args: argparse.Namespace) -> int:
    """Exit code 0, or 3 if some photos could not be read; expected failures are raised as `EngineError`."""
    check_folder(args.out)
    if args.task == "quality":
        if args.model or args.unknown or args.groups:
            raise ArgumentError(
                "--model, --unknown and --groups are of models; of quality, the thresholds that judge are measured."
            )
        from engine.commands import evaluate_quality

        return evaluate_quality.run(args.data, args.models_dir, args.out)
    from engine.bundle import current
    from engine.degraded import twins
    from engine.evaluation.judging import judge_all
    from engine.evaluation.report import write_report
    from engine.labelled import read_folder, read_unlabelled
    from engine.manifest import read_clusters
    from engine.runtime import load

    folder = args.model or current(args.models_dir, args.task)
    if folder is None:
        raise ArgumentError(f"No {args.task} model judges yet. Train one, or name one with --model.")
    model = load(folder, cache=args.cache_dir, threads=2)
    if model.card.task != args.task:
        raise ArgumentError(f"{folder} is a {model.card.task} model, not {args.task}.")
    place = args.data / "test" if (args.data / "test").is_dir() else args.data
    photos = (*read_folder(place, args.task), *(read_unlabelled(args.unknown) if args.unknown else ()))
    found = current(folder.parent.parent, "display") if model.card.view == "display" else None
    locator = load(found, cache=args.cache_dir, threads=2) if found else None
    beside = args.groups or _beside(place)
    judged = judge_all(model, photos, read_clusters(beside) or twins(beside), locator=locator)
    if not (judged.truth >= 0).any():
        raise DataError(f"{place} holds no photo with a label of this model.")
    _tell(write_report(judged, model, place, args.out), args.out)
    return 3 if judged.unreadable else 0


def _beside(place: Path) -> Path:
    """Where `engine split` leaves its manifest: in the folder, or in the one that holds test/."""
    from engine.manifest import MANIFEST

    return place if (place / MANIFEST).is_file() else place.parent


def _tell(summary: dict[str, Any], out: Path) -> None:
    for name in ("accuracy", "macro_f1", "auc", "calibration_error"):
        if name in summary:
            low, high = summary[f"{name}_interval"]
            print(f"{name}: {summary[name]:.3f} ({low:.3f}-{high:.3f})")
    if accepted := summary.get("accepted"):
        right = "" if accepted["accuracy"] is None else f", {accepted['accuracy']:.3f} of those right"
        print(f"accepted: {accepted['share']:.3f}{right}")
    if "open_set" in summary:
        let = f", {summary['accepted']['unknown_let_through']:.3f} of them taken for a type" if accepted else ""
        print(f"known or unknown: AUROC {summary['open_set']['auroc']:.3f} on {summary['unknown_photos']} unknown photos{let}")
    print(f"{counted(summary['photos'], 'photo')}; report in {out / 'report.md'}")
