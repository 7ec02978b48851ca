"""Where SQLite's write-ahead log can be trusted: its index is memory that processes share, which no network file system has."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path

import psutil

# File systems whose files may be on another machine, as the kernel names them; "fuse.sshfs" is sshfs.
_NETWORK = frozenset({
    "9p", "afpfs", "afs", "beegfs", "ceph", "cifs", "coda", "davfs", "davfs2", "gfs2", "glusterfs", "gpfs", "lustre", "ncpfs",
    "nfs", "nfs3", "nfs4", "ocfs2", "prl_fs", "rclone", "s3fs", "smb2", "smb3", "smbfs",
    "sshfs", "vboxsf", "vmhgfs", "vmhgfs-fuse", "webdav",
})  # fmt: skip


class Journal(StrEnum):
    """SQLite's journal modes that lose nothing at a power cut."""

    WAL = "wal"  # the pages read while the daemon writes; needs a local disk
    TRUNCATE = "truncate"  # a rollback journal: readers and writers wait for each other; needs no shared memory


def network_file_system(folder: Path) -> str | None:
    """The name of the network file system that the folder is on; None for a local disk, and where the kernel does not say."""
    kind = _file_system(folder)
    return kind if kind is not None and kind.lower().removeprefix("fuse.") in _NETWORK else None


def _file_system(folder: Path) -> str | None:
    place = Path(os.path.realpath(folder))
    try:
        mounts = psutil.disk_partitions(all=True)
    except OSError:
        return None
    holding = [mount for mount in mounts if place.is_relative_to(mount.mountpoint)]
    # Of two mounted at one point the later one is seen.
    return max(enumerate(holding), key=lambda each: (len(each[1].mountpoint), each[0]))[1].fstype if holding else None
