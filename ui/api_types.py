"""The REST interface of what looks like a named type, and of what people say of a type that photos have or look like."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Depends, HTTPException
from pydantic import Field
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from db.groups import Place
from db.look_alikes import count_look_alikes, group_resemblances, read_look_alikes
from db.type_acts import call_too, correct_type, deny_group, deny_type
from ui.acting import By, Id, OnGroup, acting
from ui.same_origin import require_same_origin

PAGE = 60  # photos


class OnType(By):
    """Something said of a type."""

    name: str = Field(min_length=1, max_length=120)


class PhotosOnType(OnType):
    """The photos it is said of."""

    photo_ids: list[Id] = Field(max_length=5000)


class GroupOnType(OnType, OnGroup):
    """A whole group it is said of."""


def type_routes(engine: Engine, clock: Callable[[], datetime], known: Callable[[], Iterable[str]]) -> APIRouter:
    """Look-alikes and what is said of them. 409 where something cannot be done as asked, with the reason.

    `known` lists the types of the model: one that is named in other capitals keeps their spelling.
    """
    routes = APIRouter(prefix="/api/v1", tags=["groups"])
    guarded = [Depends(require_same_origin)]

    do = acting(engine, clock)

    @routes.get("/groups/look-alikes")
    def look_alikes(name: str = "", after: str = "") -> dict[str, Any]:
        """How many unknown photos in no group look like each named type; which groups do; with `name` also its photos.

        Photos come 60 a page; `against`: the print speaks strongly against the type; `next`: the following page's `after`.
        """
        try:
            place = Place.parse(after) if after else None
        except ValueError as error:
            raise HTTPException(422, "Give `after` as the page before said it.") from error
        with Session(engine) as session:
            found = read_look_alikes(session, name, after=place, size=PAGE) if name else ()
            keys = ("id", "sha256", "details", "short", "against")
            photos = [
                dict(zip(keys, (each.photo.id, each.photo.sha256, each.details, each.short, each.is_against), strict=True))
                for each in found
            ]
            return {
                "types": count_look_alikes(session),
                "groups": {group_id: asdict(like) for group_id, like in group_resemblances(session).items()},
                "photos": photos,
                "next": str(found[-1].place) if len(found) == PAGE else None,
            }

    @routes.post("/groups/{group_id}/deny", dependencies=guarded)
    def deny_whole(group_id: Id, asked: GroupOnType) -> dict[str, int]:
        """A group that waits for a name is not this type; it stays a group."""
        return {"photos": do(deny_group, group_id, asked.name, seen=asked.looked_at, by=asked.by)}

    @routes.post("/photos/too", dependencies=guarded)
    def too(asked: PhotosOnType) -> dict[str, Any]:
        """Unknown photos are of a type that people named."""
        return asdict(do(call_too, asked.photo_ids, asked.name, by=asked.by))

    @routes.post("/photos/deny", dependencies=guarded)
    def deny(asked: PhotosOnType) -> dict[str, int]:
        """Photos are not of this type, whatever called them so, and are not called so again."""
        return {"photos": do(deny_type, asked.photo_ids, asked.name, by=asked.by)}

    @routes.post("/photos/correct", dependencies=guarded)
    def correct(asked: PhotosOnType) -> dict[str, Any]:
        """Photos are of this type, whatever they were called; those that a model called so already are confirmed."""
        return asdict(do(correct_type, asked.photo_ids, asked.name, known=known(), by=asked.by))

    return routes
