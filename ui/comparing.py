"""The photos of a group compared by their print: which of them differ from the most typical ones. Nothing is stored."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from db.tables import Photo
from db.unknowns import read_plate
from engine.errors import DataError, PictureError
from engine.grouping import Plate, describe_plate
from engine.grouping.verification import prepare_plate
from engine.picture import Limits, decode
from engine.recognition.differing import differing
from engine.recognition.marks import Look, look_at
from ui.media import read_photo

COMPARED_MOST = 60  # photos, the most typical: a page of the gallery


def read_look(photo: Photo, engine: Engine, home: Path, limits: Limits) -> Look | None:
    """A photo as prints are compared; None where its file cannot be read now. Its plate is described where none is kept."""
    data = read_photo(engine, home, photo.sha256) if photo.sha256 else None
    with Session(engine) as session:
        kept = read_plate(session, photo.id)
    try:
        pixels = decode(data or b"", limits).pixels
        plate = Plate.from_bytes(kept) if kept else describe_plate(pixels)
    except (PictureError, DataError):
        return None
    return look_at(pixels, prepare_plate(plate))


def differing_ids(looks: Mapping[int, Look]) -> tuple[int, ...] | None:
    """Ids of the photos that show another print, of looks by photo id, the most typical first; None: nothing can be said."""
    ids = tuple(looks)
    places = differing(tuple(looks.values()))
    return None if places is None else tuple(ids[place] for place in places)
