"""What one regrouping costs when thousands of unknown meters were grouped before and some are new.

    python benchmarks/regroup_scale.py [--photos 10000] [--new 200] [--designs 120]

Draws photos of as many designs, describes their plates, and makes the others by shaking the drawn ones: features dropped,
moved and blurred, as another photo of the same meter would show them. All but the new ones are in the archive with their
groups and verified pairs (their counts are drawn too: comparing them all would take an hour); plates of all are
described, as the daemon does on arrival. Then the daemon's own regrouping runs in a process of its own, as always.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Engine, insert, select
from sqlalchemy.orm import Session

from daemon.home import Home
from db.database import open_database, sqlite_url
from db.tables import Embedding, Photo, PhotoGroup, PlateRow, VerifiedPair
from db.unknowns import read_unknowns
from engine import runtime
from engine.drawing import draw_photo
from engine.grouping import Options, Plate
from engine.grouping.details import describe_whole
from engine.grouping.similarity import candidate_pairs
from engine.verdict import UNKNOWN

STAMP = "drawn"
DIMENSIONS = 256
CHILD = """
import resource, sys, time
from pathlib import Path
from daemon.home import Home
from daemon.regroup import regroup
from db.database import open_database, sqlite_url
home = Home(Path(sys.argv[1]))
started = time.perf_counter()
database = open_database(sqlite_url(home.root / "archive.sqlite"))
done = regroup(home, database, stamp="drawn", template="{clarity}/{meter_type}/{name}")
memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
print(f"{time.perf_counter() - started:.1f} s, {time.process_time():.0f} s of processor time, at most {memory:.2f} GB")
print({key: done[key] for key in ("photos", "groups", "noise", "pairs_verified", "changed")})
"""


def main() -> int:
    """Print what the regrouping took."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, default=10_000)
    parser.add_argument("--new", type=int, default=200)
    parser.add_argument("--designs", type=int, default=120)
    parser.add_argument("--models", type=Path, default=Path(__file__).resolve().parent.parent / "models")
    args = parser.parse_args()
    rng = np.random.default_rng(0)
    folder = Path(tempfile.mkdtemp(prefix="regroup-scale-"))
    try:
        home = Home(folder).make()
        database = open_database(sqlite_url(folder / "archive.sqlite"))
        started = time.perf_counter()
        truth = _fill(database, home, args, rng)
        _prepare(database, truth, args, rng)
        print(f"archive of {args.photos} unknown meters of {args.designs} designs made in {time.perf_counter() - started:.0f} s")
        root = Path(__file__).resolve().parent.parent
        subprocess.run([sys.executable, "-c", CHILD, str(folder)], cwd=root, check=True)
        _report(database, truth, args.new)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


def _fill(database: Engine, home: Home, args: argparse.Namespace, rng: np.random.Generator) -> NDArray[np.int64]:
    """Rows, embeddings and plates; returns each photo's design. The new photos come last."""
    details = runtime.load_current(args.models, "details", cache=args.models.parent / ".cache", threads=1)
    print(f"details described by {f'details {details.card.version}' if details else 'SIFT alone'}")
    drawn = [
        describe_whole(draw_photo(design, design, meter=design, reading=design * 137)[0], details)
        for design in range(args.designs)
    ]
    centres = rng.normal(size=(args.designs, DIMENSIONS))
    truth: NDArray[np.int64] = rng.integers(args.designs, size=args.photos)
    now = datetime.now(UTC)
    (home.sorted / "clear" / UNKNOWN).mkdir(parents=True, exist_ok=True)
    for start in range(0, args.photos, 500):
        with Session(database) as session, session.begin():
            for number in range(start, min(start + 500, args.photos)):
                design = int(truth[number])
                vector = centres[design] + rng.normal(scale=0.7, size=DIMENSIONS)
                session.add(_row(number + 1, now))
                session.flush()
                session.add(Embedding(photo_id=number + 1, stamp=STAMP, vector=_unit(vector)))
                session.add(PlateRow(photo_id=number + 1, features=_shaken(drawn[design], rng).to_bytes()))
    return truth


def _row(photo_id: int, now: datetime) -> Photo:
    name = f"{photo_id:06}.jpg"
    return Photo(
        id=photo_id,
        received_at=now,
        source=name,
        name=name,
        size_bytes=1,
        outcome="filed",
        intended="filed",
        path=f"sorted/clear/{UNKNOWN}/ungrouped/{name}",
        removed_at=now,  # there is no file to move
        clarity="clear",
        meter_type=UNKNOWN,
    )


def _unit(vector: NDArray[np.float64]) -> bytes:
    return (vector / np.linalg.norm(vector)).astype("<f4").tobytes()


def _shaken(plate: Plate, rng: np.random.Generator) -> Plate:
    """Another photo of the same meter: a third of the features lost, the others moved a little and seen less sharply."""
    kept = np.flatnonzero(rng.random(len(plate)) > 1 / 3)
    places = plate.keypoints[kept].copy()
    places[:, :2] = (
        places[:, :2] * rng.uniform(0.9, 1.1) + rng.normal(scale=20, size=2) + rng.normal(scale=1.5, size=(len(kept), 2))
    )
    seen = plate.descriptors[kept].astype(np.int16) + rng.normal(scale=14, size=(len(kept), 128)).astype(np.int16)
    shaken = Plate(keypoints=places.astype(np.float32), descriptors=np.clip(seen, 0, 255).astype(np.uint8))
    if plate.learned is None:
        return shaken
    # Of details that agree in two field photos of a design, descriptions have a cosine of .78 in the middle of them all.
    said = plate.learned[kept] + rng.normal(scale=18, size=(len(kept), 128))
    return replace(shaken, learned=np.clip(np.rint(said), -127, 127).astype(np.int8), learned_by=plate.learned_by)


def _prepare(database: Engine, truth: NDArray[np.int64], args: argparse.Namespace, rng: np.random.Generator) -> None:
    """The groups and verified pairs that earlier regroupings would have left."""
    old = args.photos - args.new
    with Session(database) as session, session.begin():
        session.add_all(PhotoGroup(id=number + 1, created_at=datetime.now(UTC), stamp=STAMP) for number in range(args.designs))
        session.flush()
        for photo in session.scalars(select(Photo).where(Photo.id <= old)):
            photo.group_id = int(truth[photo.id - 1]) + 1
    with Session(database) as session:
        vectors = np.stack([photo.embedding for photo in read_unknowns(session, STAMP)[:old]])
    first, second = candidate_pairs(vectors, Options())
    alike = truth[first] == truth[second]
    counts = np.where(alike, rng.integers(30, 160, size=len(first)), rng.integers(0, 7, size=len(first)))
    for rows in _batches(list(zip(first.tolist(), second.tolist(), counts.tolist(), strict=True)), 50_000):
        with Session(database) as session, session.begin():
            pairs = [{"photo_a": a + 1, "photo_b": b + 1, "inliers": count} for a, b, count in rows]
            session.execute(insert(VerifiedPair), pairs)
    print(f"{len(first)} pairs verified before")


def _batches(rows: list[tuple[int, int, int]], size: int) -> Iterator[list[tuple[int, int, int]]]:
    for start in range(0, len(rows), size):
        yield rows[start : start + size]


def _report(database: Engine, truth: NDArray[np.int64], new: int) -> None:
    from sklearn.metrics import adjusted_rand_score

    with Session(database) as session:
        places = {row[0]: row[1] for row in session.execute(select(Photo.id, Photo.group_id)).all()}
    found = [places[number + 1] or -1 for number in range(len(truth))]
    kept = np.mean([found[number] == truth[number] + 1 for number in range(len(truth) - new)])
    print(f"ARI {adjusted_rand_score(truth, found):.3f}; {kept:.1%} of the photos grouped before kept their id")


if __name__ == "__main__":
    sys.exit(main())
