"""Lays out what clarity learns from: photos with their display's box and two raters' word whether a person can read it.

    python -m benchmarks.build_readability --data DATA --out FOLDER

Field photos with both raters, the clear/unclear display crops, boxed photos of other sources (nobody rated them, nearly all are
readable: they carry drawn defects), and pictures without a display, which nobody can read.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterator
from pathlib import Path

from benchmarks.build_datasets import FIELD_LICENCE, ONE_UNIT, link, name_of, read_field, read_meters, read_table
from benchmarks.build_display import drawn, empty
from engine.boxes import TABLE, Boxed

BLANK = "display blank"  # how the raters' notes say it
EMPTY_STEP = 3  # of the pictures without a display every third


def main() -> None:
    """Build the folder: photos and boxes.csv with the columns clear and flags."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the data folder: field/, meters/, clarity/, faces/")
    parser.add_argument("--out", type=Path, required=True, help="where the folder is made; outside the repository")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    with (args.out / TABLE).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["file", "x", "y", "w", "h", "group", "source", "licence", "clear", "flags"])
        for row in [*rated(args.data, args.out), *boxed(args.data, args.out), *pictures(args.data, args.out)]:
            box, clear = row.box or ("", "", "", ""), "" if row.clear is None else row.clear
            path = row.path.relative_to(args.out)
            writer.writerow([path, *box, row.group, row.source, row.licence, clear, "|".join(row.flags)])


def rated(data: Path, out: Path) -> Iterator[Boxed]:
    """What people rated: the field photos by two, the crops by one."""
    for photo in read_field(data):
        path = out / "photos" / name_of(photo)
        link(photo.path, path)
        clear = sum(photo.row[rater] == "yes" for rater in ("readable", "readable2")) / 2
        flags = tuple(flag.replace("dirty", "occluded") if clear < 1 else flag for flag in photo.row["flags"].split("|"))
        yield Boxed(
            path=path, box=photo.box, group=photo.meter, source=photo.source, licence=photo.licence, clear=clear, flags=flags
        )
    for row in read_table(data / "clarity" / "clarity.csv"):
        path = out / "photos" / f"crop-{Path(row['file']).name}"
        link(data / "clarity" / row["file"], path)
        width, height = int(row["width"]), int(row["height"])
        trim = (height - 240) // 2  # the two labels differ in height (240 and 270): cut to the same size
        flags = tuple(row["flags"].replace("dirty", "occluded").split("|"))
        if BLANK in row["note"]:
            flags = (*flags, "blank_display")
        yield Boxed(
            path=path, box=(20, trim + 15, width - 40, 210), group=row["label"] + path.stem[-6:-3], source="display crops",
            licence=FIELD_LICENCE, clear=float(row["label"] == "clear"), flags=flags,
        )  # fmt: skip


def boxed(data: Path, out: Path) -> Iterator[Boxed]:
    """Not rated, but nearly all readable where somebody boxed the digits."""
    for photo in (photo for part in read_meters(data) for photo in part):
        if photo.box is not None and photo.kind != ONE_UNIT and not photo.row["clarity"]:
            path = out / "photos" / name_of(photo)
            link(photo.path, path)
            group = photo.meter or photo.path.name
            yield Boxed(path=path, box=photo.box, group=group, source=photo.source, licence=photo.licence)


def pictures(data: Path, out: Path) -> Iterator[Boxed]:
    """Drawn meters without a defect, and pictures without a display."""
    for row in list(empty(data, out))[::EMPTY_STEP]:
        yield Boxed(path=row.path, box=None, group=row.group, source=row.source, licence=row.licence, clear=0.0)
    for number, row in enumerate(drawn(out)):
        if number % 3:  # the others carry a drawn defect, not always one that hides digits
            yield row


if __name__ == "__main__":
    main()
