"""Links between photos that show nearly the same picture: how fast at a million photos, and how right on field photos.

    python benchmarks/near_links.py --data DATA

Search: the product's exact look at every signature, beside the usual way (an SQLite index over slices of the signature, from
which candidates are read and compared). Links: field photos and copies of them (recompressed, halved, cropped, brightened)
arrive one after the other; a link to a photo of another meter is false, a copy without a link is missed.
"""

from __future__ import annotations

import argparse
import csv
import sqlite3
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import psutil
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from engine.picture import Pixels, decode  # noqa: E402
from engine.signature import BITS, NEAR, distance, signature  # noqa: E402
from engine.signature_index import SignatureIndex  # noqa: E402

BYTES = -(-BITS // 8)
BANDS = 22  # slices of 12 bits: what finds 96 of 100 pairs that differ in 40 bits


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data", help="the data folder, with field/")
    parser.add_argument("--photos", type=int, default=1_000_000, help="signatures that are searched")
    parser.add_argument("--both", type=int, default=200_000, help="signatures that are searched both ways")
    parser.add_argument("--searches", type=int, default=50)
    args = parser.parse_args()
    for photos in (args.both, args.photos):
        search(photos, args.searches, beside=photos == args.both)
    if (args.data / "field" / "field.csv").is_file():
        links(args.data / "field")
    else:
        print(f"links skipped: no field photos in {args.data}")


def search(photos: int, searches: int, *, beside: bool) -> None:
    """Time finding a photo that differs in 20 bits, among random ones; the usual way `beside` it."""
    rng = np.random.default_rng(0)
    table = rng.integers(0, 256, (photos, BYTES), dtype=np.uint8)
    before = psutil.Process().memory_info().rss
    index = SignatureIndex()
    for photo_id, row in enumerate(table):
        index.add(photo_id, row.tobytes())
    memory_mb = (psutil.Process().memory_info().rss - before) / 1e6
    bands = _band_table(table if beside else table[:0])
    wanted = rng.integers(0, photos, searches)
    queries = [_flipped(table[place], 20, rng) for place in wanted]
    ways: list[tuple[str, Callable[[bytes], tuple[int, int] | None]]] = [
        ("exact, in memory", index.nearest),
        ("slices, SQLite", lambda bits: _by_bands(bands, table, bits)),
    ]
    for name, find in ways if beside else ways[:1]:
        times, found = [], 0
        for place, bits in zip(wanted, queries, strict=True):
            started = time.perf_counter()
            result = find(bits)
            times.append((time.perf_counter() - started) * 1000)
            found += result is not None and result[0] == place
        middle, worst = np.median(times), max(times)
        print(f"{name:17} {photos:,} photos: median {middle:.1f} ms, worst {worst:.1f} ms; {found} of {searches} found")
    print(f"memory of the exact index: {memory_mb:.0f} MB")


def _flipped(row: NDArray[np.uint8], bits: int, rng: np.random.Generator) -> bytes:
    number = int.from_bytes(row.tobytes())
    for bit in rng.choice(BITS, bits, replace=False):
        number ^= 1 << int(bit)
    return number.to_bytes(BYTES)


def _slices(bits: bytes) -> list[int]:
    number = int.from_bytes(bits)
    return [number >> (12 * band) & 0xFFF for band in range(BANDS)]


def _band_table(table: NDArray[np.uint8]) -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE band (slice INTEGER, photo_id INTEGER, PRIMARY KEY (slice, photo_id)) WITHOUT ROWID")
    rows = ((band << 12 | value, photo) for photo, row in enumerate(table) for band, value in enumerate(_slices(row.tobytes())))
    connection.executemany("INSERT INTO band VALUES (?, ?)", rows)
    return connection


def _by_bands(bands: sqlite3.Connection, table: NDArray[np.uint8], bits: bytes) -> tuple[int, int] | None:
    keys = [band << 12 | value for band, value in enumerate(_slices(bits))]
    marks = ",".join("?" * len(keys))
    found = bands.execute(f"SELECT DISTINCT photo_id FROM band WHERE slice IN ({marks})", keys)  # noqa: S608
    candidates = [(distance(bits, table[photo_id].tobytes()), photo_id) for (photo_id,) in found]
    near = min((each for each in candidates if each[0] <= NEAR), default=None)
    return (near[1], near[0]) if near else None


def links(folder: Path) -> None:
    """Let field photos and their copies arrive; count true, false and missed links."""
    with (folder / "field.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    index, meters, false, same_meter = SignatureIndex(), [], 0, 0
    photos = [decode((folder / "photos" / row["file"]).read_bytes()).pixels for row in rows]
    for photo_id, (row, pixels) in enumerate(zip(rows, photos, strict=True)):
        bits = signature(pixels)
        meters.append(row["meter_group"])
        if bits is None:
            continue
        if found := index.nearest(bits):
            same = meters[found[0]] == row["meter_group"]
            same_meter, false = same_meter + same, false + (not same)
        index.add(photo_id, bits)
    print(f"{len(rows)} field photos of {len(set(meters))} meters: {same_meter} linked to one of the same meter, {false} falsely")
    ended: dict[str, Counter[str]] = {}
    for photo_id, pixels in enumerate(photos):
        for name, copy in _copies(pixels).items():
            bits = signature(copy)
            found = index.nearest(bits) if bits is not None else None
            result = "missed" if found is None else "true" if meters[found[0]] == meters[photo_id] else "false"
            ended.setdefault(name, Counter())[result] += 1
    for name, counts in ended.items():
        print(f"  {name:22} {counts['true']:4} linked, {counts['missed']:3} missed, {counts['false']:2} to another meter")


def _copies(pixels: Pixels) -> dict[str, Pixels]:
    """What becomes of a photo that is sent again."""
    height, width = pixels.shape[:2]
    cut_y, cut_x = round(0.02 * height), round(0.02 * width)
    return {
        "JPEG, quality 30": _squeezed(pixels, 30),
        "half the size": np.asarray(cv2.resize(pixels, (width // 2, height // 2), interpolation=cv2.INTER_AREA)),
        "half, JPEG 50": _squeezed(np.asarray(cv2.resize(pixels, (width // 2, height // 2))), 50),
        "2 % cut off each side": np.ascontiguousarray(pixels[cut_y : height - cut_y, cut_x : width - cut_x]),
        "brighter": np.clip(pixels.astype(np.float32) * 1.2 + 10, 0, 255).astype(np.uint8),
    }


def _squeezed(pixels: Pixels, quality: int) -> Pixels:
    _, data = cv2.imencode(".jpg", pixels[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.ascontiguousarray(np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR))[..., ::-1])


if __name__ == "__main__":
    main()
