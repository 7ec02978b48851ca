"""Over REST: which photos of a group show another print than its most typical ones."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Depends, HTTPException
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from db.groups import read_groups, read_members
from engine.picture import Limits
from ui.acting import Id
from ui.comparing import COMPARED_MOST, differing_ids, read_look
from ui.same_origin import require_same_origin


def differing_routes(engine: Engine, home: Path, limits: Limits) -> APIRouter:
    """GET /api/v1/groups/{id}/differing."""
    routes = APIRouter(prefix="/api/v1", tags=["groups"])
    comparing = threading.Lock()  # a comparison takes a core for seconds: one at a time

    @routes.get("/groups/{group_id}/differing", dependencies=[Depends(require_same_origin)])
    def differing(group_id: Id) -> dict[str, Any]:
        """How many of the group's most typical photos were compared, 60 at most, and which show another print than the others.

        `differing` null: nothing can be said, for too few are sharp enough. Takes seconds; 503 while another group is compared.
        """
        with Session(engine) as session:
            if all(card.id != group_id for card in read_groups(session)):
                raise HTTPException(404, "There is no such group.")
            members = read_members(session, group_id, size=COMPARED_MOST)
        if not comparing.acquire(blocking=False):
            raise HTTPException(503, "Another group is being compared. Ask again in a moment.", {"Retry-After": "10"})
        try:
            looks = {photo.id: look for photo in members if (look := read_look(photo, engine, home, limits)) is not None}
            return {"compared": len(looks), "differing": differing_ids(looks)}
        finally:
            comparing.release()

    return routes
