"""Finds the display and reads it: hit rate, false fires, time, and clarity on the crop against clarity on the whole photo.

    python -m benchmarks.display --data DATA --models models [--sets FOLDER]

The locator is measured on photos that never trained it: boxed photos marked `evaluate_only`, photos of other sources that show a
meter (does it fire?), quality scenes and the faces that were left aside (does it stay silent?). With `--sets` (the folder that
`benchmarks.build_readability` made) clarity is trained and judged by leaving meters out, on the display's crop and on the whole
photo, by the same method in the same run: frozen ImageNet features and a logistic regression, three seeds.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.build_datasets import read_table
from benchmarks.build_display import training_faces
from engine import bundle, runtime
from engine.boxes import Boxed, read_boxes
from engine.display import SCORE_FROM, centre_inside
from engine.picture import Pixels, decode
from engine.preprocess import resized
from engine.reading import locate
from engine.runtime import Model
from engine.verdict import Box

SEEDS = (0, 1, 2)
TIMED = 60  # photos
SHOWS = 160  # of the photos that show a meter, evenly from all sources


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the data folder: meters/, quality/, faces/, clarity/")
    parser.add_argument("--models", type=Path, default=Path("models"))
    parser.add_argument("--cache", type=Path, default=Path(".cache"))
    parser.add_argument("--sets", type=Path, help="the folder that benchmarks.build_readability made: measures clarity too")
    parser.add_argument("--weights", type=Path, help="ImageNet start weights for --sets (default: torchvision's download)")
    args = parser.parse_args()
    folder = bundle.current(args.models, "display")
    if folder is None:
        raise SystemExit(f"There is no display locator in {args.models}.")
    measure_locator(args.data, runtime.load(folder, cache=args.cache, threads=1))
    if args.sets:
        measure_clarity(args.sets, args.weights)


def measure_locator(data: Path, locator: Model) -> None:
    """Hit rate, fires and milliseconds."""
    score_from = locator.card.thresholds.get("score", SCORE_FROM)
    print(f"display {locator.card.version}, score >= {score_from}")
    rows = [row for row in read_table(data / "meters" / "meters.csv") if row["use"] == "evaluate_only"]
    boxed = [row for row in rows if row["display_box"]]
    hits = []
    for row in boxed:
        pixels = decode((data / "meters" / "photos" / row["file"]).read_bytes()).pixels
        found = locate(locator, pixels)
        hits.append(found.score >= score_from and centre_inside(found.box, _pixels_box(row["display_box"], pixels)))
    print(f"  centre inside the box, sources never seen: {_share(hits)}")
    whole = [row for row in rows if row["view"] == "whole" and row["meter_kind"] == "electricity"]
    for name, paths in (
        (
            "fires on other sources' electricity meters",
            (data / "meters" / "photos" / row["file"] for row in _evenly(whole, SHOWS)),
        ),
        ("fires on water and gas meters, never trained", _of_kind(data, rows, ("water", "gas"))),
        ("fires on clear/unclear display crops (trained on)", (data / "clarity").glob("*/*.jpg")),
        (
            "fires on quality scenes (no meter)",
            (data / "quality" / row["file"] for row in read_table(data / "quality/quality.csv")),
        ),
        ("fires on faces left aside (no meter)", _faces_aside(data)),
    ):
        print(f"  {name}: {_share([_fires(locator, path, score_from) for path in paths])}")
    field = sorted((data / "field" / "photos").iterdir())[:TIMED]
    photos = [decode(path.read_bytes()).pixels for path in field]
    took = _milliseconds(lambda pixels: locate(locator, pixels), photos)
    print(f"  {took:.1f} ms per photo on one core (median of {len(photos)})")


def measure_clarity(sets: Path, weights: Path | None) -> None:
    """AUC by leaving meters out, per seed and on average, on the crop and on the whole photo."""
    import torch

    from engine.networks import start
    from engine.training.crops import crop_of
    from engine.training.frozen import examples_of
    from engine.training.recipe import RECIPES
    from engine.training.train_readability import FOLDS, left_out

    torch.set_num_threads(1)
    spec = RECIPES["readability"].input
    photos = read_boxes(sets)
    pixels = [_small(decode(photo.path.read_bytes()).pixels) if photo.box is None else None for photo in photos]
    model, said = start("mobilenet_v2_layers", 2, weights)
    model.eval()
    print(f"clarity, {FOLDS} folds by meter, features from {said}")
    for view in ("display's crop", "whole photo"):
        lines = []
        for seed in SEEDS:
            seen = [photo if view.startswith("display") else replace(photo, box=None) for photo in photos]
            crops = []
            for photo, kept, small in zip(seen, photos, pixels, strict=True):
                shown = decode(photo.path.read_bytes()).pixels if small is None else small
                crop = crop_of(photo, shown, spec)
                crops.append(replace(crop, whole=False) if kept.box is not None else crop)
            judged = left_out(examples_of(model, crops, spec, seed=seed), photos, FOLDS)
            lines.append(_aucs(judged, photos))
        mean = np.mean(lines, axis=0)
        print(
            f"  {view}: AUC where both raters agree {mean[0]:.3f}, all rated {mean[1]:.3f}; seeds {np.round(lines, 3).tolist()}"
        )


def _aucs(judged: np.ndarray, photos: Sequence[Boxed]) -> tuple[float, float]:
    """Over the field photos: where both raters agree, and with the soft ones counted as unclear."""
    from engine.evaluation.metrics import auc

    field = [place for place, photo in enumerate(photos) if photo.source == "field photos" and photo.clear is not None]
    margin = judged[field, 0] - judged[field, 1]
    clear = np.array([photos[place].clear for place in field])
    sure = clear != 0.5
    return auc(clear[sure] == 1, margin[sure]), auc(clear == 1, margin)


def _fires(locator: Model, path: Path, score_from: float) -> bool:
    return locate(locator, decode(path.read_bytes()).pixels).score >= score_from


def _of_kind(data: Path, rows: Iterable[dict[str, str]], kinds: tuple[str, ...]) -> list[Path]:
    chosen = [row for row in rows if row["meter_kind"] in kinds and row["view"] == "whole"]
    return [data / "meters" / "photos" / row["file"] for row in _evenly(chosen, SHOWS)]


def _faces_aside(data: Path) -> list[Path]:
    used = set(training_faces(data))
    return [path for path in sorted((data / "faces").glob("*/*.jpg")) if path not in used][::3]


def _evenly(rows: list[dict[str, str]], count: int) -> list[dict[str, str]]:
    return rows[:: max(1, len(rows) // count)]


def _pixels_box(text: str, pixels: Pixels) -> Box:
    height, width = pixels.shape[:2]
    cx, cy, w, h = (float(part) for part in text.split())
    return round((cx - w / 2) * width), round((cy - h / 2) * height), round(w * width), round(h * height)


def _small(pixels: Pixels) -> Pixels:
    return resized(pixels, 512, 192)


def _share(said: Sequence[bool]) -> str:
    return f"{sum(said)} of {len(said)} ({np.mean(said):.1%})" if said else "none there"


def _milliseconds(work: Callable[[Pixels], object], photos: Sequence[Pixels]) -> float:
    times = []
    for pixels in photos:
        start = time.perf_counter()
        work(pixels)
        times.append((time.perf_counter() - start) * 1000)
    return float(np.median(times))


if __name__ == "__main__":
    main()
