"""The main job on real photos: all field photos into the inbox of a running daemon, then a look at what became of them.

    python benchmarks/field_drop.py --data DATA

Prints where the photos ended, how fast, and whether the verdicts agree with the labels. The shipped models learned from these
very photos, so agreement says that the chain is whole, not how good the models are: the left-out figures are in docs/models.md.
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

from benchmarks.build_datasets import read_field  # noqa: E402

LIMIT_S = 900.0


def main() -> None:
    """Drop, wait, regroup, compare."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data", help="the data folder, with field/")
    args = parser.parse_args()
    if not (args.data / "field" / "field.csv").is_file():
        print(f"skipped: no field photos in {args.data}")
        return
    field = read_field(args.data)
    with tempfile.TemporaryDirectory() as home:
        seconds = _drop(Path(home), [photo.path for photo in field])
        regrouped = _daemon(Path(home), "regroup")
        rows = _exported(Path(home))
        files = [path for path in (Path(home) / "sorted").rglob("*") if path.is_file() and path.suffix != ".csv"]
        left = [path for path in (Path(home) / "inbox").iterdir() if not path.name.startswith(".")]
    print(f"{len(field)} photos, {len(rows)} rows, {len(files)} files in sorted/, {len(left)} left in the inbox")
    print(f"outcomes: {dict(Counter(row['outcome'] for row in rows))}; {len(field) / seconds:.1f} photos per second")
    print(f"clarity: {dict(Counter(row['clarity'] for row in rows))}; quality: {dict(Counter(row['quality'] for row in rows))}")
    print(f"types: {dict(Counter(row['meter_type'] for row in rows).most_common())}")
    print(f"grouped: {sum(row['group_id'] is not None for row in rows)}; {regrouped.splitlines()[-1] if regrouped else ''}")
    by_name = {row["source"]: row for row in rows}
    _compare(field, by_name)


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


def _compare(photos: list[Any], rows: dict[str, dict[str, Any]]) -> None:
    judged = [(photo, rows[photo.path.name]) for photo in photos]
    firm = [(photo.row["readable"] == "yes", row["clarity"] == "clear") for photo, row in judged if _agreed(photo.row)]
    print(
        f"photos the models learned from: type as labelled {_share([row['meter_type'] == p.kind for p, row in judged])}", end="; "
    )
    print(f"clarity as both raters say {_share([truth == said for truth, said in firm])}")


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
