"""`python -m engine degrade`: a Good/Bad dataset from a folder of good photos, each spoilt in a known way."""

from __future__ import annotations

import argparse
import hashlib
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import ArgumentError, DataError, PictureError
from engine.outputs import check_folder, clear_drafts, whole_folder
from engine.spelling import counted

if TYPE_CHECKING:
    from engine.degraded import DegradedRow
    from engine.picture import Pixels
    from engine.verdict import GoodBad

SUMMARY = "make a Good/Bad dataset from good photos: blur, noise, exposure, JPEG, downscale, with the strengths recorded"
EXAMPLE = "python -m engine degrade photos/good --out good_bad        # then: python -m engine train good_bad good_bad"

SIDES = (("test", 0.2), ("val", 0.1))  # shares of the source photos; the rest trains
SOURCES = "sources.json"  # licences of the photos, taken along: `train` reads it beside the label folders
QUALITY = 95  # of every JPEG written, good or bad: the encoder must not tell which is which
PLAIN = ("motion_blur", "defocus", "noise", "underexposure", "overexposure", "jpeg", "downscale")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where the good photos are, and how they are spoilt."""
    parser.add_argument(
        "folder",
        type=Path,
        metavar="FOLDER",
        help="good photos (searched recursively); train/, val/ and test/ in it stay apart",
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DATA", help="new folder for the dataset")
    parser.add_argument("--defects", nargs="+", default=list(PLAIN), metavar="NAME", help=f"which (default: {' '.join(PLAIN)})")
    parser.add_argument("--each", type=int, default=1, metavar="N", help="spoilt photos per good one (default 1)")
    parser.add_argument("--side", type=int, default=1024, metavar="PIXELS", help="longest side of what is written (default 1024)")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="the same seed spoils the same photos alike (default 0)")


def run(args: argparse.Namespace) -> int:
    """Exit code 0, or 3 if some photos could not be used; expected failures are raised as `EngineError`."""
    from tqdm import tqdm

    from engine.degraded import write_table
    from engine.labelled import SUFFIXES
    from engine.picture import read_picture
    from engine.training.defects import DEFECTS

    strange = [name for name in args.defects if name not in DEFECTS]
    if strange:
        raise ArgumentError(f"--defects: {strange[0]} is none of {', '.join(DEFECTS)}.")
    if args.each < 1 or args.side < 16 or args.seed < 0:
        raise ArgumentError("--each must be at least 1, --side at least 16 and --seed at least 0.")
    _check_folders(args.folder, args.out)
    files = sorted(path for path in args.folder.rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file())
    if not files:
        raise DataError(f"There are no photos in {args.folder}.")
    rows: list[DegradedRow] = []
    failed = 0
    with whole_folder(args.out) as draft:
        for number, path in enumerate(tqdm(files, unit="photo", disable=None)):
            try:
                pixels = _large_enough(_at_most(read_picture(path).pixels, args.side))
            except (PictureError, DataError) as error:
                print(f"left out: {path}: {error}", file=sys.stderr)
                failed += 1
                continue
            rows += _twins(path, pixels, number, draft, args)
        if not rows:
            raise DataError("None of the photos can be used.")
        write_table(draft, rows)
        if (args.folder / SOURCES).is_file():
            shutil.copyfile(args.folder / SOURCES, draft / SOURCES)
    made = f"{counted(len(rows), 'photo')} from {counted(len(files) - failed, 'good one')}"
    print(f"{made} in {args.out}; dataset_labels.csv says how each was spoilt")
    return 3 if failed else 0


def _check_folders(folder: Path, out: Path) -> None:
    if not folder.is_dir():
        raise DataError(f"{folder} is no folder of photos.")
    check_folder(out)
    clear_drafts(out)
    if out.is_dir() and any(out.iterdir()):
        raise ArgumentError(f"{out} is not empty. Name a new folder.")
    if folder.resolve() in out.resolve().parents:
        raise ArgumentError(f"{out} lies in the photos' folder: the next run would spoil the spoilt ones. Name another folder.")


def _twins(path: Path, pixels: Pixels, number: int, out: Path, args: argparse.Namespace) -> Iterator[DegradedRow]:
    """Write one good photo and its spoilt twins into `out`, all on one side of the split; the rows that tell of them."""
    import numpy as np

    from engine.degraded import DegradedRow
    from engine.names import readable
    from engine.training.defects import DEFECTS
    from engine.verdict import GoodBad

    source = readable(path.relative_to(args.folder).as_posix())
    side, rng = _given_side(path, args.folder) or side_of(path.read_bytes()), np.random.default_rng([args.seed, number])
    name = f"{number:06d}"
    yield DegradedRow(image_path=_write(out, side, GoodBad.GOOD, name, pixels), label=GoodBad.GOOD, source=source)
    for twin in range(args.each):
        defect = DEFECTS[args.defects[int(rng.integers(len(args.defects)))]]
        strength = defect.drawn(rng)
        worse = defect.spoil(pixels, strength, rng)
        yield DegradedRow(
            image_path=_write(out, side, GoodBad.BAD, f"{name}_{twin}_{defect.name}", worse),
            label=GoodBad.BAD,
            source=source,
            defect=defect.name,
            strength=strength,
            unit=defect.unit,
            tag=defect.tag.value,
        )


def side_of(data: bytes) -> str:
    """train, val or test, by the file's content: copies of a photo never lie on two sides."""
    place = int.from_bytes(hashlib.sha256(data).digest()[:8], "big") / 2**64
    for side, share in SIDES:
        if place < share:
            return side
        place -= share
    return "train"


def _given_side(path: Path, folder: Path) -> str | None:
    """The side that a split folder gives a photo: whoever made it knew which photos show one meter."""
    first = path.relative_to(folder).parts[0]
    return first if (folder / "train").is_dir() and first in ("train", *(side for side, _ in SIDES)) else None


def _write(out: Path, side: str, label: GoodBad, name: str, pixels: Pixels) -> str:
    import cv2

    relative = Path(side, label.value, f"{name}.jpg")
    (out / relative).parent.mkdir(parents=True, exist_ok=True)
    _done, encoded = cv2.imencode(".jpg", pixels[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    (out / relative).write_bytes(encoded.tobytes())
    return relative.as_posix()


def _large_enough(pixels: Pixels) -> Pixels:
    """These very pixels. Raises `DataError` where they are too few to be spoilt."""
    from engine.training.defects import LEAST_SIDE

    height, width = pixels.shape[:2]
    if min(height, width) < LEAST_SIDE:
        raise DataError(f"{width} x {height} pixels are too few to be spoilt; {LEAST_SIDE} a side are needed.")
    return pixels


def _at_most(pixels: Pixels, side: int) -> Pixels:
    from engine.preprocess import resized

    height, width = pixels.shape[:2]
    scale = side / max(height, width)
    return pixels if scale >= 1 else resized(pixels, max(1, round(width * scale)), max(1, round(height * scale)))
