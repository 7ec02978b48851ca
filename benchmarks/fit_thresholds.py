"""Fits the shipped threshold version to photos with known quality, and prints how good it is on photos left out.

    python -m benchmarks.fit_thresholds --data ../shared/data --out engine/quality/shipped --version 2026-5

Every figure is of photos whose scene or meter had no part in the fit: the rules are fitted eight times, each without an eighth
of the scenes, and the cuts likewise. Needs the data folder; it says so and ends where there is none.
"""

from __future__ import annotations

import argparse
import datetime
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from pydantic import TypeAdapter
from sklearn.metrics import roc_auc_score
from tqdm import tqdm

from benchmarks.quality_corpus import GOOD, Known, is_base, real_photos, spoilt
from benchmarks.quality_slices import SLICES
from engine.quality import Thresholds, measure
from engine.quality.cuts import f_score
from engine.quality.examples import Example
from engine.quality.fitting import LeftOut, fit
from engine.quality.plans import unfitted
from engine.quality.versions import write


def main() -> int:
    """Fit, print, write. Returns 0, also when there is no data."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), metavar="FOLDER")
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="where to write the version (default: print only)")
    parser.add_argument("--version", default="candidate")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--measures", type=Path, metavar="FILE.json", help="keep what was measured, and start from it if it is there"
    )
    args = parser.parse_args()
    if not (args.data / "quality" / "quality.csv").is_file():
        print(f"skipped: no photos with known quality at {args.data / 'quality'} (give their folder with --data)")
        return 0
    cv2.setNumThreads(1)
    examples, kinds = _remembered(args.measures) if args.measures and args.measures.is_file() else _measured(args.data, args.seed)
    if args.measures:
        _remember(args.measures, examples, kinds)
    fitted, left_out = fit(
        examples, Thresholds(version="none", rules=unfitted()), version=args.version, created=f"{datetime.date.today()}"
    )
    print_table(examples, kinds, left_out)
    if args.out:
        print(f"written: {write(replace(fitted, parent=None), args.out)}")
    return 0


def _remember(path: Path, examples: list[Example], kinds: list[str]) -> None:
    path.write_bytes(TypeAdapter(list[tuple[Example, str]]).dump_json(list(zip(examples, kinds, strict=True))))


def _remembered(path: Path) -> tuple[list[Example], list[str]]:
    pairs = TypeAdapter(list[tuple[Example, str]]).validate_json(path.read_bytes())
    return [example for example, _ in pairs], [kind for _, kind in pairs]


def _measured(data: Path, seed: int) -> tuple[list[Example], list[str]]:
    examples, kinds = [], []
    for photo in tqdm(_photos(data, seed), desc="measuring", disable=None):
        examples.append(
            Example(
                measures=measure(photo.pixels),
                present=photo.present,
                unsure=photo.unsure,
                group=photo.group,
                source=photo.source,
                good=photo.good,
            )
        )
        kinds.append(photo.kind)
    return examples, kinds


def _photos(data: Path, seed: int) -> Iterator[Known]:
    rng = np.random.default_rng(seed)
    for photo in real_photos(data):
        yield photo
        if is_base(photo):
            yield from spoilt(photo, rng)


def print_table(examples: list[Example], kinds: list[str], left_out: LeftOut) -> None:
    """One row per slice, then the false alarms on good photos."""
    kind, source = np.array(kinds), np.array([example.source for example in examples])
    print(f"{'tag':<16} {'photos':<28} {'with':>5} {'without':>8} {'AUC':>6} {'F1':>5} {'precision':>10} {'recall':>7}")
    for each in SLICES:
        truth = np.array([1.0 if each.tag in e.present else np.nan if each.tag in e.unsure else 0.0 for e in examples])
        chosen = each.chosen(truth, kind, source)
        has, scores = truth[chosen] == 1, left_out.logits[each.tag][chosen]
        precision, recall, f1 = f_score(has, left_out.said[each.tag][chosen])
        area = roc_auc_score(has, scores)
        print(
            f"{each.tag.value:<16} {each.name:<28} {has.sum():>5} {(~has).sum():>8} {area:>6.3f} {f1:>5.2f} "
            f"{precision:>10.2f} {recall:>7.2f}"
        )
    for label in (*GOOD, "field"):
        here = (kind == label) & np.array([example.good for example in examples])
        said = {tag: int(flags[here].sum()) for tag, flags in left_out.said.items() if flags[here].any()}
        any_tag = np.any(list(left_out.said.values()), axis=0)[here]
        named = ", ".join(f"{tag.value} {count}" for tag, count in said.items()) or "none"
        print(f"good photos, {label}: {any_tag.mean():.1%} of {here.sum()} carry a defect tag ({named})")


if __name__ == "__main__":
    sys.exit(main())
