"""The REST interface to refused files: what is kept, and asking for a second look."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Depends, HTTPException
from pydantic import BaseModel, ConfigDict, model_validator
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from db.retries import ask_retry, refused_by_reason
from ui.acting import Id
from ui.same_origin import require_same_origin


class RetryAsked(BaseModel):
    """Which refused files to look at again: one photo, or all of a reason."""

    model_config = ConfigDict(extra="forbid")

    photo_id: Id | None = None
    reason: str | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> RetryAsked:
        if (self.photo_id is None) == (self.reason is None):
            raise ValueError("say photo_id or reason, one of both")
        return self


def refused_routes(engine: Engine, clock: Callable[[], datetime]) -> APIRouter:
    """GET /api/v1/refused, POST /api/v1/retry."""
    routes = APIRouter()

    @routes.get("/api/v1/refused", tags=["refused"])
    def refused() -> list[dict[str, Any]]:
        """The refused files that are kept, by reason, the most frequent first."""
        with Session(engine) as session:
            return [
                {
                    "reason": kept.reason,
                    "photos": kept.photos,
                    "newest": kept.newest.isoformat(),
                    "retried": kept.retried,
                    "next_retry": kept.next_retry.isoformat() if kept.next_retry else None,
                }
                for kept in refused_by_reason(session)
            ]

    @routes.post("/api/v1/retry", tags=["refused"], status_code=202, dependencies=[Depends(require_same_origin)])
    def retry(asked: RetryAsked) -> dict[str, int]:
        """Ask the daemon to look again; says at how many photos. 404 where nothing of that is refused and kept."""
        with Session(engine) as session, session.begin():
            photos = ask_retry(session, photo_id=asked.photo_id, reason=asked.reason, by="api", now=clock())
        if not photos:
            raise HTTPException(404, "Nothing of that is refused and kept.")
        return {"photos": photos}

    return routes
