"""A day of 100,000 arrivals with a clock of its own: memory, open files, threads and the queue must not grow.

    python benchmarks/day.py --arrivals 100000

The real watch, intake and database; senders and the engine are stand-ins (a photo's "pixels" are its bytes). In 1,440 rounds,
one a minute, files come under a few names and many sites: new ones, duplicates, no pictures, cut-off uploads that are finished
a minute later, files held open over an hour, files that vanish. Each line is one hour.
"""

from __future__ import annotations

import argparse
import gc
import hashlib
import logging
import os
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from sqlalchemy.orm import Session

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from daemon.home import Home  # noqa: E402
from daemon.inbox import look  # noqa: E402
from daemon.intake import Intake  # noqa: E402
from daemon.settling import Pace  # noqa: E402
from daemon.watch import Watch  # noqa: E402
from db.database import open_database, sqlite_url  # noqa: E402
from db.records import counts  # noqa: E402
from engine.errors import NotAnImage, Truncated  # noqa: E402
from engine.verdict import Clarity, Quality, Verdict  # noqa: E402

MINUTES = 24 * 60
WARM_HOURS = 6  # caches fill in the first hours; growth is counted from then on


@dataclass(frozen=True, slots=True)
class Reading:
    """What the process holds at the end of one hour."""

    hour: int
    resident_mb: float
    handles: int
    threads: int
    objects: int
    waiting: int
    remembered: int  # files that the watch keeps something of


def judged(data: bytes) -> Verdict:
    """A verdict by the bytes: b"t" is no picture, a missing full stop a cut-off upload."""
    if data.startswith(b"t"):
        raise NotAnImage("no picture")
    if not data.endswith(b"."):
        raise Truncated("cut off")
    return Verdict(
        width=640, height=480, quality=Quality.GOOD, quality_score=0.9, tags=("well_exposed",), measures={"clarity": 80.0},
        scores={"blurry": 0.1}, suggestions=(), clarity=Clarity.CLEAR, clear_probability=0.9, meter_type="ACME_1", top3=(),
        stamps={"thresholds": "1", "meter_type": "v1"}, embedding=np.full(64, 0.125, np.float32),
        signature=hashlib.sha512(data).digest()[:33],
    )  # fmt: skip


class Senders:
    """Phones and cameras that upload all day; the same seed sends the same day."""

    def __init__(self, inbox: Path, arrivals: int, seed: int) -> None:
        self._inbox, self.per_minute = inbox, arrivals / MINUTES
        self._rng = np.random.default_rng(seed)
        self._cut: list[Path] = []
        self.held: list[tuple[int, Any]] = []  # minute in which it is let go, open file
        self.sent = self.taken_back = 0

    def minute(self, minute: int) -> None:
        """What comes in one minute."""
        for path in self._cut:
            if path.exists() and self._rng.random() < 0.3:  # the sender gave up and took it back
                path.unlink()
                self.taken_back += 1
            elif path.exists():
                with path.open("ab") as file:
                    file.write(b".")
        self._cut = []
        for held in [each for each in self.held if each[0] <= minute]:
            held[1].write(b".")
            held[1].close()
            self.held.remove(held)
        while self.sent < (minute + 1) * self.per_minute:
            self._send(minute)
            self.sent += 1

    def _send(self, minute: int) -> None:
        site, name = f"site-{self.sent % 40:02d}", f"IMG_{self.sent % 500:04d}.jpg"
        path = self._inbox / site / f"cam{self.sent % 7}" / f"{minute % 50:02d}-{name}"
        path.parent.mkdir(parents=True, exist_ok=True)
        kind = self._rng.random()
        content = f"photo {self.sent}".encode()
        if kind < 0.01 and not path.exists():
            file = path.open("wb", buffering=0)
            file.write(content)
            self.held.append((minute + 60, file))
        elif kind < 0.03:
            path.write_bytes(content)
            self._cut.append(path)
        else:
            again, text = kind < 0.10, kind < 0.12
            path.write_bytes(b"same." if again else b"text" + content if text else content + b".")


def simulate(
    folder: Path, arrivals: int, seed: int = 0, *, rounds_a_minute: int = 2, hours: int = 24
) -> tuple[list[Reading], Counter[str]]:
    """Let the day pass; returns one reading an hour, and what became of the photos."""
    home = Home(folder).make()
    database = open_database(sqlite_url(home.db / "day.sqlite"))
    clock = {"s": 0.0}
    intake = Intake(home, database, judged, template="{site}/{day}/{clarity}/{meter_type}/{name}", max_bytes=1000)
    watch = Watch(home, database, intake, Pace(settle_s=2.0, patience_s=3600.0, rescan_s=5.0), clock=lambda: clock["s"])
    senders, stop, readings, process = Senders(home.inbox, arrivals, seed), threading.Event(), [], psutil.Process()
    for minute in range(hours * 60):
        senders.minute(minute)
        for _ in range(rounds_a_minute):
            clock["s"] += 60.0 / rounds_a_minute
            watch._round(stop, may_wait=True)
        if minute % 60 == 59:
            gc.collect()
            readings.append(_read(minute // 60 + 1, process, watch, senders))
            print(_line(readings[-1]), flush=True)
    for minute in range(hours * 60, hours * 60 + 62):  # nothing new comes: what was held open is let go and taken in
        senders.per_minute = 0.0
        senders.minute(minute)
        clock["s"] += 60.0
        watch._round(stop, may_wait=True)
    with Session(database) as session:
        ended = Counter(counts(session))
    ended["left"], ended["sent"] = len(look(home.inbox)), senders.sent - senders.taken_back
    database.dispose()
    return readings, ended


def _read(hour: int, process: psutil.Process, watch: Watch, senders: Senders) -> Reading:
    return Reading(
        hour=hour,
        resident_mb=process.memory_info().rss / 1e6,
        handles=process.num_fds() - len(senders.held),  # theirs are not the daemon's
        threads=process.num_threads(),
        objects=len(gc.get_objects()),
        waiting=watch._settling.waiting,
        remembered=len(watch._waits) + len(watch._failures),
    )


def _line(reading: Reading) -> str:
    return (
        f"hour {reading.hour:2d}: {reading.resident_mb:6.1f} MB, {reading.handles} handles, {reading.threads} threads, "
        f"{reading.objects} objects, {reading.waiting} waiting, {reading.remembered} remembered"
    )


def main() -> None:
    """Print one line an hour, the growth, and what became of the photos."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--arrivals", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=2, help="looks at the inbox per minute")
    parser.add_argument("--folder", type=Path, default=Path("/dev/shm") if os.access("/dev/shm", os.W_OK) else None)  # noqa: S108
    args = parser.parse_args()
    logging.disable(logging.WARNING)
    started = time.perf_counter()
    with tempfile.TemporaryDirectory(dir=args.folder) as folder:
        readings, ended = simulate(Path(folder), args.arrivals, rounds_a_minute=args.rounds)
    warm, last = readings[WARM_HOURS - 1], readings[-1]
    print(f"{args.arrivals} arrivals in {time.perf_counter() - started:.0f} s: {dict(ended)}")
    print(
        f"from hour {warm.hour} to hour {last.hour}: memory {last.resident_mb - warm.resident_mb:+.1f} MB "
        f"(of which signatures at most {40 * args.arrivals * 0.75 / 1e6:.1f}), handles {last.handles - warm.handles:+d}, "
        f"threads {last.threads - warm.threads:+d}, objects {last.objects - warm.objects:+d}"
    )


if __name__ == "__main__":
    main()
