"""The folder that holds everything an archive is: inbox/, sorted/ and db/."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


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

    def make(self) -> Home:
        """Create what is missing."""
        for folder in (self.inbox, self.sorted, self.db):
            folder.mkdir(parents=True, exist_ok=True)
        return self

    def relative(self, path: Path) -> str:
        """As rows store it."""
        return path.relative_to(self.root).as_posix()
