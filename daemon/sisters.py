"""Photos that were looked at one by one wait here a moment, to be judged together with those that show the same plate."""

from __future__ import annotations

import heapq
import time
from collections.abc import Iterator, Sequence

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from daemon.comparing import Comparing
from db.exemplars import Newcomer
from db.look_alikes import Alike, read_alike
from engine.recognition.resemblance import Resemblance
from engine.recognition.sisters import AMONG, Sister, with_sisters

NEWEST = 1000  # photos that look like a type, among which sisters are sought: 5 kB each


class Sisters:
    """What is still to be judged, and by whom."""

    def __init__(self, database: Engine, comparing: Comparing) -> None:
        self._database = database
        self._comparing = comparing
        self._added: dict[int, Newcomer] = {}
        self._waiting: dict[int, Newcomer] = {}  # for their turn

    def __len__(self) -> int:
        return len(self._added) + len(self._waiting)

    def add(self, photo: Newcomer) -> None:
        """A photo was looked at, and what it looks like by itself is noted."""
        self._added[photo.id] = photo

    def clear(self) -> None:
        """All photos will be looked at again."""
        self._added, self._waiting = {}, {}

    def judged(self, stamp: str, until_s: float) -> Iterator[tuple[Newcomer, Resemblance]]:
        """What photos look like with their sisters: those added, and those that waited for a sister among these.

        Those that are not reached by `until_s` are left for the next call.
        """
        if not self:
            return
        with Session(self._database) as session:
            alike = read_alike(session, stamp, most=NEWEST)
        own = {each.photo.id: each.found for each in alike}
        touched = {own[photo_id].name for photo_id in self._added if photo_id in own}
        self._waiting |= self._added | {each.photo.id: each.photo for each in alike if each.waits and each.found.name in touched}
        self._added = {}
        while self._waiting and time.monotonic() < until_s:
            photo_id, photo = self._waiting.popitem()
            found = with_sisters(own.get(photo_id), self._sisters(photo, alike))
            if found is not None:
                yield photo, found

    def _sisters(self, photo: Newcomer, alike: Sequence[Alike]) -> list[Sister]:
        others = (each for each in alike if each.photo.id != photo.id)
        closest = heapq.nlargest(AMONG, others, key=lambda each: float(each.photo.vector @ photo.vector))
        return [Sister(self._comparing.shared(photo.id, each.photo.id), each.found) for each in closest]
