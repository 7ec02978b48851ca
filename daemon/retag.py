"""Bringing the archive's tags along when other thresholds judge: from stored measures, without reading a pixel."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from db.retagging import judged_by, measured_photos, replace_judgement, tags_of
from engine.quality import QualityJudgement, SiteCuts, Thresholds, active, judge
from engine.quality.preview import Preview, Tagged, preview
from engine.quality.versions import find

ThresholdsOf = Callable[[str | None], Thresholds]  # by site


def tell_preview(database: Engine, models_dir: Path, cuts: SiteCuts, version: str | None) -> str:
    """What `daemon retag --dry-run` prints. Raises `ModelError` for a version that is not there."""
    judging = find(models_dir, version) if version else active(models_dir)
    return "\n".join(preview_retag(database, _by_site(judging, cuts), judging.version).lines())


def tell_retag(database: Engine, models_dir: Path, cuts: SiteCuts, stop: threading.Event) -> str:
    """Retag, and what `daemon retag` prints then."""
    judging = active(models_dir)
    again, lacking = retag(database, _by_site(judging, cuts), now=lambda: datetime.now(UTC), stopped=stop.is_set)
    told = f"{again:,} photos judged again by {judging.version}; what they were called before is kept."
    return told + (f" {lacking:,} stay as they are: they lack numbers that it needs." if lacking else "")


def _by_site(judging: Thresholds, cuts: SiteCuts) -> ThresholdsOf:
    return cache(lambda site: judging.with_cuts(cuts.of(site)))


def preview_retag(database: Engine, thresholds_of: ThresholdsOf, version: str) -> Preview:
    """What `retag` would change. Nothing is written."""

    def photos() -> Iterator[Tagged]:
        last = 0
        while True:
            with Session(database) as session:
                batch = measured_photos(session, last)
                for photo in batch:
                    yield Tagged(tags=tags_of(photo), measures=photo.measures or {}, thresholds=thresholds_of(photo.site))
                if not batch:
                    return
                last = batch[-1].id

    return preview(photos(), version)


def retag(
    database: Engine, thresholds_of: ThresholdsOf, *, now: Callable[[], datetime], stopped: Callable[[], bool]
) -> tuple[int, int]:
    """Judge every photo's stored measures again; how many got a new judgement, and how many have numbers too old for one.

    A photo that these very thresholds judged is left alone, and so is one whose numbers are too old for them. Batches are
    committed one by one: what was done stays done, and a second run goes on from there.
    """
    last = again = lacking = 0
    while not stopped():
        with Session(database) as session, session.begin():
            batch = measured_photos(session, last)
            if not batch:
                return again, lacking
            for photo in batch:
                thresholds = thresholds_of(photo.site)
                if judged_by(photo) == thresholds.version:
                    continue
                judgement = _judged(photo.measures or {}, thresholds)
                if judgement is None:
                    lacking += 1
                    continue
                replace_judgement(session, photo, judgement, version=thresholds.version, now=now())
                again += 1
            last = batch[-1].id
    return again, lacking


def _judged(measures: Mapping[str, float], thresholds: Thresholds) -> QualityJudgement | None:
    try:
        return judge(measures, thresholds)
    except KeyError:
        return None
