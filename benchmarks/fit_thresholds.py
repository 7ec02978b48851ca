"""Fits the shipped threshold version to photos with known quality, and prints how good it is on photos left out.

    python -m benchmarks.fit_thresholds --data ../shared/data --out engine/quality/shipped --version 2026-7

Every figure is of photos whose scene or meter had no part in the fit: the rules are fitted eight times, each without an eighth
of the scenes, and the cuts likewise; and all of that for several ways to deal the scenes out, since one way is luck where there
are a dozen photos. Needs the data folder; it says so and ends where there is none.
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

from benchmarks.quality_corpus import GOOD, Known, drawn_meters, is_base, real_photos, spoilt
from benchmarks.quality_slices import SLICES
from engine.quality import Thresholds, measure
from engine.quality.cuts import f_score
from engine.quality.examples import Example
from engine.quality.fitting import FitOptions, LeftOut, fit
from engine.quality.plans import unfitted
from engine.quality.versions import write

_APART = 100  # seeds: a fit uses several that follow on one another


def main() -> int:
    """Fit, print, write. Returns 0, also when there is no data."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), metavar="FOLDER")
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="where to write the version (default: print only)")
    parser.add_argument("--version", default="candidate")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--draws", type=int, default=3, metavar="N", help="figures are means over so many (default: 3)")
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
    fits = [_fitted(examples, args.version, FitOptions(seed=_APART * draw)) for draw in range(args.draws)]
    print_table(examples, kinds, [left_out for _, left_out in fits])
    if args.out:
        print(f"written: {write(replace(fits[0][0], parent=None), args.out)}")
    return 0


def _fitted(examples: list[Example], version: str, options: FitOptions) -> tuple[Thresholds, LeftOut]:
    start = Thresholds(version="none", rules=unfitted())
    return fit(examples, start, version=version, created=f"{datetime.date.today()}", options=options)


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
    yield from drawn_meters(rng)


def print_table(examples: list[Example], kinds: list[str], draws: list[LeftOut]) -> None:
    """One row per slice, then the false alarms on good photos: means over the draws."""
    kind, source = np.array(kinds), np.array([example.source for example in examples])
    print(f"{'tag':<16} {'photos':<28} {'with':>5} {'without':>8} {'AUC':>6} {'F1':>5} {'precision':>10} {'recall':>7}  each F1")
    for each in SLICES:
        truth = np.array([1.0 if each.tag in e.present else np.nan if each.tag in e.unsure else 0.0 for e in examples])
        chosen = each.chosen(truth, kind, source)
        has = truth[chosen] == 1
        scores = [f_score(has, draw.said[each.tag][chosen]) for draw in draws]
        area = np.mean([roc_auc_score(has, draw.logits[each.tag][chosen]) for draw in draws])
        precision, recall, f1 = np.mean(scores, axis=0)
        print(
            f"{each.tag.value:<16} {each.name:<28} {has.sum():>5} {(~has).sum():>8} {area:>6.3f} {f1:>5.2f} "
            f"{precision:>10.2f} {recall:>7.2f}  {' '.join(f'{score[2]:.2f}' for score in scores)}"
        )
    for label in (*GOOD, "field"):
        here = (kind == label) & np.array([example.good for example in examples])
        said = {tag: np.mean([draw.said[tag][here].sum() for draw in draws]) for tag in draws[0].said}
        any_tag = np.mean([np.any(list(draw.said.values()), axis=0)[here].sum() for draw in draws])
        named = ", ".join(f"{tag.value} {count:.1f}" for tag, count in said.items() if count) or "none"
        print(f"good photos, {label}: {any_tag:.1f} of {here.sum()} carry a defect tag ({named})")


if __name__ == "__main__":
    sys.exit(main())
