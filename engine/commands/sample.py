"""`sample`: draw meter photos with known truth, for a demo without photos or a stand-in training set."""

from __future__ import annotations

import argparse
import csv
import io
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from engine.drawing.design import GENERATION
from engine.drawing.plan import IMBALANCE, Shot, plan_classes, plan_demo
from engine.errors import ArgumentError
from engine.spelling import counted

SUMMARY = "Draw meter photos with known truth, for a demo without photos."
EXAMPLE = "python -m engine sample --count 40 --out inbox"

_COLUMNS = ("file", "design", "known", "meter_id", "digits", "clarity", "defects", "display_box")
_DEMO_DESIGNS, _CLASS_DESIGNS = 8, 38  # 38: the original utility's number of meter types

_WORTH_A_PROCESS = 8  # photos; a process costs about as much to start as a few of them to draw


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--count", type=int, required=True, metavar="N", help="how many photos to draw")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder to put them in; may be a watched inbox")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="the same seed draws the same photos (default 1)")
    parser.add_argument(
        "--designs", type=int, metavar="K", help=f"how many meter designs (default {_DEMO_DESIGNS}, in classes {_CLASS_DESIGNS})"
    )
    parser.add_argument(
        "--first-design",
        type=int,
        default=0,
        metavar="K",
        help="where in the catalogue to begin: others are strangers to a model",
    )
    parser.add_argument(
        "--layout",
        choices=("flat", "classes"),
        default="flat",
        help="flat: one folder, some designs unknown; classes: a folder per design, uneven counts, for training",
    )
    parser.add_argument(
        "--imbalance",
        type=float,
        metavar="X",
        help=f"classes: the k-th design has k to the -X of the first one's photos (default {IMBALANCE}; 0: all the same)",
    )
    parser.add_argument(
        "--families", action="store_true", help="classes: designs come as makers' families of up to five that look alike"
    )
    parser.add_argument(
        "--truth",
        type=Path,
        metavar="FILE",
        help="where to write the truth as CSV (default DIR/.truth.csv: hidden, so that a watched inbox passes it over)",
    )
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="N", help="processes (default: one per core)")


def run(args: argparse.Namespace) -> int:
    """Draw the photos, then write the truth. Returns 0; bad arguments raise `ArgumentError`."""
    from tqdm import tqdm

    shots = _plan(args)
    args.out.mkdir(parents=True, exist_ok=True)
    draw = partial(_draw_and_write, args.out, in_classes=args.layout == "classes")
    with tqdm(total=len(shots), unit="photo", disable=None) as progress:
        rows = []
        for row in _map(draw, shots, args.jobs):
            rows.append(row)
            progress.update()
    truth = args.truth or args.out / ".truth.csv"
    truth.parent.mkdir(parents=True, exist_ok=True)
    _write(truth, _as_csv(rows))
    print(f"{counted(len(rows), 'photo')} in {args.out}, their truth in {truth}")
    return 0


def _plan(args: argparse.Namespace) -> tuple[Shot, ...]:
    classes = args.layout == "classes"
    designs = args.designs if args.designs is not None else min(_CLASS_DESIGNS if classes else _DEMO_DESIGNS, max(args.count, 1))
    if args.count < 1:
        raise ArgumentError("--count must be 1 or more.")
    if not 1 <= designs <= GENERATION:
        raise ArgumentError(f"--designs must lie between 1 and {GENERATION}.")
    if not 0 <= args.first_design <= GENERATION - designs:
        raise ArgumentError(f"--first-design must lie between 0 and {GENERATION - designs}.")
    if args.seed < 0:
        raise ArgumentError("--seed must be 0 or more.")
    if args.jobs < 1:
        raise ArgumentError("--jobs must be 1 or more.")
    if not classes and (args.families or args.imbalance is not None):
        raise ArgumentError("--families and --imbalance go with --layout classes.")
    if not classes:
        return _moved(plan_demo(args.count, designs, args.seed), args.first_design)
    imbalance = IMBALANCE if args.imbalance is None else args.imbalance
    if not 0 <= imbalance <= 3:
        raise ArgumentError("--imbalance must lie between 0 and 3.")
    return _moved(plan_classes(args.count, designs, args.seed, imbalance=imbalance, families=args.families), args.first_design)


def _moved(shots: tuple[Shot, ...], first: int) -> tuple[Shot, ...]:
    """The same photos of designs that begin elsewhere in the catalogue."""
    return tuple(replace(shot, design=shot.design + first) for shot in shots)


def _map(draw: Callable[[Shot], dict[str, str]], shots: tuple[Shot, ...], jobs: int) -> Iterator[dict[str, str]]:
    jobs = min(jobs, len(shots) // _WORTH_A_PROCESS)
    if jobs < 2:
        yield from map(draw, shots)
        return
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        yield from pool.map(draw, shots, chunksize=4)


def _draw_and_write(out: Path, shot: Shot, *, in_classes: bool) -> dict[str, str]:
    """Draw one photo, write it as a JPEG, and say its row of the truth."""
    import cv2

    from engine.drawing import draw_photo

    cv2.setNumThreads(1)  # the processes share the cores already
    pixels, truth = draw_photo(shot.seed, shot.design, meter=shot.meter, reading=shot.reading, defects=shot.defects)
    name = f"{shot.taken:IMG_%Y%m%d_%H%M%S}.jpg"
    file = f"{truth.design}/{name}" if in_classes else name
    quality = 84 + shot.seed % 10  # JPEG quality as phones and messengers choose it
    encoded = cv2.imencode(".jpg", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    target = out / file
    target.parent.mkdir(exist_ok=True)
    _write(target, encoded.tobytes())
    return {
        "file": file,
        "design": truth.design,
        "known": "yes" if shot.known else "no",
        "meter_id": truth.meter_id,
        "digits": truth.digits,
        "clarity": truth.clarity.value,
        "defects": "|".join(truth.defects),
        "display_box": " ".join(str(number) for number in truth.display_box),
    }


def _write(target: Path, content: bytes) -> None:
    """Write under a hidden name, then rename: whoever watches the folder never sees half a file."""
    hidden = target.with_name(f".{target.name}.part")
    hidden.write_bytes(content)
    hidden.replace(target)


def _as_csv(rows: Iterable[dict[str, str]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, _COLUMNS)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()
