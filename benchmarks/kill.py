"""kill -9 at random moments while photos arrive: what is lost, doubled or half-filed. Real daemons, real files.

    python benchmarks/kill.py [--kills 200] [--photos 2000] [--seed 1]

Before each kill a share of the photos is dropped into the inbox. The daemon is killed at a random moment: four times in five
within a second of the first photo that it files, else while it begins to watch. In the end one daemon is left to finish, and
every photo is accounted for by its bytes: in the inbox, in sorted/, in the rows. Every fourth photo has the bytes of the one
before it, and must become a duplicate of it and nothing else. No models are needed: filing does not depend on what they say.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np
import psutil
from PIL import Image
from sqlalchemy import select
from sqlalchemy.orm import Session

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
SETTLE_S = 0.05
MOST_S = 0.8  # between the first photo that a daemon files and the kill
EARLY = 0.2  # share of kills that come at any moment of the start instead


def main() -> int:
    """Print one table; exit code 1 where anything was lost, doubled or half-filed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--photos", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    rng = random.Random(args.seed)
    with tempfile.TemporaryDirectory() as scratch:
        home = Path(scratch) / "home"
        arrivals = draw(args.photos)
        started = time.monotonic()
        left_running = kill_again_and_again(home, list(arrivals.items()), args.kills, rng)
        finish(home)
        seconds = time.monotonic() - started
        found = account(home, arrivals)
    print(f"{args.kills} kills over {args.photos} photos in {seconds:.0f} s (seed {args.seed})")
    for what, count in {**found, "processes left running": left_running}.items():
        print(f"  {what:44} {count}")
    wrong = left_running + sum(count for what, count in found.items() if not what.startswith("("))
    print("nothing lost, nothing doubled, nothing half-filed" if wrong == 0 else "MISSED")
    return int(wrong > 0)


def draw(count: int) -> dict[str, bytes]:
    """Small photos by name; every fourth has the bytes of the one before it."""
    arrivals: dict[str, bytes] = {}
    for number in range(count):
        if number % 4 != 3:
            blocks = np.random.default_rng(number).integers(0, 256, (8, 8, 3), dtype=np.uint8)
            file = io.BytesIO()
            Image.fromarray(np.kron(blocks, np.ones((8, 8, 1), np.uint8))).save(file, "JPEG")
        arrivals[f"site{number % 3}/IMG_{number:05}.jpg"] = file.getvalue()
    return arrivals


def environment(home: Path) -> dict[str, str]:
    """A daemon without models that settles at once and pauses for nothing."""
    (home / "models").mkdir(parents=True, exist_ok=True)
    values = {
        "models_dir": home / "models", "settle_s": SETTLE_S, "rescan_s": 0.5, "min_free_mb": 0, "judge_processes": 2,
        "regroup_after_new": 10**6,
    }  # fmt: skip
    return {**os.environ, **{f"METERSIEVE_{key.upper()}": str(value) for key, value in values.items()}}


def start(home: Path) -> subprocess.Popen[bytes]:
    """Start a daemon and wait until it watches."""
    daemon = subprocess.Popen(
        [sys.executable, "-m", "daemon", "run", "--home", str(home)], cwd=ROOT, env=environment(home), stdout=-1, stderr=-3
    )
    if daemon.stdout is None or not daemon.stdout.readline().startswith(b"MeterSieve is running"):
        raise SystemExit(f"the daemon did not start: exit code {daemon.wait()}")
    return daemon


def kill_again_and_again(home: Path, arrivals: list[tuple[str, bytes]], kills: int, rng: random.Random) -> int:
    """Returns how many processes of the killed daemons were still there five seconds later."""
    left_running = 0
    for number in range(kills):
        daemon = start(home)
        for name, data in arrivals[number * len(arrivals) // kills : (number + 1) * len(arrivals) // kills]:
            path = home / "inbox" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        if rng.random() >= EARLY:
            wait_for_one_more(home)
        time.sleep(rng.uniform(0.0, MOST_S))
        family = psutil.Process(daemon.pid).children(recursive=True)
        daemon.kill()
        daemon.wait()
        left_running += sum(process.status() != psutil.STATUS_ZOMBIE for process in psutil.wait_procs(family, timeout=5.0)[1])
    return left_running


def wait_for_one_more(home: Path) -> None:
    """Until one photo more is in sorted/, half a minute at most: else a slow machine is killed before it does anything."""
    end, before = time.monotonic() + 30, count_sorted(home)
    while time.monotonic() < end and count_sorted(home) == before:
        time.sleep(0.01)


def count_sorted(home: Path) -> int:
    """Files in sorted/."""
    return sum(len(names) for _, _, names in os.walk(home / "sorted"))


def finish(home: Path) -> None:
    """Let one daemon end what the killed ones began."""
    daemon = start(home)
    try:
        end = time.monotonic() + 600
        while time.monotonic() < end and any(path.is_file() and path.name[0] != "." for path in (home / "inbox").rglob("*")):
            time.sleep(0.2)
    finally:
        daemon.terminate()
        daemon.wait(60)


def account(home: Path, arrivals: dict[str, bytes]) -> dict[str, int]:
    """Every photo by its bytes, every row by its file."""
    from db.database import open_database, sqlite_url
    from db.tables import Photo

    with Session(open_database(sqlite_url(home / "db" / "metersieve.sqlite"))) as session:
        rows = session.scalars(select(Photo)).all()
    files = {
        path.relative_to(home).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in (home / "sorted").rglob("*")
        if path.is_file() and path.suffix != ".csv"
    }
    wanted = Counter(hashlib.sha256(data).hexdigest() for data in arrivals.values())
    kept = Counter(files.values())
    outcomes = Counter(row.outcome or "half-filed" for row in rows)
    filed = Counter(row.sha256 for row in rows if row.outcome == "filed")
    sources = Counter(row.source for row in rows)
    return {
        "lost: photos whose bytes are in no file": sum((wanted - kept).values()),
        "doubled: files more than there were photos": sum((kept - wanted).values()),
        "doubled: bytes filed twice": sum(count - 1 for count in filed.values()),
        "half-filed: rows without an outcome": outcomes["half-filed"],
        "half-filed: rows whose file is not theirs": sum(files.get(row.path) != row.sha256 for row in rows),
        "half-filed: files without a row": len(files.keys() - {row.path for row in rows}),
        "names with no row, or with more than one": sum(sources[name] != 1 for name in sources.keys() | arrivals.keys()),
        "refused, though sound": outcomes["refused"],
        "(filed)": outcomes["filed"],
        "(duplicates, as they should be)": outcomes["duplicate"],
    }


if __name__ == "__main__":
    sys.exit(main())
