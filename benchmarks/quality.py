"""How well the quality tags find what they name, and how fast: the README's quality figures.

    python benchmarks/quality.py --data ../shared/data

Reads `quality/quality.csv` (photos with known defects) and `field/field.csv` (hand-labelled meter photos) below the folder;
defects for which there are no real photos are made from the clean ones. Cuts were set with these very photos in view: the
AUC columns are the fairer ones.
"""

from __future__ import annotations

import argparse
import csv
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import cv2
import numpy as np
from sklearn.metrics import f1_score, roc_auc_score
from tqdm import tqdm

from engine.picture import Pixels, decode
from engine.quality import QualityJudgement, judge, measure, shipped

Made = Callable[[Pixels, np.random.Generator], Pixels]

_CLEAN = ("clean", "sharp", "denoised_mean", "normal_exposure")
_REAL = {  # label in quality.csv -> tag
    "blurry;motion": "blurry",
    "blurry;defocus": "blurry",
    "low_light": "low_light",
    "overexposed": "overexposed",
    "noisy": "noisy",
    "noisy_mild": "noisy",
    "glare": "glare",
    "haze": "hazy",
}


def _clipped(values: np.ndarray) -> Pixels:
    return np.asarray(np.clip(values, 0, 255), np.uint8)


def _jpeg(pixels: Pixels, quality: int) -> Pixels:
    return np.asarray(
        cv2.imdecode(cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], cv2.IMREAD_COLOR), np.uint8
    )


def _enlarged(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    small = cv2.resize(pixels, None, fx=(scale := 1 / rng.uniform(2.5, 5)), fy=scale, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, pixels.shape[1::-1], interpolation=cv2.INTER_CUBIC), np.uint8)


def _broken(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    broken = pixels.copy()
    broken[int(pixels.shape[0] * rng.uniform(0.3, 0.9)) :] = 128
    return _jpeg(broken, 90)


def _spotted(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    height, width = pixels.shape[:2]
    rows, columns = np.mgrid[:height, :width]
    away = (rows - rng.uniform(0.25, 0.75) * height) ** 2 + (columns - rng.uniform(0.25, 0.75) * width) ** 2
    return _clipped(
        pixels + rng.uniform(220, 420) * np.exp(-away / (2 * (rng.uniform(0.06, 0.16) * max(height, width)) ** 2))[..., None]
    )


_MADE: Mapping[str, Made] = {
    "blurry": lambda p, rng: np.asarray(cv2.GaussianBlur(p, (0, 0), rng.uniform(2, 5) * max(p.shape) / 1000), np.uint8),
    "low_light": lambda p, rng: _clipped(p * rng.uniform(0.08, 0.28)),
    "overexposed": lambda p, rng: _clipped(p * rng.uniform(1.8, 3) + rng.uniform(10, 50)),
    "low_contrast": lambda p, rng: _clipped((p - p.mean()) * rng.uniform(0.12, 0.35) + rng.uniform(90, 160)),
    "noisy": lambda p, rng: _jpeg(_clipped(p + rng.normal(0, rng.uniform(12, 35), p.shape)), 90),
    "glare": _spotted,
    "hazy": lambda p, rng: _clipped(p * (t := rng.uniform(0.3, 0.55)) + rng.uniform(180, 235) * (1 - t)),
    "low_information": lambda p, rng: np.asarray(cv2.GaussianBlur(p, (0, 0), max(p.shape) / 8), np.uint8),
    "jpeg_artifacts": lambda p, rng: _jpeg(p, int(rng.integers(6, 21))),
    "low_resolution": _enlarged,
    "damaged": _broken,
}


def main() -> int:
    """Print the table. Returns 0, also when there is no data to measure on."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), metavar="FOLDER")
    args = parser.parse_args()
    if not (args.data / "quality" / "quality.csv").is_file():
        print(f"skipped: no photos with known defects at {args.data / 'quality'} (give their folder with --data)")
        return 0
    cv2.setNumThreads(1)
    real, made, field = _judge_real(args.data / "quality"), _judge_made(args.data / "quality"), _judge_field(args.data / "field")
    clean = [judgement for label in _CLEAN for judgement in real.get(label, [])]
    print(f"thresholds {shipped().version}; {len(clean)} clean photos as negatives (field: photos without the defect)")
    print(f"{'tag':<16} {'positives':<24} {'n':>4} {'AUC':>6} {'F1':>6} {'recall':>7}")
    for label, tag in _REAL.items():
        _print_row(tag, f"real: {label}", real.get(label, []), clean)
    for tag, judgements in made.items():
        _print_row(tag, "made from clean photos", judgements, clean)
    for tag, (positives, negatives) in field.items():
        _print_row(tag, "field photos", positives, negatives)
    for label in _CLEAN:
        _print_false_alarms(label, real.get(label, []))
    _print_speed(args.data / "field" / "photos")
    return 0


def _rows(table: Path) -> list[dict[str, str]]:
    with table.open(newline="") as file:
        return list(csv.DictReader(file))


def _judged(pixels: Pixels) -> QualityJudgement:
    return judge(measure(pixels), shipped())


def _judge_real(folder: Path) -> dict[str, list[QualityJudgement]]:
    found: dict[str, list[QualityJudgement]] = {}
    for row in tqdm(_rows(folder / "quality.csv"), desc="real", disable=None):
        found.setdefault(row["labels"], []).append(_judged(decode((folder / row["file"]).read_bytes()).pixels))
    return found


def _judge_made(folder: Path) -> dict[str, list[QualityJudgement]]:
    rng = np.random.default_rng(0)
    rows = [row for row in _rows(folder / "quality.csv") if row["labels"] in ("clean", "sharp")]
    found: dict[str, list[QualityJudgement]] = {tag: [] for tag in _MADE}
    for row in tqdm(rows, desc="made", disable=None):
        pixels = decode((folder / row["file"]).read_bytes()).pixels
        for tag, make in _MADE.items():
            found[tag].append(_judged(make(pixels, rng)))
    return found


def _judge_field(folder: Path) -> dict[str, tuple[list[QualityJudgement], list[QualityJudgement]]]:
    """Per tag the field photos that a labeller gave the defect, and those surely without it."""
    found: dict[str, tuple[list[QualityJudgement], list[QualityJudgement]]] = {
        tag: ([], []) for tag in ("blurry", "glare", "low_light")
    }
    for row in tqdm(_rows(folder / "field.csv") if (folder / "field.csv").is_file() else [], desc="field", disable=None):
        judgement = _judged(decode((folder / "photos" / row["file"]).read_bytes()).pixels)
        for tag, present in _field_labels(row):
            found[tag][0 if present else 1].append(judgement)
    return found


def _field_labels(row: Mapping[str, str]) -> Iterator[tuple[str, bool]]:
    flags = row["flags"].split("|")
    if "blurry" in flags or row["sharpness"] != "unsure":
        yield "blurry", "blurry" in flags or row["sharpness"] == "blurry"
    if row["glare"]:
        yield "glare", row["glare"] == "glare"
    yield "low_light", "dark" in flags


def _print_row(tag: str, source: str, positives: list[QualityJudgement], negatives: list[QualityJudgement]) -> None:
    if not positives or not negatives:
        return
    truth = np.r_[np.ones(len(positives)), np.zeros(len(negatives))]
    scores = np.array([judgement.scores[tag] for judgement in (*positives, *negatives)])
    said = np.array([tag in judgement.tags for judgement in (*positives, *negatives)])
    recall = said[: len(positives)].mean()
    area, f1 = roc_auc_score(truth, scores), f1_score(truth, said)
    print(f"{tag:<16} {source:<24} {len(positives):>4} {area:>6.3f} {f1:>6.2f} {recall:>7.2f}")


def _print_false_alarms(label: str, judgements: list[QualityJudgement]) -> None:
    if not judgements:
        return
    counts = {tag: sum(tag in judgement.tags for judgement in judgements) for tag in _MADE}
    named = ", ".join(f"{tag} {count}" for tag, count in counts.items() if count) or "none"
    poor = sum(judgement.quality.value == "Poor" for judgement in judgements) / len(judgements)
    print(f"false alarms on {len(judgements)} {label} photos: {poor:.1%} carry a defect tag ({named})")


def _print_speed(folder: Path) -> None:
    """Photos per second of processor time, one thread, at 720 x 1280, with and without decoding."""
    photos = sorted(folder.glob("*.jpg"))[:40]
    if not photos:
        return
    datas = []
    for photo in photos:
        resized = cv2.resize(decode(photo.read_bytes()).pixels, (720, 1280), interpolation=cv2.INTER_AREA)
        datas.append(cv2.imencode(".jpg", resized[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 88])[1].tobytes())
    pictures = [decode(data).pixels for data in datas]
    _judged(pictures[0])
    works: dict[str, Callable[[int], object]] = {
        "measure + judge": lambda i: _judged(pictures[i]),
        "decode + measure + judge": lambda i: _judged(decode(datas[i]).pixels),
    }
    for name, work in works.items():
        start = time.process_time()
        for index in range(len(datas)):
            work(index)
        print(f"{name}: {len(datas) / (time.process_time() - start):.0f} photos per CPU-second at 720 x 1280")


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    sys.exit(main())
