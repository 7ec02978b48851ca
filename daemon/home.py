"""The folder that holds everything an archive is: inbox/, sorted/ and db/."""

from __future__ import annotations

import logging
import shlex
from dataclasses import dataclass
from pathlib import Path

log = logging.getLogger(__name__)


class NoArchive(Exception):
    """There is no archive where one is needed. The text says what to do."""


@dataclass(frozen=True, slots=True)
class Home:
    """Paths below one root. Rows store paths relative to it, with "/" between folders."""

    root: Path

    @property
    def inbox(self) -> Path:
        """Where photos arrive."""
        return self.root / "inbox"

    @property
    def sorted(self) -> Path:
        """Where photos end."""
        return self.root / "sorted"

    @property
    def db(self) -> Path:
        """Where the database, its lock and its caches are."""
        return self.root / "db"

    def open(self, *, may_begin: bool) -> Home:
        """An archive's folder, with what is missing of it. Raises `NoArchive` where there is none and none `may_begin`."""
        begun = any(path.exists() for path in (self.inbox, self.sorted, self.db, self.root / "settings.toml"))
        if not begun and not may_begin:
            raise NoArchive(
                f"There is no archive in {self.root}. Check --home or METERSIEVE_HOME; "
                f"to begin a new one there: python -m daemon run --home {shlex.quote(str(self.root))}"
            )
        if not begun:
            log.info("a new archive begins in %s", self.root)
        return self.make()

    def make(self) -> Home:
        """Create what is missing."""
        for folder in (self.inbox, self.sorted, self.db):
            folder.mkdir(parents=True, exist_ok=True)
        return self

    def relative(self, path: Path) -> str:
        """As rows store it."""
        return path.relative_to(self.root).as_posix()
