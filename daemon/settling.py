"""When a file may be read: after it has stopped changing. A state machine that knows no watcher and no clock."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from daemon.inbox import Sighting


@dataclass(slots=True)
class _Watched:
    seen: Sighting
    first_s: float  # when the file came, as far as is known
    unchanged_since_s: float  # when it was first seen as it is now
    next_try_s: float


@dataclass(frozen=True, slots=True)
class Pace:
    """The waiting times of the watch, in seconds."""

    settle_s: float
    patience_s: float
    rescan_s: float
    min_free_mb: int = 0  # MiB free on the disk below which nothing is taken in

    @property
    def longest_s(self) -> float:
        """After this a file that still changes is no longer waited for."""
        return self.settle_s + self.patience_s


class Settling:
    """Remembers what each file looked like. All times are seconds on one monotonic clock, which the caller reads."""

    def __init__(self, settle_s: float) -> None:
        self._settle_s = settle_s
        self._files: dict[Path, _Watched] = {}

    def observe(
        self, sightings: Iterable[Sighting], now_s: float, waited_s: Callable[[Sighting], float] = lambda seen: 0.0
    ) -> list[Sighting]:
        """Take in a full look at the inbox; return the files that may be read now, the longest waiting first.

        `waited_s` says for how long a file had been there when it was first seen, in seconds at `now_s`.
        """
        seen = {sighting.path: sighting for sighting in sightings}
        for path in self._files.keys() - seen.keys():
            del self._files[path]
        for path, sighting in seen.items():
            watched = self._files.get(path)
            if watched is None or watched.seen != sighting:
                first_s = watched.first_s if watched else now_s - waited_s(sighting)
                self._files[path] = _Watched(sighting, first_s, now_s, now_s + self._settle_s)
        ready = [watched for watched in self._files.values() if watched.next_try_s <= now_s]
        return [watched.seen for watched in sorted(ready, key=lambda each: (each.first_s, each.seen.mtime_ns, each.seen.source))]

    def unchanged_s(self, sighting: Sighting, now_s: float) -> float:
        """For how long the file has been as it is."""
        watched = self._files.get(sighting.path)
        return now_s - watched.unchanged_since_s if watched else 0.0

    def postpone(self, sighting: Sighting, until_s: float) -> None:
        """Do not offer the file before then, unless it changes."""
        if watched := self._files.get(sighting.path):
            watched.next_try_s = until_s

    def forget(self, sighting: Sighting) -> None:
        """The file was dealt with."""
        self._files.pop(sighting.path, None)

    @property
    def waiting(self) -> int:
        """Files seen and not dealt with."""
        return len(self._files)

    def oldest_s(self, now_s: float) -> float:
        """For how long the oldest of them has been waiting; 0 when there is none."""
        return max((now_s - watched.first_s for watched in self._files.values()), default=0.0)

    def next_try_s(self) -> float | None:
        """When the next file may be read; None when none waits."""
        return min((watched.next_try_s for watched in self._files.values()), default=None)
