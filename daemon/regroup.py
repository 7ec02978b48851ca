"""Regrouping the unknown meters: read them, group them, keep the ids of groups that live on, move files, write the tables."""

from __future__ import annotations

import csv
import logging
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from daemon.destinations import group_folder
from daemon.home import Home
from daemon.recovery import finish_moves
from daemon.refile import refile
from db.records import beat, service
from db.tables import Photo
from db.unknowns import (
    Membership,
    UnknownPhoto,
    is_unknown,
    next_group_id,
    read_pairs,
    read_unknowns,
    write_groups,
    write_pairs,
    write_plates,
)
from engine.errors import PictureError
from engine.grouping import NOISE, Grouping, Plate, describe_plate, group, keep_ids
from engine.names import formula_safe
from engine.picture import decode

log = logging.getLogger(__name__)

GUESSES = 3
NO_PLATE = Plate(
    keypoints=np.zeros((0, 4), np.float32), descriptors=np.zeros((0, 128), np.uint8)
)  # shares nothing with any photo


def regroup(home: Home, database: Engine, *, stamp: str, template: str) -> dict[str, object]:
    """Group all unknown meters that `stamp` has embedded; returns what the pages show of the run.

    The caller holds the regroup lock. Photos arriving meanwhile are left to the next run.
    """
    started, clock = datetime.now(UTC), time.perf_counter()
    _say(database, "running", {"last_started": started.isoformat()})
    finish_moves(home, database)
    with Session(database) as session:
        photos = read_unknowns(session, stamp)
        pairs = read_pairs(session, (photo.id for photo in photos))
    plates = _plates(home, database, photos)
    grouping = group(
        np.stack([photo.embedding for photo in photos]) if photos else np.zeros((0, 1), np.float32),
        [NO_PLATE if plate is None else plate for plate in plates],
        known_pairs=_by_index(pairs, photos),
    )
    memberships = _memberships(database, photos, grouping)
    with Session(database) as session, session.begin():
        changed = write_groups(session, memberships, stamp=stamp, now=datetime.now(UTC))
        write_pairs(session, _by_id(grouping.verified, photos, plates))
    refile(home, database, changed, template=template)
    _write_tables(home, database)
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


def _say(database: Engine, state: str, detail: Mapping[str, object]) -> None:
    """Sign of life; what is not said anew (the next run) stays as it was."""
    with Session(database) as session, session.begin():
        before = service(session, "grouping")
        beat(session, "grouping", state=state, detail={**(before.detail if before else {}), **detail}, now=datetime.now(UTC))


def _plates(home: Home, database: Engine, photos: Sequence[UnknownPhoto]) -> list[Plate | None]:
    """The plates of all photos, None where one cannot be read now; those described for the first time are kept."""
    fresh: dict[int, bytes] = {}
    plates: list[Plate | None] = []
    for photo in photos:
        if photo.features is None:
            plate = _describe(home.root / photo.path)
            if plate is not None:
                fresh[photo.id] = plate.to_bytes()
        else:
            plate = Plate.from_bytes(photo.features)
        plates.append(plate)
    with Session(database) as session, session.begin():
        write_plates(session, fresh)
    return plates


def _describe(path: Path) -> Plate | None:
    """The photo's plate; None where the file cannot be read now, and the next run shall try again."""
    try:
        return describe_plate(decode(path.read_bytes()).pixels)
    except (OSError, PictureError) as error:
        log.warning("%s cannot be read for grouping: %s", path, error)
        return None


def _by_index(pairs: Mapping[tuple[int, int], int], photos: Sequence[UnknownPhoto]) -> dict[tuple[int, int], int]:
    """Photo ids to positions; both orders ascend together, so (i < j) holds."""
    position = {photo.id: index for index, photo in enumerate(photos)}
    return {(position[a], position[b]): inliers for (a, b), inliers in pairs.items()}


def _by_id(
    pairs: Mapping[tuple[int, int], int], photos: Sequence[UnknownPhoto], plates: Sequence[Plate | None]
) -> dict[tuple[int, int], int]:
    """Positions to photo ids, without the pairs of photos that could not be read: they are to be compared when they can."""
    return {
        (photos[i].id, photos[j].id): inliers
        for (i, j), inliers in pairs.items()
        if plates[i] is not None and plates[j] is not None
    }


def _memberships(database: Engine, photos: Sequence[UnknownPhoto], grouping: Grouping) -> dict[int, Membership]:
    """Each photo's place, under the ids that surviving groups had before."""
    before = {photo.id: photo.group_id for photo in photos if photo.group_id is not None}
    found = {photo.id: int(group_id) for photo, group_id in zip(photos, grouping.group_ids, strict=True)}
    with Session(database) as session:
        ids = keep_ids(before, found, first_fresh=next_group_id(session))
    return {
        photo.id: Membership(ids.get(found[photo.id]), float(strength), float(x), float(y))
        for photo, strength, (x, y) in zip(photos, grouping.strengths, grouping.map_xy, strict=True)
    }


def _write_tables(home: Home, database: Engine) -> None:
    """sorted/groups.csv, one row per unknown meter, and sorted/summary.csv, one row per group."""
    guesses = [f"top{n}{part}" for n in range(1, GUESSES + 1) for part in ("", "_confidence")]
    rows: list[list[object]] = []
    sizes: dict[int, int] = {}
    with Session(database) as session:
        for photo in session.scalars(select(Photo).where(*is_unknown()).order_by(Photo.group_id, Photo.id)):
            cluster = NOISE if photo.group_id is None else photo.group_id
            sizes[cluster] = sizes.get(cluster, 0) + 1
            top = [value for guess in photo.top3 or [] for value in (guess["label"], guess["confidence"])]
            rows.append([photo.path, cluster, photo.group_strength, photo.clarity, *top])
    _write_csv(home.sorted / "groups.csv", ["image", "cluster_id", "strength", "clarity", *guesses], rows)
    summary = [
        [group_id, group_folder(None if group_id == NOISE else group_id), size] for group_id, size in sorted(sizes.items())
    ]
    _write_csv(home.sorted / "summary.csv", ["cluster_id", "folder", "photos"], summary)


def _write_csv(path: Path, header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    draft = path.with_name(f".{path.name}.part")
    with draft.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(header)
        table.writerows([formula_safe(cell) for cell in row] for row in rows)
    draft.replace(path)
