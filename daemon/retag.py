"""Bringing the archive's tags along when other thresholds judge: from stored measures, without reading a pixel.

Where the file template names the quality, files follow: each batch asks for its moves in the transaction that judges it, so
that a crash leaves them to the daemon.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from daemon.home import Home
from daemon.moving import Moves
from db.jobs import JobKind, ask, photos_to_move
from db.retagging import judged_by, lacks_no_display, measured_photos, replace_judgement, restore_no_display, tags_of
from db.tables import Job, JobStatus
from engine.quality import QualityJudgement, SiteCuts, Thresholds, active, judge
from engine.quality.preview import Preview, Tagged, preview
from engine.quality.versions import find
from engine.spelling import counted

ThresholdsOf = Callable[[str | None], Thresholds]  # by site


@dataclass(slots=True)
class Retagged:
    """How many photos got a new judgement, with it other tags or another Good or Poor, have numbers too old for one, and got
    back the tag `no_display`; the jobs that move files; and whether all photos were looked at.
    """

    again: int = 0
    other_tags: int = 0
    other_quality: int = 0
    lacking: int = 0
    restored: int = 0
    jobs: list[int] = field(default_factory=list)
    ended: bool = False


def tell_preview(database: Engine, models_dir: Path, cuts: SiteCuts, version: str | None) -> str:
    """What `daemon retag --dry-run` prints. Raises `ModelError` for a version that is not there."""
    judging = find(models_dir, version) if version else active(models_dir)
    preview, restored = preview_retag(database, _by_site(judging, cuts), judging.version)
    return "\n".join((*preview.lines(), *_restored(restored)))


def tell_retag(
    home: Home, database: Engine, models_dir: Path, cuts: SiteCuts, stop: threading.Event, *, template: str
) -> tuple[str, bool]:
    """Retag, move what belongs elsewhere now; what `daemon retag` prints then, and whether it got to the last photo."""
    judging = active(models_dir)
    by_quality = "{quality}" in template
    done = retag(database, _by_site(judging, cuts), now=lambda: datetime.now(UTC), stopped=stop.is_set, files_follow=by_quality)
    told = (
        f"{counted(done.again, 'photo')} judged again by {judging.version}: {done.other_tags:,} have other tags, "
        f"{done.other_quality:,} another Good or Poor."
    )
    lacking = f" {done.lacking:,} stay as they are: they lack numbers that it needs." if done.lacking else ""
    waiting = _move(home, database, done.jobs, template, stop)
    stopped = () if done.ended else ("Stopped before the last photo. The same command goes on from here.",)
    return "\n".join((told + lacking, *_restored(done.restored), *_waiting(waiting), *stopped)), done.ended


def _move(home: Home, database: Engine, jobs: Sequence[int], template: str, stop: threading.Event) -> int:
    """Do these jobs now, whether or not a daemon runs, which may do them too; how many files still wait to be moved."""
    moves = Moves(home, database, template, stop)
    waiting = 0
    for job_id in jobs:
        with Session(database) as session:
            payload = dict(session.get_one(Job, job_id).payload)
        moves.work(job_id, payload)
        with Session(database) as session:
            job = session.get_one(Job, job_id)
            waiting += 0 if job.status == JobStatus.DONE else len(photos_to_move(session, job.payload))
    return waiting


def _waiting(files: int) -> tuple[str, ...]:
    wait = "waits" if files == 1 else "wait"
    return (f"{counted(files, 'file')} {wait} to be moved; the daemon does that when it runs.",) if files else ()


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


def retag(
    database: Engine,
    thresholds_of: ThresholdsOf,
    *,
    now: Callable[[], datetime],
    stopped: Callable[[], bool],
    files_follow: bool = False,
) -> Retagged:
    """Judge every photo's stored measures again. `files_follow`: where files lie depends on Good or Poor.

    A photo that these very thresholds judged is left alone, and so is one whose numbers are too old for them. Batches are
    committed one by one: what was done stays done, and a second run goes on from there.
    """
    last, done = 0, Retagged()
    while not stopped():
        with Session(database) as session, session.begin():
            batch = measured_photos(session, last)
            if not batch:
                done.ended = True
                return done
            moving = []
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
                change = replace_judgement(session, photo, judgement, version=thresholds.version, now=now())
                done.again += 1
                done.other_tags += change.tags
                done.other_quality += change.quality
                if change.quality and files_follow:
                    moving.append(photo.id)
            if moving:
                job = ask(session, JobKind.MOVE_PHOTOS, {"photo_ids": moving}, now())
                session.flush()
                done.jobs.append(job.id)
            last = batch[-1].id
    return done


def _judged(measures: Mapping[str, float], thresholds: Thresholds) -> QualityJudgement | None:
    try:
        return judge(measures, thresholds)
    except KeyError:
        return None
