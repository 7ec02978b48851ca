"""What every page needs at hand, as plain values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, tzinfo
from pathlib import Path

from sqlalchemy import Engine

from ui.judging import PhotoJudge


@dataclass(frozen=True, kw_only=True, slots=True)
class Archive:
    """One home folder with its database, and the means to judge."""

    engine: Engine
    home: Path
    judge: PhotoJudge
    clock: Callable[[], datetime]  # aware
    zone: tzinfo  # in which people read times

    @property
    def inbox(self) -> Path:
        """Where photos arrive."""
        return self.home / "inbox"
