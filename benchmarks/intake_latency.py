"""How long a photo takes from complete in the inbox to committed in the database, with the daemon otherwise idle.

    python benchmarks/intake_latency.py [--photos 30]

Starts the real daemon with the shipped models on drawn photos. The quiet window (`settle_s`) is waiting by design and
subtracted; everything else counts: noticing, reading, judging, placing, two commits with fsync. Beside it, in the same
run, the chain of the systems this product replaces: Pillow decode, their four numbers, ResNet18 and MobileNetV2 in eager
PyTorch, one photo at a time, no record kept.
"""

from __future__ import annotations

import argparse
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, Select, select
from sqlalchemy.orm import Session

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
SETTLE_S = 0.5
POLL_S = 0.002


def main() -> None:
    """Print one table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--photos", type=int, default=30)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        drawn = Path(scratch) / "drawn"
        _engine("sample", "--count", str(args.photos), "--out", str(drawn))
        photos = sorted(drawn.glob("*.jpg"))
        ours, judging = _measure_daemon(Path(scratch) / "home", photos)
        peer = _measure_peer(photos)
    print(f"{len(photos)} drawn photos, about 720 x 1130; milliseconds per photo; {os.cpu_count()} cores")
    print(f"{'':52} {'median':>8} {'95 %':>8} {'worst':>8}")
    for name, times in (
        ("file complete -> row committed (quiet window excluded)", ours),
        ("  of which the engine", judging),
        ("the replaced systems' chain, nothing recorded", peer),
    ):
        ordered = sorted(times)
        high = ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
        print(f"{name:54} {statistics.median(ordered):6.0f} {high:8.0f} {ordered[-1]:8.0f}")
    print(f"target: under 1,000 ms for every photo: {'met' if max(ours) < 1000 else 'MISSED'}")


def _engine(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "engine", *arguments], cwd=ROOT, check=True, capture_output=True)


def _measure_daemon(home: Path, photos: list[Path]) -> tuple[list[float], list[float]]:
    """Milliseconds per photo, one photo at a time: all of it, and the engine's part."""
    from db.database import open_database, sqlite_url
    from db.tables import Photo, Service

    env = {**os.environ, "METERSIEVE_SETTLE_S": str(SETTLE_S), "METERSIEVE_REGROUP_AFTER_NEW": "1000000"}
    daemon = subprocess.Popen(
        [sys.executable, "-m", "daemon", "run", "--home", str(home)], cwd=ROOT, env=env, stdout=-3, stderr=-3
    )
    try:
        _wait((home / "db" / "metersieve.sqlite").exists)
        database = open_database(sqlite_url(home / "db" / "metersieve.sqlite"))
        _wait(lambda: _ask(database, select(Service.name).where(Service.name == "watcher")))
        total, judging = [], []
        for number, photo in enumerate([photos[0], *photos]):  # the first one warms up and is not counted
            draft = home / "inbox" / f".{number}.part"
            draft.write_bytes(photo.read_bytes() + bytes(number == 0))
            started = time.perf_counter()
            draft.rename(home / "inbox" / f"{number}.jpg")
            query = select(Photo.judged_ms).where(Photo.source == f"{number}.jpg", Photo.outcome.is_not(None))
            judged_ms = _wait(partial(_ask, database, query))
            if number:
                total.append((time.perf_counter() - started - SETTLE_S) * 1000)
                judging.append(float(str(judged_ms)))
        return total, judging
    finally:
        daemon.send_signal(signal.SIGTERM)
        daemon.wait(60)


def _ask(database: Engine, query: Select[Any]) -> object:
    with Session(database) as session:
        return session.scalar(query)


def _wait(true: Callable[[], object], seconds: float = 120.0) -> object:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if value := true():
            return value
        time.sleep(POLL_S)
    raise SystemExit("the daemon did not answer in time")


def _measure_peer(photos: list[Path]) -> list[float]:
    """The replaced systems' chain, as they ran it: eager float32, one photo at a time."""
    import cv2
    import numpy as np
    import torch
    from PIL import Image

    from engine.bundle import IMAGENET_MEAN, IMAGENET_STD
    from engine.networks import build

    networks = [build("resnet18", 38).eval(), build("mobilenet_v2", 2).eval()]
    mean, std = (np.array(values, np.float32) for values in (IMAGENET_MEAN, IMAGENET_STD))
    times = []
    for photo in [photos[0], *photos]:
        started = time.perf_counter()
        image = Image.open(photo).convert("RGB")
        pixels = np.asarray(image)
        grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
        cv2.Laplacian(grey, cv2.CV_64F).var()
        cv2.cvtColor(pixels, cv2.COLOR_RGB2HSV)[..., 2].mean()
        (grey.astype(np.float64) - cv2.GaussianBlur(grey, (3, 3), 0)).std()
        cv2.Canny(grey, 50, 150).mean()
        small = (np.asarray(image.resize((224, 224)), np.float32) / 255 - mean) / std
        batch = torch.from_numpy(small.transpose(2, 0, 1)[None].copy())
        with torch.no_grad():
            for network in networks:
                network(batch)
        times.append((time.perf_counter() - started) * 1000)
    return times[1:]


if __name__ == "__main__":
    main()
