"""The tray: photos that were judged and are filed together, because waiting for the disk once is enough for all of them."""

from __future__ import annotations

from collections.abc import Callable, Collection

from daemon.decisions import InHand

TRAY_S = 0.2  # the first photo on a tray waits no longer for others
TRAY_PHOTOS = 16  # with so many, a sixteenth of the waiting for the disk is left to each


class Tray:
    """Judged photos in the order in which they became ready."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._judged: list[InHand] = []
        self._since_s = 0.0  # when the first was put on it

    def put(self, judged: InHand) -> None:
        """Add one."""
        if not self._judged:
            self._since_s = self._clock()
        self._judged.append(judged)

    def is_due(self) -> bool:
        """Whether it is time to file them."""
        return len(self._judged) >= TRAY_PHOTOS or (bool(self._judged) and self._clock() - self._since_s >= TRAY_S)

    def empty(self, *, apart: Collection[str] = ()) -> list[list[InHand]]:
        """Take them all off, as they are to be filed: together, but the sources in `apart` each by itself.

        What failed before must not hold up the others again.
        """
        judged, self._judged = self._judged, []
        together = [each for each in judged if each.seen.source not in apart]
        return [*([together] if together else []), *([each] for each in judged if each.seen.source in apart)]
