"""`python -m engine evaluate quality`: how good the quality tags are on labelled photos."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import DataError, PictureError
from engine.spelling import counted

if TYPE_CHECKING:
    from engine.evaluation.quality import JudgedPhoto
    from engine.quality.examples import LabelledPhoto

SPOILT = 12  # good photos that the sensitivity plot spoils, at most: each in a dozen ways at five strengths
FEWEST = 5  # photos judged, for it tells moves by how much these differ


def run(data: Path, models_dir: Path, out: Path) -> int:
    """Exit code 0, or 3 if some photos could not be read; expected failures are raised as `EngineError`.

    `data` is a CSV (file, tags, and, if known, unsure, group), a folder that `engine degrade` made, or any folder of photos,
    which then has no known tags: its results are exported, and there is nothing to compare them with.
    """
    from engine.evaluation.quality import sensitivity, write_report
    from engine.evaluation.quality_page import quality_page
    from engine.quality import active

    thresholds = active(models_dir)
    photos = labelled(data)
    judged, good, unreadable = _judge_all(photos, data if data.is_dir() else data.parent, thresholds)
    if not judged:
        raise DataError(f"None of the photos in {data} can be read.")
    summary = write_report(judged, thresholds, out)
    if good and len(judged) >= FEWEST:
        sensitivity(good, judged, out)
    (out / "report.md").write_text(quality_page(summary, {path.name for path in out.iterdir()}), encoding="utf-8")
    _tell(summary)
    print(f"{counted(len(judged), 'photo')} judged by {thresholds.version}; report in {out / 'report.md'}")
    return 3 if unreadable else 0


def labelled(data: Path) -> tuple[LabelledPhoto, ...]:
    """The photos and what is known of them. Raises `DataError` where there are none."""
    from engine.degraded import TABLE, read_degraded
    from engine.labelled import SUFFIXES
    from engine.quality.examples import LabelledPhoto, read_labelled

    if data.is_file():
        return read_labelled(data, lambda line: print(line, file=sys.stderr))
    if (data / TABLE).is_file():
        return read_degraded(data)
    found = sorted(path for path in data.rglob("*") if path.suffix.lower() in SUFFIXES) if data.is_dir() else []
    if not found:
        raise DataError(f"{data} is no CSV with the columns file and tags, and no folder of photos.")
    from engine.quality import DEFECT_TAGS

    return tuple(LabelledPhoto(path=path, present=frozenset(), unsure=frozenset(DEFECT_TAGS), group=path.name) for path in found)


def _judge_all(photos: Sequence[LabelledPhoto], base: Path, thresholds: Any) -> tuple[list[JudgedPhoto], list[Any], int]:
    """All that can be read, the pixels of good ones from all over the list, and how many cannot be read."""
    from tqdm import tqdm

    from engine.evaluation.quality import judged
    from engine.names import readable
    from engine.picture import read_picture
    from engine.training.defects import LEAST_SIDE

    known_good = [photo for photo in photos if not photo.present and not photo.unsure]
    chosen = {photo.path for photo in known_good[:: max(1, len(known_good) // SPOILT)][:SPOILT]} if SPOILT else set()
    done: list[JudgedPhoto] = []
    good: list[Any] = []
    unreadable = 0
    for photo in tqdm(photos, unit="photo", disable=None):
        try:
            picture = read_picture(photo.path)
        except PictureError as error:
            print(f"left out: {photo.path}: {error}", file=sys.stderr)
            unreadable += 1
            continue
        name = photo.path.relative_to(base).as_posix() if photo.path.is_relative_to(base) else photo.path.as_posix()
        done.append(judged(photo, readable(name), picture, thresholds))
        if photo.path in chosen and min(picture.pixels.shape[:2]) >= LEAST_SIDE:
            good.append(picture.pixels)
    return done, good, unreadable


def _tell(summary: dict[str, Any]) -> None:
    tags = [each for each in summary["tags"] if each["positives"]]
    if tags:
        print(f"{'tag':<16} {'with':>5} {'without':>8} {'AUC':>6} {'F1':>5} {'precision':>10} {'recall':>7}")
    for each in tags:
        area = "-" if each["auc"] is None else f"{each['auc']:.3f}"
        print(
            f"{each['tag']:<16} {each['positives']:>5} {each['negatives']:>8} {area:>6} {each['f1']:>5.2f} "
            f"{each['precision']:>10.2f} {each['recall']:>7.2f}"
        )
    if summary["good_photos"]:
        print(f"good photos with a defect tag: {summary['good_photos_tagged']:.1%} of {summary['good_photos']}")
