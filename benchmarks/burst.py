"""A burst of small photos while all cores are busy: what is lost, how much memory it takes, and whether the age is true.

    python benchmarks/burst.py [--photos 30000] [--minutes 60]

Drops the photos into a watched inbox as fast as the disk takes them, with one busy process per core beside the daemon. While
they are worked off it compares the age of the oldest waiting photo that the daemon reports with the true one, and adds up
the memory of the daemon and its judging processes (PSS: shared pages counted once). When the time is over, or the inbox is
empty, the daemon is told to stop, and every photo is accounted for by its bytes. No models: they are not what is tested.
"""

from __future__ import annotations

import argparse
import hashlib
import multiprocessing
import os
import sys
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import psutil
from sqlalchemy import Engine
from sqlalchemy.orm import Session

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
SAMPLE_S = 3.0
LIMIT_MB = 1500
AGE_ERROR_S = 10.0  # a sign of life is up to 2 s old, more where the cores are busy
HEADER = b"P6 8 8 255\n"  # photos of 203 bytes


def main() -> int:
    """Print one table; exit code 1 where a target was missed."""
    from benchmarks.kill import start
    from db.database import open_database, sqlite_url

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--photos", type=int, default=30_000)
    parser.add_argument("--minutes", type=float, default=60.0, help="stop after this time, whatever still waits")
    parser.add_argument("--burners", type=int, default=os.cpu_count() or 1, help="busy processes beside the daemon")
    args = parser.parse_args()
    burners = [multiprocessing.get_context("spawn").Process(target=_burn, daemon=True) for _ in range(args.burners)]
    with tempfile.TemporaryDirectory() as scratch:
        home = Path(scratch) / "home"
        daemon = start(home)
        for burner in burners:
            burner.start()
        try:
            began_s = time.monotonic()
            dropped_s = _drop(home / "inbox", args.photos)
            database = open_database(sqlite_url(home / "db" / "metersieve.sqlite"))
            memory, errors, oldest_s = _watch(home, database, daemon.pid, dropped_s, args.minutes * 60)
            worked_s = time.monotonic() - began_s
        finally:
            daemon.terminate()
            stopped = daemon.wait(120)
            for burner in burners:
                burner.kill()
        found = _account(home, database, args.photos)
    print(
        f"{args.photos} photos dropped in {max(dropped_s.values()) - min(dropped_s.values()):.0f} s; {os.cpu_count()} cores, busy"
    )
    for what, count in found.items():
        print(f"  {what:48} {count}")
    print(f"  {'filed per second':48} {found['filed'] / worked_s:.1f}")
    print(f"  {'most memory, daemon and judges':48} {memory:.0f} MB")
    print(f"  {'oldest photo waited':48} {oldest_s:.0f} s")
    print(f"  {'largest error of the reported age':48} {max(errors, default=0.0):.1f} s over {len(errors)} samples")
    print(f"  {'exit code of the daemon at SIGTERM':48} {stopped}")
    wrong = found["lost"] + found["in two places, or in a place without a row"]
    missed = wrong or memory > LIMIT_MB or max(errors, default=0.0) > AGE_ERROR_S or stopped
    print("met" if not missed else "MISSED")
    return int(bool(missed))


def _burn() -> None:
    while True:
        hashlib.sha256(bytes(10**6))


def _photo(number: int) -> bytes:
    return HEADER + number.to_bytes(4, "big") * 48


def _drop(inbox: Path, count: int) -> dict[str, float]:
    """When each name was written, wall-clock seconds."""
    times = {}
    for number in range(count):
        name = f"{number:06}.ppm"
        (inbox / name).write_bytes(_photo(number))
        times[name] = time.time()
    return times


def _watch(
    home: Path, database: Engine, pid: int, dropped_s: dict[str, float], within_s: float
) -> tuple[float, list[float], float]:
    """Most memory (MB), the errors of the reported ages (s), and the largest true age (s)."""
    from db.records import service

    memory, oldest_s, errors, end = 0.0, 0.0, [], time.monotonic() + within_s
    while time.monotonic() < end:
        waiting = [path.name for path in (home / "inbox").iterdir() if path.name in dropped_s]
        if not waiting:
            break
        true_s = time.time() - min(dropped_s[name] for name in waiting)
        oldest_s = max(oldest_s, true_s)
        with Session(database) as session:
            row = service(session, "watcher")
        if row is not None and row.detail["waiting"]:
            reported_s = row.detail["oldest_waiting_s"] + (datetime.now(UTC) - row.beat_at).total_seconds()
            errors.append(abs(reported_s - true_s))
        family = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
        memory = max(memory, sum(process.memory_full_info().pss for process in family) / 1e6)
        time.sleep(SAMPLE_S)
    return memory, errors, oldest_s


def _account(home: Path, database: Engine, count: int) -> dict[str, int]:
    """Each photo must be in the inbox without a row, or in sorted/ with one."""
    from sqlalchemy import select

    from db.tables import Photo

    with Session(database) as session:
        rows = {row.path: row.sha256 for row in session.execute(select(Photo.path, Photo.sha256).where(Photo.outcome == "filed"))}
    places: Counter[str] = Counter()
    waiting = 0
    for path in (*(home / "inbox").glob("*.ppm"), *(home / "sorted").rglob("*.ppm")):
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        in_inbox = path.parent == home / "inbox"
        waiting += in_inbox
        places[digest] += 1 if in_inbox or rows.get(path.relative_to(home).as_posix()) == digest else 2
    wanted = [hashlib.sha256(_photo(number)).hexdigest() for number in range(count)]
    return {
        "filed": len(rows),
        "still waiting when the time was over": waiting,
        "lost": sum(places[digest] == 0 for digest in wanted),
        "in two places, or in a place without a row": sum(places[digest] > 1 for digest in wanted),
    }


if __name__ == "__main__":
    sys.exit(main())
