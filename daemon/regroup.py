"""Regrouping the unknown meters: read them, group them, keep the ids of groups that live on, move files, write the tables."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime

import numpy as np
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from daemon.home import Home
from daemon.plates import StoredPlates, describe_missing
from daemon.recovery import finish_moves
from daemon.refile import refile
from daemon.unknown_tables import write_tables
from db.jobs import JobKind, ask, end_moves
from db.labels import read_pins
from db.records import beat, service
from db.tables import Job
from db.unknowns import (
    Membership,
    UnknownPhoto,
    begin_writing,
    current_groups,
    next_group_id,
    read_pairs,
    read_unknowns,
    write_groups,
    write_pairs,
)
from engine.grouping import NOISE, Grouping, group
from engine.grouping.life import Event, settle, turns
from engine.runtime import Model

log = logging.getLogger(__name__)


def regroup(
    home: Home,
    database: Engine,
    *,
    stamp: str,
    template: str,
    details: Callable[[], Model | None] = lambda: None,
    newest: int | None = None,
) -> dict[str, object]:
    """Group all unknown meters that `stamp` has embedded; returns what the pages show of the run.

    `details` loads what describes the print of photos that were not described on arrival.

    The caller holds the regroup lock. Photos arriving meanwhile are left to the next run, as are those in no group that arrived
    after `newest`.
    """
    started, clock = datetime.now(UTC), time.perf_counter()
    _say(database, "running", {"last_started": started.isoformat()})
    finish_moves(home, database)
    with Session(database) as session:
        photos = [each for each in read_unknowns(session, stamp) if newest is None or each.group_id or each.id <= newest]
        pairs = read_pairs(session, (photo.id for photo in photos))
    readable = describe_missing(home, database, photos, details)
    grouping = group(
        np.stack([photo.embedding for photo in photos]) if photos else np.zeros((0, 1), np.float32),
        StoredPlates(database, photos),
        known_pairs=_by_index(pairs, photos),
        previous=np.array([NOISE if photo.group_id is None else photo.group_id for photo in photos], np.int64),
    )
    with Session(database) as session, session.begin():
        begin_writing(session)  # nobody names, splits or moves between what is read here and what is written
        memberships, events = _memberships(session, photos, grouping)
        changed = write_groups(session, memberships, stamp=stamp, now=datetime.now(UTC), events=events)
        write_pairs(session, _by_id(grouping.verified, photos, readable))
        # Ours to do; the daemon's, should we be killed.
        moves = ask(session, JobKind.MOVE_PHOTOS, {"photo_ids": changed}, datetime.now(UTC))
        session.flush()
        job_id = moves.id
    refiled = refile(home, database, changed, template=template)
    write_tables(home, database)
    with Session(database) as session, session.begin():
        end_moves(session, session.get_one(Job, job_id), refiled.moved, refiled.unmoved, datetime.now(UTC))
    detail: dict[str, object] = {
        "last_started": started.isoformat(),
        "last_ended": datetime.now(UTC).isoformat(),
        "last_seconds": round(time.perf_counter() - clock, 1),
        "photos": len(photos),
        "groups": len(grouping.groups()),
        "noise": int(np.sum(grouping.group_ids == NOISE)),
        "pairs_verified": len(grouping.verified),
        "changed": len(changed),
    }
    _say(database, "idle", detail)
    log.info("regrouped %(photos)d unknown meters: %(groups)d groups, %(noise)d in none, %(last_seconds).1f s", detail)
    return detail


def tell_begun(database: Engine) -> None:
    """A regrouping is under way, though it still has unknown photos judged."""
    _say(database, "running", {"last_started": datetime.now(UTC).isoformat()})


def _say(database: Engine, state: str, detail: Mapping[str, object]) -> None:
    """Sign of life; what is not said anew (the next run) stays as it was."""
    with Session(database) as session, session.begin():
        before = service(session, "grouping")
        beat(session, "grouping", state=state, detail={**(before.detail if before else {}), **detail}, now=datetime.now(UTC))


def _by_index(pairs: Mapping[tuple[int, int], int], photos: Sequence[UnknownPhoto]) -> dict[tuple[int, int], int]:
    """Photo ids to positions; both orders ascend together, so (i < j) holds."""
    position = {photo.id: index for index, photo in enumerate(photos)}
    return {(position[a], position[b]): inliers for (a, b), inliers in pairs.items()}


def _by_id(
    pairs: Mapping[tuple[int, int], int], photos: Sequence[UnknownPhoto], readable: Collection[int]
) -> dict[tuple[int, int], int]:
    """Positions to photo ids, without the pairs of photos that could not be read: they are to be compared when they can."""
    ids = [photo.id for photo in photos]
    return {(ids[i], ids[j]): inliers for (i, j), inliers in pairs.items() if ids[i] in readable and ids[j] in readable}


def _memberships(
    session: Session, photos: Sequence[UnknownPhoto], grouping: Grouping
) -> tuple[dict[int, Membership], tuple[Event, ...]]:
    """Each photo's place, under the ids that surviving groups had before and as people said; and what became of groups."""
    now = current_groups(session, [photo.id for photo in photos])
    before = {photo_id: NOISE if group_id is None else group_id for photo_id, group_id in now.items()}
    found = {photo.id: int(group_id) for photo, group_id in zip(photos, grouping.group_ids, strict=True) if photo.id in before}
    pinned, barred = read_pins(session)
    places = settle(before, found, pinned=pinned, barred=barred, first_fresh=next_group_id(session))
    memberships = {}
    for photo, strength, (x, y) in zip(photos, grouping.strengths, grouping.map_xy, strict=True):
        place = places.get(photo.id)
        if place is None:  # a person said what it is while we grouped
            continue
        strong = 1.0 if photo.id in pinned else float(strength)  # a person's word is as strong as can be
        memberships[photo.id] = Membership(None if place == NOISE else place, strong, float(x), float(y))
    return memberships, turns(before, places)
