"""The canary: a known little picture that goes through the engine now and then, so that a silent engine is noticed.

It is never filed and has no row. Photos prove more than the canary does: while they flow it rests.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from daemon.judging import Begin, Judgement

log = logging.getLogger(__name__)

WIDTH, HEIGHT = 64, 96  # pixels
EVERY_S = 300.0


def picture() -> bytes:
    """Stripes as a PPM file: bytes that need no encoder."""
    row = b"".join(bytes((40 + 20 * (x // 8 % 8), 200 - 20 * (x // 16), 128)) for x in range(WIDTH))
    return b"P6 %d %d 255\n" % (WIDTH, HEIGHT) + row * HEIGHT


class Canary:
    """Sends the picture every five minutes and looks at the answer; `tend` never waits for the engine."""

    def __init__(self, begin: Begin, clock: Callable[[], float]) -> None:
        self._begin, self._clock = begin, clock
        self._judgement: Judgement | None = None
        self._next_s = clock()
        self.detail: dict[str, object] = {}  # for the sign of life: "ok", "ms", "why"

    def tend(self) -> None:
        """Send it if it is due; judge its answer if it is there."""
        if self._judgement is None and self._clock() >= self._next_s:
            self._judgement = self._begin(picture(), None)
        if self._judgement is None or not self._judgement.is_ready():
            return
        judgement, self._judgement = self._judgement, None
        self._next_s = self._clock() + EVERY_S
        try:
            verdict, judged_ms = judgement.verdict()
        except Exception as error:  # the engine's own failures and its bugs: photos are refused or wait, the watch goes on
            log.error("the engine does not judge a known picture: %s", error)
            self.detail = {"ok": False, "why": str(error)}
            return
        sound = (verdict.width, verdict.height) == (WIDTH, HEIGHT)
        self.detail = {"ok": sound, "ms": round(judged_ms)}

    def rest(self) -> None:
        """A photo was just judged: the engine needs no other proof for a while."""
        self._next_s = self._clock() + EVERY_S
