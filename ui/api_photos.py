"""The REST interface of photos: what an export says, for programs that ask bit by bit."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from db.exported import read_rows
from db.tables import Outcome, Photo
from ui.acting import Id

ROWS_MOST = 1000


class Asked(BaseModel):
    """Which photos: those that are as each field says that is given."""

    model_config = ConfigDict(extra="forbid", use_enum_values=True)

    after: Id = 0
    most: int = Field(100, ge=1, le=ROWS_MOST)
    outcome: Outcome | None = None
    site: str | None = None
    meter_type: str | None = None
    group_id: Id | None = None


def photo_routes(engine: Engine) -> APIRouter:
    """GET /api/v1/photos and /api/v1/photos/{id}."""
    routes = APIRouter(prefix="/api/v1", tags=["photos"])

    @routes.get("/photos")
    def photos(asked: Annotated[Asked, Query()]) -> list[dict[str, Any]]:
        """Arrivals beyond id `after` in their order, `most` at once, as `python -m daemon export` writes them."""
        wanted = asked.model_dump(exclude={"after", "most"}, exclude_none=True)
        conditions = [getattr(Photo, name) == value for name, value in wanted.items()]
        with Session(engine) as session:
            return list(read_rows(session, Photo.id > asked.after, *conditions, most=asked.most))

    @routes.get("/photos/{photo_id}")
    def photo(photo_id: Id) -> dict[str, Any]:
        """One arrival. 404 where there is none of this id."""
        with Session(engine) as session:
            row = next(read_rows(session, Photo.id == photo_id), None)
        if row is None:
            raise HTTPException(404, f"There is no photo {photo_id}.")
        return row

    return routes
