"""Lays the photos of the data folder out as train/, val/ and test/ folders for each task.

    python -m benchmarks.build_datasets --data DATA --out FOLDER
    python -m engine degrade FOLDER/good --out FOLDER/good_bad

Photos of one physical meter lie on one side only, and the three tasks share the sides, so that no photo of a test meter is
ever learned from. Rows marked `evaluate_only` are not used. The same seed gives the same folders.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from engine.drawing import draw_photo
from engine.picture import Pixels, decode
from engine.training.crop_defects import spoil_display
from engine.verdict import Box

SHARES = {"test": 0.22, "val": 0.13}  # of the photos of each type; the rest trains
LEAST_PHOTOS, LEAST_METERS = 6, 3  # a field design with fewer is not a type yet, but part of `unknown`
LEAST_TYPED = 10  # the same for hand-typed photos of other sources, whose meters are not told apart
DRAWN = 150  # drawn meters among the good pictures
STRANGERS_STEP = 3  # every third gas or water meter teaches doubt: enough to balance the types
OTHERS_STEP = 2  # every second photo of other sources, so that field photos stay the majority
SPOILT = {"blurry", "dark", "screen_photo"}  # flags of a bad picture; dirt and glare are the meter's own
ONE_UNIT = "Itron_one_unit"  # a single meter: it can be learned, but not tested
FIELD_LICENCE = "photos of the system this product grew from"

Row = dict[str, str]


@dataclass(frozen=True, kw_only=True)
class Photo:
    """One source photo. `meter` = the same physical meter, as well as it is known."""

    path: Path
    kind: str  # design or type
    meter: str
    box: Box | None
    row: Row
    source: str
    licence: str


def main() -> None:
    """Build all four."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the data folder: field/, meters/, clarity/, faces/")
    parser.add_argument("--out", type=Path, required=True, help="where the folders are made; outside the repository")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    field, typed, untyped = read_field(args.data), *read_meters(args.data)
    sides = assign_sides([*field, *typed], args.seed)
    build_meter_type(args.out / "meter_type", field, typed, untyped, sides)
    build_clarity(args.out / "clarity", args.data, field, [*typed, *untyped], sides=sides, seed=args.seed)
    build_good(args.out / "good", args.data, field, typed, sides=sides, seed=args.seed)
    build_details(args.out / "details", untyped)


def read_field(data: Path) -> list[Photo]:
    """The field photos with their design and physical meter."""
    return [
        Photo(
            path=data / "field" / "photos" / row["file"], kind=row["design"], meter=row["meter_group"], row=row,
            box=_box(row["display_box"]), source="field photos", licence=FIELD_LICENCE,
        )
        for row in read_table(data / "field" / "field.csv")
    ]  # fmt: skip


def read_meters(data: Path) -> tuple[list[Photo], list[Photo]]:
    """Photos of other sources that may train: those typed by hand, and the others."""
    rows = [row for row in read_table(data / "meters" / "meters.csv") if row["use"] == "train" and row["view"] == "whole"]
    photos = []
    for row in rows:
        path = data / "meters" / "photos" / row["file"]
        photos.append(
            Photo(path=path, kind=row["type"], meter="", box=_fraction_box(row["display_box"], path), row=row,
                  source=row["source_repo"], licence=row["licence"])
        )  # fmt: skip
    typed = [photo for photo in photos if photo.kind]
    return list(_grouped(typed)), [photo for photo in photos if not photo.kind]


def assign_sides(photos: Iterable[Photo], seed: int) -> dict[str, str]:
    """Meter -> train, val or test, so that of each kind about SHARES of the photos lie there."""
    by_kind: dict[str, Counter[str]] = defaultdict(Counter)
    for photo in photos:
        by_kind[photo.kind][photo.meter] += 1
    sides: dict[str, str] = {}
    for kind, meters in sorted(by_kind.items()):
        order = sorted(meters, key=lambda meter: hashlib.sha256(f"{seed}:{kind}:{meter}".encode()).hexdigest())
        wanted = {side: share * meters.total() for side, share in SHARES.items()}
        for meter in order:
            fits = [side for side, left in wanted.items() if left >= meters[meter] * 0.5]
            side = fits[0] if fits and len(meters) >= LEAST_METERS and kind != ONE_UNIT else "train"
            sides[meter] = side
            if side != "train":
                wanted[side] -= meters[meter]
    return sides


def build_meter_type(out: Path, field: list[Photo], typed: list[Photo], untyped: list[Photo], sides: dict[str, str]) -> None:
    """One folder per type; designs with too few photos become `unknown` in val and test, gas and water meters in train."""
    photos, meters = Counter(photo.kind for photo in field), defaultdict(set)
    for photo in field:
        meters[photo.kind].add(photo.meter)
    types = {kind for kind, count in photos.items() if count >= LEAST_PHOTOS and len(meters[kind]) >= LEAST_METERS}
    types |= {kind for kind, count in Counter(photo.kind for photo in typed).items() if count >= LEAST_TYPED}
    strange = sorted({photo.kind for photo in [*field, *typed]} - types)
    used: list[Photo] = []
    for photo in [*field, *typed]:
        if photo.kind in types:
            link(photo.path, out / sides[photo.meter] / photo.kind / name_of(photo))
            used += [photo] if sides[photo.meter] == "train" else []
        else:  # a design is unknown to the choice or to the test, never to both
            side = "val" if strange.index(photo.kind) % 3 == 0 else "test"
            link(photo.path, out / side / "unknown" / name_of(photo))
    strangers = [photo for photo in untyped if photo.row["meter_kind"] in ("gas", "water")][::STRANGERS_STEP]
    for photo in strangers:
        link(photo.path, out / "train" / "unknown" / name_of(photo))
    used += strangers
    write_sources(out, used)


def build_details(out: Path, untyped: list[Photo]) -> None:
    """Photos whose design nobody named: those with a name measure how well details tell designs apart."""
    for photo in untyped:
        link(photo.path, out / name_of(photo))
    write_sources(out, untyped)


def build_clarity(out: Path, data: Path, field: list[Photo], others: list[Photo], *, sides: dict[str, str], seed: int) -> None:
    """Readable or not, by two raters; photos they differ on are not learned from. Degraded twins and crops only train."""
    rng = np.random.default_rng(seed)
    used: list[Photo] = []
    for photo in field:
        side, clear = sides[photo.meter], photo.row["readable"] == "yes"
        if side == "train" and clear != (photo.row["readable2"] == "yes"):
            continue
        link(photo.path, out / side / ("clear" if clear else "unclear") / name_of(photo))
        used += [photo] if side == "train" else []
        if side == "train" or (side == "val" and clear):  # val's few unclear photos alone would choose by chance
            write_twins(out / side, photo, rng, clear=clear)
    boxed = [photo for photo in others if photo.box is not None and photo.kind != ONE_UNIT]
    for photo in [photo for photo in boxed if sides.get(photo.meter, "train") == "train"][::OTHERS_STEP]:
        used.append(photo)  # not rated, but nearly all readable where somebody boxed the digits
        pixels = decode(photo.path.read_bytes()).pixels
        link(photo.path, out / "train" / "clear" / name_of(photo))
        twin, reason = spoil_display(pixels, photo.box or _whole(pixels), rng)
        save(twin, out / "train" / "unclear" / f"{reason}-{name_of(photo)}")
    for row in read_table(data / "clarity" / "clarity.csv"):
        pixels = decode((data / "clarity" / row["file"]).read_bytes()).pixels
        trim = (pixels.shape[0] - 240) // 2  # the two labels differ in height (240 and 270): cut to the same size
        name = f"crop-{Path(row['file']).name}"
        save(pixels[trim : trim + 240], out / "train" / row["label"] / name)
    crops = len(read_table(data / "clarity" / "clarity.csv"))
    write_sources(out, used, {"clear/unclear display crops": (crops, FIELD_LICENCE)})


def write_twins(side: Path, photo: Photo, rng: np.random.Generator, *, clear: bool) -> None:
    """An unclear twin of a clear photo; the same of the display's surroundings, where its box is known."""
    pixels = decode(photo.path.read_bytes()).pixels
    views = [("", pixels, photo.box)]
    if photo.box is not None:
        views.append(("near-", *_near(pixels, photo.box, rng)))
    for prefix, view, box in views:
        if prefix:
            save(view, side / ("clear" if clear else "unclear") / f"{prefix}{name_of(photo)}")
        if clear:
            twin, reason = spoil_display(view, box or _whole(view), rng)
            save(twin, side / "unclear" / f"{prefix}{reason}-{name_of(photo)}")


def build_good(out: Path, data: Path, field: list[Photo], typed: list[Photo], *, sides: dict[str, str], seed: int) -> None:
    """Good pictures for `engine degrade`: sound photos of meters, the origin system's good faces, drawn meters."""
    used: list[Photo] = []
    faces = 0
    for row in read_table(data / "faces" / "dataset_labels.csv"):
        if row["label"] == "Good":
            path = data / "faces" / row["image_path"]
            place = int(hashlib.sha256(f"{seed}:{path.name}".encode()).hexdigest(), 16) % 100 / 100
            side = "test" if place < SHARES["test"] else "val" if place < SHARES["test"] + SHARES["val"] else "train"
            faces += side == "train"
            link(path, out / side / f"face-{path.name}")
    sound = [photo for photo in field if photo.row["readable"] == "yes" and not SPOILT & set(photo.row["flags"].split("|"))]
    for photo in [*sound, *(photo for photo in typed if photo.kind != ONE_UNIT)]:
        used += [photo] if sides[photo.meter] == "train" else []
        link(photo.path, out / sides[photo.meter] / name_of(photo))
    for number in range(DRAWN):
        save(draw_photo(number, number)[0], out / "train" / f"drawn-{number:03d}.jpg")
    write_sources(out, used, {"good faces": (faces, FIELD_LICENCE), "drawn meters": (DRAWN, "drawn by this repository")})


def write_sources(out: Path, used: list[Photo], more: dict[str, tuple[int, str]] | None = None) -> None:
    """sources.json beside the label folders: what trained, how much, under which licence."""
    counted = Counter((photo.source, photo.licence) for photo in used)
    rows = [{"name": name, "photos": count, "licence": licence} for (name, licence), count in sorted(counted.items())]
    rows += [{"name": name, "photos": count, "licence": licence} for name, (count, licence) in (more or {}).items()]
    (out / "sources.json").write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")
    for side in sorted(path for path in out.iterdir() if path.is_dir()):
        print(out.name, side.name, dict(Counter(path.parent.name for path in sorted(side.rglob("*")) if not path.is_dir())))


def read_table(path: Path) -> list[Row]:
    """All rows of a CSV file."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def name_of(photo: Photo) -> str:
    """A name that is unique over all sources."""
    return f"{photo.path.parent.name}-{photo.path.name}" if photo.source != "field photos" else photo.path.name


def link(source: Path, target: Path) -> None:
    """A symbolic link, so that nothing is copied."""
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    target.symlink_to(source.resolve())


def save(pixels: Pixels, target: Path) -> None:
    """A JPEG of high quality, so that compression is no hint at the label."""
    target.parent.mkdir(parents=True, exist_ok=True)
    _, data = cv2.imencode(".jpg", pixels[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 92])
    target.write_bytes(data.tobytes())


def _grouped(photos: list[Photo]) -> Iterator[Photo]:
    """Photos of other sources with neighbours as one meter: their files count up along the walk that took them."""
    by_kind: dict[tuple[str, str], list[tuple[int, Photo]]] = defaultdict(list)
    for photo in photos:
        counted = re.search(r"\d+", Path(photo.row["source_path"]).name)
        by_kind[photo.source, photo.kind].append((int(counted.group()) if counted else 0, photo))
    for (_, kind), numbered in sorted(by_kind.items(), key=lambda item: item[0]):
        last, group = -10, 0
        for number, photo in sorted(numbered, key=lambda pair: (pair[0], pair[1].path.name)):
            group += number - last > 1
            last = number
            yield Photo(
                path=photo.path, kind=kind, meter=f"{kind}-{group}", box=photo.box, row=photo.row,
                source=photo.source, licence=photo.licence,
            )  # fmt: skip


def _box(text: str) -> Box | None:
    """`x y w h` in pixels."""
    if not text:
        return None
    x, y, width, height = (round(float(part)) for part in text.split())
    return x, y, width, height


def _fraction_box(text: str, path: Path) -> Box | None:
    """`cx cy w h` as fractions of the photo."""
    if not text:
        return None
    height, width = decode(path.read_bytes()).pixels.shape[:2]
    cx, cy, w, h = (float(part) for part in text.split()[:4])
    return round((cx - w / 2) * width), round((cy - h / 2) * height), round(w * width), round(h * height)


def _whole(pixels: Pixels) -> Box:
    return 0, 0, pixels.shape[1], pixels.shape[0]


def _near(pixels: Pixels, box: Box, rng: np.random.Generator) -> tuple[Pixels, Box]:
    """The display with a margin of 0.2 to 1 of its width around it, and the box therein."""
    x, y, width, height = box
    left, top, right, bottom = (round(width * margin) for margin in rng.uniform(0.2, 1.0, 4))
    x0, y0 = max(0, x - left), max(0, y - top)
    view = pixels[y0 : y + height + bottom, x0 : x + width + right]
    return np.ascontiguousarray(view), (x - x0, y - y0, width, height)


if __name__ == "__main__":
    main()
