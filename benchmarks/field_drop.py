"""The main job on real photos: all field photos into the inbox of a running daemon, then a look at what became of them.

    python benchmarks/field_drop.py --data DATA

Prints where the photos ended, how fast, and how the verdicts compare with the labels, apart for the meters that no model
was trained on (the test side of benchmarks/build_datasets.py; an untrained design counts as right when it is UNKNOWN).
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.build_datasets import LEAST_METERS, LEAST_PHOTOS, assign_sides, read_field, read_meters  # noqa: E402
from engine.verdict import UNKNOWN  # noqa: E402

LIMIT_S = 900.0


def main() -> None:
    """Drop, wait, regroup, compare."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data", help="the data folder, with field/")
    args = parser.parse_args()
    if not (args.data / "field" / "field.csv").is_file():
        print(f"skipped: no field photos in {args.data}")
        return
    field, typed = read_field(args.data), read_meters(args.data)[0]
    with tempfile.TemporaryDirectory() as home:
        seconds = _drop(Path(home), [photo.path for photo in field])
        regrouped = _daemon(Path(home), "regroup")
        rows = _exported(Path(home))
        files = [path for path in (Path(home) / "sorted").rglob("*") if path.is_file() and path.suffix != ".csv"]
        left = list((Path(home) / "inbox").iterdir())
    print(f"{len(field)} photos, {len(rows)} rows, {len(files)} files in sorted/, {len(left)} left in the inbox")
    print(f"outcomes: {dict(Counter(row['outcome'] for row in rows))}; {len(field) / seconds:.1f} photos per second")
    print(f"clarity: {dict(Counter(row['clarity'] for row in rows))}; quality: {dict(Counter(row['quality'] for row in rows))}")
    print(f"types: {dict(Counter(row['meter_type'] for row in rows).most_common())}")
    print(f"grouped: {sum(row['group_id'] is not None for row in rows)}; {regrouped.splitlines()[-1] if regrouped else ''}")
    by_name = {row["source"]: row for row in rows}
    sides, kinds = assign_sides([*field, *typed], 0), Counter(photo.kind for photo in field)
    meters = {kind: len({photo.meter for photo in field if photo.kind == kind}) for kind in kinds}
    known = {kind for kind in kinds if kinds[kind] >= LEAST_PHOTOS and meters[kind] >= LEAST_METERS}
    for name, wanted in (("meters never trained on", "test"), ("all meters", None)):
        chosen = [photo for photo in field if wanted is None or sides[photo.meter] == wanted or photo.kind not in known]
        _compare(name, chosen, by_name, known)


def _drop(home: Path, photos: list[Path]) -> float:
    """Seconds from the first copy to the last row, with a running daemon."""
    env = {**os.environ, "METERSIEVE_REGROUP_AFTER_NEW": "1000000"}
    daemon = subprocess.Popen(
        [sys.executable, "-m", "daemon", "run", "--home", str(home)], cwd=ROOT, env=env, stdout=-3, stderr=-3
    )
    try:
        _wait(lambda: _is_working(daemon, home))
        started = time.perf_counter()
        for photo in photos:
            shutil.copy(photo, home / "inbox" / photo.name)
        _wait(lambda: _status(home)["waiting"] == 0)
        return time.perf_counter() - started
    finally:
        daemon.send_signal(signal.SIGTERM)
        daemon.wait(60)


def _is_working(daemon: subprocess.Popen[bytes], home: Path) -> bool:
    if daemon.poll() is not None:
        raise SystemExit(f"the daemon ended with code {daemon.returncode}")
    status = _status(home)
    return bool(status["daemon"] == "running" and status["last_beat_s"] is not None)


def _compare(name: str, photos: list[Any], rows: dict[str, dict[str, Any]], known: set[str]) -> None:
    judged = [(photo, rows[photo.path.name]) for photo in photos]
    typed = [row["meter_type"] == photo.kind for photo, row in judged if photo.kind in known]
    accepted = [row["meter_type"] == photo.kind for photo, row in judged if photo.kind in known and row["meter_type"] != UNKNOWN]
    strange = [row["meter_type"] == UNKNOWN for photo, row in judged if photo.kind not in known]
    firm = [(photo.row["readable"] == "yes", row["clarity"] == "clear") for photo, row in judged if _agreed(photo.row)]
    print(f"{name}: {len(photos)} photos")
    print(
        f"  type right {_share(typed)}, of those accepted {_share(accepted)}; untrained designs called UNKNOWN {_share(strange)}"
    )
    print(f"  clarity right where both raters agree {_share([truth == said for truth, said in firm])}", end="; ")
    print(f"readable called clear {_share([said for truth, said in firm if truth])}", end=", ")
    print(f"unreadable called unclear {_share([not said for truth, said in firm if not truth])}")


def _agreed(row: dict[str, str]) -> bool:
    return (row["readable"] == "yes") == (row["readable2"] == "yes")


def _share(right: list[bool]) -> str:
    return f"{sum(right)}/{len(right)} ({sum(right) / max(1, len(right)):.0%})"


def _daemon(home: Path, *arguments: str) -> str:
    command = [sys.executable, "-m", "daemon", *arguments, "--home", str(home)]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return done.stdout + done.stderr


def _status(home: Path) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "daemon", "status", "--json", "--home", str(home)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return dict(json.loads(done.stdout))


def _exported(home: Path) -> list[dict[str, Any]]:
    _daemon(home, "export", "--out", str(home / "export.jsonl"))
    return [json.loads(line) for line in (home / "export.jsonl").read_text("utf-8").splitlines()]


def _wait(true: Any) -> None:
    end = time.monotonic() + LIMIT_S
    while not true():
        if time.monotonic() > end:
            raise SystemExit(f"not within {LIMIT_S:.0f} s")
        time.sleep(0.5)


if __name__ == "__main__":
    main()
