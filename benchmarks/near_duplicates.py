"""How well a signature tells copies of a photo from other photos, beside the DCT hash that most tools use.

    python -m benchmarks.near_duplicates --data DATA

Copies are made of every field photo; pairs of photos of different meters must stay apart, those of one design being the hardest.
Besides the product's own limit, each hash has the largest that confuses no two meters of one half of the designs; false pairs are
counted in the other half.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.picture import Pixels, decode
from engine.preprocess import resized
from engine.signature import NEAR, signature

Bits = NDArray[np.uint8]


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="the data folder: field/field.csv and photos")
    args = parser.parse_args()
    table = args.data / "field" / "field.csv"
    if not table.is_file():
        print(f"skipped: no labelled photos at {table}")
        return
    with table.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    photos = [decode((table.parent / "photos" / row["file"]).read_bytes()).pixels for row in rows]
    designs = sorted({row["design"] for row in rows})
    choosing = np.array([designs.index(row["design"]) % 2 == 0 for row in rows])
    meters = np.array([row["meter_group"] for row in rows])
    print(f"{len(photos)} field photos; the share of copies found, and pairs of different meters taken for copies")
    for name, hashed, fixed in (("signature", _signature, NEAR), ("signature", _signature, None), ("DCT", _dct_hash, None)):
        _measure(name, hashed, fixed, photos=photos, meters=meters, choosing=choosing)


def _measure(
    name: str,
    hashed: Callable[[Pixels], Bits],
    fixed: int | None,
    *,
    photos: list[Pixels],
    meters: Bits,
    choosing: NDArray[np.bool_],
) -> None:
    originals = np.stack([hashed(photo) for photo in photos])
    apart = (originals[:, None] != originals[None]).sum(2)
    others = np.triu(meters[:, None] != meters[None], 1)
    limit = fixed if fixed is not None else int(apart[others & choosing[:, None] & choosing[None]].min()) - 1
    false = int((apart[others & ~choosing[:, None] & ~choosing[None]] <= limit).sum())
    rng = np.random.default_rng(0)
    found = {}
    for kind, copied in COPIES.items():
        away = [(hashed(copied(photo, rng)) != own).sum() for photo, own in zip(photos, originals, strict=True)]
        found[kind] = float((np.array(away) <= limit).mean())
    shares = ", ".join(f"{kind} {share:.2f}" for kind, share in found.items())
    print(f"{name} (at most {limit} of {originals.shape[1]} bits): {shares}; false {false}; nearest {apart[others].min()}")


def _signature(pixels: Pixels) -> Bits:
    return np.unpackbits(np.frombuffer(signature(pixels) or bytes(33), dtype=np.uint8))


def _dct_hash(pixels: Pixels) -> Bits:
    """The well-known perceptual hash: low frequencies of 64 x 64 grey pixels against their median."""
    grey = cv2.cvtColor(resized(pixels, 64, 64), cv2.COLOR_RGB2GRAY).astype(np.float32)
    low = cv2.dct(grey)[:16, :16].ravel()[1:]
    return np.asarray(low > np.median(low), dtype=np.uint8)


def _jpeg(pixels: Pixels, quality: int) -> Pixels:
    return np.asarray(cv2.imdecode(cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], cv2.IMREAD_COLOR))


def _cropped(pixels: Pixels, share: float) -> Pixels:
    height, width = pixels.shape[:2]
    rim = round(share * min(height, width))
    return np.ascontiguousarray(pixels[rim : height - rim, rim : width - rim])


def _stamped(pixels: Pixels) -> Pixels:
    """A dark strip with a time, as apps burn it in."""
    copy = pixels.copy()
    height, width = copy.shape[:2]
    copy[int(height * 0.93) :, : int(width * 0.7)] = 20
    return copy


COPIES: dict[str, Callable[[Pixels, np.random.Generator], Pixels]] = {
    "JPEG 30": lambda pixels, _: _jpeg(pixels, 30),
    "half size": lambda pixels, _: resized(pixels, pixels.shape[1] // 2, pixels.shape[0] // 2),
    "third, JPEG 15": lambda pixels, _: _jpeg(resized(pixels, pixels.shape[1] // 3, pixels.shape[0] // 3), 15),
    "brighter": lambda pixels, _: np.clip(pixels * 1.25 + 12, 0, 255).astype(np.uint8),
    "noise": lambda pixels, rng: np.clip(pixels + rng.normal(0, 8, pixels.shape), 0, 255).astype(np.uint8),
    "rim 2 % off": lambda pixels, _: _cropped(pixels, 0.02),
    "rim 5 % off": lambda pixels, _: _cropped(pixels, 0.05),
    "time burnt in": lambda pixels, _: _stamped(pixels),
}

if __name__ == "__main__":
    main()
