"""Whether large JPEGs get the same tags when they are reduced while decoding as when every pixel is decoded.

    python -m benchmarks.large_photos --data ../shared/data --side 4000

The folder holds no photo above 2048 pixels, so its photos are enlarged to `--side`, sharpened as phones do, given a sensor's
noise and saved as JPEGs of quality 80 to 96, half of them with full colour resolution; good ones also with each drawn defect:
noise, compression and lost detail at the large size, the others before enlarging. The same files are decoded both ways.
"""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from PIL import Image
from tqdm import tqdm

from benchmarks.quality_corpus import is_base, real_photos
from engine.picture import Pixels, decode
from engine.quality import DEFECT_TAGS, judge, measure, shipped
from engine.training.defects import DEFECTS

Rng = np.random.Generator

NATIVE = ("noise", "jpeg", "downscale")  # defects of single pixels
SENSOR = (1.0, 4.0)  # grey levels of noise in every pixel, as phones leave it
QUALITY = (80, 96)
SHOWN = ("noise", "luma_grain", "chroma_grain", "blockiness", "pixel_detail", "clarity", "blur", "glare", "dark_channel")


def main() -> int:
    """Print how many photos have each tag either way. Returns 0, also when there is no data."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), metavar="FOLDER")
    parser.add_argument("--side", type=int, default=4000, help="longest side in pixels (default: 4000)")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="every Nth real photo (default: 1)")
    parser.add_argument("--spoil-every", type=int, default=6, metavar="N", help="spoil every Nth good one of those (default: 6)")
    args = parser.parse_args()
    if not (args.data / "quality" / "quality.csv").is_file():
        print(f"skipped: no photos with known quality at {args.data / 'quality'} (give their folder with --data)")
        return 0
    cv2.setNumThreads(1)
    pairs = [
        (measure(_in_full(data)), measure(small.pixels, small.native))
        for data in tqdm(_large_photos(args.data, args.side, args.every, args.spoil_every), desc="judging", disable=None)
        for small in (decode(data),)
    ]
    said = [tuple(judge(measures, shipped()) for measures in pair) for pair in pairs]
    print(f"{len(said)} JPEGs of {args.side} pixels a side, thresholds {shipped().version}")
    print(f"{'tag':<16} {'decoded in full':>16} {'reduced':>8} {'both':>6} {'same word':>10}")
    for tag in DEFECT_TAGS:
        full, less = (np.array([tag.value in pair[which].tags for pair in said]) for which in (0, 1))
        print(f"{tag.value:<16} {full.sum():>16} {less.sum():>8} {(full & less).sum():>6} {(full == less).mean():>10.1%}")
    print(f"Good or Poor the same: {np.mean([one.quality is other.quality for one, other in said]):.1%}")
    for name in SHOWN:
        one, other = (np.array([pair[which][name] for pair in pairs]) for which in (0, 1))
        alike = np.corrcoef(one, other)[0, 1]
        print(f"{name:<16} correlation {alike:.3f}, median {np.median(one):.3f} in full, {np.median(other):.3f} reduced")
    return 0


def _large_photos(data: Path, side: int, every: int, spoil_every: int) -> Iterator[bytes]:
    rng, good = np.random.default_rng(0), 0
    for number, photo in enumerate(real_photos(data)):
        if number % every:
            continue
        yield _as_taken(photo.pixels, side, rng)
        good += is_base(photo)
        if is_base(photo) and good % spoil_every == 0:
            for defect in DEFECTS.values():
                strength = defect.drawn(rng)
                if defect.name in NATIVE:
                    yield _saved(defect.spoil(_enlarged(photo.pixels, side, rng), strength, rng), rng)
                else:
                    yield _as_taken(defect.spoil(photo.pixels, strength, rng), side, rng)


def _as_taken(pixels: Pixels, side: int, rng: Rng) -> bytes:
    return _saved(_enlarged(pixels, side, rng), rng)


def _enlarged(pixels: Pixels, side: int, rng: Rng) -> Pixels:
    scale = side / max(pixels.shape)
    large = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    large = cv2.addWeighted(large, 2, cv2.GaussianBlur(large, (0, 0), scale / 2), -1, 0)
    grain = rng.standard_normal(large.shape, dtype=np.float32)
    grain *= rng.uniform(*SENSOR)
    return np.asarray(cv2.add(large, grain, dtype=cv2.CV_8U), np.uint8)


def _saved(pixels: Pixels, rng: Rng) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=int(rng.integers(*QUALITY)), subsampling=2 * int(rng.integers(2)))
    return file.getvalue()


def _in_full(data: bytes) -> Pixels:
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image.convert("RGB"), np.uint8)


if __name__ == "__main__":
    sys.exit(main())
