"""The only watcher: told by a kernel lock on this machine, and across machines by a row of the database that lives.

Two machines' clocks are never compared. A row of another machine is watched for a while: if it goes on changing its holder
lives; if not, a crash left it, and it is taken over. A holder that was thought dead (a machine that slept) finds that out at its
next beat, and stops.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import psutil
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.orm import Session

from daemon.home import Home
from daemon.lock import Busy, locked
from db.database import quick_session
from db.leases import Held, give_lease_back, read_lease, renew_lease, take_lease

log = logging.getLogger(__name__)

BEAT_S = 5.0
UNMOVED_S = 30.0  # without a beat for so long, a holder on another machine counts as dead
LOOK_S = 1.0  # between looks at another machine's row


@contextmanager
def sole_watcher(home: Home, database: Engine, stop: threading.Event) -> Iterator[None]:
    """Be the only one to work on the inbox while the block runs. Raises `Busy` naming the other one.

    If another machine takes over meanwhile, `stop` is set, and `Busy` is raised when the block has ended.
    """
    with locked(home.db / "daemon.lock"):
        mine = Held(holder=uuid.uuid4().hex, machine=machine(), home=str(home.root), pid=os.getpid())
        take_over(database, mine, stop.wait, stop)
        ended, lost = threading.Event(), threading.Event()
        beating = threading.Thread(target=_beat, args=(database, mine, ended, lost, stop), name="lease", daemon=True)
        beating.start()
        try:
            yield
        finally:
            ended.set()
            beating.join()
            with quick_session(database) as session:
                give_lease_back(session, mine)
        if lost.is_set():
            with Session(database) as session:
                raise Busy(_name(read_lease(session)))


def machine() -> str:
    """This machine since its last start: host name and boot id (Linux)."""
    boot = Path("/proc/sys/kernel/random/boot_id")
    return f"{socket.gethostname()[:255]} {boot.read_text().strip() if boot.exists() else ''}"


def take_over(database: Engine, mine: Held, sleep: Callable[[float], object], stop: threading.Event) -> None:
    """Take the lease for the process that holds this machine's lock. Raises `Busy` if another one lives."""
    with Session(database) as session:
        seen = read_lease(session)
    if seen is not None and _may_live(seen, mine):
        log.info("process %d on %s has this database; looking for %.0f s whether it lives", seen.pid, seen.host, UNMOVED_S)
        later = _look_for_life(database, seen, sleep, stop)
        if later is not None and (later != seen or stop.is_set()):
            raise Busy(_name(later))
        seen = later
    try:
        with Session(database) as session, session.begin():
            is_taken = take_lease(session, mine, seen, datetime.now(UTC))
    except IntegrityError:  # nobody had it, and somebody was faster
        is_taken = False
    if not is_taken:
        with Session(database) as session:
            raise Busy(_name(read_lease(session)))


def _look_for_life(database: Engine, seen: Held, sleep: Callable[[float], object], stop: threading.Event) -> Held | None:
    """The lease after a while: as it was seen, if its holder gave no sign of life."""
    for _ in range(round(UNMOVED_S / LOOK_S)):
        sleep(LOOK_S)
        with Session(database) as session:
            later = read_lease(session)
        if later != seen or stop.is_set():
            return later
    return seen


def _may_live(seen: Held, mine: Held) -> bool:
    """On this machine the lock says it for one home, and the kernel for another home's process."""
    if seen.machine != mine.machine:
        return True
    return seen.home != mine.home and psutil.pid_exists(seen.pid)


def _beat(database: Engine, mine: Held, ended: threading.Event, lost: threading.Event, stop: threading.Event) -> None:
    while not ended.wait(BEAT_S):
        try:
            with quick_session(database) as session:
                is_mine = renew_lease(session, mine, datetime.now(UTC))
        except SQLAlchemyError as error:  # a database that is away is away for the others too
            log.error("the lease cannot be renewed: %s", error)
            continue
        if not is_mine:
            log.error("another machine took this inbox over while this process gave no sign of life; stopping")
            lost.set()
            stop.set()
            return


def _name(other: Held | None) -> str:
    return f"{other.pid} on {other.host}" if other else "on another machine"
