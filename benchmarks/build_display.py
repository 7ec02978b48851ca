"""Lays out what the display locator learns from: photos with their display's box, and photos without a display.

    python -m benchmarks.build_display --data DATA --out FOLDER

Field photos, the boxed photos of other sources that may train, the clear/unclear display crops (the display fills them), drawn
photos, and without a display: faces (the other half is kept for measuring), drawn walls, sheets of text and clutter.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from benchmarks.build_datasets import FIELD_LICENCE, link, name_of, read_field, read_meters, read_table, save
from engine.boxes import TABLE, Boxed
from engine.drawing import draw_photo
from engine.drawing.camera import Defect
from engine.drawing.paint import Area
from engine.drawing.wall import draw_cables, draw_wall
from engine.picture import Pixels

DRAWN, FACES = 72, 44
EMPTY = {"wall": 24, "sheet": 24, "clutter": 160}  # clutter stands for whatever else people photograph
DRAWN_LICENCE = "drawn by this repository"


def main() -> None:
    """Build the folder: photos and boxes.csv."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the data folder: field/, meters/, clarity/, faces/")
    parser.add_argument("--out", type=Path, required=True, help="where the folder is made; outside the repository")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    with (args.out / TABLE).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["file", "x", "y", "w", "h", "group", "source", "licence"])
        for row in [*real(args.data, args.out), *drawn(args.out), *empty(args.data, args.out)]:
            box = row.box or ("", "", "", "")
            writer.writerow([row.path.relative_to(args.out), *box, row.group, row.source, row.licence])


def real(data: Path, out: Path) -> Iterator[Boxed]:
    """Photos that show a display."""
    field, (typed, untyped) = read_field(data), read_meters(data)
    for photo in [*field, *typed, *untyped]:
        if photo.box is not None:
            path = out / "photos" / name_of(photo)
            link(photo.path, path)
            group = photo.meter or photo.path.name
            yield Boxed(path=path, box=photo.box, group=group, source=photo.source, licence=photo.licence)
    for row in read_table(data / "clarity" / "clarity.csv"):
        path = out / "photos" / f"crop-{Path(row['file']).name}"
        link(data / "clarity" / row["file"], path)
        whole = (0, 0, int(row["width"]), int(row["height"]))
        yield Boxed(path=path, box=whole, group=row["label"] + path.stem[-6:-3], source="display crops", licence=FIELD_LICENCE)


def drawn(out: Path) -> Iterator[Boxed]:
    """Drawn meters of many designs; every third with a defect."""
    rng = np.random.default_rng(5)
    mishaps = list(Defect)
    for number in range(DRAWN):
        defects = [mishaps[number // 3 % len(mishaps)]] if number % 3 == 0 else []
        pixels, truth = draw_photo(int(rng.integers(2**31)), 100 + number, reading=int(rng.integers(10**6)), defects=defects)
        path = out / "photos" / f"drawn-{number}.jpg"
        save(pixels, path)
        yield Boxed(path=path, box=truth.display_box, group=f"drawn-{number}", source="drawn photos", licence=DRAWN_LICENCE)


def empty(data: Path, out: Path) -> Iterator[Boxed]:
    """Photos that show no display."""
    for row in training_faces(data):
        path = out / "photos" / f"face-{row.name}"
        link(row, path)
        yield Boxed(path=path, box=None, group=f"face-{row.name}", source="faces", licence=FIELD_LICENCE)
    rng = np.random.default_rng(6)
    draw = {"wall": wall, "sheet": sheet, "clutter": clutter}
    for kind, count in EMPTY.items():
        for number in range(count):
            path = out / "photos" / f"{kind}-{number}.jpg"
            save(draw[kind](rng), path)
            yield Boxed(path=path, box=None, group=f"{kind}-{number}", source=f"drawn {kind}", licence=DRAWN_LICENCE)


def training_faces(data: Path) -> list[Path]:
    """Every fourth good face, and some degraded twins of the same people."""
    good = [row["image_path"] for row in read_table(data / "faces" / "dataset_labels.csv") if row["label"] == "Good"]
    chosen = sorted(good)[::4][:FACES]
    twins = [path.replace("good/", "bad/", 1) for path in chosen[::4]]
    return [path for path in (data / "faces" / name for name in [*chosen, *twins]) if path.is_file()]


def wall(rng: np.random.Generator) -> Pixels:
    """A wall with cables and no meter."""
    pixels = draw_wall(rng, 720, 1080)
    x, y = rng.uniform(100, 400), rng.uniform(200, 600)
    draw_cables(rng, pixels, Area(int(x), int(y), 220, 260))
    return np.ascontiguousarray(np.clip(pixels, 0, 255).astype(np.uint8))


def sheet(rng: np.random.Generator) -> Pixels:
    """A bill or a label: lines of text and figures, ruled boxes, no display."""
    pixels = np.full((1080, 760, 3), rng.integers(190, 256), np.uint8)
    ink = tuple(int(level) for level in rng.integers(0, 110, 3))
    for y in range(int(rng.integers(40, 120)), 1060, int(rng.integers(34, 90))):
        words = " ".join(str(rng.integers(10 ** int(rng.integers(1, 8)))) for _ in range(int(rng.integers(1, 6))))
        font, size = int(rng.integers(0, 5)), float(rng.uniform(0.5, 2.2))
        cv2.putText(pixels, words, (int(rng.integers(10, 260)), y), font, size, ink, int(rng.integers(1, 4)), cv2.LINE_AA)
    for _ in range(int(rng.integers(0, 6))):
        corner, extent = rng.integers(0, 700, 2), rng.integers(60, 420, 2)
        cv2.rectangle(pixels, tuple(map(int, corner)), tuple(map(int, corner + extent)), ink, int(rng.integers(1, 5)))
    return pixels


def clutter(rng: np.random.Generator) -> Pixels:
    """A scene of no meaning: soft light, boxes, discs, lines and rows of bars such as windows and fences make."""
    width, height = (int(side) for side in rng.integers(400, 800, 2))
    light = cv2.resize(
        rng.uniform(0, 255, (*rng.integers(2, 7, 2), 3)).astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC
    )
    pixels = np.clip(light * rng.uniform(0.2, 1) + rng.uniform(0, 60), 0, 255).astype(np.uint8)
    for _ in range(int(rng.integers(3, 40))):
        _thing(rng, pixels)
    grain = cv2.resize(rng.normal(0, 1, (height // 4, width // 4, 3)).astype(np.float32), (width, height))
    noisy = np.clip(pixels + grain * rng.uniform(2, 30), 0, 255).astype(np.uint8)
    return np.asarray(cv2.GaussianBlur(noisy, (0, 0), rng.uniform(0.3, 2.5)), dtype=np.uint8)


def _thing(rng: np.random.Generator, pixels: Pixels) -> None:
    """Draw one thing somewhere, in any colour."""
    height, width = pixels.shape[:2]
    colour = tuple(int(level) for level in rng.integers(0, 256, 3))
    x, y, across, down = (
        int(rng.integers(low, high)) for low, high in ((0, width), (0, height), (6, width // 2), (6, height // 2))
    )
    match rng.choice(["box", "disc", "line", "bars"], p=[0.4, 0.2, 0.2, 0.2]):
        case "box":
            cv2.rectangle(pixels, (x, y), (x + across, y + down), colour, -1)
        case "disc":
            cv2.ellipse(pixels, (x, y), (across // 2, down // 2), rng.uniform(0, 180), 0, 360, colour, -1)
        case "line":
            end = int(rng.integers(0, width)), int(rng.integers(0, height))
            cv2.line(pixels, (x, y), end, colour, int(rng.integers(1, 14)))
        case _:
            step, bar = across // 6 + 4, across // 8 + 2
            for left in range(x, x + step * int(rng.integers(2, 8)), step):
                cv2.rectangle(pixels, (left, y), (left + bar, y + down // 2), colour, -1)


if __name__ == "__main__":
    main()
