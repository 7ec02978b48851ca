"""Photos with known quality: real ones with their labels, and good ones with one drawn defect of known strength.

What a label does not say is "unsure", not "absent": a dark photo may well be noisy, a blurred one has no detail either.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from engine.drawing import draw_photo
from engine.picture import Pixels, decode
from engine.quality import DEFECT_TAGS, Tag
from engine.training.defects import DEFECTS, jpeg

BASES = ("clean", "sharp", "denoised_mean")  # labels of photos good enough to be spoilt
GOOD = ("clean", "sharp", "normal_exposure")
_RESAVED = (4.0, 20.0)  # 100 - JPEG quality, of every drawn photo: nothing arrives unpacked
_ALL = frozenset(DEFECT_TAGS)
_DRAWN_FROM, _DRAWN = 1400, 48  # designs drawn for this alone
_TAUGHT_BY_DRAWN = frozenset({Tag.BLURRY, Tag.GLARE})  # real photos of meters that have neither are few


def _tags(words: str) -> frozenset[Tag]:
    return frozenset(Tag(word) for word in words.split())


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """One photo of which something is known. `defect` and `strength` where it was drawn."""

    pixels: Pixels
    present: frozenset[Tag]
    unsure: frozenset[Tag]
    group: str  # scene or meter
    source: str  # what weighs as a whole
    kind: str  # the label, "field", "drawn" or "faint"
    good: bool = False  # nobody would want to see it tagged
    defect: str | None = None
    strength: float | None = None


# label in quality.csv -> what it has; what else it may have (the rest it has not)
_REAL: Mapping[str, tuple[str, str]] = {
    "clean": ("", ""),
    "denoised_mean": ("", ""),
    "sharp": ("", "jpeg_artifacts noisy"),
    "normal_exposure": ("", "glare noisy hazy low_contrast screen_photo"),
    "blurry;motion": ("blurry", "low_contrast noisy glare hazy low_information jpeg_artifacts low_resolution screen_photo"),
    "blurry;defocus": ("blurry", "low_contrast noisy glare hazy low_information jpeg_artifacts low_resolution screen_photo"),
    "low_light": ("low_light", "blurry noisy glare hazy low_information jpeg_artifacts low_resolution damaged screen_photo"),
    "overexposed": (
        "overexposed",
        "blurry low_contrast noisy glare hazy low_information jpeg_artifacts low_resolution damaged screen_photo",
    ),
    "noisy": ("noisy", "low_light low_contrast glare hazy jpeg_artifacts low_resolution screen_photo"),
    "noisy_mild": ("noisy", "low_light low_contrast glare hazy jpeg_artifacts low_resolution screen_photo"),
    "haze": ("hazy", "blurry overexposed low_contrast noisy glare jpeg_artifacts low_resolution screen_photo"),
    # Lamps on documents and screens: not what glares on a meter's window, and too few to learn both.
    "glare": ("", " ".join(tag.value for tag in DEFECT_TAGS)),
    "reflection": ("", " ".join(tag.value for tag in DEFECT_TAGS)),
}
# drawn defect -> what else the photo may then look like
_MADE: Mapping[str, str] = {
    "motion_blur": "low_resolution low_information low_contrast",
    "defocus": "low_resolution low_information low_contrast",
    "noise": "",
    "underexposure": "low_information noisy jpeg_artifacts",
    "overexposure": "low_contrast glare low_information hazy jpeg_artifacts",
    "flat": "hazy low_information",
    "haze": "low_contrast overexposed low_information glare",
    "jpeg": "low_resolution blurry noisy low_information",
    "downscale": "blurry low_information",
    "glare": "overexposed",
    "broken_upload": "low_information low_contrast hazy",
    "wiped": "blurry low_resolution low_contrast hazy low_light overexposed jpeg_artifacts glare",
}
_FIELD_UNSURE = _tags("hazy low_contrast noisy jpeg_artifacts")


def real_photos(data: Path) -> Iterator[Known]:
    """The photos of quality/quality.csv and field/field.csv."""
    for row in rows(data / "quality" / "quality.csv"):
        present, unsure = map(_tags, _REAL[row["labels"]])
        yield Known(
            pixels=decode((data / "quality" / row["file"]).read_bytes()).pixels,
            present=present,
            unsure=unsure,
            group=f"scene {row['scene']}",
            source="real",
            kind=row["labels"],
            good=row["labels"] in GOOD,
        )
    for row in rows(data / "field" / "field.csv"):
        present, unsure = field_labels(row)
        yield Known(
            pixels=decode((data / "field" / "photos" / row["file"]).read_bytes()).pixels,
            present=present,
            unsure=unsure,
            group=f"meter {row['meter_group']}",
            source="field",
            kind="field",
            good=(row["flags"], row["sharpness"], row["glare"]) == ("none", "sharp", "no_glare"),
        )


def drawn_meters(rng: np.random.Generator) -> Iterator[Known]:
    """Drawn meters, faultless and with each defect in turn: all that they teach is what is blurred, and what is no glare."""
    for number in range(_DRAWN):
        meter = Known(
            pixels=draw_photo(number, _DRAWN_FROM + number)[0],
            present=frozenset(),
            unsure=_ALL - _TAUGHT_BY_DRAWN,
            group=f"drawn meter {number}",
            source="drawn meters",
            kind="drawn meter",
        )
        meter = resaved(meter, rng)
        for photo in (meter, *spoilt(meter, rng)):
            yield replace(
                photo,
                present=photo.present & _TAUGHT_BY_DRAWN,
                unsure=photo.unsure | (_ALL - _TAUGHT_BY_DRAWN),
                source=meter.source,
                kind="drawn meter",
            )


def resaved(photo: Known, rng: np.random.Generator) -> Known:
    """The good photo as a phone or a website would pack it: still good."""
    return replace(photo, pixels=jpeg(photo.pixels, float(rng.uniform(*_RESAVED)), rng), kind="resaved")


def spoilt(photo: Known, rng: np.random.Generator) -> Iterator[Known]:
    """The photo with each defect in turn, of a random strength, and once more so faint that nobody need call it one."""
    field = photo.source == "field"
    soft = _FIELD_UNSURE | {Tag.GLARE} if field else frozenset[Tag]()
    for name, defect in DEFECTS.items():
        for strength in (defect.drawn(rng), defect.faint):
            worse = defect.spoil(photo.pixels, strength, rng)
            if name != "jpeg":
                worse = jpeg(worse, float(rng.uniform(*_RESAVED)), rng)
            present = frozenset({defect.tag}) if strength != defect.faint else frozenset[Tag]()
            if defect.tag is Tag.GLARE:  # a drawn spot is a caricature: it shows what a measure sees, and teaches nothing
                present = frozenset[Tag]()
            may = _tags(_MADE[name]) | soft | photo.unsure | {defect.tag}
            yield Known(
                pixels=worse,
                present=present,
                unsure=may - present,
                group=photo.group,
                source="drawn",
                kind="drawn" if present else "faint",
                defect=name,
                strength=strength,
            )


def is_base(photo: Known) -> bool:
    """Whether a photo is good enough to be spoilt."""
    return photo.kind in BASES or (photo.kind == "field" and not photo.present and Tag.BLURRY not in photo.unsure)


def field_labels(row: Mapping[str, str]) -> tuple[frozenset[Tag], frozenset[Tag]]:
    """What a field photo has, and what it may have: sharpness and glare by the second labeller, who looked at these alone."""
    flags = set(row["flags"].split("|"))
    present, unsure = set[Tag](), set(_FIELD_UNSURE)
    for column, tag, yes, no in (("sharpness", Tag.BLURRY, "blurry", "sharp"), ("glare", Tag.GLARE, "glare", "no_glare")):
        if row[column] == yes:
            present.add(tag)
        elif row[column] != no:
            unsure.add(tag)
    if row["low_light"]:
        present.add(Tag.LOW_LIGHT)
    elif "dark" in flags:
        unsure.add(Tag.LOW_LIGHT)
    (present if "screen_photo" in flags else unsure).add(Tag.SCREEN_PHOTO)
    return frozenset(present), frozenset(unsure) - (frozenset({Tag.SCREEN_PHOTO}) if "screen_photo" not in flags else frozenset())


def rows(table: Path) -> list[dict[str, str]]:
    """The lines of a CSV."""
    with table.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))
