"""What the quality tags say of drawn meters of designs that nothing was fitted to, whose faults are known for certain.

    python -m benchmarks.drawn_quality --versions 2026-1 2026-7

Draws meters without a fault, shaken ones and ones out of focus, saves each as a JPEG, and prints how many of the blurred ones a
version calls blurry, and which tags it gives to the others. Needs no photos.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator, Mapping

import numpy as np

from engine.drawing import draw_photo
from engine.drawing.camera import Defect
from engine.quality import Tag, judge, measure, shipped
from engine.quality.versions import DEFAULT_VERSION
from engine.training.defects import jpeg

DRAWN_FROM = 3000  # designs that no other figure is of
QUALITY = (4.0, 20.0)  # 100 - JPEG quality
FAULTS: Mapping[str, tuple[Defect, ...]] = {"shaken": (Defect.MOTION,), "out of focus": (Defect.DEFOCUS,), "faultless": ()}


def main() -> int:
    """Draw, measure once, judge by each version, print. Returns 0."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--versions", nargs="+", default=[DEFAULT_VERSION], metavar="VERSION")
    parser.add_argument("--blurred", type=int, default=24, metavar="N", help="of either kind (default: 24)")
    parser.add_argument("--faultless", type=int, default=332, metavar="N", help="(default: 332)")
    args = parser.parse_args()
    counts = {"shaken": args.blurred, "out of focus": args.blurred, "faultless": args.faultless}
    measured = {kind: list(_measured(kind, count)) for kind, count in counts.items()}
    for version in args.versions:
        thresholds = shipped(version)
        for kind, photos in measured.items():
            tags = Counter(tag for numbers in photos for tag in judge(numbers, thresholds).tags if tag != Tag.WELL_EXPOSED)
            said = ", ".join(f"{tag} {count}" for tag, count in tags.most_common()) or "no defect tag"
            print(f"{version}: of {len(photos)} {kind}: {said}")
    return 0


def _measured(kind: str, count: int) -> Iterator[Mapping[str, float]]:
    place = tuple(FAULTS).index(kind)
    rng = np.random.default_rng(place)
    for number in range(count):
        pixels, _ = draw_photo(number, DRAWN_FROM + 1000 * place + number, defects=FAULTS[kind])
        yield measure(jpeg(pixels, float(rng.uniform(*QUALITY)), rng))


if __name__ == "__main__":
    sys.exit(main())
