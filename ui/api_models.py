"""The REST interface to the models: versions, promotion and rollback, training from labels, photos judged again."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Depends, HTTPException, Response
from pydantic import Field
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from db.jobs import JobKind, ask, open_jobs
from db.model_tables import TrainingRun
from db.promoting import promote_version, rollback
from db.rejudging import BeforeAfter, before_and_after
from db.training import ask_cancel, latest_runs
from engine import bundle
from engine.bundle import Task
from engine.errors import ModelError
from engine.names import formula_safe
from engine.tables import ENCODING
from ui.acting import By
from ui.same_origin import require_same_origin

COLUMNS = (
    "photo_id",
    "name",
    "sha256",
    "type_before",
    "type_after",
    "score_before",
    "score_after",
    "stamp_before",
    "stamp",
    "at",
)
OWN = [Depends(require_same_origin)]


class Chosen(By):
    """Which version shall judge."""

    version: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=64)


def model_routes(engine: Engine, models_dir: Path, clock: Callable[[], datetime]) -> APIRouter:
    """GET /api/v1/models, POST and DELETE /api/v1/retrain, POST .../promote and .../rollback, GET .../rejudged.csv."""
    routes = APIRouter(tags=["models"])

    @routes.get("/api/v1/models/{task}")
    def models(task: Task) -> dict[str, Any]:
        """All versions, which one judges, and the newest trainings."""
        with Session(engine) as session:
            runs = [_run(run) for run in latest_runs(session, task, 20)]
        try:
            folder = bundle.current(models_dir, task)
        except ModelError as error:
            raise HTTPException(503, str(error)) from error
        listed = bundle.versions(models_dir, task)
        return {"current": folder.name if folder else None, "versions": list(listed), "trainings": runs}

    @routes.post("/api/v1/models/{task}/promote", dependencies=OWN)
    def promote(task: Task, chosen: Chosen) -> dict[str, str | None]:
        """Let a version judge from the next photo on. 409 where it is not there, is damaged or judges already."""
        with Session(engine) as session:
            try:
                before = promote_version(
                    session, models_dir, task, chosen.version, by=chosen.by, why="chosen by a person", now=clock()
                )
            except ModelError as error:
                raise HTTPException(409, str(error)) from error
        return {"current": chosen.version, "before": before}

    @routes.post("/api/v1/models/{task}/rollback", dependencies=OWN)
    def roll_back(task: Task, by: By) -> dict[str, str]:
        """Let the version before the current one judge again. 409 where there is none."""
        with Session(engine) as session:
            try:
                left, version = rollback(session, models_dir, task, by=by.by, now=clock())
            except ModelError as error:
                raise HTTPException(409, str(error)) from error
        return {"current": version, "before": left}

    @routes.post("/api/v1/retrain", status_code=202, dependencies=OWN)
    def retrain(by: By) -> dict[str, bool]:
        """Ask the daemon to train from the labels; false where that is asked for already."""
        with Session(engine) as session, session.begin():
            if open_jobs(session, JobKind.RETRAIN):
                return {"asked": False}
            ask(session, JobKind.RETRAIN, {"by": by.by}, clock())
        return {"asked": True}

    @routes.delete("/api/v1/retrain", status_code=202, dependencies=OWN)
    def cancel() -> dict[str, bool]:
        """End the training under way, or forget the one that waits. 404 where there is none."""
        with Session(engine) as session, session.begin():
            if not ask_cancel(session, clock()):
                raise HTTPException(404, "No training runs or waits.")
        return {"asked": True}

    @routes.get("/api/v1/models/{task}/{version}/rejudged.csv")
    def rejudged(task: Task, version: str) -> Response:
        """Before and after of every photo that the version judged again, as CSV. 404 for a version that never was."""
        with Session(engine) as session:
            rows = before_and_after(session, version, only_changed=False) if task == "meter_type" else ()
        if not rows and version not in (known := bundle.versions(models_dir, task)):  # one that was removed may have rows
            raise HTTPException(404, f"There is no {task} version {version!r}. Known: {', '.join(known) or 'none'}.")
        headers = {"Content-Disposition": 'attachment; filename="judged_again.csv"'}
        return Response(_csv(rows), media_type="text/csv; charset=utf-8", headers=headers)

    return routes


def _run(run: TrainingRun) -> dict[str, Any]:
    plain = ("state", "by", "step", "progress", "photos", "champion", "candidate", "decision", "reasons", "figures", "message")
    moments = {name: moment.isoformat() if (moment := getattr(run, name)) else None for name in ("started_at", "ended_at")}
    return {"id": run.id, **moments, **{name: getattr(run, name) for name in plain}}


def _csv(rows: tuple[BeforeAfter, ...]) -> bytes:
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(COLUMNS)
    for row in rows:
        table.writerow([formula_safe(str(getattr(row, name))) if getattr(row, name) is not None else "" for name in COLUMNS])
    return text.getvalue().encode(ENCODING)
