"""Holes of zeros in JPEG files: how many are seen, how many sound photos are suspected, and what looking costs.

    python benchmarks/holes.py --data PHOTOS

Every JPEG below the folder is looked at as it is, then with a tenth of its bytes, from its middle on, overwritten by zeros.
"Tagged" is what the whole engine without models says of every `--every`th of the latter.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
SHARE = 0.1  # of the file
SMALLEST = 10_240  # bytes of a file whose hole surely spans the 1,024 zeros that hold a hole of 512


def main() -> None:
    """Print one table."""
    from engine.appraise import Models, appraise
    from engine.errors import PictureError
    from engine.holes import missing_share

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path)
    parser.add_argument("--every", type=int, default=10)
    args = parser.parse_args()
    if args.data is None:
        print("Skipped: --data must name a folder of photos.")
        return
    files = [path for path in sorted(args.data.rglob("*.jp*g")) if path.stat().st_size >= SMALLEST]
    suspected = seen = tagged = judged = refused = 0
    megabytes, seconds = 0.0, 0.0
    for number, path in enumerate(files):
        whole = path.read_bytes()
        started = time.process_time()
        suspected += missing_share(whole) > 0
        seconds += time.process_time() - started
        megabytes += len(whole) / 1e6
        broken = _with_hole(whole)
        seen += missing_share(broken) > 0
        if number % args.every == 0:
            judged += 1
            try:
                tagged += "damaged" in appraise(broken, models=Models()).tags
            except PictureError:
                refused += 1
    print(f"{len(files)} JPEGs of {SMALLEST:,} bytes or more, {1000 * seconds / megabytes:.2f} processor ms per MB")
    print(f"  sound and suspected                         {suspected}")
    print(f"  with a hole of zeros, seen in the bytes     {seen}")
    print(f"  of every {args.every}th with a hole: tagged, refused    {tagged}, {refused} of {judged}")


def _with_hole(data: bytes) -> bytes:
    start, length = len(data) // 2, int(SHARE * len(data))
    return data[:start] + bytes(length) + data[start + length :]


if __name__ == "__main__":
    main()
