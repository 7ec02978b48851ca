"""Jobs that move photos to where their rows say they belong; the tables of unknown meters follow."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from daemon.home import Home
from daemon.lock import Busy, locked
from daemon.recovery import finish_moves
from daemon.refile import Refiled, refile
from daemon.unknown_tables import GROUPS, SUMMARY, write_tables
from db.jobs import begin, end_moves, photos_to_move
from db.tables import Job

log = logging.getLogger(__name__)

TABLES_EVERY_S = 5.0  # at most: of ten thousand unknown meters they take a tenth of a second


class Moves:
    """Works such jobs while no regrouping moves photos; `stopping` ends a long one, which the next start asks for again."""

    def __init__(self, home: Home, database: Engine, template: str, stopping: threading.Event) -> None:
        self._home, self._database, self._template, self._stopping = home, database, template, stopping
        self._tables_due = True  # whoever moved photos last may have been killed before it wrote them
        self._tables_at_s = -TABLES_EVERY_S

    def work(self, job_id: int, payload: Mapping[str, Any]) -> None:
        """Do one job, or leave it waiting while a regrouping runs. Raises `KeyError` and the like for one that makes no sense."""
        try:
            with locked(self._home.db / "regroup.lock"):
                with Session(self._database) as session, session.begin():
                    begin(session, session.get_one(Job, job_id), datetime.now(UTC))
                    photo_ids = photos_to_move(session, payload)
                self._tables_due = True
                finish_moves(self._home, self._database)  # what a killed regrouping left half-done
                refiled = Refiled()
                for photo_id in photo_ids:
                    if self._stopping.is_set():
                        return
                    refiled += refile(self._home, self._database, [photo_id], template=self._template)
        except Busy:
            return
        with Session(self._database) as session, session.begin():
            end_moves(session, session.get_one(Job, job_id), refiled.moved, refiled.unmoved, datetime.now(UTC))

    def refresh_tables(self) -> None:
        """Write the tables anew where photos moved since, once a regrouping has begun them."""
        if not self._tables_due or time.monotonic() - self._tables_at_s < TABLES_EVERY_S:
            return
        if (self._home.sorted / GROUPS).exists():
            try:
                with locked(self._home.db / "regroup.lock"):
                    write_tables(self._home, self._database)
            except Busy:  # it writes them itself
                return
            except OSError as error:
                log.error("%s and %s cannot be written: %s", GROUPS, SUMMARY, error)
        self._tables_due, self._tables_at_s = False, time.monotonic()
