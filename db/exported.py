"""A photo as other programs read it: one flat row of plain JSON values, in exports, hooks and over REST."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session, selectinload

from db.naming import Named, read_named
from db.retagging import tags_of
from db.tables import Photo
from engine.verdict import Way

COLUMNS = (
    "id", "sha256", "source", "received_at", "outcome", "reason", "detail", "path", "original_id", "near_of", "set_aside", "site",
    "camera", "name", "size_bytes", "width", "height", "clarity", "clear_probability", "unclear_reasons",
    "quality", "quality_score", "tags", "good_bad", "good_probability", "meter_type", "named_by", "named_at",
    "guessed_type", "top3", "known_score", "plain_type", "recognised_by", "type_confidence", "shared_details",
    "labelled_photos", "contradicted_type", "group_id", "group_strength", "display_box", "display_score",
    "measures", "scores", "suggestions", "stamps", "judged_ms",
    "retries", "removed_at", "removed_why",
)  # fmt: skip
NOBODY: Mapping[int, Named] = {}


def read_rows(session: Session, *conditions: ColumnElement[bool], most: int | None = None) -> Iterator[dict[str, Any]]:
    """The rows of all arrivals that were dealt with and meet the conditions, in the order of arrival."""
    query = select(Photo).where(Photo.outcome.is_not(None), *conditions).order_by(Photo.id).limit(most)
    found = session.scalars(query.options(selectinload(Photo.tags)).execution_options(yield_per=1000))
    for photos in found.partitions():
        named = read_named(session, [photo.id for photo in photos])
        yield from (as_row(photo, named) for photo in photos)


def as_row(photo: Photo, named: Mapping[int, Named] = NOBODY) -> dict[str, Any]:
    """What an export says of one photo, as plain JSON values; `named`: who said what photos show."""
    by, at = named.get(photo.id, (None, None))
    said: dict[str, Any] = {"tags": list(tags_of(photo)), "named_by": by, "named_at": at}
    if by or photo.recognised_by == Way.LABELLED:
        said["type_confidence"] = None  # it is in what the network took the photo for
    row = {name: said[name] if name in said else getattr(photo, name) for name in COLUMNS}
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in row.items()}
