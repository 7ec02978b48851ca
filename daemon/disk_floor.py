"""How much of a disk stays free: below it nothing is taken in, since a full disk fails everything at once."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path

log = logging.getLogger(__name__)


class DiskFloor:
    """Looks at the disks that are written to; said once when they run short, and once when that is over."""

    def __init__(self, folders: tuple[Path, ...], min_free_mb: int) -> None:
        self._folders = folders
        self._min_free_mb = min_free_mb  # MiB
        self.reason: str | None = None  # why nothing is taken in, in words

    def is_reached(self) -> bool:
        """Whether a disk has less room than it must keep."""
        try:
            free_mb = min(shutil.disk_usage(folder).free for folder in self._folders) // 2**20
        except OSError:  # the disk is away: filing will say so
            return False
        said = f"{free_mb} MB are free on the disk"
        short = free_mb < self._min_free_mb
        if short and self.reason is None:
            log.error("intake pauses: %s, min_free_mb is %d", said, self._min_free_mb)
        if not short and self.reason is not None:
            log.info("intake goes on: %s", said)
        self.reason = f"{said}, min_free_mb is {self._min_free_mb}" if short else None
        return short
