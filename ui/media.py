"""/media: the photos, by the sha256 of their bytes. A sha256 never changes its content, so browsers may keep it for good."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, TypeVar

from fastapi import APIRouter, HTTPException, Response
from fastapi import Path as PathParameter
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from db.tables import Outcome, Photo
from engine.errors import PictureError
from engine.picture import Limits
from engine.verdict import Box
from ui.thumbnails import THUMB_TYPE, keep, make_crop, make_showable, make_thumbnail

_SHA256 = re.compile(r"[0-9a-f]{64}")
_HEADERS = {
    "Cache-Control": "private, max-age=31536000, immutable",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",  # a photo opened by itself runs nothing
}
_DECODES_AT_ONCE = 2  # a page of fifty new thumbnails must not take the memory of fifty decoded photos

Made = TypeVar("Made")
Sha256 = Annotated[str, PathParameter(description="lower-case hex, 64 digits")]


def media_routes(engine: Engine, home: Path, limits: Limits) -> APIRouter:
    """GET /media/{thumb,display,full}/{sha256}; 404 for anything that is not a recorded, readable photo in home."""
    routes = APIRouter(prefix="/media", tags=["media"])
    decoding = threading.Semaphore(_DECODES_AT_ONCE)

    @routes.get("/thumb/{sha256}")
    def thumb(sha256: Sha256) -> Response:
        """The photo, at most 320 px long, WebP."""
        kept = _thumb_path(home, sha256)
        try:
            data = kept.read_bytes()
        except FileNotFoundError:
            original = _photo_or_404(engine, home, sha256)
            with decoding:
                data = _or_404(make_thumbnail, original, limits)
            keep(kept, data)
        return Response(data, media_type=THUMB_TYPE, headers=_HEADERS)

    @routes.get("/display/{sha256}")
    def display(sha256: Sha256, box: str = "") -> Response:
        """The meter's display as clarity was judged on, at most 640 px long, WebP; `box` only tells browsers one from another."""
        place = _display_box(engine, sha256)
        if place is None:
            raise HTTPException(404, "No display was found in this photo.")
        kept = _thumb_path(home, sha256).with_name(f"{sha256}-{'-'.join(map(str, place))}.webp")
        try:
            data = kept.read_bytes()
        except FileNotFoundError:
            original = _photo_or_404(engine, home, sha256)
            with decoding:
                data = _or_404(lambda bytes_, limits_: make_crop(bytes_, place, limits_), original, limits)
            keep(kept, data)
        return Response(data, media_type=THUMB_TYPE, headers=_HEADERS)

    @routes.get("/full/{sha256}")
    def full(sha256: Sha256) -> Response:
        """The photo as it arrived, or as JPEG where browsers cannot show its format."""
        original = _photo_or_404(engine, home, sha256)
        with decoding:
            data, media_type = _or_404(make_showable, original, limits)
        return Response(data, media_type=media_type, headers=_HEADERS)

    return routes


def _thumb_path(home: Path, sha256: str) -> Path:
    if not _SHA256.fullmatch(sha256):
        raise HTTPException(404, "No such photo.")
    return home / "db" / "thumbs" / sha256[:2] / f"{sha256}.webp"


def _photo_or_404(engine: Engine, home: Path, sha256: str) -> bytes:
    if not _SHA256.fullmatch(sha256):
        raise HTTPException(404, "No such photo.")
    data = read_photo(engine, home, sha256)
    if data is None:
        raise HTTPException(404, "The photo's file is not there.")
    return data


def read_photo(engine: Engine, home: Path, sha256: str) -> bytes | None:
    """The bytes of a recorded photo, wherever in home they lie now; None where no file can be read."""
    for _ in range(2):  # the daemon may move the file between the row and the read: look at the row once more
        for relative in _paths(engine, sha256):
            path = (home / relative).resolve()
            if not path.is_relative_to(home.resolve()):
                continue
            try:
                return path.read_bytes()
            except OSError:
                continue
    return None


def _paths(engine: Engine, sha256: str) -> list[str]:
    """Where the bytes may lie, filed photos before duplicates; a file on the move is at either end."""
    statement = select(Photo.path, Photo.moving_to).where(Photo.sha256 == sha256, Photo.outcome != Outcome.REFUSED)
    with Session(engine) as session:
        rows = session.execute(statement.order_by(Photo.outcome.desc(), Photo.id)).all()  # "filed" after "duplicate"
    return [path for row in rows for path in row if path]


def _display_box(engine: Engine, sha256: str) -> Box | None:
    """Where the display was found, as recorded; whoever asks cannot choose another part."""
    query = select(Photo.display_box).where(Photo.sha256 == sha256, Photo.display_box.is_not(None)).order_by(Photo.id.desc())
    with Session(engine) as session:
        place = session.scalars(query.limit(1)).first()
    return (int(place[0]), int(place[1]), int(place[2]), int(place[3])) if place and len(place) == 4 else None


def _or_404(make: Callable[[bytes, Limits], Made], data: bytes, limits: Limits) -> Made:
    try:
        return make(data, limits)
    except PictureError as error:
        raise HTTPException(404, str(error)) from error
