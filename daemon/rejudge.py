"""A second look at unknown and doubtful photos by the version that judges now: in batches, at low priority, resumable.

Each batch is one transaction with its moves asked for; whatever is not written is due again at the next start.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from daemon.home import Home
from db.records import beat
from db.rejudging import Due, count_due, due, write_again
from engine.errors import PictureError
from engine.verdict import Verdict

log = logging.getLogger(__name__)

BATCH = 20  # photos a transaction: some seconds of judging
SERVICE = "rejudging"

Judge = Callable[[bytes], Verdict]


def rejudge(
    home: Home,
    database: Engine,
    judge: Judge,
    *,
    version: str,
    current: Callable[[], str | None],
    stop: threading.Event,
    most: int | None = None,
    only_unknown: bool = False,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> tuple[int, int]:
    """Judge the meter type of all photos that are due again, at most `most`; returns (judged, changed). Files are moved by jobs.

    `current` says which version judges now: once that is another than `version`, the look ends, and what was not written is
    left to the next one. A file that cannot be read now is passed over, and due again at the next run.
    """

    def is_over() -> bool:
        return stop.is_set() or current() != version

    judged = changed = passed = 0
    with Session(database) as session:
        total = count_due(session, version, only_unknown=only_unknown)
    total = total if most is None else min(total, most)
    while not is_over() and judged < total:
        with Session(database) as session:
            batch = due(session, version, most=min(BATCH, total - judged), after=passed, only_unknown=only_unknown)
        if not batch:
            break
        found = _look(home, batch, judge, is_over)
        if current() != version:
            break
        passed = batch[-1].id
        with Session(database) as session, session.begin():
            changed += len(write_again(session, found, version, clock()))
            judged += len(found)
            detail: dict[str, object] = {"version": version, "judged": judged, "of": total, "changed": changed}
            beat(session, SERVICE, state="running", detail=detail, now=clock())
    with Session(database) as session, session.begin():
        detail = {"version": version, "judged": judged, "of": total, "changed": changed}
        beat(session, SERVICE, state="idle", detail=detail, now=clock())
    log.info("%s judged %d photos again, %d have another type", version, judged, changed)
    return judged, changed


def _look(home: Home, batch: Sequence[Due], judge: Judge, is_over: Callable[[], bool]) -> dict[int, Verdict]:
    found = {}
    for photo in batch:
        if is_over():
            break
        try:
            found[photo.id] = judge((home.root / photo.path).read_bytes())
        except (OSError, PictureError) as error:
            log.warning("%s cannot be judged again: %s", photo.path, error)
    return found
