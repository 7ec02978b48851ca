"""The REST interface for programs: judge one photo, health, metrics."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, File, Response, UploadFile
from fastapi.responses import JSONResponse, PlainTextResponse
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from db.overview import Heartbeat, count_by_outcome, read_heartbeats
from engine.errors import ModelError, PictureError, TooManyBytes
from engine.picture import check_size
from ui.judging import PhotoJudge

# What the watcher says of itself: how it learns of files, why it does not, why it takes none in, whether the engine answers.
TOLD = ("mode", "roots", "advice", "paused", "canary", "waiting", "oldest_waiting_s", "free_bytes")
PhotoFile = Annotated[UploadFile, File(description="one photo: JPEG, PNG, HEIC, WebP, TIFF, BMP or GIF")]


def api_routes(engine: Engine, judge: PhotoJudge, clock: Callable[[], datetime]) -> APIRouter:
    """POST /api/v1/judge, GET /healthz, GET /metrics."""
    routes = APIRouter()

    @routes.post("/api/v1/judge", tags=["judge"])
    def judge_photo(file: PhotoFile) -> Response:
        """Judge one photo, as `python -m engine judge --json` does. Nothing is stored.

        422 where the file is no sound picture, 413 where it is too large, 503 where a model is damaged; each with
        `error.code` and `error.message`.
        """
        line: dict[str, Any] = {"file": file.filename or "", "ok": False, "error": None}
        try:
            check_size(file.size or 0, judge.limits)
            verdict = judge.judge(file.file.read(judge.limits.max_bytes + 1))
        except PictureError as error:
            status = 413 if isinstance(error, TooManyBytes) else 422
            return JSONResponse(line | {"error": {"code": error.reason, "message": str(error)}}, status)
        except ModelError as error:
            return JSONResponse(line | {"error": {"code": "model", "message": str(error)}}, 503)
        return JSONResponse(line | {"ok": True} | verdict.as_json())

    @routes.get("/healthz", tags=["operations"])
    def healthz() -> Response:
        """200 while the pages can reach their database; says whether the watcher runs, too."""
        try:
            watcher = _watcher(engine, clock())
        except SQLAlchemyError:
            return JSONResponse({"ok": False, "database": "unreachable", "watcher": None}, 503)
        said = {key: watcher.detail.get(key) for key in TOLD} if watcher and watcher.alive else {}
        state = "running" if watcher and watcher.alive else "starting" if watcher and watcher.starting else "stopped"
        return JSONResponse({"ok": True, "database": "ok", "watcher": state} | said)

    @routes.get("/metrics", tags=["operations"])
    def metrics() -> PlainTextResponse:
        """Counters in Prometheus' text format."""
        with Session(engine) as session:
            counts = count_by_outcome(session)
        watcher = _watcher(engine, clock())
        lines = ["# HELP metersieve_photos_total Arrivals by outcome.", "# TYPE metersieve_photos_total counter"]
        lines += [f'metersieve_photos_total{{outcome="{outcome}"}} {count}' for outcome, count in sorted(counts.items())]
        lines += ["# HELP metersieve_watcher_up 1 while the watcher beats.", "# TYPE metersieve_watcher_up gauge"]
        lines += [f"metersieve_watcher_up {int(watcher is not None and watcher.alive)}"]
        if watcher is not None:
            lines += ["# HELP metersieve_waiting Files in the inbox.", "# TYPE metersieve_waiting gauge"]
            lines += [f"metersieve_waiting {int(watcher.detail.get('waiting') or 0)}"]
        return PlainTextResponse("\n".join(lines) + "\n", media_type="text/plain; version=0.0.4")

    return routes


def _watcher(engine: Engine, now: datetime) -> Heartbeat | None:
    with Session(engine) as session:
        return read_heartbeats(session, now).get("watcher")
