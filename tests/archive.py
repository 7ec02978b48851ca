"""An archive for tests: photo rows as the daemon would write them, with files drawn by code."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from db.tables import Photo, PhotoGroup, PhotoTag, Service
from tests.photos import jpeg

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
HOSTILE = "<img src=x onerror=alert(1)>\"'${alert(2)}{{constructor}}.jpg"


def photo(number: int, **changes: Any) -> Photo:
    """A filed photo of GENUS5, clear, good, `number` * 7 minutes before NOW."""
    values: dict[str, Any] = {
        "received_at": NOW - timedelta(minutes=7 * number),
        "source": f"north/photo-{number:04d}.jpg",
        "site": "north",
        "name": f"photo-{number:04d}.jpg",
        "size_bytes": 12_345,
        "source_removed": True,
        "sha256": hashlib.sha256(str(number).encode()).hexdigest(),
        "outcome": "filed",
        "intended": "filed",
        "path": f"sorted/photo-{number:04d}.jpg",
        "width": 64,
        "height": 96,
        "judged_ms": 80.0,
        "clarity": "clear",
        "clear_probability": 0.9,
        "quality": "Good",
        "quality_score": 0.9,
        "meter_type": "GENUS5",
        "guessed_type": "GENUS5",
        "top3": [{"label": "GENUS5", "confidence": 0.8}, {"label": "HPL1", "confidence": 0.1}],
        "measures": {"clarity": 80.0, "brightness": 50.0, "contrast": 40.0, "noise": 5.0},
        "scores": {"blurry": 0.1, "glare": 0.2},
        "suggestions": [],
        "stamps": {"thresholds": "2026-1"},
    }
    return Photo(**(values | changes))


def unclear(number: int, **changes: Any) -> Photo:
    """A filed photo that is blurred and cannot be read."""
    poor: dict[str, Any] = {
        "clarity": "unclear",
        "clear_probability": 0.2,
        "quality": "Poor",
        "scores": {"blurry": 0.7, "glare": 0.2},
        "suggestions": ["Hold the phone still."],
        "tags": [PhotoTag(tag="blurry")],
    }
    return photo(number, **(poor | changes))


def unknown(number: int, **changes: Any) -> Photo:
    """A filed photo of a meter that no known type fits."""
    guesses = [{"label": "GENUS5", "confidence": 0.4}, {"label": "HPL1", "confidence": 0.1}]
    return photo(number, **({"meter_type": "UNKNOWN", "guessed_type": "UNKNOWN", "top3": guesses} | changes))


_UNJUDGED = (
    "clarity",
    "clear_probability",
    "quality",
    "quality_score",
    "meter_type",
    "guessed_type",
    "top3",
    "measures",
    "scores",
)


def refused(number: int, reason: str = "truncated", **changes: Any) -> Photo:
    """A file that was no sound picture."""
    nothing: dict[str, Any] = dict.fromkeys((*_UNJUDGED, "suggestions", "stamps", "width", "height"))
    refusal = {"outcome": "refused", "intended": "refused", "reason": reason, "detail": "The upload was cut off."}
    return photo(number, **(nothing | refusal | changes))


def duplicate(number: int, original: Photo, **changes: Any) -> Photo:
    """The same bytes as `original` (stored already), once more."""
    nothing: dict[str, Any] = dict.fromkeys((*_UNJUDGED, "suggestions", "stamps"))
    same = {"outcome": "duplicate", "intended": "duplicate", "original_id": original.id, "sha256": original.sha256}
    return photo(number, **(nothing | same | changes))


def with_file(row: Photo, home: Path, number: int) -> Photo:
    """The row with a drawn file where its path says."""
    data = jpeg(number)
    row.sha256 = hashlib.sha256(data).hexdigest()
    path = home / row.path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return row


def store(engine: Engine, *rows: object) -> None:
    """Store rows; they stay readable afterwards."""
    with Session(engine, expire_on_commit=False) as session:
        session.add_all(rows)
        session.commit()


def store_group(engine: Engine, *members: Photo, **changes: Any) -> int:
    """Store a group of new photos, the first the most typical; returns its id."""
    group = PhotoGroup(**({"created_at": NOW, "stamp": "meter_type 1", "status": "candidate"} | changes))
    for place, member in enumerate(members):
        member.group, member.group_strength = group, 1 - place / 100
    store(engine, group, *members)
    return group.id


def fill(engine: Engine, home: Path, now: datetime, photos: int = 120) -> None:
    """Three pages of photos of two sites, one with hostile names, a refused file, a duplicate, groups of six and three.

    On the map the six lie in a row at the top left, the three at the bottom right, one photo in no group in the middle.
    """
    makers = (photo, photo, unclear)
    rows = [with_file(makers[number % 3](number), home, number) for number in range(photos)]
    rows[1].name, rows[1].source, rows[1].meter_type = HOSTILE, f"north/{HOSTILE}", "<b>TYPE</b>"
    for number, row in enumerate(rows):
        row.received_at = now - timedelta(minutes=7 * number)
        row.site = "north" if number % 2 else None
    beat = Service(name="watcher", beat_at=now + timedelta(hours=1), state="running", detail={"waiting": 2, "mode": "events"})
    store(engine, *rows, beat)
    store(engine, refused(900, received_at=now, name="broken.jpg"), duplicate(901, rows[2], received_at=now, name="again.jpg"))
    for first, size, x, y in ((200, 6, 0.1, 0.9), (210, 3, 0.7, 0.1)):
        places = [{"map_x": x + 0.05 * step, "map_y": y} for step in range(size)]
        members = [unknown(first + step, received_at=now, **place) for step, place in enumerate(places)]
        store_group(engine, *(with_file(member, home, first + step) for step, member in enumerate(members)))
    store(engine, with_file(unknown(220, received_at=now, map_x=0.5, map_y=0.5), home, 220))
