"""Reading one file of the inbox: the very file that was seen, whole, and not while somebody writes it."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import signal
from dataclasses import dataclass

from daemon.inbox import Sighting
from db.records import Arrival


class Vanished(Exception):
    """The file is gone since it was seen."""


class StillChanging(Exception):
    """The file is open for writing, or is no longer what was seen."""


@dataclass(frozen=True, slots=True)
class Read:
    """An arrival and its bytes; None instead of bytes where the file is larger than the limit."""

    arrival: Arrival
    data: bytes | None


def read(seen: Sighting, *, max_bytes: int) -> Read:
    """Read and hash the file. Raises `Vanished`, `StillChanging`, or the `OSError` of a file that cannot be read."""
    try:
        handle = os.open(seen.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError as error:
        raise Vanished(seen.source) from error
    with os.fdopen(handle, "rb") as file:
        if is_being_written(handle):
            raise StillChanging(f"{seen.source} is open for writing")
        if not seen.is_still(os.fstat(handle)):  # it may be huge by now, or no file at all
            raise StillChanging(f"{seen.source} changed before it was read")
        if seen.size > max_bytes:
            data, digest = None, hashlib.file_digest(file, "sha256").hexdigest()
        else:
            data = file.read()
            digest = hashlib.sha256(data).hexdigest()
        unchanged = seen.is_still(os.fstat(handle))
    if not unchanged or (data is not None and len(data) != seen.size):
        raise StillChanging(f"{seen.source} changed while it was read")
    arrival = Arrival(
        source=seen.source,
        name=seen.source.rpartition("/")[2],
        site=seen.site,
        camera=seen.camera,
        inode=seen.inode,
        mtime_ns=seen.mtime_ns,
        ctime_ns=seen.ctime_ns,
        size=seen.size,
        sha256=digest,
    )
    return Read(arrival, data)


def is_being_written(handle: int) -> bool:
    """Ask the kernel for a read lease: it is refused (EAGAIN) while any process has the file open for writing.

    Where leases are not to be had (NFS, SMB, another owner's file), the quiet window alone decides. A process that opens
    the file in between is held up for the microsecond until the lease is given back.
    """
    fcntl.fcntl(handle, fcntl.F_SETSIG, signal.SIGURG)  # what the kernel tells a holder by; SIGIO would end who does not hear it
    try:
        fcntl.fcntl(handle, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    except OSError as error:
        return error.errno == errno.EAGAIN
    fcntl.fcntl(handle, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    return False
