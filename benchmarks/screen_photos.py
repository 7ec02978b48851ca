"""What tells a photo of a screen from one of a meter, tried on the field photos: nine are flagged `screen_photo`, of four meters.

    python -m benchmarks.screen_photos --data ../shared/data --weights mobilenet_v2_imagenet_tv.pt

AUC over photos and over meters (the mean of each meter's photos), and the 5-95 % interval over draws of meters; how many other
photos are called screens by the cut that finds three quarters. Measures have nothing to learn; the logistic regression on a
network's frozen features is fitted without the meter that it judges.
"""

from __future__ import annotations

import argparse
import csv
import sys
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from engine.bundle import InputSpec
from engine.networks import start
from engine.picture import Pixels, decode
from engine.preprocess import prepare
from engine.quality import measure

Floats = NDArray[np.float64]

BLOCK = 256  # pixels of a block whose spectrum is looked at
DRAWS = 1000
FOLDS = 20


def main() -> int:
    """Print a line per measure. Returns 0, also when there is no data."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), metavar="FOLDER")
    parser.add_argument("--weights", type=Path, help="ImageNet weights of MobileNetV2; without, the network is left out")
    args = parser.parse_args()
    table = args.data / "field" / "field.csv"
    if not table.is_file():
        print(f"skipped: no field photos at {table} (give their folder with --data)")
        return 0
    with table.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    flagged = np.array(["screen_photo" in row["flags"].split("|") for row in rows])
    meters = np.array([row["meter_group"] for row in rows])
    photos = [decode((table.parent / "photos" / row["file"]).read_bytes()).pixels for row in rows]
    print(f"{flagged.sum()} of {len(rows)} photos, {len(set(meters[flagged]))} of {len(set(meters))} meters are screens")
    columns = {
        "peaks in the spectrum of grey": [peak(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)) for pixels in photos],
        "peaks in the spectrum of R - G": [peak(pixels[..., 0].astype(np.float32) - pixels[..., 1]) for pixels in photos],
        "black, even band along an edge": [bezel(pixels) for pixels in photos],
    }
    measured = [measure(pixels) for pixels in photos]
    columns |= {name: [each[name] for each in measured] for name in ("pixel_detail", "blockiness", "glare", "crushed")}
    if args.weights:
        columns["logistic regression on frozen features"] = list(learned(photos, flagged, meters, args.weights))
    for name, values in columns.items():
        print(f"{name:<40} {line(np.array(values), flagged, meters)}")
    return 0


def peak(plane: NDArray[np.generic]) -> float:
    """How far the strongest peak of the mean spectrum stands above its neighbourhood, in natural logs of power.

    A screen's pixel grid, or its beat with the sensor's, is periodic in a direction of its own; the axes, where edges and JPEG
    blocks lie, and slow changes are left out.
    """
    values = plane.astype(np.float32)
    window = np.outer(np.hanning(BLOCK), np.hanning(BLOCK)).astype(np.float32)
    rest = values - cv2.GaussianBlur(values, (0, 0), 4)
    powers = [
        np.abs(np.fft.fftshift(np.fft.fft2(rest[top : top + BLOCK, left : left + BLOCK] * window))) ** 2
        for top in range(0, values.shape[0] - BLOCK + 1, BLOCK // 2)
        for left in range(0, values.shape[1] - BLOCK + 1, BLOCK // 2)
    ]
    spectrum = np.log(np.mean(powers, axis=0) + 1).astype(np.float32)
    above = cv2.GaussianBlur(spectrum, (0, 0), 0.8) - cv2.GaussianBlur(spectrum, (0, 0), 6)
    down, across = np.abs(np.mgrid[:BLOCK, :BLOCK] - BLOCK // 2)
    return float(above[(down > 4) & (across > 4) & (np.hypot(down, across) > 16)].max())


def bezel(pixels: Pixels) -> float:
    """Share of the photo's height or width that the widest black and even band along one of its edges takes."""
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).astype(np.float32)
    widest = 0.0
    for lines in (grey, grey[::-1], grey.T, grey.T[::-1]):
        plain = (np.percentile(lines, 80, axis=1) < 45) & (lines.std(axis=1) < 25)
        widest = max(widest, float(np.argmin(plain) if not plain.all() else len(plain)) / len(plain))
    return widest


def learned(photos: list[Pixels], flagged: NDArray[np.bool_], meters: NDArray[np.str_], weights: Path) -> Floats:
    """Logits of photos whose meters the regression never saw."""
    model, _ = start("mobilenet_v2", 2, weights)
    model.eval()
    spec = InputSpec(width=224, height=336, fit="letterbox")
    with torch.inference_mode():
        seen = [model.features(torch.from_numpy(prepare(pixels, spec)[None])).mean(dim=(2, 3))[0].numpy() for pixels in photos]
    features, answers = np.stack(seen), np.zeros(len(photos))
    screens = sorted(set(meters[flagged]))
    place = {meter: screens.index(meter) if meter in screens else int(meter[1:]) % FOLDS for meter in set(meters)}
    fold = np.array([place[meter] for meter in meters])
    for number in range(FOLDS):
        out = fold == number
        regression = make_pipeline(StandardScaler(), LogisticRegression(C=1e-3, class_weight="balanced", max_iter=2000))
        answers[out] = regression.fit(features[~out], flagged[~out]).decision_function(features[out])
    return answers


def line(values: Floats, flagged: NDArray[np.bool_], meters: NDArray[np.str_]) -> str:
    """The two AUCs and the interval of the second."""
    names = sorted(set(meters))
    means = np.array([values[meters == name].mean() for name in names])
    screens = np.array([flagged[meters == name].any() for name in names])
    rng = np.random.default_rng(0)
    draws = (rng.integers(0, len(names), len(names)) for _ in range(DRAWS))
    areas = [roc_auc_score(screens[drawn], means[drawn]) for drawn in draws if screens[drawn].any()]
    low, high = np.percentile(areas, (5, 95))
    cut = np.sort(values[flagged])[flagged.sum() // 4]
    return (
        f"photos {roc_auc_score(flagged, values):.3f}, meters {roc_auc_score(screens, means):.3f} ({low:.3f}-{high:.3f}); "
        f"where {(values[flagged] >= cut).sum()} screens are found, {(values[~flagged] >= cut).sum()} others are too"
    )


if __name__ == "__main__":
    sys.exit(main())
