"""The REST interface of groups: what there is, what people do to it, and the undo."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Depends, HTTPException
from pydantic import Field
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from db.group_acts import dismiss, merge_groups, move_photos, release_photos, split_photos
from db.group_tables import GroupEvent
from db.groups import Selection, count_members, read_digests, read_groups
from db.jobs import ask_cancel, ask_regroup
from db.labels import read_acts, undo
from db.naming import name_group, name_photos
from db.review import learning_curves, review_order
from db.type_acts import rename_group
from engine.recognition.curve import MORE
from ui.acting import By, Id, OnGroup, acting
from ui.same_origin import require_same_origin
from ui.words_models import curve_line

EVENTS_MOST = 500


class OnWhole(OnGroup):
    """An act on a whole group."""

    name: str = ""
    into: Id = 0


class OnPhotos(By):
    """An act on photos picked out."""

    photo_ids: list[Id] = Field(max_length=5000)
    name: str = ""
    into: Id = 0


def group_routes(engine: Engine, clock: Callable[[], datetime], known: Callable[[], Iterable[str]]) -> APIRouter:
    """Everything below /api/v1 that is about groups. 409 where something cannot be done as asked, with the reason.

    `known` lists the types of the model: one that is named in other capitals keeps their spelling.
    """
    routes = APIRouter(prefix="/api/v1", tags=["groups"])
    guarded = [Depends(require_same_origin)]

    do = acting(engine, clock)

    @routes.get("/groups")
    def groups() -> list[dict[str, Any]]:
        """All live groups, candidates first; id null: the unknown photos in no group. `members` changes as a group's do."""
        with Session(engine) as session:
            members = read_digests(session)
            return [asdict(card) | {"members": members.get(card.id or 0)} for card in read_groups(session)]

    @routes.post("/groups/{group_id}/{act}", dependencies=guarded)
    def act_on_group(group_id: Id, act: str, asked: OnWhole) -> dict[str, Any]:
        """`act`: name (with `name`), merge (with `into`), dismiss; rename (with `name`) a named group."""
        who = {"seen": asked.looked_at, "by": asked.by}
        match act:
            case "name":
                return {"name": do(name_group, group_id, asked.name, known=known(), **who)}
            case "rename":
                return {"name": do(rename_group, group_id, asked.name, known=known(), **who)}
            case "merge":
                return {"photos": do(merge_groups, group_id, asked.into, **who)}
            case "dismiss":
                return {"photos": do(dismiss, group_id, **who)}
        raise HTTPException(404, "A group can be asked to name, rename, merge or dismiss.")

    @routes.post("/photos/{act}", dependencies=guarded)
    def act_on_photos(act: str, asked: OnPhotos) -> dict[str, Any]:
        """`act`: name (with `name`), split, move (with `into`), release, dismiss."""
        ids, by = asked.photo_ids, asked.by
        match act:
            case "name":
                return asdict(do(name_photos, ids, asked.name, known=known(), by=by))
            case "split":
                group_id = do(split_photos, ids, by=by)
                with Session(engine) as session:
                    return {"group_id": group_id, "photos": count_members(session, group_id)}
            case "move":
                return {"photos": do(move_photos, ids, asked.into, by=by)}
            case "release":
                return {"photos": do(release_photos, ids, by=by)}
            case "dismiss":
                return {"photos": do(dismiss, Selection(tuple(ids)), by=by)}
        raise HTTPException(404, "Photos can be asked to name, split, move, release or dismiss.")

    @routes.get("/acts")
    def acts() -> list[dict[str, Any]]:
        """What people did, the newest first."""
        with Session(engine) as session:
            return [asdict(line) for line in read_acts(session, most=100)]

    @routes.post("/acts/{act_id}/undo", dependencies=guarded)
    def take_back(act_id: Id, asked: By) -> dict[str, Any]:
        """Take an act back."""
        return asdict(do(undo, act_id, by=asked.by))

    @routes.get("/group-events")
    def events(after: Id = 0) -> list[dict[str, Any]]:
        """Births, merges, splits, deaths, joins and namings of groups beyond id `after`, in their order."""
        columns = [column.name for column in GroupEvent.__table__.columns]
        with Session(engine) as session:
            rows = session.scalars(select(GroupEvent).where(GroupEvent.id > after).order_by(GroupEvent.id).limit(EVENTS_MOST))
            return [{name: getattr(row, name) for name in columns} for row in rows]

    @routes.post("/regroup", dependencies=guarded)
    def regroup() -> dict[str, bool]:
        """Ask for a regrouping; false where one is asked for already."""
        return {"asked": do(ask_regroup)}

    @routes.post("/regroup/cancel", dependencies=guarded)
    def cancel() -> dict[str, bool]:
        """Ask to end the regrouping that runs or waits."""
        return {"asked": do(ask_cancel)}

    @routes.get("/review")
    def review(most: int = 50) -> dict[str, Any]:
        """Which photos a label would teach most, and the learning curve of each type."""
        with Session(engine) as session:
            return _review(session, max(0, min(most, 500)))

    return routes


def _review(session: Session, most: int) -> dict[str, Any]:
    order, found = review_order(session, most=most), learning_curves(session)
    said = [curve_line(curve.labels, curve.accuracy, curve.spread, curve.gain, MORE) for curve in found]
    return {
        "photos": [asdict(each) for each in order],
        "curves": [asdict(curve) | {"said": words} for curve, words in zip(found, said, strict=True)],
    }
