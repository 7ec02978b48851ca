"""One watcher per database, across machines: taking its row, keeping it, seeing that somebody else has it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from db.intake_tables import Lease

WATCHER = "watcher"


@dataclass(frozen=True, kw_only=True, slots=True)
class Held:
    """A lease as it stands; `beats` grows while its holder lives."""

    holder: str
    machine: str
    home: str
    pid: int
    beats: int = 0

    @property
    def host(self) -> str:
        """The machine's name."""
        return self.machine.partition(" ")[0]


def read_lease(session: Session) -> Held | None:
    """Who has it."""
    row = session.get(Lease, WATCHER)
    if row is None:
        return None
    return Held(holder=row.holder, machine=row.machine, home=row.home, pid=row.pid, beats=row.beats)


def take_lease(session: Session, mine: Held, seen: Held | None, now: datetime) -> bool:
    """Take it, if it still stands as it was seen; whether that worked. The caller commits.

    Raises `IntegrityError` if nobody had it and somebody else takes it first.
    """
    values = {"holder": mine.holder, "machine": mine.machine, "home": mine.home, "pid": mine.pid, "beats": 0, "beat_at": now}
    if seen is None:
        session.add(Lease(name=WATCHER, **values))
        session.flush()
        return True
    unchanged = (Lease.name == WATCHER, Lease.holder == seen.holder, Lease.beats == seen.beats)
    session.execute(update(Lease).where(*unchanged).values(values))
    return _is_holder(session, mine)


def renew_lease(session: Session, mine: Held, now: datetime) -> bool:
    """Say that the holder lives; whether it still is the holder. The caller commits."""
    is_mine = (Lease.name == WATCHER, Lease.holder == mine.holder)
    session.execute(update(Lease).where(*is_mine).values(beats=Lease.beats + 1, beat_at=now))
    return _is_holder(session, mine)


def give_lease_back(session: Session, mine: Held) -> None:
    """Nobody has it from now on, unless somebody else took it. The caller commits."""
    session.execute(delete(Lease).where(Lease.name == WATCHER, Lease.holder == mine.holder))


def _is_holder(session: Session, mine: Held) -> bool:
    return session.scalar(select(Lease.holder).where(Lease.name == WATCHER)) == mine.holder
