"""How long the pages' questions take in an archive of N photos: `python -m benchmarks.pages --photos 1000000`.

Prints one line per question: median and worst of several runs, milliseconds, from an SQLite file in a temporary folder.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, insert
from sqlalchemy.orm import Session

from db.database import open_database, sqlite_url
from db.groups import read_groups
from db.history import Cursor, Filters, count_capped, read_choices, read_page
from db.overview import read_days, read_quality_shares, tally
from db.tables import Photo, PhotoGroup, PhotoTag

DAYS = 365  # the archive's span
RUNS = 5
TYPES = [f"TYPE{number}" for number in range(38)]  # as many as the original utility had
CHUNK = 20_000


def main() -> None:
    """Fill a database, ask, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=int, default=20_000)
    count = parser.parse_args().photos
    with tempfile.TemporaryDirectory() as folder:
        engine = open_database(sqlite_url(Path(folder) / "archive.sqlite"))
        now = datetime.now(UTC)
        _fill(engine, count, now)
        print(f"{count:,} photos")
        with Session(engine) as session:
            for name, ask in _questions(session, now):
                times = [_milliseconds(ask) for _ in range(RUNS)]
                print(f"{name:44} median {statistics.median(times):8.1f} ms   worst {max(times):8.1f} ms")
        engine.dispose()


def _questions(session: Session, now: datetime) -> Iterator[tuple[str, Callable[[], object]]]:
    middle = Cursor(now - timedelta(days=DAYS / 2), 10**9)
    starts = [now - timedelta(days=day) for day in range(30, -1, -1)]
    week = Filters(since=now - timedelta(days=7))
    narrow = Filters(clarity="unclear", meter_types=("TYPE3",), tags=("blurry", "glare"))
    for name, filters in (
        ("a week", week),
        ("all time", Filters()),
        ("unclear TYPE3, 2 tags", narrow),
        ("name part", Filters(name="99123")),
    ):
        yield f"history, {name}: first page", partial(read_page, session, filters)
        yield f"history, {name}: count", partial(count_capped, session, filters)
    yield "history, all time: a page in the middle", lambda: read_page(session, Filters(), older_than=middle)
    yield "history: choices", lambda: read_choices(session)
    yield "overview: 24 h and 7 days", lambda: (tally(session, starts[-2], now), tally(session, starts[-9], now))
    yield "overview: 30 days by site", lambda: read_days(session, starts)
    yield "overview: tag shares of 30 days", lambda: read_quality_shares(session, starts[0], now)
    yield "groups: the list", lambda: read_groups(session)


def _milliseconds(ask: Callable[[], object]) -> float:
    start = time.perf_counter()
    ask()
    return (time.perf_counter() - start) * 1000


def _fill(engine: Engine, count: int, now: datetime) -> None:
    rng = random.Random(1)
    with Session(engine) as session:
        groups = [PhotoGroup(created_at=now, stamp="meter_type 1") for _ in range(30)]
        session.add_all(groups)
        session.flush()
        for first in range(1, count + 1, CHUNK):
            ids = range(first, min(first + CHUNK, count + 1))
            session.execute(insert(Photo), [_photo(number, count, now, rng, groups) for number in ids])
            tags = [{"photo_id": n, "tag": tag} for n in ids for tag in ("blurry", "glare", "low_light") if rng.random() < 0.1]
            session.execute(insert(PhotoTag), tags)
            session.commit()


def _photo(number: int, count: int, now: datetime, rng: random.Random, groups: list[PhotoGroup]) -> dict[str, Any]:
    unknown = rng.random() < 0.2
    meter_type = "UNKNOWN" if unknown else rng.choice(TYPES)
    return {
        "id": number,
        "received_at": now - timedelta(days=DAYS) * (1 - number / count),
        "source": f"site{number % 4}/IMG_{number:08d}.jpg",
        "site": f"site{number % 4}",
        "name": f"IMG_{number:08d}.jpg",
        "size_bytes": 100_000,
        "source_removed": True,
        "sha256": f"{number:064x}",
        "outcome": "filed",
        "intended": "filed",
        "path": f"sorted/clear/{meter_type}/IMG_{number:08d}.jpg",
        "judged_ms": 100.0,
        "clarity": "unclear" if rng.random() < 0.25 else "clear",
        "quality": "Good",
        "meter_type": meter_type,
        "guessed_type": meter_type,
        "top3": [{"label": "TYPE1", "confidence": 0.4}, {"label": "TYPE2", "confidence": 0.1}],
        "measures": {"clarity": 80.0, "brightness": 50.0, "contrast": 40.0, "noise": 5.0},
        "group_id": rng.choice(groups).id if unknown and rng.random() < 0.8 else None,
        "group_strength": rng.random(),
    }


if __name__ == "__main__":
    main()
