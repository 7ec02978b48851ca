"""What lies in the inbox. Events from the watcher only say "look"; this look is the truth."""

from __future__ import annotations

import logging
import os
import re
import stat
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from daemon.sites import PLAIN_FOLDERS, InboxFolders
from engine.names import readable

log = logging.getLogger(__name__)

# Files that a NAS, an operating system or an upload client leaves around, and uploads under their temporary names.
_LITTER_NAMES = {
    "thumbs.db", "ehthumbs.db", "ehthumbs_vista.db", "desktop.ini", "icon\r", "__macosx", "lost+found",
    "#recycle", "#snapshot", "@recycle", "@recently-snapshot", "@tmp", "@__thumb", "@sharebin", "$recycle.bin", "recycler",
    "system volume information",
}  # fmt: skip
_UNFINISHED = (
    ".part", ".partial", ".filepart", ".tmp", ".temp", ".crdownload", ".opdownload", ".download", ".uploading", ".upload",
    ".incomplete", ".aria2", ".lftp-pget-status", ".swp", "~",
)  # fmt: skip
_LITTER_START = re.compile(r"^(\.|@eadir|~\$|~syncthing~)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Sighting:
    """One file as it was when looked at. Two equal sightings mean: nothing was written in between."""

    path: Path
    source: str  # below inbox/, valid Unicode, "/" between folders
    size: int  # bytes
    mtime_ns: int
    ctime_ns: int
    inode: int
    site: str | None = None  # as the folders say (`daemon.sites`)
    camera: str | None = None

    def is_still(self, status: os.stat_result) -> bool:
        """Whether a file with this status is the one that was seen, with nothing written since."""
        return (self.inode, self.size, self.mtime_ns) == (status.st_ino, status.st_size, status.st_mtime_ns)


def is_litter(name: str) -> bool:
    """Whether a file or folder of this name is never a photo."""
    lower = name.lower()
    return bool(_LITTER_START.match(lower)) or lower in _LITTER_NAMES or lower.endswith(_UNFINISHED)


def look(inbox: Path, folders: InboxFolders = PLAIN_FOLDERS) -> list[Sighting]:
    """Every regular file below the inbox that is neither litter nor passed over by its site. Symbolic links are not
    followed, for they lead outside.
    """
    found: list[Sighting] = []
    unseen = [inbox]
    while unseen:  # no recursion: folders may be nested deeper than Python calls
        for entry in _entries(unseen.pop()):
            try:
                status = entry.stat(follow_symlinks=False)
            except OSError:  # gone again
                continue
            if stat.S_ISDIR(status.st_mode):
                unseen.append(Path(entry.path))
            elif stat.S_ISREG(status.st_mode):
                path = Path(entry.path)
                source = readable(path.relative_to(inbox).as_posix())
                if not folders.is_ignored(source):
                    found.append(_sighting(path, source, status, folders))
    return found


def _sighting(path: Path, source: str, status: os.stat_result, folders: InboxFolders) -> Sighting:
    return Sighting(
        path,
        source,
        status.st_size,
        status.st_mtime_ns,
        status.st_ctime_ns,
        status.st_ino,
        folders.site(source),
        folders.camera(source),
    )


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return [entry for entry in entries if not is_litter(entry.name)]
    except OSError as error:  # one unreadable folder must not stop the others
        log.warning("cannot look into %s: %s", readable(folder), error)
        return []


def ages() -> Callable[[Sighting], float]:
    """How long a file has been in the inbox, in seconds: since its inode last changed, which nobody can set.

    The clock is read once for all files: those that came in one moment keep their order.
    """
    now_ns = time.time_ns()
    return lambda seen: max((now_ns - seen.ctime_ns) / 1e9, 0.0)
