"""What can become of a file of the inbox: exactly one of these. And a file while that is found out."""

from __future__ import annotations

from dataclasses import dataclass

from daemon.inbox import Sighting
from daemon.judging import Judgement
from db.records import Arrival
from engine.names import readable
from engine.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Filed:
    """The photo was judged and filed."""

    verdict: Verdict
    judged_ms: float


@dataclass(frozen=True, slots=True)
class Duplicate:
    """The same bytes are filed already, as photo `original_id`."""

    original_id: int


@dataclass(frozen=True, slots=True)
class Refused:
    """The file cannot be judged: a reason code, the advice, and whether it may just be unfinished."""

    reason: str
    detail: str
    unfinished: bool = False


@dataclass(frozen=True, slots=True)
class Waiting:
    """Not now: somebody writes the file, it may be unfinished, or it cannot be read at the moment."""

    why: str


@dataclass(frozen=True, slots=True)
class Gone:
    """The file left the inbox before it was read."""


@dataclass(frozen=True, slots=True)
class Known:
    """The very file that photo `photo_id` was made from: it could not be removed, was out of sight, and is back."""

    photo_id: int


Decision = Filed | Duplicate | Refused
Taken = Decision | Waiting | Gone | Known


@dataclass(frozen=True, slots=True)
class InHand:
    """A file that was read and is being judged; `decision` where no judgement is needed."""

    seen: Sighting
    arrival: Arrival
    may_wait: bool
    completes: int | None  # the photo whose upload was cut off, and that this file is the whole of
    judgement: Judgement | None
    decision: Decision | None
    is_blank: bool  # begins with zeros only, as a file whose place was taken before its bytes came

    def is_ready(self) -> bool:
        """Whether `Intake.finish` will not wait for the engine."""
        return self.judgement is None or self.judgement.is_ready()


def history_line(arrival: Arrival, decision: Decision, path: str) -> str:
    """What became of the file, for the log."""
    match decision:
        case Filed(verdict=verdict, judged_ms=ms):
            return f"filed {arrival.source!r} -> {path!r} ({verdict.clarity}, {verdict.meter_type}, {ms:.0f} ms)"
        case Duplicate(original_id=original_id):
            return f"duplicate {arrival.source!r} of photo {original_id} -> {path!r}"
        case Refused(reason=reason):
            return f"refused {arrival.source!r}: {reason} -> {readable(path)!r}"
