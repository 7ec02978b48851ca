"""Bringing the archive's tags along when other thresholds judge: from stored measures, without reading a pixel."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from db.retagging import judged_by, lacks_no_display, measured_photos, replace_judgement, restore_no_display, tags_of
from engine.quality import QualityJudgement, SiteCuts, Thresholds, active, judge
from engine.quality.preview import Preview, Tagged, preview
from engine.quality.versions import find
from engine.spelling import counted

ThresholdsOf = Callable[[str | None], Thresholds]  # by site


@dataclass(slots=True)
class Retagged:
    """How many photos got a new judgement, have numbers too old for one, and got back the tag `no_display`."""

    again: int = 0
    lacking: int = 0
    restored: int = 0


def tell_preview(database: Engine, models_dir: Path, cuts: SiteCuts, version: str | None) -> str:
    """What `daemon retag --dry-run` prints. Raises `ModelError` for a version that is not there."""
    judging = find(models_dir, version) if version else active(models_dir)
    preview, restored = preview_retag(database, _by_site(judging, cuts), judging.version)
    return "\n".join((*preview.lines(), *_restored(restored)))


def tell_retag(database: Engine, models_dir: Path, cuts: SiteCuts, stop: threading.Event) -> str:
    """Retag, and what `daemon retag` prints then."""
    judging = active(models_dir)
    done = retag(database, _by_site(judging, cuts), now=lambda: datetime.now(UTC), stopped=stop.is_set)
    told = f"{counted(done.again, 'photo')} judged again by {judging.version}; what they were called before is kept."
    lacking = f" {done.lacking:,} stay as they are: they lack numbers that it needs." if done.lacking else ""
    return "\n".join((told + lacking, *_restored(done.restored)))


def _restored(photos: int) -> tuple[str, ...]:
    get = "gets" if photos == 1 else "get"
    return (f"{counted(photos, 'photo')} {get} the tag no_display back, which an earlier retag took away.",) if photos else ()


def _by_site(judging: Thresholds, cuts: SiteCuts) -> ThresholdsOf:
    return cache(lambda site: judging.with_cuts(cuts.of(site)))


def preview_retag(database: Engine, thresholds_of: ThresholdsOf, version: str) -> tuple[Preview, int]:
    """What `retag` would change, and how many photos would get `no_display` back. Nothing is written."""
    restored = 0

    def photos() -> Iterator[Tagged]:
        nonlocal restored
        last = 0
        while True:
            with Session(database) as session:
                batch = measured_photos(session, last)
                for photo in batch:
                    restored += lacks_no_display(photo)
                    yield Tagged(tags=tags_of(photo), measures=photo.measures or {}, thresholds=thresholds_of(photo.site))
                if not batch:
                    return
                last = batch[-1].id

    return preview(photos(), version), restored


def retag(database: Engine, thresholds_of: ThresholdsOf, *, now: Callable[[], datetime], stopped: Callable[[], bool]) -> Retagged:
    """Judge every photo's stored measures again.

    A photo that these very thresholds judged is left alone, and so is one whose numbers are too old for them. Batches are
    committed one by one: what was done stays done, and a second run goes on from there.
    """
    last, done = 0, Retagged()
    while not stopped():
        with Session(database) as session, session.begin():
            batch = measured_photos(session, last)
            if not batch:
                return done
            for photo in batch:
                if lacks_no_display(photo):
                    restore_no_display(photo)
                    done.restored += 1
                thresholds = thresholds_of(photo.site)
                if judged_by(photo) == thresholds.version:
                    continue
                judgement = _judged(photo.measures or {}, thresholds)
                if judgement is None:
                    done.lacking += 1
                    continue
                replace_judgement(session, photo, judgement, version=thresholds.version, now=now())
                done.again += 1
            last = batch[-1].id
    return done


def _judged(measures: Mapping[str, float], thresholds: Thresholds) -> QualityJudgement | None:
    try:
        return judge(measures, thresholds)
    except KeyError:
        return None
