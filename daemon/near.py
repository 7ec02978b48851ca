"""The signatures of all filed photos at hand, so that a new photo is compared with every one of them."""

from __future__ import annotations

import threading

from sqlalchemy.orm import Session

from db.near import earliest_of, first_unfinished, signatures_after
from engine.signature_index import SignatureIndex


class NearPhotos:
    """Reads the database's signatures once and whatever was filed since, by this or another process, at every search."""

    def __init__(self) -> None:
        self._index = SignatureIndex()
        self._read_to = 0  # every filed photo up to this id is in the index
        self._beyond: set[int] = set()  # ids above it that are in the index too
        self._lock = threading.Lock()

    def earliest_near(self, session: Session, bits: bytes) -> int | None:
        """The id of the earliest photo that shows nearly the same picture, or None."""
        self.read_new(session)
        return self.earliest_near_read(session, bits)

    def earliest_near_read(self, session: Session, bits: bytes) -> int | None:
        """The same among the photos that were read: for several in a row, between which nothing is filed."""
        with self._lock:
            found = self._index.nearest(bits)
        return earliest_of(session, found[0]) if found else None

    def read_new(self, session: Session) -> None:
        """Read what was filed since."""
        with self._lock:
            self._read_new(session)

    def _read_new(self, session: Session) -> None:
        unfinished = first_unfinished(session)  # asked first: what ends meanwhile is read again next time
        for photo_id, bits in signatures_after(session, self._read_to):
            if photo_id not in self._beyond:
                self._index.add(photo_id, bits)
                self._beyond.add(photo_id)
        highest = max(self._beyond, default=self._read_to)
        self._read_to = highest if unfinished is None else max(self._read_to, min(highest, unfinished - 1))
        self._beyond = {photo_id for photo_id in self._beyond if photo_id > self._read_to}
